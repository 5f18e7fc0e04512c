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

/** A change of state, as decided by `jobs/transitions.ts`: what the row is to say afterwards. */
export type Transition = {
  to: JobStatus;
  event: NewJobEvent | null;
  /** Only while it stays RUNNING under its lease. */
  pendingAction?: JobAction;
  /** Only with RUNNING: the lease stays as it is. */
  keepLease?: boolean;
  /** Only with WAITING: from now, by the database's clock. */
  resumeInMs?: number;
  error?: JobError | null;
  /** Whoever held the job before may not write any more. */
  newFence?: boolean;
  /** FAILED dates become PENDING again. */
  retryFailed?: boolean;
};

/** Where a resume starts: a completed or cancelled job has no such place. */
const HAS_NO_CHECKPOINT: ReadonlySet<JobStatus> = new Set(["COMPLETED", "CANCELLED"]);

/** The unfinished date that comes first, of a job named by the SQL. */
export const firstOpenDate = (jobId: string): SQL =>
  sql`(select min(date) from job_dates where job_id = ${jobId} and status in ('PENDING', 'RUNNING', 'FAILED'))`;

/**
 * Writes a change of state, its event and its checkpoint, if the job is still as it was when the change was decided;
 * otherwise it writes nothing and answers false.
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

/** Nobody works on it, and it is time: queued, its wait is over, its worker yielded or its lease ran out. */
const claimable = (db: Db): SQL =>
  sql`(status = 'QUEUED' or (status = 'WAITING' and resume_at <= ${db.clock})
       or (status = 'RUNNING' and (lease_owner is null or lease_until <= ${db.clock})))`;

/** Which jobs are looked for. */
export type JobChoice = {
  /** Only these. */
  jobIds?: readonly string[] | undefined;
  /** None of a league whose key is of one of these patterns. */
  exceptLeagues?: readonly string[] | undefined;
};

const chosen = ({ jobIds, exceptLeagues = [] }: JobChoice): SQL =>
  sql`${jobIds ? sql`job_log.id ${inList(jobIds)}` : sql`true`}
      ${exceptLeagues.length === 0 ? sql`` : sql`and not (${ofLeagues(exceptLeagues)})`}`;

/** The job's league key is of one of the patterns. */
export const ofLeagues = (patterns: readonly string[]): SQL =>
  sql.join(
    patterns.map((pattern) => sql`job_log.league_key glob ${pattern}`),
    sql` or `,
  );

/** The job that nobody works on and that has waited longest, if there is one. */
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
 * Takes the job if nobody else did since it was read: a lease, a new fence, and its dates that were under way open again.
 * @param owner Of this claim alone: by it is seen whose the claim was when the answer is lost.
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

/** What was asked of a job since it was claimed; null where nothing was, and where a newer claim holds it. */
export async function findRequest(db: Db, job: Pick<ClaimedJob, "id" | "fence">): Promise<JobAction | null> {
  const [row] = await db.orm.all<{ action: JobAction | null }>(
    sql`select pending_action as action from job_log where id = ${job.id} and fence = ${job.fence} and status = 'RUNNING'`,
  );
  return row?.action ?? null;
}

/** Extends the lease and says what was asked of the job meanwhile. Throws a FenceError when a newer claim exists. */
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

/** How long until a waiting job may go on, in milliseconds; undefined when none waits. */
export async function nextResumeInMs(db: Db, choice: JobChoice = {}): Promise<number | undefined> {
  const [row] = await db.orm.all<{ ms: number | null }>(
    sql`select min(resume_at) - ${db.clock} as ms from job_log where finished_at is null and status = 'WAITING' and ${chosen(choice)}`,
  );
  return row?.ms ?? undefined;
}
