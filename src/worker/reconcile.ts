import { MINUTE, pool, SECOND } from "../clock.ts";
import { forgetWorkers, leave, leaveResting, livingRuns, type Run, recordRuns } from "../db/workers.ts";
import type { Deps } from "../deps.ts";
import { KEY_PATTERNS } from "../source/leagueKey.ts";

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

/** Jobs of one source that are at work at once: what they ask of a source is limited anyway, and each that waits for its turn asks the database. */
const RUNS_AT_ONCE = 10;
/** Runs that the engine is asked about at once. */
const SEEN_AT_ONCE = 10;
/** Of a run that was heard of, or whose job was worked on, so lately the engine is not asked. */
const FRESH_MS = 15 * SECOND;
/** A run whose job needs no work has this long to notice. */
const NOTICE_MS = 1 * MINUTE;
/** A run that is not heard of for so many leases although its job could go on is lost. */
const LOST_LEASES = 4;

type Named = Pick<Run, "id" | "jobId">;

/**
 * Starts a run for each job that is to go on and has none, as many as may be at work. What is recorded comes first, then what the engine
 * does; whoever dies in between leaves a run that the engine does not know, which {@link reconcile} starts.
 */
export async function dispatch(deps: Deps, engine: Engine): Promise<void> {
  for (const leagues of Object.values(KEY_PATTERNS)) {
    for (const run of await recordRuns(deps.db, deps.clock.now(), { leagues, most: RUNS_AT_ONCE })) {
      deps.log.info("A run starts", run);
      await trying(deps, run, engine.start(run));
    }
  }
}

/**
 * Sees to it that each job that is to go on has one living run, and that runs whose job is finished or paused end. Of a run that cannot
 * be seen to the others do not suffer: it is tried again the next time.
 */
export async function reconcile(deps: Deps, engine: Engine): Promise<void> {
  const left = (await livingRuns(deps.db)).filter(({ isResting, idleMs, silentMs }) =>
    isResting ? silentMs > FRESH_MS : idleMs > Math.min(FRESH_MS, deps.settings.leaseMs),
  );
  await pool(SEEN_AT_ONCE, left, (run) => trying(deps, run, see(deps, engine, run)));
  await forgetWorkers(deps.db);
  await dispatch(deps, engine);
}

async function see({ db, log, settings }: Deps, engine: Engine, run: Run): Promise<void> {
  const { id, jobId, idleMs, silentMs, isResting } = run;
  const state = await engine.stateOf(id);
  const isLeft = state === "alive" || state === "held";
  if (isResting) {
    if (isLeft && silentMs <= NOTICE_MS) return;
    if ((await leaveResting(db, run)) && isLeft) await engine.end(id);
    return;
  }
  if (state === "unknown") return engine.start({ id, jobId });
  if (state === "held" || (state === "alive" && idleMs <= LOST_LEASES * settings.leaseMs)) return;
  log.warn("A run is lost; another one takes its job up", { id, jobId, state, idleMs });
  // First of all, so that the job goes on even if the engine cannot end it: a run that was given up ends by itself at its next step.
  await leave(db, id);
  if (isLeft) await engine.end(id);
}

const trying = ({ log }: Deps, { id, jobId }: Named, what: Promise<void>): Promise<void> =>
  what.catch((error) => log.warn("A run could not be seen to, and is tried again", { id, jobId, error }));
