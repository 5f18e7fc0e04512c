import { findJob, findJobByKey, findOverlap, type Job } from "../db/job.ts";
import { applyTransition, type Transition } from "../db/jobWrites.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { overlap } from "./create.ts";
import { cancel, pause, resume, wake } from "./transitions.ts";

const ACTIONS = { pause, cancel, resume, wake } as const;

/**
 * Pauses, cancels, resumes or wakes a job; a repeated call changes nothing. Throws NOT_FOUND, ILLEGAL_STATE and, for a resume, JOB_OVERLAP
 * and IDEMPOTENCY_CONFLICT.
 * @param by Who asks for it, for the job's events.
 */
export async function act(deps: Deps, jobId: string, action: keyof typeof ACTIONS, by: string): Promise<Job> {
  for (;;) {
    const job = await findJob(deps.db, jobId);
    if (!job) throw new LedgerError("NOT_FOUND", `There is no job ${jobId}`, { jobId });
    const transition: Transition | null = ACTIONS[action](job, by);
    if (transition === null) return job;
    if (await applyTransition(deps.db, job, transition, deps.clock.now()))
      return (await findJob(deps.db, jobId)) ?? job;
    if (!transition.retryFailed) continue;
    const other = await findOverlap(deps.db, job, job.id);
    if (other) throw overlap(`resume job ${job.id}`, job.startDate, job.endDate, other);
    const { environment, idempotencyKey } = job;
    const holder = idempotencyKey === null ? undefined : await findJobByKey(deps.db, { environment, idempotencyKey });
    if (holder && holder.id !== job.id) throw keyMovedOn(job, holder);
  }
}

function keyMovedOn({ id, idempotencyKey }: Job, holder: Job): LedgerError {
  return new LedgerError(
    "IDEMPOTENCY_CONFLICT",
    `Cannot resume job ${id} as its idempotencyKey ${JSON.stringify(idempotencyKey)} has started job ${holder.id} since: its status is ${holder.status}. Go on with that one`,
    { jobId: holder.id },
  );
}
