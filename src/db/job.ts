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
  /** Dates that were collected and are doubted. */
  datesSuspect: v.number(),
  requests: v.number(),
  retries: v.number(),
  /** What stopped or holds it; of a FAILED job always there. */
  error: v.nullable(jobError),
};

const lease = v.object({
  owner: v.string(),
  /** False once it has run out, by the database's clock. */
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

/** A job is one of its states, with what that state owns. */
export type Job = v.InferOutput<typeof job>;
export type JobIn<S extends JobStatus> = Extract<Job, { status: S }>;

/** A job as its worker holds it: what a commit needs of it. */
export type ClaimedJob = { id: string; environment: Environment; leagueKey: string; fence: number };

/**
 * Says, within an `update job_log set …`, which fencing token the writer holds. The trigger `job_log_fence` refuses it, and with it the
 * whole transaction, once a newer claim has raised the token (a FenceError): so a worker that was taken for dead writes nothing.
 */
export const holdsFence = ({ fence }: Pick<ClaimedJob, "fence">): SQL => sql`fence = ${fence}`;

/** Selects what {@link parseJob} reads. */
export const jobColumns = (db: Db) => ({
  row: jobLog,
  leaseLive: sql<number | null>`${jobLog.leaseUntil} > ${db.clock}`,
  datesSuspect: sql<number>`(select count(*) from job_dates where job_dates.job_id = job_log.id and job_dates.doubt is not null)`,
});
type JobRow = { row: typeof jobLog.$inferSelect; leaseLive: number | null; datesSuspect: number };

/** The one place where a row becomes a job; throws a ValiError when the row states something impossible. */
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

/** Jobs and the cursors of their newest events, of one and the same moment. */
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

/** The job that holds an idempotency key of its environment; one that has failed or was cancelled gives it back. */
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

/** Not finished: the job may still write. A paused one counts, since it is going to be resumed or cancelled. */
const UNFINISHED = sql`finished_at is null`;

/** Two ranges of dates share a day. */
const overlaps = (start: string, end: string): SQL => sql`start_date <= ${end} and end_date >= ${start}`;

/** What a job collects, as far as it may get into another one's way. */
export type JobScope = {
  kind: JobKind;
  environment: Environment;
  leagueKey: string;
  startDate: string;
  endDate: string;
};

/**
 * A schedule's update need not wait for a backfill that takes hours, nor the other way round: both go by what is missing. A verification
 * collects nothing, and is in the way of another one only.
 */
const sideBySide = (kind: JobKind): SQL => {
  if (kind === "VERIFY") return sql`kind <> 'VERIFY'`;
  const others: readonly JobKind[] =
    kind === "UPDATE" ? ["BACKFILL", "VERIFY"] : kind === "BACKFILL" ? ["UPDATE", "VERIFY"] : ["VERIFY"];
  return sql`kind ${inList(others)}`;
};

/** An unfinished job, other than `exceptId`, of the league and environment that shares a day with the range. */
export const overlapping = (range: JobScope, exceptId: string): SQL =>
  sql`select id from job_log where ${UNFINISHED} and ${ofLeague(range)}
      and ${overlaps(range.startDate, range.endDate)} and id <> ${exceptId} and not (${sideBySide(range.kind)})`;

/** Another job holds the key that a failed one had. */
export const keyIsTaken = (job: Job): SQL => sql`exists (${keyHolder(job)} and id <> ${job.id})`;

export async function findOverlap(db: Db, range: JobScope, exceptId: string): Promise<Job | undefined> {
  const [row] = await db.orm
    .select(jobColumns(db))
    .from(jobLog)
    .where(sql`${jobLog.id} in (${overlapping(range, exceptId)})`)
    .limit(1);
  return row && parseJob(row);
}

/** How a job stands, as far as whoever carries it has to know; durations by the database's clock. */
export type RunnableState = {
  status: JobStatus;
  /** How long the source wants to be left alone. */
  waitMs: number;
  /** How long somebody's lease still lasts, unless it is extended. */
  leaseMs: number;
  /** The first date that is not done. */
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
