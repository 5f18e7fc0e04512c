import { SECOND } from "../clock.ts";
import { findJob, type Job } from "../db/job.ts";
import { findSchedule, type Schedule } from "../db/schedules.ts";
import { isFinished } from "../db/tables/values.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";

/** Finds a schedule. Throws NOT_FOUND. */
export async function findScheduleOrThrow({ db }: Pick<Deps, "db">, id: string): Promise<Schedule> {
  const schedule = await findSchedule(db, id);
  if (schedule) return schedule;
  throw new LedgerError(
    "NOT_FOUND",
    `There is no schedule ${JSON.stringify(id.slice(0, 80))}; the query \`schedules\` lists all schedules`,
  );
}

/** How long one check of the schedules, or one manual run, waits for sources to resolve aliases. */
export const SOURCE_TIMEOUT_MS = 10 * SECOND;

/** Returns the schedule's last job if it is unfinished. The job may be waiting for the source or for a person. */
export async function findUnfinishedJob({ db }: Deps, { lastJobId }: Schedule): Promise<Job | undefined> {
  const job = lastJobId === null ? undefined : await findJob(db, lastJobId);
  return job && !isFinished(job.status) ? job : undefined;
}
