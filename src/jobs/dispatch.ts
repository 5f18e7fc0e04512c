import { leave, livingRuns, type Run, recordRuns } from "../db/workers.ts";
import type { Deps } from "./deps.ts";

const SECOND = 1000;

/** What carries jobs where no process works all the time: one run of its own for each job. */
export type Engine = {
  /** Starts a run of this id for the job; leaves one that exists already alone. */
  start(run: { id: string; jobId: string }): Promise<void>;
  stateOf(id: string): Promise<RunState>;
  /** Ends a run wherever it stands; one that has ended is left alone. */
  end(id: string): Promise<void>;
};

/** `held`: the engine itself, or somebody who operates it, keeps it back; it goes on later. */
export type RunState = "alive" | "held" | "ended" | "unknown";

/** A run whose job needs no work has this long to notice. */
const NOTICE_MS = 60 * SECOND;
/** A run that is not heard of for so many leases although its job could go on is lost. */
const LOST_LEASES = 4;

/**
 * Sees to it that each job that is to go on has one living run, and that runs whose job is finished or paused end. What is recorded
 * comes first, then what the engine does; whoever dies in between leaves a run that the engine does not know, which the next one starts.
 * Of a run that cannot be seen to the others do not suffer: it is tried again the next time.
 */
export async function dispatch(deps: Deps, engine: Engine): Promise<void> {
  const { db, clock, log } = deps;
  const trying = (run: Pick<Run, "id" | "jobId">, what: Promise<void>) =>
    what.catch((error) => log.warn("A run could not be seen to, and is tried again", { ...run, error }));
  await Promise.all((await livingRuns(db)).map((run) => trying(run, see(deps, engine, run))));
  for (const run of await recordRuns(db, clock.now())) {
    log.info("A run starts", run);
    await trying(run, engine.start(run));
  }
}

async function see({ db, log, settings }: Deps, engine: Engine, run: Run): Promise<void> {
  const { id, jobId, idleMs, isResting } = run;
  const state = await engine.stateOf(id);
  if (isResting) {
    const isLeft = state === "alive" || state === "held";
    if (isLeft && idleMs <= NOTICE_MS) return;
    if (isLeft) await engine.end(id);
    return leave(db, id);
  }
  if (state === "unknown") return engine.start({ id, jobId });
  if (state === "held") return;
  if (state === "alive" && idleMs <= LOST_LEASES * settings.leaseMs) return;
  log.warn("A run is lost; another one takes its job up", { id, jobId, state, idleMs });
  if (state === "alive") await engine.end(id);
  await leave(db, id);
}
