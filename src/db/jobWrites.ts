import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { inList } from "./conditions.ts";
import { appendEvent, type NewJobEvent } from "./events.ts";
import {
  type ClaimedJob,
  findJob,
  holdsFence,
  type Job,
  type JobError,
  type JobIn,
  jobColumns,
  keyIsTaken,
  overlapping,
  parseJob,
} from "./job.ts";
import { noticeOf } from "./jobNotices.ts";
import { jobLog } from "./tables/jobs.ts";
import { isFinished, type JobAction, type JobStatus } from "./tables/values.ts";

/** A change of a job's state, decided by `jobs/transitions.ts`: the row's new values. */
export type Transition = {
  to: JobStatus;
  event: NewJobEvent | null;
  /** The requested action; set only while the job stays RUNNING under its lease. */
  pendingAction?: JobAction;
  /** Keeps the lease as it is. Only with RUNNING. */
  keepLease?: boolean;
  /** Milliseconds from now until the job may continue, by the database's clock. Only with WAITING. */
  resumeInMs?: number;
  error?: JobError | null;
  /** Raises the fence, so the worker that held the job can no longer write. */
  newFence?: boolean;
  /** FAILED dates become PENDING again. */
  retryFailed?: boolean;
};

/** States without a checkpoint: a completed or cancelled job cannot be resumed. */
const HAS_NO_CHECKPOINT: ReadonlySet<JobStatus> = new Set(["COMPLETED", "CANCELLED"]);

/** Returns a subselect of the job's first date that is PENDING, RUNNING or FAILED. */
export const firstOpenDate = (jobId: string): SQL =>
  sql`(select min(date) from job_dates where job_id = ${jobId} and status in ('PENDING', 'RUNNING', 'FAILED'))`;

/**
 * Writes a change of state, its event and its checkpoint. Writes nothing and returns false if the job has changed since the change of
 * state was decided.
 */
export async function applyTransition(db: Db, job: Job, transition: Transition, now: number): Promise<boolean> {
  const fence = job.fence + (transition.newFence ? 1 : 0);
  const pending = job.status === "RUNNING" ? job.pendingAction : null;
  const applied = sql`exists (select 1 from job_log where id = ${job.id} and moves = ${job.version + 1} and status = ${transition.to} and fence = ${fence})`;
  const error = transition.error ?? null;
  const [updated] = await db.write(
    [
      sql`update job_log set status = ${transition.to}, fence = ${fence}, moves = moves + 1, pending_action = ${transition.pendingAction ?? null},
          ${transition.keepLease ? sql`` : sql`lease_owner = null, lease_until = null,`}
          resume_at = ${transition.resumeInMs === undefined ? null : sql`${db.clock} + ${Math.ceil(transition.resumeInMs)}`},
          finished_at = ${isFinished(transition.to) ? now : null},
          error_code = ${error?.code ?? null}, error_message = ${error?.message ?? null}, error_stack = ${error?.stack ?? null}
          ${transition.retryFailed ? sql`, dates_failed = 0` : sql``}
        where id = ${job.id} and moves = ${job.version} and status = ${job.status} and fence = ${job.fence} and pending_action is ${pending}
          ${transition.retryFailed ? sql`and not exists (${overlapping(job, job.id)}) and not ${keyIsTaken(job)}` : sql``}`,
      ...(transition.event ? [appendEvent(job.id, transition.event, now, sql`changes() = 1`)] : []),
      ...(transition.retryFailed
        ? [
            sql`update job_dates set status = 'PENDING', tried_again = 0, finished_at = null, error_code = null, error_message = null, error_stack = null
             where job_id = ${job.id} and status = 'FAILED' and ${applied}`,
          ]
        : []),
      ...(transition.keepLease
        ? []
        : [
            sql`update job_dates set status = 'PENDING' where job_id = ${job.id} and status = 'RUNNING' and ${applied}`,
          ]),
      ...noticeOf(job, transition, now, applied),
      HAS_NO_CHECKPOINT.has(transition.to)
        ? sql`delete from checkpoints where job_id = ${job.id} and ${applied}`
        : sql`update checkpoints set timestamp = ${now}, next_date = ${firstOpenDate(job.id)} where job_id = ${job.id} and ${applied}`,
    ],
    { repeatable: true },
  );
  return updated?.rowsAffected === 1;
}

/** Matches jobs to claim: queued jobs, waiting jobs whose wait is over, and running jobs whose lease was given back or has expired. */
const claimable = (db: Db): SQL =>
  sql`(status = 'QUEUED' or (status = 'WAITING' and resume_at <= ${db.clock})
       or (status = 'RUNNING' and (lease_owner is null or lease_until <= ${db.clock})))`;

/** Which jobs to look for. */
export type JobChoice = {
  /** Only jobs with these ids. */
  jobIds?: readonly string[] | undefined;
  /** Excludes jobs of leagues whose key matches one of these glob patterns. */
  exceptLeagues?: readonly string[] | undefined;
};

const chosen = ({ jobIds, exceptLeagues = [] }: JobChoice): SQL =>
  sql`${jobIds ? sql`job_log.id ${inList(jobIds)}` : sql`true`}
      ${exceptLeagues.length === 0 ? sql`` : sql`and not (${ofLeagues(exceptLeagues)})`}`;

/** Matches jobs whose league key fits one of the glob patterns. */
export const ofLeagues = (patterns: readonly string[]): SQL =>
  sql.join(
    patterns.map((pattern) => sql`job_log.league_key glob ${pattern}`),
    sql` or `,
  );

/** Returns the claimable job that has waited longest; undefined when there is none. */
export async function findClaimable(db: Db, choice: JobChoice = {}): Promise<Job | undefined> {
  const [row] = await db.orm
    .select(jobColumns(db))
    .from(jobLog)
    .where(
      sql`${jobLog.finishedAt} is null and ${jobLog.status} in ('QUEUED', 'RUNNING', 'WAITING') and ${claimable(db)} and ${chosen(choice)}`,
    )
    .orderBy(jobLog.claimedAt, jobLog.createdAt, jobLog.id)
    .limit(1);
  return row && parseJob(row);
}

/**
 * Claims the job unless somebody else has claimed it since it was read: takes a lease, raises the fence and reopens the dates in flight.
 * @param owner Unique to this claim. If the database's answer is lost, the stored owner shows whether this claim succeeded.
 * @returns The claimed job; undefined if somebody else was faster.
 */
export async function claim(
  db: Db,
  job: Job,
  { owner, leaseMs, now, event }: { owner: string; leaseMs: number; now: number; event: NewJobEvent | null },
): Promise<JobIn<"RUNNING"> | undefined> {
  const mine = sql`exists (select 1 from job_log where id = ${job.id} and fence = ${job.fence + 1} and lease_owner = ${owner})`;
  await db.write(
    [
      sql`update job_log set status = 'RUNNING', fence = fence + 1, moves = moves + 1, lease_owner = ${owner}, lease_until = ${db.clock} + ${leaseMs},
          resume_at = null, claimed_at = ${now}, started_at = coalesce(started_at, ${now}),
          error_code = null, error_message = null, error_stack = null
        where id = ${job.id} and fence = ${job.fence} and ${claimable(db)}`,
      ...(event ? [appendEvent(job.id, event, now, sql`changes() = 1`)] : []),
      sql`update job_dates set status = 'PENDING' where job_id = ${job.id} and status = 'RUNNING' and ${mine}`,
    ],
    { repeatable: true },
  );
  const claimed = await findJob(db, job.id);
  return claimed?.status === "RUNNING" && claimed.lease?.owner === owner ? claimed : undefined;
}

/**
 * Returns the action that was requested of a job since the job was claimed; null if no action was requested, or if a newer claim holds the
 * job.
 */
export async function findRequest(db: Db, job: Pick<ClaimedJob, "id" | "fence">): Promise<JobAction | null> {
  const [row] = await db.orm.all<{ action: JobAction | null }>(
    sql`select pending_action as action from job_log where id = ${job.id} and fence = ${job.fence} and status = 'RUNNING'`,
  );
  return row?.action ?? null;
}

/** Extends the lease and returns the action requested meanwhile, or null. Throws a FenceError when a newer claim exists. */
export async function extendLease(
  db: Db,
  job: Pick<ClaimedJob, "id" | "fence">,
  leaseMs: number,
): Promise<JobAction | null> {
  const [updated] = await db.write(
    [
      sql`update job_log set ${holdsFence(job)}, lease_until = iif(lease_owner is null, null, ${db.clock} + ${leaseMs})
        where id = ${job.id} returning pending_action`,
    ],
    { repeatable: true, quiet: true },
  );
  return (updated?.rows[0]?.pending_action ?? null) as JobAction | null;
}

/** Returns the milliseconds until the next waiting job may continue; undefined when none waits. */
export async function nextResumeInMs(db: Db, choice: JobChoice = {}): Promise<number | undefined> {
  const [row] = await db.orm.all<{ ms: number | null }>(
    sql`select min(resume_at) - ${db.clock} as ms from job_log where finished_at is null and status = 'WAITING' and ${chosen(choice)}`,
  );
  return row?.ms ?? undefined;
}
