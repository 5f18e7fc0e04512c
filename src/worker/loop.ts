import { SECOND } from "../clock.ts";
import type { NewJobEvent } from "../db/events.ts";
import type { Job, JobIn } from "../db/job.ts";
import { claim, findClaimable, type JobChoice, nextResumeInMs } from "../db/jobWrites.ts";
import { CLAIM_MARK, type Identity, markEnded, pruneWorkers, recordHeartbeat } from "../db/workers.ts";
import type { Deps } from "../deps.ts";
import { scheduleLoop } from "../schedules/scheduler.ts";
import { KEY_PATTERNS, parseLeagueKey } from "../source/leagueKey.ts";
import type { SourceKind } from "../source/source.ts";
import { workOnJob } from "./session.ts";

/** How often a worker looks for jobs that another process has started. */
const LOOK_EVERY_MS = 1 * SECOND;
/** … and the least it waits before it looks again. */
const MIN_LOOK_MS = 50;
/** A session begins no further date after this long, so that the other jobs get theirs. */
const SESSION_MS = 30 * SECOND;
/** Jobs of one source that a process works on at once; they share that source's limits. */
const JOBS_AT_ONCE = 4;
/** After the database failed. */
const PAUSE_MS = 2 * SECOND;
/** How often a worker records its heartbeat. */
const HEARTBEAT_MS = 10 * SECOND;

export type TickOptions = {
  /** When this is spent, the job is left for the next session. */
  budgetMs: number;
  /** So many dates are collected at most. */
  maxDates?: number | undefined;
  /** Aborts when the server stops: the requests under way have two seconds left, no other date is begun. */
  signal?: AbortSignal | undefined;
  /** Only these jobs are taken up. */
  jobIds?: readonly string[] | undefined;
  /** Only jobs of this source are taken up. */
  source?: SourceKind | undefined;
};

/**
 * The whole worker, once: takes up the job that waited longest, collects until the budget is spent or the job ends, and leaves it
 * so that anybody can go on. Answers whether there was a job.
 */
export async function tick(deps: Deps, { budgetMs, maxDates, signal, jobIds, source }: TickOptions): Promise<boolean> {
  const exceptLeagues = source && SOURCES.filter((each) => each !== source).flatMap((each) => KEY_PATTERNS[each]);
  const found = await findClaimable(deps.db, { jobIds, exceptLeagues });
  if (!found) return false;
  const claimed = await take(deps, found);
  if (claimed) await workOnJob(deps, claimed, { budgetMs, maxDates, signal });
  return true;
}

/** Claims a job for this worker; undefined when somebody else was faster. */
async function take({ db, clock, settings, worker }: Deps, found: Job): Promise<JobIn<"RUNNING"> | undefined> {
  return claim(db, found, {
    owner: `${worker.id}${CLAIM_MARK}${crypto.randomUUID().slice(0, 8)}`,
    leaseMs: settings.leaseMs,
    now: clock.now(),
    event: claimEvent(found),
  });
}

/**
 * Works in sessions until the signal aborts, several jobs of each source at once, and runs the schedules; sleeps while there is
 * nothing to do. However long one source does not answer, the jobs of the others go on.
 * @param jobIds Works on these jobs alone, and on no schedule.
 */
export async function work(deps: Deps, signal: AbortSignal, jobIds?: readonly string[]): Promise<void> {
  const sessions = new Map<Promise<void>, SourceKind>();
  const isFull = (source: SourceKind) =>
    [...sessions.values()].filter((each) => each === source).length >= JOBS_AT_ONCE;
  const begin = (job: JobIn<"RUNNING">) => {
    const session = workOnJob(deps, job, { budgetMs: SESSION_MS, signal })
      .catch((error) => failed(deps, error, signal))
      .finally(() => {
        sessions.delete(session);
        // There is room for another job.
        deps.notifier.notify();
      });
    sessions.set(session, sourceOf(job));
  };
  const look = async () => {
    while (!signal.aborted) {
      const exceptLeagues = SOURCES.filter(isFull).flatMap((source) => KEY_PATTERNS[source]);
      const job = await lookForJob(deps, signal, { jobIds, exceptLeagues });
      if (job) begin(job);
    }
    await Promise.all(sessions.keys());
  };
  await Promise.all([jobIds ? undefined : scheduleLoop(deps, signal), look()]);
}

export const SOURCES = Object.keys(KEY_PATTERNS) as SourceKind[];

/** A key of no known form is refused by its job's first session. */
const sourceOf = ({ leagueKey }: Job): SourceKind => parseLeagueKey(leagueKey)?.source ?? "YAHOO";

/** Claims the next job, or waits for one for a moment; undefined when there was none. */
async function lookForJob(deps: Deps, signal: AbortSignal, choice: JobChoice): Promise<JobIn<"RUNNING"> | undefined> {
  try {
    const found = await findClaimable(deps.db, choice);
    if (found) return await take(deps, found);
    const resumeInMs = (await nextResumeInMs(deps.db, choice)) ?? LOOK_EVERY_MS;
    await deps.notifier.wait(Math.min(Math.max(resumeInMs, MIN_LOOK_MS), LOOK_EVERY_MS), signal);
  } catch (error) {
    await failed(deps, error, signal);
  }
  return undefined;
}

async function failed({ log, clock }: Deps, error: unknown, signal: AbortSignal): Promise<void> {
  log.error("The worker failed and goes on", { error });
  await clock.sleep(PAUSE_MS, signal);
}

/** Records a heartbeat every ten seconds until the signal aborts, and then that this worker has ended. */
export async function heartbeatLoop(
  deps: Deps,
  does: Pick<Identity, "serves" | "works">,
  signal: AbortSignal,
): Promise<void> {
  const { db, clock, log, worker } = deps;
  const since = clock.now();
  const trying = (what: Promise<void>) =>
    what.catch((error) => log.warn("The heartbeat could not be recorded", { worker: worker.id, error }));
  while (!signal.aborted) {
    await trying(recordHeartbeat(db, { ...worker, ...does }, since));
    await clock.sleep(HEARTBEAT_MS, signal);
  }
  await trying(markEnded(db, worker.id));
  await trying(pruneWorkers(db));
}

function claimEvent(job: Job): NewJobEvent | null {
  if (job.status === "QUEUED")
    return { type: "STARTED", message: job.startedAt === null ? "A worker has begun" : "A worker goes on" };
  if (job.status === "WAITING") return { type: "RESUMED", message: "The wait is over" };
  if (job.status === "RUNNING" && job.lease)
    return { type: "RECOVERED", message: "Its worker was gone; another goes on where it stopped" };
  return null;
}
