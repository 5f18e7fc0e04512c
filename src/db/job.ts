import { type SQL, sql } from "drizzle-orm";
import * as v from "valibot";
import type { Db } from "./client.ts";
import { inList, ofLeague } from "./conditions.ts";
import { jobLog } from "./tables/jobs.ts";
import {
  ENVIRONMENTS,
  type Environment,
  JOB_ACTIONS,
  JOB_KINDS,
  type JobKind,
  type JobStatus,
} from "./tables/values.ts";

const jobError = v.object({ code: v.string(), message: v.string(), stack: v.nullable(v.string()) });
export type JobError = v.InferOutput<typeof jobError>;

const shared = {
  id: v.string(),
  kind: v.picklist(JOB_KINDS),
  environment: v.picklist(ENVIRONMENTS),
  leagueKey: v.string(),
  startDate: v.string(),
  endDate: v.string(),
  concurrency: v.number(),
  metadata: v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown())),
  idempotencyKey: v.nullable(v.string()),
  inputDigest: v.string(),
  fence: v.number(),
  version: v.number(),
  createdAt: v.number(),
  startedAt: v.nullable(v.number()),
  datesTotal: v.number(),
  datesCompleted: v.number(),
  datesFailed: v.number(),
  itemsTotal: v.number(),
  itemsProcessed: v.number(),
  recordsProcessed: v.number(),
  recordsInserted: v.number(),
  recordsUpdated: v.number(),
  recordsUnchanged: v.number(),
  recordsRemoved: v.number(),
  /** Number of collected dates that are doubted. */
  datesSuspect: v.number(),
  requests: v.number(),
  retries: v.number(),
  /** Why the job stopped or is waiting; never null for a FAILED job. */
  error: v.nullable(jobError),
};

const lease = v.object({
  owner: v.string(),
  /** False once the lease has expired by the database's clock. */
  live: v.boolean(),
});

const job = v.variant("status", [
  v.object({ ...shared, status: v.literal("QUEUED") }),
  v.object({
    ...shared,
    status: v.literal("RUNNING"),
    lease: v.nullable(lease),
    pendingAction: v.nullable(v.picklist(JOB_ACTIONS)),
  }),
  v.object({ ...shared, status: v.literal("WAITING"), resumeAt: v.number() }),
  v.object({ ...shared, status: v.literal("PAUSED") }),
  v.object({ ...shared, status: v.literal("COMPLETED"), finishedAt: v.number() }),
  v.object({ ...shared, status: v.literal("FAILED"), finishedAt: v.number(), error: jobError }),
  v.object({ ...shared, status: v.literal("CANCELLED"), finishedAt: v.number() }),
]);

/** A job in one of its states, with the fields of that state. */
export type Job = v.InferOutput<typeof job>;
export type JobIn<S extends JobStatus> = Extract<Job, { status: S }>;

/** The part of a claimed job that its worker's commits need. */
export type ClaimedJob = { id: string; environment: Environment; leagueKey: string; fence: number };

/**
 * Sets the writer's fencing token in an `update job_log set …`. If a newer claim has raised the token, the trigger `job_log_fence`
 * aborts the transaction with a FenceError. A worker that has lost the job thus writes nothing.
 */
export const holdsFence = ({ fence }: Pick<ClaimedJob, "fence">): SQL => sql`fence = ${fence}`;

/** Returns the columns that {@link parseJob} reads. */
export const jobColumns = (db: Db) => ({
  row: jobLog,
  leaseLive: sql<number | null>`${jobLog.leaseUntil} > ${db.clock}`,
  datesSuspect: sql<number>`(select count(*) from job_dates where job_dates.job_id = job_log.id and job_dates.doubt is not null)`,
});
type JobRow = { row: typeof jobLog.$inferSelect; leaseLive: number | null; datesSuspect: number };

/** Converts a row to a job; nothing else in the code does this. Throws a ValiError if the row is not a valid job. */
export function parseJob({ row, leaseLive, datesSuspect }: JobRow): Job {
  const { errorCode, errorMessage, errorStack, leaseOwner, ...rest } = row;
  return v.parse(job, {
    ...rest,
    datesSuspect,
    error: errorCode === null ? null : { code: errorCode, message: errorMessage ?? "", stack: errorStack },
    lease: leaseOwner === null ? null : { owner: leaseOwner, live: Boolean(leaseLive) },
  });
}

export async function findJob(db: Db, id: string): Promise<Job | undefined> {
  const [row] = await db.orm.select(jobColumns(db)).from(jobLog).where(sql`${jobLog.id} = ${id}`);
  return row && parseJob(row);
}

/** Returns jobs and the cursors of their newest events, all read at the same moment. */
export async function findJobsAndCursors(db: Db, ids: readonly string[]): Promise<{ job: Job; cursor: number }[]> {
  const rows = await db.orm
    .select({
      ...jobColumns(db),
      cursor: sql<number>`(select max(job_events.id) from job_events where job_events.job_id = job_log.id)`,
    })
    .from(jobLog)
    .where(sql`${jobLog.id} ${inList(ids)}`);
  return rows.map((row) => ({ job: parseJob(row), cursor: row.cursor }));
}

/** Selects the job that holds an idempotency key in its environment. A failed or cancelled job no longer holds its key. */
const keyHolder = ({ environment, idempotencyKey }: { environment: Environment; idempotencyKey: string | null }): SQL =>
  sql`select id from job_log where environment = ${environment} and idempotency_key = ${idempotencyKey} and status not in ('FAILED', 'CANCELLED')`;

export async function findJobByKey(
  db: Db,
  key: { environment: Environment; idempotencyKey: string },
): Promise<Job | undefined> {
  const [row] = await db.orm
    .select(jobColumns(db))
    .from(jobLog)
    .where(sql`${jobLog.id} in (${keyHolder(key)})`);
  return row && parseJob(row);
}

/** Matches jobs that may still write. Paused jobs are included, because they will be resumed or cancelled. */
const UNFINISHED = sql`finished_at is null`;

/** Matches jobs that share a day with the range. */
const overlaps = (start: string, end: string): SQL => sql`start_date <= ${end} and end_date >= ${start}`;

/** The facts that decide whether a job conflicts with another job. */
export type JobScope = {
  kind: JobKind;
  environment: Environment;
  leagueKey: string;
  startDate: string;
  endDate: string;
};

/**
 * Matches jobs that may run beside a job of this kind. An update and a backfill may run together, so a schedule's update need not wait for
 * a backfill that takes hours. Running an update beside a backfill is safe: each job chooses its dates by coverage, and each lineup has a
 * version that guards writes. A verification collects nothing, so it conflicts only with another verification.
 */
const sideBySide = (kind: JobKind): SQL => {
  if (kind === "VERIFY") return sql`kind <> 'VERIFY'`;
  const others: readonly JobKind[] =
    kind === "UPDATE" ? ["BACKFILL", "VERIFY"] : kind === "BACKFILL" ? ["UPDATE", "VERIFY"] : ["VERIFY"];
  return sql`kind ${inList(others)}`;
};

/** Selects the unfinished jobs, other than `exceptId`, that may not run beside a job of this environment, league, range and kind. */
export const overlapping = (range: JobScope, exceptId: string): SQL =>
  sql`select id from job_log where ${UNFINISHED} and ${ofLeague(range)}
      and ${overlaps(range.startDate, range.endDate)} and id <> ${exceptId} and not (${sideBySide(range.kind)})`;

/** Matches if another job now holds this job's idempotency key. */
export const keyIsTaken = (job: Job): SQL => sql`exists (${keyHolder(job)} and id <> ${job.id})`;

export async function findOverlap(db: Db, range: JobScope, exceptId: string): Promise<Job | undefined> {
  const [row] = await db.orm
    .select(jobColumns(db))
    .from(jobLog)
    .where(sql`${jobLog.id} in (${overlapping(range, exceptId)})`)
    .limit(1);
  return row && parseJob(row);
}

/** What a workflow run has to know about its job. Durations are in milliseconds by the database's clock. */
export type RunnableState = {
  status: JobStatus;
  /** How long the job still has to wait for the source; 0 if it does not wait. */
  waitMs: number;
  /** How long the current lease still lasts unless it is extended; 0 without a lease. */
  leaseMs: number;
  /** The first PENDING or RUNNING date; null when there is none. */
  nextDate: string | null;
};

export async function findRunnableState(db: Db, jobId: string): Promise<RunnableState | undefined> {
  const [row] = await db.orm.all<RunnableState>(
    sql`select status, max(0, coalesce(resume_at, 0) - ${db.clock}) as "waitMs", max(0, coalesce(lease_until, 0) - ${db.clock}) as "leaseMs",
          (select min(date) from job_dates where job_id = job_log.id and status in ('PENDING', 'RUNNING')) as "nextDate"
        from job_log where id = ${jobId}`,
  );
  return row;
}
