import { forgetRefusals } from "../db/credentials.ts";
import { findJob, findJobByKey, findOverlap, type Job } from "../db/job.ts";
import { listJobs } from "../db/jobQueries.ts";
import { applyTransition, type Transition } from "../db/jobWrites.ts";
import { ENVIRONMENTS } from "../db/tables/values.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { parseLeagueKey } from "../source/leagueKey.ts";
import type { SourceKind } from "../source/source.ts";
import { overlap } from "./create.ts";
import { cancel, pause, resume, wake } from "./transitions.ts";

const ACTIONS = { pause, cancel, resume, wake } as const;

/**
 * Pauses, cancels, resumes or wakes a job; a repeated call changes nothing. Throws NOT_FOUND and ILLEGAL_STATE. A resume may also throw
 * JOB_OVERLAP and IDEMPOTENCY_CONFLICT.
 * @param by Name of the caller, for the job's events.
 */
export async function act(deps: Deps, jobId: string, action: keyof typeof ACTIONS, by: string): Promise<Job> {
  for (;;) {
    const job = await findJob(deps.db, jobId);
    if (!job) throw new LedgerError("NOT_FOUND", `There is no job ${jobId}`, { jobId });
    const transition: Transition | null = ACTIONS[action](job, by);
    if (transition === null) return job;
    // A person wants to try again, so forget the known refusals.
    if (action === "wake" || (action === "resume" && isRefused(job))) await forgetRefusals(deps.db);
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

/** Whether a job is paused because its source refuses the ledger's credentials, and not because a person has paused the job. */
const isRefused = ({ status, error }: Job): boolean =>
  status === "PAUSED" && (error?.code === "SOURCE_UNAUTHORIZED" || error?.code === "SOURCE_APP_NOT_APPROVED");

/** Maximum number of paused jobs that are read. Nobody has more. */
const MAX_PAUSED = 1000;

/**
 * After a login, resumes the jobs that are paused because the source refused access. A paused job stays paused if another job blocks it.
 */
export async function resumeRefused(deps: Deps, source: SourceKind, by: string): Promise<Job[]> {
  const resumed: Job[] = [];
  for (const environment of ENVIRONMENTS) {
    const paused = await listJobs(deps.db, { environment, status: ["PAUSED"] }, { limit: MAX_PAUSED });
    for (const job of paused) {
      if (!isRefused(job) || parseLeagueKey(job.leagueKey)?.source !== source) continue;
      try {
        resumed.push(await act(deps, job.id, "resume", by));
      } catch (error) {
        if (!(error instanceof LedgerError)) throw error;
      }
    }
  }
  return resumed;
}

function keyMovedOn({ id, idempotencyKey }: Job, holder: Job): LedgerError {
  return new LedgerError(
    "IDEMPOTENCY_CONFLICT",
    `Cannot resume job ${id}: its idempotencyKey ${JSON.stringify(idempotencyKey)} has since been used to start job ${holder.id}, ` +
      `which is ${holder.status}. Use the newer job instead`,
    { jobId: holder.id },
  );
}
