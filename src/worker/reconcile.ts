import { MINUTE, pool, SECOND } from "../clock.ts";
import { activeRuns, endRunIfIdle, markEnded, pruneWorkers, recordRuns, type WorkflowRun } from "../db/workers.ts";
import type { Deps } from "../deps.ts";
import { KEY_PATTERNS } from "../source/leagueKey.ts";

/** Runs durable workflows, one instance per run of a job, on platforms where no process works all the time. */
export type WorkflowHost = {
  /** Starts an instance with this id for the job. Does nothing if the instance already exists. */
  start(run: { id: string; jobId: string }): Promise<void>;
  instanceState(id: string): Promise<InstanceState>;
  /** Ends an instance in any state. Does nothing if the instance has already ended. */
  end(id: string): Promise<void>;
};

/** `suspended`: the host or its operator has paused the instance, which continues later. `unknown`: the host has no such instance. */
export type InstanceState = "running" | "suspended" | "ended" | "unknown";

/**
 * Maximum number of active jobs per source. With more jobs, collecting would not get faster, because all jobs share the source's
 * budget. Each waiting job also polls the database.
 */
const RUNS_AT_ONCE = 10;
/** Instances checked concurrently. */
const CHECKED_AT_ONCE = 10;
/** The status check is skipped for runs that were active within this time. */
const FRESH_MS = 15 * SECOND;
/** How long a run may take to notice that its job is finished or paused. */
const NOTICE_MS = 1 * MINUTE;
/** A run is stale when it has been idle for this many lease times although its job is runnable. */
const STALE_LEASES = 4;

type RunRef = Pick<WorkflowRun, "id" | "jobId">;

/**
 * Starts a workflow instance for every runnable job without an instance, up to the limit per source. Records each run before telling the
 * host to start it. If the process dies after recording a run and before telling the host, {@link reconcile} starts the instance.
 */
export async function dispatch(deps: Deps, host: WorkflowHost): Promise<void> {
  for (const leagues of Object.values(KEY_PATTERNS)) {
    for (const run of await recordRuns(deps.db, deps.clock.now(), { leagues, limit: RUNS_AT_ONCE })) {
      deps.log.info("Starting a workflow run", run);
      await trying(deps, run, host.start(run));
    }
  }
}

/**
 * Starts missing workflow instances, replaces stale instances, and ends the instances whose job is finished or paused. If an error occurs
 * for one run, the other runs are not affected, and the next call tries the failed run again.
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
  log.warn("A workflow run is stale; another run takes over its job", { id, jobId, state, idleMs });
  // Mark the run as ended first, so that another run can continue the job even if the host fails to end the instance. A marked run stops at
  // its next step.
  await markEnded(db, id);
  if (isLeft) await host.end(id);
}

const trying = ({ log }: Deps, { id, jobId }: RunRef, what: Promise<void>): Promise<void> =>
  what.catch((error) => log.warn("Cannot reconcile a workflow run; retrying later", { id, jobId, error }));
