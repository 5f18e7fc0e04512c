import { MINUTE, pool, SECOND } from "../clock.ts";
import { activeRuns, endRunIfIdle, markEnded, pruneWorkers, recordRuns, type WorkflowRun } from "../db/workers.ts";
import type { Deps } from "../deps.ts";
import { KEY_PATTERNS } from "../source/leagueKey.ts";

/** Runs durable workflows, where no process works all the time: an instance for each run of a job. */
export type WorkflowHost = {
  /** Starts an instance of this id for the job; leaves one that exists already alone. */
  start(run: { id: string; jobId: string }): Promise<void>;
  instanceState(id: string): Promise<InstanceState>;
  /** Ends an instance wherever it stands; one that has ended is left alone. */
  end(id: string): Promise<void>;
};

/** `suspended`: the host, or somebody who operates it, has paused the instance; it goes on later. */
export type InstanceState = "running" | "suspended" | "ended" | "unknown";

/** Jobs of one source that are at work at once: what they ask of a source is limited anyway, and each that waits for its turn asks the database. */
const RUNS_AT_ONCE = 10;
/** Instances whose state is read at once. */
const CHECKED_AT_ONCE = 10;
/** Skip the status check for runs active within this time. */
const FRESH_MS = 15 * SECOND;
/** A run whose job needs no work has this long to notice. */
const NOTICE_MS = 1 * MINUTE;
/** A run without a heartbeat for so many leases, although its job is runnable, is stale. */
const STALE_LEASES = 4;

type RunRef = Pick<WorkflowRun, "id" | "jobId">;

/**
 * Starts a workflow instance for every runnable job that has none, up to the limit of its source. The run is recorded first: a process
 * that dies in between leaves a run that the host does not know, which {@link reconcile} starts.
 */
export async function dispatch(deps: Deps, host: WorkflowHost): Promise<void> {
  for (const leagues of Object.values(KEY_PATTERNS)) {
    for (const run of await recordRuns(deps.db, deps.clock.now(), { leagues, limit: RUNS_AT_ONCE })) {
      deps.log.info("A run starts", run);
      await trying(deps, run, host.start(run));
    }
  }
}

/**
 * Starts missing workflow instances, replaces stale ones, and ends those whose job is finished or paused. A failure on one run does not
 * affect the others; it is retried on the next call.
 */
export async function reconcile(deps: Deps, host: WorkflowHost): Promise<void> {
  const left = (await activeRuns(deps.db)).filter(({ isSettled, idleMs, silentMs }) =>
    isSettled ? silentMs > FRESH_MS : idleMs > Math.min(FRESH_MS, deps.settings.leaseMs),
  );
  await pool(CHECKED_AT_ONCE, left, (run) => trying(deps, run, reconcileRun(deps, host, run)));
  await pruneWorkers(deps.db);
  await dispatch(deps, host);
}

async function reconcileRun({ db, log, settings }: Deps, host: WorkflowHost, run: WorkflowRun): Promise<void> {
  const { id, jobId, idleMs, silentMs, isSettled } = run;
  const state = await host.instanceState(id);
  const isLeft = state === "running" || state === "suspended";
  if (isSettled) {
    if (isLeft && silentMs <= NOTICE_MS) return;
    if ((await endRunIfIdle(db, run)) && isLeft) await host.end(id);
    return;
  }
  if (state === "unknown") return host.start({ id, jobId });
  if (state === "suspended" || (state === "running" && idleMs <= STALE_LEASES * settings.leaseMs)) return;
  log.warn("A run is stale; another one takes its job up", { id, jobId, state, idleMs });
  // First of all, so that the job goes on even if the host cannot end it: a run that was given up ends by itself at its next step.
  await markEnded(db, id);
  if (isLeft) await host.end(id);
}

const trying = ({ log }: Deps, { id, jobId }: RunRef, what: Promise<void>): Promise<void> =>
  what.catch((error) => log.warn("A run could not be reconciled, and is tried again", { id, jobId, error }));
