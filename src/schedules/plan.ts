import type { Schedule } from "../db/schedules.ts";
import type { Deps } from "../deps.ts";
import type { JobRequest } from "../jobs/create.ts";
import { planUpdate } from "../jobs/start.ts";
import { planVerification } from "../jobs/verification.ts";

/**
 * Returns the job that a schedule would start now. Throws a SourceError when an alias cannot be resolved, and NOT_FOUND for a verification
 * of a league that the ledger does not know.
 */
export async function planRun(
  deps: Deps,
  schedule: Schedule,
  startedBy: string,
  deadline: AbortSignal,
): Promise<JobRequest> {
  if (schedule.kind === "UPDATE") return planUpdate(deps, { ...schedule, idempotencyKey: null }, startedBy, deadline);
  return planVerification(deps, { ...schedule, start: null, end: null, idempotencyKey: null }, startedBy);
}
