import { FenceError, isDatabaseError } from "../db/client.ts";
import { addRequests, beginDates } from "../db/commit.ts";
import { firstFailedDate, type JobDate, pendingDates } from "../db/dates.ts";
import type { NewJobEvent } from "../db/events.ts";
import { findJob, type Job, type JobIn } from "../db/job.ts";
import { applyMove, claim, findClaimable, heartbeat, nextResumeInMs } from "../db/jobs.ts";
import { findLeague, fitToSeason } from "../db/leagues.ts";
import { type League, type Meter, SourceError } from "../source/source.ts";
import { collectDate, obey, type Turn, toJobError, turnEnd } from "./collector.ts";
import type { Deps } from "./deps.ts";
import { endTurn, type TurnEnd } from "./job.ts";
import { ensureLeague } from "./league.ts";

const SECOND = 1000;

/** How often a worker looks for jobs that another process has started. */
const LOOK_EVERY_MS = 1 * SECOND;
/** A turn is over after this long, so that jobs take turns. */
const TURN_MS = 30 * SECOND;
/** Jobs that one process works on at once; they share the source's limits. */
const JOBS_AT_ONCE = 4;
/** After the database failed. */
const DATABASE_PAUSE_MS = 2 * SECOND;

export type TickOptions = {
  /** When this is spent, the job is left for the next turn. */
  budgetMs: number;
  /** A server that stops: the dates under way are finished, no other is begun. */
  signal?: AbortSignal;
  /** Names this worker in the lease. */
  owner?: string;
};

/**
 * The whole worker, once: takes up the job that waited longest, collects until the budget is spent or the job ends, and leaves it
 * so that anybody can go on. Answers whether there was a job.
 */
export async function tick(
  deps: Deps,
  { budgetMs, signal, owner = crypto.randomUUID() }: TickOptions,
): Promise<boolean> {
  const { db, clock, settings, wake } = deps;
  const found = await findClaimable(db);
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

/** Ticks until the signal aborts, several jobs at once; sleeps while there is nothing to do. */
export async function work(deps: Deps, signal: AbortSignal): Promise<void> {
  const loop = async () => {
    while (!signal.aborted) {
      try {
        if (await tick(deps, { budgetMs: TURN_MS, signal })) continue;
        const resumeInMs = (await nextResumeInMs(deps.db)) ?? LOOK_EVERY_MS;
        await deps.wake.wait(Math.max(0, Math.min(resumeInMs, LOOK_EVERY_MS)), signal);
      } catch (error) {
        deps.log.error("The worker failed and goes on", { error });
        await deps.clock.sleep(DATABASE_PAUSE_MS, signal);
      }
    }
  };
  await Promise.all(Array.from({ length: JOBS_AT_ONCE }, loop));
}

function claimEvent(job: Job): NewJobEvent | null {
  if (job.startedAt === null) return { type: "STARTED", message: "A worker has begun" };
  if (job.status === "WAITING") return { type: "RESUMED", message: "The wait is over" };
  if (job.status === "RUNNING" && job.lease)
    return { type: "RECOVERED", message: "Its worker was gone; another goes on where it stopped" };
  return null;
}

async function takeTurn(
  deps: Deps,
  job: JobIn<"RUNNING">,
  budgetMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { clock, log } = deps;
  const over = new AbortController();
  const noMore = new AbortController();
  const ending: { why: TurnEnd | null } = { why: null };
  const end = (why: TurnEnd) => {
    if (ending.why === null || (why.is === "asked" && ending.why.is !== "fatal")) ending.why = why;
    noMore.abort();
  };
  const stop = () => end({ is: "yielded" });
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop, { once: true });
  void clock.sleep(budgetMs, over.signal).then(() => over.signal.aborted || stop());
  const watching = watch(deps, job, end, over.signal);

  try {
    obey({ end }, job.pendingAction);
    if (!noMore.signal.aborted) await collect(deps, job, end, noMore.signal);
    await conclude(deps, job, ending.why);
  } catch (error) {
    if (error instanceof FenceError) return log.warn("A job was taken over; nothing was written", { jobId: job.id });
    if (isDatabaseError(error)) throw error;
    log.error("A job failed from within", { jobId: job.id, error });
    await conclude(deps, job, { is: "fatal", error: internal(error) });
  } finally {
    signal?.removeEventListener("abort", stop);
    over.abort();
    await watching;
  }
}

/** Collects the job's open dates, some at a time, until none is left or the turn ends. */
async function collect(deps: Deps, job: JobIn<"RUNNING">, end: Turn["end"], signal: AbortSignal): Promise<void> {
  const league = await prepare(deps, job, end, signal);
  if (!league) return;
  const open = await pendingDates(deps.db, job.id);
  const turn: Turn = {
    deps,
    job,
    league,
    signal,
    end,
    takeNext: () => (signal.aborted ? null : (open.shift() ?? null)),
  };
  const first: JobDate[] = [];
  while (first.length < job.concurrency) {
    const date = turn.takeNext();
    if (!date) break;
    first.push(date);
  }
  const { leaseMs } = deps.settings;
  await beginDates(
    deps.db,
    job,
    first.map(({ date }) => date),
    { leaseMs, now: deps.clock.now() },
  );
  const worker = async (date: JobDate) => {
    for (let next: JobDate | null = date; next; ) next = await collectDate(turn, next);
  };
  const ended = await Promise.allSettled(
    first.map((date) =>
      worker(date).catch((error) => {
        end({ is: "yielded" });
        throw error;
      }),
    ),
  );
  const failed = ended.find((each) => each.status === "rejected");
  if (failed) throw failed.reason;
}

/** The job's league, and the job fitted to its season; undefined when the turn ends there. */
async function prepare(
  deps: Deps,
  job: JobIn<"RUNNING">,
  end: Turn["end"],
  signal: AbortSignal,
): Promise<League | undefined> {
  const { db } = deps;
  const meter: Meter = { requests: 0, retries: 0 };
  try {
    const league = await ensureLeague(deps, job.leagueKey, { signal, meter });
    const stored = await findLeague(db, league.key);
    if (stored) await fitToSeason(db, job, stored, league.teams.length);
    return league;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    if (error.kind !== "STOPPED") end(turnEnd(error) ?? { is: "fatal", error: toJobError(error) });
    return undefined;
  } finally {
    if (meter.requests > 0) await addRequests(db, job, meter);
  }
}

/** Writes what becomes of the job; again when somebody asked something of it at that very moment. */
async function conclude(deps: Deps, { id, fence }: JobIn<"RUNNING">, why: TurnEnd | null): Promise<void> {
  const { db, clock, wake } = deps;
  for (;;) {
    const job = await findJob(db, id);
    if (job?.status !== "RUNNING" || job.fence !== fence) throw new FenceError("A newer claim holds this job");
    const move = endTurn(job, await decideEnd(deps, job, why));
    if (await applyMove(db, job, move, clock.now())) break;
  }
  wake.notify();
}

/** A job whose dates are all tried has ended, whatever else was asked; a person's wish goes before a wait or a yield. */
async function decideEnd({ db }: Deps, job: JobIn<"RUNNING">, why: TurnEnd | null): Promise<TurnEnd> {
  if (why?.is === "fatal") return why;
  const open = job.datesTotal - job.datesDone - job.datesFailed;
  if (open === 0) return { is: "tried", firstFailure: await firstFailedDate(db, job.id) };
  if (job.pendingAction !== null) return { is: "asked", action: job.pendingAction };
  // What was asked may have been called off meanwhile: then the job is simply left for the next turn.
  return why === null || why.is === "asked" ? { is: "yielded" } : why;
}

/** Keeps the lease while the source is slow, and hears what is asked of the job. */
async function watch(
  { db, clock, wake, settings, log }: Deps,
  job: JobIn<"RUNNING">,
  end: Turn["end"],
  over: AbortSignal,
): Promise<void> {
  const everyMs = settings.leaseMs / 3;
  let extendedAt = clock.now();
  while (!over.aborted) {
    await wake.wait(Math.max(0, extendedAt + everyMs - clock.now()), over);
    if (over.aborted) return;
    try {
      if (clock.now() - extendedAt >= everyMs) {
        extendedAt = clock.now();
        obey({ end }, await heartbeat(db, job, settings.leaseMs));
      } else {
        const now = await findJob(db, job.id);
        if (now?.status === "RUNNING" && now.fence === job.fence) obey({ end }, now.pendingAction);
      }
    } catch (error) {
      // The next commit says the same and ends the turn; until then no request is to be made.
      if (error instanceof FenceError) return end({ is: "yielded" });
      log.warn("The lease could not be extended", { jobId: job.id, error });
    }
  }
}

function internal(error: unknown): { code: string; message: string; stack: string | null } {
  return {
    code: "INTERNAL",
    message: `Unforeseen: ${error instanceof Error ? error.message : String(error)}`,
    stack: error instanceof Error ? (error.stack ?? null) : null,
  };
}
