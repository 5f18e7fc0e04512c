import { SECOND } from "../clock.ts";
import { addRequests } from "../db/commit.ts";
import { blameDates } from "../db/doubts.ts";
import { FenceError, isDatabaseError } from "../db/errors.ts";
import { findingCounts } from "../db/findings.ts";
import { findJob, type JobIn } from "../db/job.ts";
import { firstFailedDate, fitToSeason, openFailedDates, pendingDates } from "../db/jobDates.ts";
import { applyTransition } from "../db/jobWrites.ts";
import type { Deps } from "../deps.ts";
import { createGate } from "../gate.ts";
import { outsideSeason } from "../jobs/plan.ts";
import { endSession, type SessionEnd } from "../jobs/transitions.ts";
import { ensureLeague, refreshLeague } from "../leagues/league.ts";
import { openNeighbours } from "../lineups/neighbours.ts";
import { doubtRepeated } from "../lineups/repeated.ts";
import { type League, type Meter, SourceError } from "../source/source.ts";
import type { Session } from "./attempt.ts";
import { obey } from "./collectDate.ts";
import { collectDates } from "./collectDates.ts";
import { keepLease } from "./lease.ts";
import { sessionEndOf, toJobError } from "./sessionEnd.ts";
import { verifyDates } from "./verifyJob.ts";

/** After the database has failed, a worker waits this long before it returns its lease. */
const DATABASE_PAUSE_MS = 2 * SECOND;

/** Waiting time before failed dates are retried, so that the source can recover. */
const SECOND_TRY_PAUSE_MS = 5 * SECOND;

/**
 * If a session has several reasons to end, the reason with the highest number takes precedence. For example, a pause that a person
 * requests takes precedence over a rate limit.
 */
const PRECEDENCE: Readonly<Record<SessionEnd["kind"], number>> = {
  yielded: 0,
  "rate-limited": 1,
  refused: 2,
  tried: 3,
  requested: 4,
  fatal: 5,
};

export type SessionOptions = {
  /** Milliseconds after which no further date is begun. A date that has begun may use all its attempts, however long they take. */
  budgetMs: number;
  /** Maximum number of dates to begin; unlimited by default. */
  maxDates?: number | undefined;
  /** Aborts when the server stops: requests in flight get at most two more seconds, and no further request is made. */
  signal?: AbortSignal | undefined;
};

/**
 * Works on a claimed job until no date is left, until the budget is spent, or until something else ends the session. At the end, writes the
 * job's new state. Throws only when the database fails.
 */
export async function workOnJob(
  deps: Deps,
  job: JobIn<"RUNNING">,
  { budgetMs, maxDates = Number.POSITIVE_INFINITY, signal }: SessionOptions,
): Promise<void> {
  const sessionOver = new AbortController();
  const budgetSpent = new AbortController();
  const noMoreRequests = new AbortController();
  const noMoreDates = AbortSignal.any([budgetSpent.signal, noMoreRequests.signal]);
  const ending: { why: SessionEnd | null } = { why: null };
  const end = (why: SessionEnd) => {
    if (ending.why === null || PRECEDENCE[why.kind] > PRECEDENCE[ending.why.kind]) ending.why = why;
    noMoreRequests.abort();
  };
  const stop = () => end({ kind: "yielded" });
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop, { once: true });
  void deps.clock.sleep(budgetMs, sessionOver.signal).then(() => budgetSpent.abort());
  const watching = keepLease(deps, job, { end }, sessionOver.signal);

  deps.log.info("A session on a job begins", { jobId: job.id, kind: job.kind, leagueKey: job.leagueKey });
  try {
    obey({ end }, job.pendingAction);
    const work = job.kind === "VERIFY" ? verifyDates : collect;
    const left = await work({ deps, job, end, noMoreRequests: noMoreRequests.signal }, noMoreDates, maxDates);
    const isCut = left > 0;
    await conclude(deps, job, ending.why ?? (isCut ? { kind: "yielded" } : null));
  } catch (error) {
    await concludeAfter(error, deps, job);
  } finally {
    signal?.removeEventListener("abort", stop);
    sessionOver.abort();
    await watching;
  }
}

/** A session whose league is not known yet. */
type Opening = Pick<Session, "deps" | "job" | "end" | "noMoreRequests">;

/**
 * Collects the job's open dates, several at a time, until no date is left or until the session ends. Retries the failed dates once at the
 * end.
 * @returns The number of dates left because of the limit or the budget.
 */
async function collect(opening: Opening, noMoreDates: AbortSignal, limit: number): Promise<number> {
  const { deps, job, noMoreRequests } = opening;
  const league = noMoreRequests.aborted ? undefined : await prepare(opening);
  if (!league) return 0;
  // An update also collects due dates that are earlier than its range.
  const [earliest] = await pendingDates(deps.db, job.id);
  const start = earliest && earliest.date < job.startDate ? earliest.date : job.startDate;
  const range = { ...job, start, end: job.endDate, lastDate: league.endDate };
  const neighbours = await openNeighbours(deps.db, range);
  let begun = 0;
  const session: Session = {
    ...opening,
    league,
    neighbours,
    knownNames: new Map(),
    teamNames: new Map(league.teams.map(({ key, name }) => [key, name])),
    asking: createGate({ atOnce: job.concurrency }),
    weighing: createGate({ atOnce: 1 }),
    refreshLeague: refresher(),
    takeNext: () => null,
    markNext: () => null,
  };
  for (;;) {
    const open = await pendingDates(deps.db, job.id);
    const isCut = noMoreDates.aborted || begun >= limit;
    if (open.length > 0 && isCut) return open.length;
    if (open.length === 0) {
      await blameDates(deps.db, job, await doubtRepeated(deps.db, range, deps.clock.now()));
      const opened = await openFailedDates(deps.db, job);
      if (opened === 0 || isCut) return opened;
      await deps.clock.sleep(SECOND_TRY_PAUSE_MS, noMoreDates);
      continue;
    }
    const chosen = open.slice(0, limit - begun);
    begun += await collectDates(session, chosen, noMoreDates);
  }

  /** Fetches the league's record once even if several lanes need it, and adjusts the job's totals to the record. */
  function refresher(): Session["refreshLeague"] {
    let asked: Promise<void> | undefined;
    const refresh = async (meter: Meter) => {
      const fresh = await refreshLeague(deps, job.leagueKey, { signal: noMoreRequests, meter });
      if (!fresh) return;
      session.league = fresh;
      await fitToSeason(deps.db, job, fresh, { reason: outsideSeason(fresh), teamCount: fresh.teams.length });
    };
    return (meter) => (asked ??= refresh(meter));
  }
}

/** Returns the job's league and limits the job to the league's season. Returns undefined if a source error ends the session. */
async function prepare({ deps, job, end, noMoreRequests: signal }: Opening): Promise<League | undefined> {
  const meter: Meter = { requests: 0, retries: 0 };
  try {
    const league = await ensureLeague(deps, job.leagueKey, { signal, meter });
    await fitToSeason(deps.db, job, league, { reason: outsideSeason(league), teamCount: league.teams.length });
    return league;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    if (error.kind !== "STOPPED") end(sessionEndOf(error) ?? { kind: "fatal", error: toJobError(error) });
    return undefined;
  } finally {
    if (meter.requests > 0) await addRequests(deps.db, job, meter);
  }
}

/** Writes the job's new state. Decides again if somebody has changed the job meanwhile. */
async function conclude(
  { db, clock, log }: Deps,
  { id, fence }: JobIn<"RUNNING">,
  why: SessionEnd | null,
): Promise<void> {
  for (;;) {
    const job = await findJob(db, id);
    if (job?.status !== "RUNNING" || job.fence !== fence) throw new FenceError("A newer claim holds this job");
    const transition = endSession(job, await decideEnd(db, job, why));
    if (!(await applyTransition(db, job, transition, clock.now()))) continue;
    const { event, to } = transition;
    return log.info(event?.message ?? "A session on a job ends", {
      jobId: id,
      status: to,
      code: transition.error?.code,
    });
  }
}

/** Writes the job's state after an error has interrupted its session. Rethrows database errors. */
async function concludeAfter(error: unknown, deps: Deps, job: JobIn<"RUNNING">): Promise<void> {
  const { log, clock, redact } = deps;
  if (error instanceof FenceError) return log.warn("A job was taken over; nothing was written", { jobId: job.id });
  if (isDatabaseError(error)) {
    // If the database recovers in time, the job does not have to wait for its lease to expire.
    await clock.sleep(DATABASE_PAUSE_MS);
    await conclude(deps, job, { kind: "yielded" }).catch((failure) =>
      log.debug("The lease could not be returned", { jobId: job.id, error: failure }),
    );
    throw error;
  }
  log.error("A job failed with an internal error", { jobId: job.id, error });
  const { code, message, stack } = internal(error);
  await conclude(deps, job, {
    kind: "fatal",
    error: { code, message: redact(message), stack: stack && redact(stack) },
  });
}

/**
 * Decides how the session ends. If every date was tried, the job ends even if a pause was requested. If dates are left, a requested pause
 * or cancellation comes before waiting, and before leaving the job to a later session.
 */
async function decideEnd(db: Deps["db"], job: JobIn<"RUNNING">, why: SessionEnd | null): Promise<SessionEnd> {
  if (why?.kind === "fatal") return why;
  const open = job.datesTotal - job.datesCompleted - job.datesFailed;
  if (open === 0 && job.kind === "VERIFY")
    return { kind: "tried", firstFailure: null, findings: await findingCounts(db, job.id) };
  if (open === 0) return { kind: "tried", firstFailure: await firstFailedDate(db, job.id) };
  if (job.pendingAction !== null) return { kind: "requested", action: job.pendingAction };
  // A person has withdrawn the pause meanwhile, so leave the job for the next session.
  if (why?.kind === "requested") return { kind: "yielded" };
  return why ?? { kind: "fatal", error: internal(new Error(`${open} dates are left, but none of them is open`)) };
}

function internal(error: unknown): { code: string; message: string; stack: string | null } {
  return {
    code: "INTERNAL",
    message: `Internal error: ${error instanceof Error ? error.message : String(error)}`,
    stack: error instanceof Error ? (error.stack ?? null) : null,
  };
}
