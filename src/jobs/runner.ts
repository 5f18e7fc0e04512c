import type { NewJobEvent } from "../db/events.ts";
import type { Job } from "../db/job.ts";
import { claim, findClaimable, nextResumeInMs } from "../db/jobs.ts";
import type { Deps } from "./deps.ts";
import { keepSchedules } from "./scheduler.ts";
import { takeTurn } from "./turn.ts";

const SECOND = 1000;

/** How often a worker looks for jobs that another process has started. */
const LOOK_EVERY_MS = 1 * SECOND;
/** A turn is over after this long, so that jobs take turns. */
const TURN_MS = 30 * SECOND;
/** Jobs that one process works on at once; they share the source's limits. */
const JOBS_AT_ONCE = 4;
/** After the database failed. */
const PAUSE_MS = 2 * SECOND;

export type TickOptions = {
  /** When this is spent, the job is left for the next turn. */
  budgetMs: number;
  /** A server that stops: the dates under way are finished, no other is begun. */
  signal?: AbortSignal;
  /** Names this worker in the lease. */
  owner?: string;
  /** Only these jobs are taken up. */
  only?: readonly string[] | undefined;
};

/**
 * The whole worker, once: takes up the job that waited longest, collects until the budget is spent or the job ends, and leaves it
 * so that anybody can go on. Answers whether there was a job.
 */
export async function tick(
  deps: Deps,
  { budgetMs, signal, owner = crypto.randomUUID(), only }: TickOptions,
): Promise<boolean> {
  const { db, clock, settings, wake } = deps;
  const found = await findClaimable(db, only);
  if (!found) return false;
  const claimed = await claim(db, found, {
    owner,
    leaseMs: settings.leaseMs,
    now: clock.now(),
    event: claimEvent(found),
  });
  if (claimed?.status !== "RUNNING") return true;
  wake.notify();
  await takeTurn(deps, claimed, budgetMs, signal);
  return true;
}

/**
 * Ticks until the signal aborts, several jobs at once, and runs the schedules; sleeps while there is nothing to do.
 * @param only Works on these jobs alone, and on no schedule.
 */
export async function work(deps: Deps, signal: AbortSignal, only?: readonly string[]): Promise<void> {
  const loop = async () => {
    while (!signal.aborted) {
      try {
        if (await tick(deps, { budgetMs: TURN_MS, signal, only })) continue;
        const resumeInMs = (await nextResumeInMs(deps.db)) ?? LOOK_EVERY_MS;
        await deps.wake.wait(Math.max(0, Math.min(resumeInMs, LOOK_EVERY_MS)), signal);
      } catch (error) {
        deps.log.error("The worker failed and goes on", { error });
        await deps.clock.sleep(PAUSE_MS, signal);
      }
    }
  };
  await Promise.all([only ? undefined : keepSchedules(deps, signal), ...Array.from({ length: JOBS_AT_ONCE }, loop)]);
}

function claimEvent(job: Job): NewJobEvent | null {
  if (job.status === "QUEUED")
    return { type: "STARTED", message: job.startedAt === null ? "A worker has begun" : "A worker goes on" };
  if (job.status === "WAITING") return { type: "RESUMED", message: "The wait is over" };
  if (job.status === "RUNNING" && job.lease)
    return { type: "RECOVERED", message: "Its worker was gone; another goes on where it stopped" };
  return null;
}
