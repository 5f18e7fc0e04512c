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

/** How often a worker polls for jobs created by other processes. */
const LOOK_EVERY_MS = 1 * SECOND;
/** Shortest pause between two polls. */
const MIN_LOOK_MS = 50;
/** After this time a session begins no further date, to give other jobs a turn. */
const SESSION_MS = 30 * SECOND;
/** Number of jobs of one source that a process works on at once. All jobs of one source share the limits of that source. */
const JOBS_AT_ONCE = 4;
/** Pause after an error, usually of the database. */
const PAUSE_MS = 2 * SECOND;
/** How often a worker records its heartbeat. */
const HEARTBEAT_MS = 10 * SECOND;

export type TickOptions = {
  /** Time budget in milliseconds. When the budget is spent, the job is left for the next session. */
  budgetMs: number;
  /** Maximum number of dates to collect; unlimited by default. */
  maxDates?: number | undefined;
  /** Aborts when the server stops: requests in flight get two more seconds, and no further date is begun. */
  signal?: AbortSignal | undefined;
  /** The ids of the jobs that may be claimed; undefined for all jobs. */
  jobIds?: readonly string[] | undefined;
  /** The source whose jobs may be claimed; undefined for all sources. */
  source?: SourceKind | undefined;
};

/**
 * Runs one session: claims the job that has waited longest, collects until the budget is spent or until the job ends, and releases the job.
 * @returns Whether there was a job to claim.
 */
export async function tick(deps: Deps, { budgetMs, maxDates, signal, jobIds, source }: TickOptions): Promise<boolean> {
  const exceptLeagues = source && SOURCES.filter((each) => each !== source).flatMap((each) => KEY_PATTERNS[each]);
  const found = await findClaimable(deps.db, { jobIds, exceptLeagues });
  if (!found) return false;
  const claimed = await take(deps, found);
  if (claimed) await workOnJob(deps, claimed, { budgetMs, maxDates, signal });
  return true;
}

/** Claims a job for this worker. Returns undefined when another worker was faster. */
async function take({ db, clock, settings, worker }: Deps, found: Job): Promise<JobIn<"RUNNING"> | undefined> {
  return claim(db, found, {
    owner: `${worker.id}${CLAIM_MARK}${crypto.randomUUID().slice(0, 8)}`,
    leaseMs: settings.leaseMs,
    now: clock.now(),
    event: claimEvent(found),
  });
}

/**
 * Works in sessions on several jobs of each source at once, and runs the schedules, until the signal aborts. Sleeps while idle. A source
 * that hangs does not delay the jobs of other sources.
 * @param jobIds If `jobIds` is given, the loop works only on these jobs and runs no schedules.
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
        // Wakes the loop, because there is now room for another job.
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

/** Treats a key of unknown form as a key of Yahoo. The job's first session refuses a key of unknown form. */
const sourceOf = ({ leagueKey }: Job): SourceKind => parseLeagueKey(leagueKey)?.source ?? "YAHOO";

/** Claims the next job. If there is no job to claim, waits a moment and returns undefined. */
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
  log.error("The worker failed and continues", { error });
  await clock.sleep(PAUSE_MS, signal);
}

/** Records a heartbeat every ten seconds until the signal aborts, then records that this worker has ended. */
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
    return { type: "STARTED", message: job.startedAt === null ? "A worker has started" : "A worker continues" };
  if (job.status === "WAITING") return { type: "RESUMED", message: "The wait is over" };
  if (job.status === "RUNNING" && job.lease)
    return { type: "RECOVERED", message: "The job's worker was gone; another worker continues from the checkpoint" };
  return null;
}
