import { MINUTE } from "../clock.ts";
import { findRunnableState, type RunnableState } from "../db/job.ts";
import { hearRun, leaveResting, type Run } from "../db/workers.ts";
import type { Deps } from "../deps.ts";
import { tick } from "./loop.ts";

/** A date takes seconds, or a minute where its teams are asked for one by one; an engine's step has its own limit. */
const DATE_MS = 10 * MINUTE;
/** Added to a wait, so that it is over by the database's clock as well. */
const AFTER_MS = 100;

/** What the run of a job is to do next; small, as engines keep it for each step. */
export type Next =
  /** A date is to be collected. */
  | { kind: "collect"; date: string }
  /** The source wants no requests, or somebody else holds the lease. */
  | { kind: "wait"; ms: number }
  /** The job is finished, paused or gone. */
  | { kind: "over" };

/** The steps of an engine, which keeps what each has answered and does not do it again. */
export type Steps = {
  do(name: string, step: () => Promise<Next>): Promise<Next>;
  sleep(name: string, ms: number): Promise<void>;
};

/**
 * Carries a job to its end in the steps of an engine, one for each date, named by it. All that is known is in the database: a step that
 * is done twice, or a run that begins anew, goes on where the job stands.
 * @param look Reads how the job stands.
 * @param collect Collects one date, and answers how the job stands then.
 */
export async function carry(steps: Steps, look: () => Promise<Next>, collect: () => Promise<Next>): Promise<void> {
  let next = await steps.do("begin", look);
  for (let waits = 1; next.kind !== "over"; ) {
    if (next.kind === "wait") {
      await steps.sleep(`wait ${waits}`, next.ms);
      next = await steps.do(`look ${waits++}`, look);
    } else {
      next = await steps.do(next.date, collect);
    }
  }
}

/** How a run's job stands; says that the run lives, or, if nothing is left to do, that it ends. */
export async function lookAtRun({ db }: Deps, run: Pick<Run, "id" | "jobId">): Promise<Next> {
  for (;;) {
    const next = nextOf(await findRunnableState(db, run.jobId));
    if (next.kind !== "over") return (await hearRun(db, run.id)) ? next : { kind: "over" };
    // Somebody may have resumed the job just now: then the run goes on with it.
    if (await leaveResting(db, run)) return next;
  }
}

/** Collects one date of a run's job, if that is still wanted and nobody else is at it. Throws when the database does not answer. */
export async function advanceRun(deps: Deps, run: Pick<Run, "id" | "jobId">): Promise<Next> {
  await tick(deps, { budgetMs: DATE_MS, maxDates: 1, jobIds: [run.jobId] });
  return lookAtRun(deps, run);
}

function nextOf(standing: RunnableState | undefined): Next {
  if (standing?.status !== "QUEUED" && standing?.status !== "RUNNING" && standing?.status !== "WAITING")
    return { kind: "over" };
  const waitMs = Math.max(standing.waitMs, standing.leaseMs);
  if (waitMs > 0) return { kind: "wait", ms: waitMs + AFTER_MS };
  // Where all dates are done, the step that remains writes the job's end.
  return { kind: "collect", date: standing.nextDate ?? "end" };
}
