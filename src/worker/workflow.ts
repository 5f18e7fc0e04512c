import { MINUTE } from "../clock.ts";
import { findRunnableState, type RunnableState } from "../db/job.ts";
import { endRunIfIdle, touchRun, type WorkflowRun } from "../db/workers.ts";
import type { Deps } from "../deps.ts";
import { tick } from "./loop.ts";

/** Time budget of a step. A date takes seconds, or a minute if its teams are requested one by one. The host limits a step's time, too. */
const DATE_MS = 10 * MINUTE;
/** Added to each wait, because the database's clock may be slightly behind. */
const MARGIN_MS = 100;

/** What the run of a job does next. The host stores the result of each step, so results must be small. */
export type NextStep =
  /** Collect a date. */
  | { kind: "collect"; date: string }
  /** The source accepts no requests, or another worker holds the lease. */
  | { kind: "wait"; ms: number }
  /** The job is finished, paused or gone. */
  | { kind: "over" };

/** Runs the steps of a durable workflow. The host stores each step's result and does not run that step again. */
export type WorkflowStep = {
  do(name: string, step: () => Promise<NextStep>): Promise<NextStep>;
  sleep(name: string, ms: number): Promise<void>;
};

/**
 * Runs a job to its end in workflow steps. Each date has one step, which is named after the date. All state is in the database, so a
 * repeated step or a new run continues from the job's checkpoint.
 * @param read Returns the job's next step.
 * @param collect Collects one date, then returns the next step.
 */
export async function runWorkflow(
  steps: WorkflowStep,
  read: () => Promise<NextStep>,
  collect: () => Promise<NextStep>,
): Promise<void> {
  let next = await steps.do("begin", read);
  for (let waits = 1; next.kind !== "over"; ) {
    if (next.kind === "wait") {
      await steps.sleep(`wait ${waits}`, next.ms);
      next = await steps.do(`look ${waits++}`, read);
    } else {
      next = await steps.do(next.date, collect);
    }
  }
}

/** Returns the next step of a run's job. Records that the run is active or, when nothing is left to do, that the run has ended. */
export async function readNext({ db }: Deps, run: Pick<WorkflowRun, "id" | "jobId">): Promise<NextStep> {
  for (;;) {
    const next = nextOf(await findRunnableState(db, run.jobId));
    if (next.kind !== "over") return (await touchRun(db, run.id)) ? next : { kind: "over" };
    // If somebody has just resumed the job, the run continues.
    if (await endRunIfIdle(db, run)) return next;
  }
}

/** Collects one date of a run's job, unless another worker holds the job. Returns the next step. Throws when the database fails. */
export async function collectNext(deps: Deps, run: Pick<WorkflowRun, "id" | "jobId">): Promise<NextStep> {
  await tick(deps, { budgetMs: DATE_MS, maxDates: 1, jobIds: [run.jobId] });
  return readNext(deps, run);
}

function nextOf(state: RunnableState | undefined): NextStep {
  if (state?.status !== "QUEUED" && state?.status !== "RUNNING" && state?.status !== "WAITING") return { kind: "over" };
  const waitMs = Math.max(state.waitMs, state.leaseMs);
  if (waitMs > 0) return { kind: "wait", ms: waitMs + MARGIN_MS };
  // When all dates are done, one last step writes the job's final state.
  return { kind: "collect", date: state.nextDate ?? "end" };
}
