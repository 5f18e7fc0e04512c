import { SECOND } from "../clock.ts";
import { addRequests, beginDates } from "../db/commit.ts";
import { FenceError, isDatabaseError } from "../db/errors.ts";
import { findJob, type JobIn } from "../db/job.ts";
import { firstFailedDate, fitToSeason, type JobDate, pendingDates } from "../db/jobDates.ts";
import { applyMove, heartbeat } from "../db/jobWrites.ts";
import type { Deps } from "../deps.ts";
import { outside } from "../jobs/plan.ts";
import { endTurn, type TurnEnd } from "../jobs/transitions.ts";
import { ensureLeague } from "../leagues/league.ts";
import { type League, type Meter, SourceError } from "../source/source.ts";
import { collectDate, obey, type Turn, toJobError, turnEnd } from "./collectDate.ts";

/** Before a job is given back after the database failed. */
const DATABASE_PAUSE_MS = 2 * SECOND;

/** How often it is looked what another process was asked to do with the job. */
const LISTEN_EVERY_MS = 2 * SECOND;

/** Which end of a turn goes before which: what cannot be helped, then what a person asked for, then what the source wants. */
const RANK: Readonly<Record<TurnEnd["is"], number>> = {
  yielded: 0,
  "rate-limited": 1,
  refused: 2,
  tried: 3,
  asked: 4,
  fatal: 5,
};

export type TurnOptions = {
  /** Milliseconds; then no further date is begun. */
  budgetMs: number;
  /** So many dates are begun at most. */
  dates?: number | undefined;
  /** Aborts when the server stops: the requests under way have two seconds left, no other is made. */
  signal?: AbortSignal | undefined;
};

/**
 * One worker's turn at a job that it has claimed: collects until no date is left, the budget is spent or the turn ends otherwise,
 * and writes what becomes of the job. Throws only when the database does not answer.
 */
export async function takeTurn(
  deps: Deps,
  job: JobIn<"RUNNING">,
  { budgetMs, dates = Number.POSITIVE_INFINITY, signal }: TurnOptions,
): Promise<void> {
  const { clock, log } = deps;
  const over = new AbortController();
  const noMoreRequests = new AbortController();
  const noMoreDates = new AbortController();
  const ending: { why: TurnEnd | null } = { why: null };
  const end = (why: TurnEnd) => {
    if (ending.why === null || RANK[why.is] > RANK[ending.why.is]) ending.why = why;
    noMoreDates.abort();
    noMoreRequests.abort();
  };
  const stop = () => end({ is: "yielded" });
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop, { once: true });
  // A spent budget ends the turn after the dates that were begun, with all their attempts; otherwise a slow one would never be tried out.
  void clock.sleep(budgetMs, over.signal).then(() => over.signal.aborted || noMoreDates.abort());
  const watching = watch(deps, job, end, over.signal);

  try {
    obey({ end }, job.pendingAction);
    const until = { requests: noMoreRequests.signal, dates: noMoreDates.signal, most: dates };
    const left = noMoreRequests.signal.aborted ? 0 : await collect(deps, job, end, until);
    const isCut = noMoreDates.signal.aborted || left > 0;
    await conclude(deps, job, ending.why ?? (isCut ? { is: "yielded" } : null));
  } catch (error) {
    if (error instanceof FenceError) return log.warn("A job was taken over; nothing was written", { jobId: job.id });
    if (isDatabaseError(error)) {
      await giveBack(deps, job);
      throw error;
    }
    log.error("A job failed from within", { jobId: job.id, error });
    const { code, message, stack } = internal(error);
    const safe = { code, message: deps.redact(message), stack: stack && deps.redact(stack) };
    await conclude(deps, job, { is: "fatal", error: safe });
  } finally {
    signal?.removeEventListener("abort", stop);
    over.abort();
    await watching;
  }
}

/** After the database failed: if it is back in a moment, the job need not wait for the lease to run out. */
async function giveBack(deps: Deps, job: JobIn<"RUNNING">): Promise<void> {
  await deps.clock.sleep(DATABASE_PAUSE_MS);
  await conclude(deps, job, { is: "yielded" }).catch((error) =>
    deps.log.debug("The lease could not be given back", { jobId: job.id, error }),
  );
}

/** Collects the job's open dates, some at a time, until none is left or the turn ends; answers how many it was not to collect. */
async function collect(
  deps: Deps,
  job: JobIn<"RUNNING">,
  end: Turn["end"],
  until: { requests: AbortSignal; dates: AbortSignal; most: number },
): Promise<number> {
  const league = await prepare(deps, job, end, until.requests);
  if (!league) return 0;
  const pending = await pendingDates(deps.db, job.id);
  const open = pending.slice(0, until.most);
  const left = pending.length - open.length;
  const takeNext = () => (until.dates.aborted ? null : (open.shift() ?? null));
  const turn: Turn = { deps, job, league, signal: until.requests, end, takeNext };
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
  return left;
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
    await fitToSeason(db, job, league, { reason: outside(league), teamCount: league.teams.length });
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
  const { db, clock } = deps;
  for (;;) {
    const job = await findJob(db, id);
    if (job?.status !== "RUNNING" || job.fence !== fence) throw new FenceError("A newer claim holds this job");
    const move = endTurn(job, await decideEnd(deps, job, why));
    if (await applyMove(db, job, move, clock.now())) return;
  }
}

/** A job whose dates are all tried has ended, whatever else was asked; a person's wish goes before a wait or a yield. */
async function decideEnd({ db }: Deps, job: JobIn<"RUNNING">, why: TurnEnd | null): Promise<TurnEnd> {
  if (why?.is === "fatal") return why;
  const open = job.datesTotal - job.datesDone - job.datesFailed;
  if (open === 0) return { is: "tried", firstFailure: await firstFailedDate(db, job.id) };
  if (job.pendingAction !== null) return { is: "asked", action: job.pendingAction };
  // What was asked may have been called off meanwhile: then the job is simply left for the next turn.
  if (why?.is === "asked") return { is: "yielded" };
  return why ?? { is: "fatal", error: internal(new Error(`${open} dates are left, and none of them is open`)) };
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
    await wake.wait(Math.min(LISTEN_EVERY_MS, Math.max(0, extendedAt + everyMs - clock.now())), over);
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
