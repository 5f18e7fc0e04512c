import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import type { JobStatus } from "./job.ts";

/** How a job stands, as far as whoever carries it has to know; durations by the database's clock. */
export type Standing = {
  status: JobStatus;
  /** How long the source wants to be left alone. */
  waitMs: number;
  /** How long somebody's lease still lasts, unless it is extended. */
  leaseMs: number;
  /** The first date that is not done. */
  nextDate: string | null;
};

export async function standingOf(db: Db, jobId: string): Promise<Standing | undefined> {
  const [row] = await db.orm.all<Standing>(
    sql`select status, max(0, coalesce(resume_at, 0) - ${db.clock}) as "waitMs", max(0, coalesce(lease_until, 0) - ${db.clock}) as "leaseMs",
          (select min(date) from job_dates where job_id = job_log.id and status in ('PENDING', 'RUNNING')) as "nextDate"
        from job_log where id = ${jobId}`,
  );
  return row;
}
