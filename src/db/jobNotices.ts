import type { SQL } from "drizzle-orm";
import type { NewJobEvent } from "./events.ts";
import type { Job, JobError } from "./job.ts";
import { notifyOf } from "./notifications.ts";
import type { JobStatus } from "./tables/values.ts";

/** The new state of a job. */
type NewState = { to: JobStatus; error?: JobError | null; event: NewJobEvent | null };

/** Returns the statement that notifies each webhook once of a job's new state. Jobs of the environment TEST notify nobody. */
export function noticeOf(job: Job, { to, error = null, event }: NewState, now: number, applied: SQL): SQL[] {
  const kind =
    to === "COMPLETED"
      ? "JOB_COMPLETED"
      : to === "FAILED"
        ? "JOB_FAILED"
        : to === "PAUSED" && error
          ? "JOB_NEEDS_LOGIN"
          : null;
  if (kind === null || job.environment !== "PRODUCTION") return [];
  const { id, leagueKey, startDate, endDate } = job;
  const said = error ? `${error.code}: ${error.message}` : (event?.message ?? "");
  const payload = {
    text: `Lineup Ledger: ${job.kind.toLowerCase()} of ${leagueKey}, ${startDate} to ${endDate}, is ${to}${said && `: ${said}`}`,
    job: {
      id,
      kind: job.kind,
      status: to,
      leagueKey,
      startDate,
      endDate,
      error: error && { code: error.code, message: error.message },
    },
  };
  return [notifyOf(kind, { occasion: `${id} ${job.version + 1}`, payload, now }, applied)];
}
