import { and, desc, eq, gte, inArray, type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { type Environment, type Job, type JobKind, type JobStatus, jobColumns, parseJob } from "./job.ts";
import { ENVIRONMENTS, jobLog } from "./tables.ts";

export type JobFilter = {
  environment: Environment;
  leagueKey?: string | undefined;
  status?: readonly JobStatus[] | undefined;
  kind?: readonly JobKind[] | undefined;
};

/** A place in a list of jobs, newest first; it stays right while jobs are added. */
export type JobPosition = { createdAt: number; id: string };

const matches = ({ environment, leagueKey, status, kind }: JobFilter): SQL | undefined =>
  and(
    eq(jobLog.environment, environment),
    leagueKey === undefined ? undefined : eq(jobLog.leagueKey, leagueKey),
    status === undefined ? undefined : inArray(jobLog.status, [...status]),
    kind === undefined ? undefined : inArray(jobLog.kind, [...kind]),
  );

/** Jobs after a place in the list, newest first. */
export async function listJobs(
  db: Db,
  filter: JobFilter,
  { after, limit }: { after?: JobPosition | undefined; limit: number },
): Promise<Job[]> {
  const rows = await db.orm
    .select(jobColumns(db))
    .from(jobLog)
    .where(and(matches(filter), after && sql`(${jobLog.createdAt}, ${jobLog.id}) < (${after.createdAt}, ${after.id})`))
    .orderBy(desc(jobLog.createdAt), desc(jobLog.id))
    .limit(limit);
  return rows.map(parseJob);
}

export async function countJobs(db: Db, filter: JobFilter): Promise<number> {
  const [row] = await db.orm.select({ n: sql<number>`count(*)` }).from(jobLog).where(matches(filter));
  return row?.n ?? 0;
}

export async function jobsBefore(db: Db, filter: JobFilter, first: JobPosition): Promise<boolean> {
  const rows = await db.orm
    .select({ id: jobLog.id })
    .from(jobLog)
    .where(and(matches(filter), sql`(${jobLog.createdAt}, ${jobLog.id}) > (${first.createdAt}, ${first.id})`))
    .limit(1);
  return rows.length > 0;
}

/** The job that was created last, in any environment. */
export async function latestJob(db: Db): Promise<Job | undefined> {
  const newest = await Promise.all(ENVIRONMENTS.map((environment) => listJobs(db, { environment }, { limit: 1 })));
  return newest.flat().sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))[0];
}

/** Jobs that a resume would take up, newest first. */
export async function resumableJobs(db: Db, environment: Environment): Promise<Job[]> {
  return listJobs(db, { environment, status: ["PAUSED", "FAILED"] }, { limit: 1_000 });
}

export type JobStatistics = {
  total: number;
  byStatus: Partial<Record<JobStatus, number>>;
  recordsProcessed: number;
  recordsInserted: number;
  requests: number;
  retries: number;
  /** In milliseconds, ascending. */
  durations: Percentiles | null;
  dateDurations: Percentiles | null;
};
type Percentiles = { p50: number; p95: number; p99: number };

/** Totals of the jobs that were created since an instant. */
export async function jobStatistics(
  db: Db,
  {
    environment,
    leagueKey,
    since,
  }: { environment: Environment; leagueKey?: string | undefined; since?: number | undefined },
): Promise<JobStatistics> {
  const chosen =
    and(matches({ environment, leagueKey }), since === undefined ? undefined : gte(jobLog.createdAt, since)) ??
    sql`true`;
  const groups = await db.orm
    .select({
      status: jobLog.status,
      jobs: sql<number>`count(*)`,
      recordsProcessed: sql<number>`sum(${jobLog.recordsProcessed})`,
      recordsInserted: sql<number>`sum(${jobLog.recordsInserted})`,
      requests: sql<number>`sum(${jobLog.requests})`,
      retries: sql<number>`sum(${jobLog.retries})`,
    })
    .from(jobLog)
    .where(chosen)
    .groupBy(jobLog.status);
  const sum = (pick: (group: (typeof groups)[number]) => number) =>
    groups.reduce((total, group) => total + pick(group), 0);
  const ended = sql`finished_at is not null and started_at is not null`;
  return {
    total: sum((g) => g.jobs),
    byStatus: Object.fromEntries(groups.map(({ status, jobs }) => [status, jobs])),
    recordsProcessed: sum((g) => g.recordsProcessed),
    recordsInserted: sum((g) => g.recordsInserted),
    requests: sum((g) => g.requests),
    retries: sum((g) => g.retries),
    durations: await percentiles(
      db,
      sql`select finished_at - started_at as ms from job_log where ${chosen} and ${ended}`,
    ),
    dateDurations: await percentiles(
      db,
      sql`select d.finished_at - d.started_at as ms from job_log join job_dates as d on d.job_id = job_log.id
          where ${chosen} and d.status = 'DONE' and d.started_at is not null`,
    ),
  };
}

/** Nearest rank: the smallest value that so many per cent of the values do not exceed. */
async function percentiles(db: Db, values: SQL): Promise<Percentiles | null> {
  // Written out, since a bound number is a real one, and the division is of whole numbers.
  const rank = (p: number) => sql`max(iif(place = (n * ${sql.raw(String(p))} + 99) / 100, ms, null))`;
  const [row] = await db.orm.all<{ p50: number | null; p95: number; p99: number }>(
    sql`select ${rank(50)} as p50, ${rank(95)} as p95, ${rank(99)} as p99
        from (select ms, row_number() over (order by ms) as place, count(*) over () as n from (${values}))`,
  );
  return row?.p50 == null ? null : { p50: row.p50, p95: row.p95, p99: row.p99 };
}
