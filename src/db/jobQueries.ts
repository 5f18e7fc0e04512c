import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { inList } from "./conditions.ts";
import { type Job, jobColumns, parseJob } from "./job.ts";
import { jobLog } from "./tables/jobs.ts";
import {
  ENVIRONMENTS,
  type Environment,
  JOB_KINDS,
  JOB_STATUSES,
  type JobKind,
  type JobStatus,
} from "./tables/values.ts";
import { clausesOf, countTogether, inOrder, readTogether, type Window } from "./window.ts";

export type JobFilter = {
  environment: Environment;
  leagueKey?: string | undefined;
  status?: readonly JobStatus[] | undefined;
  kind?: readonly JobKind[] | undefined;
  /** Only jobs created at this instant or later, in milliseconds since 1970. */
  since?: number | undefined;
  /** Only jobs created before this instant. */
  until?: number | undefined;
  /** Only jobs that include this date, whatever the date's status. */
  date?: string | undefined;
  /** Who started the job: a token's name, `command line` or `schedule NAME`. */
  startedBy?: string | undefined;
  scheduleId?: string | undefined;
  idempotencyKey?: string | undefined;
  /** The last characters of the job's id. */
  idEndsWith?: string | undefined;
};

/** A position in a list of jobs, newest first. */
export type JobPosition = readonly [createdAt: number, id: string];

/** The jobs of an environment, or of one of its leagues, that were created since an instant. */
export type StatisticsScope = { environment: Environment; leagueKey?: string | undefined; since?: number | undefined };

const within = ({ environment, leagueKey, since }: StatisticsScope): SQL =>
  sql`environment = ${environment} ${leagueKey === undefined ? sql`` : sql`and league_key = ${leagueKey}`}
      ${since === undefined ? sql`` : sql`and created_at >= ${since}`}`;

/**
 * If a filter names kinds or states, splits the filter into one condition per pair of kind and state, because an index has the jobs of
 * each pair in order. The query's cost depends only on the page's length, not on the number of jobs whose kind or
 * state the filter excludes.
 */
function branches({ status, kind, ...filter }: JobFilter): SQL[] {
  const here = sql`${within(filter)} ${further(filter)}`;
  if (status === undefined && kind === undefined) return [here];
  const [kinds, statuses] = [new Set(kind ?? JOB_KINDS), new Set(status ?? JOB_STATUSES)];
  return [...kinds].flatMap((k) => [...statuses].map((s) => sql`${here} and kind = ${k} and status = ${s}`));
}

/** Returns the filter's conditions other than scope, kind and status. */
function further({
  until,
  date,
  startedBy,
  scheduleId,
  idempotencyKey,
  idEndsWith,
}: Omit<JobFilter, "status" | "kind">): SQL {
  const where = [
    until === undefined ? undefined : sql`created_at < ${until}`,
    date === undefined
      ? undefined
      : sql`exists (select 1 from job_dates where job_dates.job_id = job_log.id and job_dates.date = ${date})`,
    startedBy === undefined ? undefined : sql`metadata ->> 'startedBy' = ${startedBy}`,
    scheduleId === undefined ? undefined : sql`metadata ->> 'scheduleId' = ${scheduleId}`,
    idempotencyKey === undefined ? undefined : sql`idempotency_key = ${idempotencyKey}`,
    idEndsWith === undefined ? undefined : sql`substr(id, ${-idEndsWith.length}) = ${idEndsWith}`,
  ];
  return sql.join(
    where.map((condition) => (condition ? sql`and ${condition}` : sql``)),
    sql` `,
  );
}

/** A list of jobs, and which part of it to read. */
export type JobsRequest = { filter: JobFilter; window: Window<JobPosition> };

/** Returns a window of a list of jobs, newest first. */
export async function listJobs(db: Db, filter: JobFilter, window: Window<JobPosition>): Promise<Job[]> {
  return (await listsOfJobs(db, [{ filter, window }]))[0] ?? [];
}

/** Returns a window of each list of jobs. All windows are read together, in as few statements as possible. */
export async function listsOfJobs(db: Db, requests: readonly JobsRequest[]): Promise<Job[][]> {
  const lists = await readTogether<{ id: string }>(
    db,
    requests.map(({ filter, window }) => {
      const { bounds, tail } = clausesOf(window, [sql`created_at`, sql`id`], "desc");
      const parts = branches(filter).map(
        (branch) => sql`select * from (select id, created_at from job_log where ${branch} ${bounds} ${tail})`,
      );
      if (parts.length === 0) return sql`select id from job_log where false`;
      return sql`select id from (${sql.join(parts, sql` union all `)}) ${tail}`;
    }),
  );
  const ids = [...new Set(lists.flat().map(({ id }) => id))];
  if (ids.length === 0) return requests.map(() => []);
  const rows = await db.orm
    .select(jobColumns(db))
    .from(jobLog)
    .where(sql`${jobLog.id} ${inList(ids)}`);
  const byId = new Map(rows.map(parseJob).map((job) => [job.id, job]));
  return requests.map(({ window }, i) => inOrder(lists[i] ?? [], window).flatMap(({ id }) => byId.get(id) ?? []));
}

/** Counts the jobs of each list. */
export const countsOfJobs = (db: Db, filters: readonly JobFilter[]): Promise<number[]> =>
  countTogether(
    db,
    filters.map((filter) => {
      const parts = branches(filter).map((branch) => sql`select count(*) as n from job_log where ${branch}`);
      return parts.length === 0
        ? sql`select 0 as n`
        : sql`select sum(n) as n from (${sql.join(parts, sql` union all `)})`;
    }),
  );

/** Returns one boolean per league key: whether a job was ever started for the league, in any environment. */
export async function haveJobs(db: Db, leagueKeys: readonly string[]): Promise<boolean[]> {
  const found = await readTogether<{ found: number }>(
    db,
    leagueKeys.map(
      (key) =>
        sql`select exists (select 1 from job_log where environment ${inList(ENVIRONMENTS)} and league_key = ${key}) as found`,
    ),
  );
  return found.map(([row]) => row?.found === 1);
}

/** Returns the newest job of all environments; undefined when there is none. */
export async function latestJob(db: Db): Promise<Job | undefined> {
  const newest = await Promise.all(ENVIRONMENTS.map((environment) => listJobs(db, { environment }, { limit: 1 })));
  return newest.flat().sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))[0];
}

/** The maximum number of resumable jobs listed. */
export const MAX_RESUMABLE = 1_000;

/** Returns the jobs that can be resumed, newest first. */
export async function resumableJobs(db: Db, environment: Environment): Promise<Job[]> {
  return listJobs(db, { environment, status: ["PAUSED", "FAILED"] }, { limit: MAX_RESUMABLE });
}

export type JobTotals = {
  total: number;
  byStatus: Partial<Record<JobStatus, number>>;
  recordsProcessed: number;
  recordsInserted: number;
  requests: number;
  retries: number;
};

/** Number of records that came from a source; 0 for a verification, which only reads records that are already stored. */
const COLLECTED = sql`iif(kind = 'VERIFY', 0, records_processed)`;

/** Adds up the counters of jobs. Reads only the index `job_log_totals`, which contains all the counters. */
export async function jobTotals(db: Db, scope: StatisticsScope): Promise<JobTotals> {
  const groups = await db.orm.all<Omit<JobTotals, "total" | "byStatus"> & { status: JobStatus; jobs: number }>(
    sql`select status, count(*) as jobs, sum(${COLLECTED}) as "recordsProcessed", sum(records_inserted) as "recordsInserted",
          sum(requests) as requests, sum(retries) as retries
        from job_log indexed by job_log_totals where ${within(scope)} group by status`,
  );
  const sum = (pick: (group: (typeof groups)[number]) => number) =>
    groups.reduce((total, group) => total + pick(group), 0);
  return {
    total: sum((g) => g.jobs),
    byStatus: Object.fromEntries(groups.map(({ status, jobs }) => [status, jobs])),
    recordsProcessed: sum((g) => g.recordsProcessed),
    recordsInserted: sum((g) => g.recordsInserted),
    requests: sum((g) => g.requests),
    retries: sum((g) => g.retries),
  };
}

/** Totals of the jobs created within one span of time. */
export type JobBucket = {
  /** Start of the span, in milliseconds since 1970. */
  start: number;
  jobs: number;
  completed: number;
  failed: number;
  cancelled: number;
  recordsProcessed: number;
  recordsInserted: number;
  requests: number;
  retries: number;
};

/** Adds up jobs by creation time, in `count` buckets of `lengthMs` each; the first starts at `since`. Buckets without jobs are left out. */
export async function jobBuckets(
  db: Db,
  { since, ...scope }: StatisticsScope & { since: number },
  { lengthMs, count }: { lengthMs: number; count: number },
): Promise<JobBucket[]> {
  // Inline the numbers: this is an integer division, and bound numbers are floating-point.
  const [from, length] = [sql.raw(String(since)), sql.raw(String(lengthMs))];
  return db.orm.all<JobBucket>(
    sql`select ${from} + ${length} * ((created_at - ${from}) / ${length}) as start, count(*) as jobs,
          sum(status = 'COMPLETED') as completed, sum(status = 'FAILED') as failed, sum(status = 'CANCELLED') as cancelled,
          sum(${COLLECTED}) as "recordsProcessed", sum(records_inserted) as "recordsInserted", sum(requests) as requests, sum(retries) as retries
        from job_log indexed by job_log_totals where ${within({ ...scope, since })} and created_at < ${since + lengthMs * count}
        group by start order by start`,
  );
}

/** Percentiles of durations, in milliseconds. */
export type Percentiles = { p50: number; p95: number; p99: number };

/** Maximum number of jobs or dates whose durations are read, newest first. Without a maximum, each new job would make the query slower. */
export const MAX_DURATIONS = 10_000;

/** Returns how long the newest finished jobs took; null when none has finished. */
export async function jobDurations(db: Db, scope: StatisticsScope): Promise<Percentiles | null> {
  return percentiles(
    db,
    sql`select finished_at - started_at as ms from (
          select finished_at, started_at from job_log where ${within(scope)} and kind <> 'VERIFY' order by created_at desc, id desc limit ${2 * MAX_DURATIONS})
        where finished_at is not null and started_at is not null limit ${MAX_DURATIONS}`,
  );
}

/** Returns how long the dates of the newest jobs took; null when no date has been collected. */
export async function dateDurations(db: Db, scope: StatisticsScope): Promise<Percentiles | null> {
  return percentiles(
    db,
    sql`select d.finished_at - d.started_at as ms from (
          select id from job_log where ${within(scope)} and kind <> 'VERIFY' order by created_at desc, id desc limit ${MAX_DURATIONS}) as newest
        cross join job_dates as d on d.job_id = newest.id
        where d.status = 'DONE' and d.started_at is not null limit ${MAX_DURATIONS}`,
  );
}

/** Computes percentiles by nearest rank: percentile p is the smallest value v such that at least p per cent of the values are v or less. */
async function percentiles(db: Db, values: SQL): Promise<Percentiles | null> {
  // Inline the number: this is an integer division, and bound numbers are floating-point.
  const rank = (p: number) => sql`max(iif(place = (n * ${sql.raw(String(p))} + 99) / 100, ms, null))`;
  const [row] = await db.orm.all<{ p50: number | null; p95: number; p99: number }>(
    sql`select ${rank(50)} as p50, ${rank(95)} as p95, ${rank(99)} as p99
        from (select ms, row_number() over (order by ms) as place, count(*) over () as n from (${values}))`,
  );
  return row?.p50 == null ? null : { p50: row.p50, p95: row.p95, p99: row.p99 };
}
