import { and, asc, eq, sql } from "drizzle-orm";
import { MINUTE } from "../clock.ts";
import type { Db } from "./client.ts";
import { inList } from "./conditions.ts";
import { type ClaimedJob, holdsFence, type JobError } from "./job.ts";
import type { StoredLeague } from "./leagues.ts";
import { jobDates } from "./tables/jobs.ts";
import type { JOB_DATE_STATUSES } from "./tables/values.ts";

type JobDateStatus = (typeof JOB_DATE_STATUSES)[number];

/** What a job has done for one of its dates. */
export type JobDate = {
  date: string;
  status: JobDateStatus;
  attempts: number;
  teamsProcessed: string[];
  recordsProcessed: number;
  recordsInserted: number;
  recordsUpdated: number;
  recordsUnchanged: number;
  recordsRemoved: number;
  /** Why the stored answer is doubted; null if it is not. */
  doubt: string | null;
  /** 1 if the date failed and was reopened for a second try; otherwise 0. */
  triedAgain: number;
  startedAt: number | null;
  finishedAt: number | null;
  /** Why the date was skipped; null if it was not. */
  reason: string | null;
  error: JobError | null;
};

const parse = ({
  errorCode,
  errorMessage,
  errorStack,
  teamsProcessed,
  ...row
}: typeof jobDates.$inferSelect): JobDate => ({
  ...row,
  teamsProcessed: JSON.parse(teamsProcessed) as string[],
  reason: errorCode === null ? errorMessage : null,
  error: errorCode === null ? null : { code: errorCode, message: errorMessage ?? "", stack: errorStack },
});

/** Returns a map from job id to the job's dates, oldest first. */
export async function datesOf(db: Db, jobIds: readonly string[]): Promise<Map<string, JobDate[]>> {
  const rows = await db.orm
    .select()
    .from(jobDates)
    .where(sql`${jobDates.jobId} ${inList(jobIds)}`)
    .orderBy(asc(jobDates.jobId), asc(jobDates.date));
  const byJob = new Map<string, JobDate[]>(jobIds.map((id) => [id, []]));
  for (const row of rows) byJob.get(row.jobId)?.push(parse(row));
  return byJob;
}

/** Returns the dates that a worker still has to collect, in order. */
export async function pendingDates(db: Db, jobId: string): Promise<JobDate[]> {
  const rows = await db.orm
    .select()
    .from(jobDates)
    .where(and(eq(jobDates.jobId, jobId), eq(jobDates.status, "PENDING")))
    .orderBy(asc(jobDates.date));
  return rows.map(parse);
}

/**
 * Reopens a job's dates that have failed once, for a second try. Dates that have failed twice stay as they are.
 * @returns The number of reopened dates.
 */
export async function openFailedDates(db: Db, job: ClaimedJob): Promise<number> {
  const [, opened] = await db.write([
    sql`update job_log set ${holdsFence(job)}, dates_failed = dates_failed -
          (select count(*) from job_dates where job_id = ${job.id} and status = 'FAILED' and tried_again = 0) where id = ${job.id}`,
    sql`update job_dates set status = 'PENDING', tried_again = 1, finished_at = null, error_code = null, error_message = null, error_stack = null
        where job_id = ${job.id} and status = 'FAILED' and tried_again = 0`,
  ]);
  return opened?.rowsAffected ?? 0;
}

export async function firstFailedDate(db: Db, jobId: string): Promise<{ date: string; error: JobError } | null> {
  const [row] = await db.orm
    .select()
    .from(jobDates)
    .where(and(eq(jobDates.jobId, jobId), eq(jobDates.status, "FAILED")))
    .orderBy(asc(jobDates.date))
    .limit(1);
  const failed = row && parse(row);
  return failed?.error ? { date: failed.date, error: failed.error } : null;
}

export type Checkpoint = { jobId: string; nextDate: string | null; teamsProcessed: string[]; timestamp: number };

/** Returns a map from job id to the job's checkpoint. A finished job may have no checkpoint. */
export async function checkpointsOf(db: Db, jobIds: readonly string[]): Promise<Map<string, Checkpoint>> {
  const rows = await db.orm.all<{ jobId: string; nextDate: string | null; teams: string; timestamp: number }>(
    sql`select job_id as "jobId", next_date as "nextDate", teams_processed as teams, timestamp from checkpoints
        where job_id ${inList(jobIds)}`,
  );
  return new Map(
    rows.map(({ teams, ...row }) => [row.jobId, { ...row, teamsProcessed: JSON.parse(teams) as string[] }]),
  );
}

/** A job's last minute of work: how many dates were finished, when the first was started, and when the last was finished. */
export type RecentPace = { lastFinishedAt: number | null; firstStartedAt: number | null; dates: number };

const RATE_WINDOW_MS = 1 * MINUTE;

const UNKNOWN_PACE: RecentPace = { lastFinishedAt: null, firstStartedAt: null, dates: 0 };

/** Reads the recent pace of jobs. @returns A function that returns a job's pace, given the job's id. */
export async function recentPaces(db: Db, jobIds: readonly string[]): Promise<(jobId: string) => RecentPace> {
  const rows = await db.orm.all<RecentPace & { jobId: string }>(
    sql`with last as (select value as job_id, (select max(finished_at) from job_dates where job_id = value) as at from json_each(${JSON.stringify(jobIds)}))
        select last.job_id as "jobId", last.at as "lastFinishedAt", min(started_at) as "firstStartedAt", count(date) as dates
        from last left join job_dates on job_dates.job_id = last.job_id and finished_at > last.at - ${RATE_WINDOW_MS} and status in ('DONE', 'FAILED')
        group by last.job_id`,
  );
  const byJob = new Map(rows.map(({ jobId, ...pace }) => [jobId, pace]));
  return (jobId) => byJob.get(jobId) ?? UNKNOWN_PACE;
}

/** Skips the dates outside the league's season and sets the job's totals from the dates that are left. */
export async function fitToSeason(
  db: Db,
  job: ClaimedJob,
  { startDate, endDate }: Pick<StoredLeague, "startDate" | "endDate">,
  { reason, teamCount }: { reason: string; teamCount: number },
): Promise<void> {
  await db.write(
    [
      sql`update job_log set ${holdsFence(job)} where id = ${job.id}`,
      sql`update job_dates set status = 'SKIPPED', error_message = ${reason}
        where job_id = ${job.id} and status in ('PENDING', 'RUNNING') and date not between ${startDate} and ${endDate}`,
      sql`update job_log set dates_total = due.dates, items_total = due.dates * ${teamCount}
        from (select count(*) as dates from job_dates where job_id = ${job.id} and status <> 'SKIPPED') as due where id = ${job.id}`,
    ],
    { repeatable: true },
  );
}
