import { findJob, findOverlap, type Job } from "../db/job.ts";
import { applyMove, type Move } from "../db/jobs.ts";
import type { Deps } from "./deps.ts";
import { LedgerError } from "./error.ts";
import { cancel, pause, resume } from "./job.ts";
import { overlap } from "./record.ts";

const ACTIONS = { pause, cancel, resume } as const;

/** Pauses, cancels or resumes a job; a repeated call changes nothing. Throws NOT_FOUND, ILLEGAL_STATE and, for a resume, JOB_OVERLAP. */
export async function act(deps: Deps, jobId: string, action: keyof typeof ACTIONS): Promise<Job> {
  for (;;) {
    const job = await findJob(deps.db, jobId);
    if (!job) throw new LedgerError("NOT_FOUND", `There is no job ${jobId}`, { jobId });
    const move: Move | null = ACTIONS[action](job);
    if (move === null) return job;
    if (await applyMove(deps.db, job, move, deps.clock.now())) {
      deps.wake.notify();
      return (await findJob(deps.db, jobId)) ?? job;
    }
    if (!move.retryFailed) continue;
    const other = await findOverlap(deps.db, job, job.id);
    if (other) throw overlap(`resume job ${job.id}`, job.startDate, job.endDate, other);
  }
}
