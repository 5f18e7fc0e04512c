import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { inList } from "./conditions.ts";
import { ENVIRONMENTS } from "./tables/values.ts";

/** Totals of all jobs with one environment and status. */
export type JobCounts = {
  environment: string;
  status: string;
  jobs: number;
  datesCompleted: number;
  datesFailed: number;
  requests: number;
  retries: number;
};

/** Sums up all jobs by environment and status. Scans the whole job log, which has one row per job. */
export const jobCounts = (db: Db): Promise<JobCounts[]> =>
  db.orm.all<JobCounts>(
    sql`select environment, status, count(*) as jobs, sum(dates_done) as "datesCompleted", sum(dates_failed) as "datesFailed",
          sum(requests) as requests, sum(retries) as retries
        from job_log where environment ${inList(ENVIRONMENTS)} group by environment, status`,
  );

/** `newest` is the league's newest final date that is COMPLETE, EMPTY or WAIVED; null when there is none. */
export type NewestFinal = { leagueKey: string; startDate: string; endDate: string; newest: string | null };

/** Returns the newest final date of each league collected in production, for at most `limit` leagues. */
export const newestFinals = (db: Db, limit: number): Promise<NewestFinal[]> =>
  db.orm.all<NewestFinal>(
    sql`select leagues.key as "leagueKey", leagues.start_date as "startDate", leagues.end_date as "endDate",
          (select max(date) from league_dates where environment = 'PRODUCTION' and league_key = leagues.key
            and final = 1 and state in ('COMPLETE', 'EMPTY', 'WAIVED')) as newest
        from leagues where exists (select 1 from league_dates where environment = 'PRODUCTION' and league_key = leagues.key)
        order by leagues.key limit ${limit}`,
  );

/** Returns the longest remaining wait of all WAITING jobs in milliseconds; 0 when no job waits. */
export async function longestWaitMs(db: Db, now: number): Promise<number> {
  const [row] = await db.orm.all<{ ms: number | null }>(
    sql`select max(resume_at) - ${now} as ms from job_log where status = 'WAITING' and finished_at is null`,
  );
  return Math.max(0, row?.ms ?? 0);
}
