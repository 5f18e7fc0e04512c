import { SECOND } from "../clock.ts";
import { findJob, type Job } from "../db/job.ts";
import { findSchedule, type Schedule } from "../db/schedules.ts";
import { isFinished } from "../db/tables/values.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";

/** Throws NOT_FOUND. */
export async function findScheduleOrThrow({ db }: Pick<Deps, "db">, id: string): Promise<Schedule> {
  const schedule = await findSchedule(db, id);
  if (schedule) return schedule;
  throw new LedgerError(
    "NOT_FOUND",
    `There is no schedule ${JSON.stringify(id.slice(0, 80))}; the query schedules lists those there are`,
  );
}

/** How long one look, or a run by hand, waits for sources that are to resolve aliases. */
export const SOURCE_TIMEOUT_MS = 10 * SECOND;

/** The job that the schedule started last, while that is not finished: the source may want it to wait, or a person to do something. */
export async function findUnfinishedJob({ db }: Deps, { lastJobId }: Schedule): Promise<Job | undefined> {
  const job = lastJobId === null ? undefined : await findJob(db, lastJobId);
  return job && !isFinished(job.status) ? job : undefined;
}
