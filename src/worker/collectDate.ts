import type { IsoDate } from "../calendar.ts";
import { retry } from "../clock.ts";
import type { DateCommit } from "../db/commit.ts";
import type { JobError, JobIn } from "../db/job.ts";
import type { JobDate } from "../db/jobDates.ts";
import type { TeamLineup } from "../db/lineups.ts";
import { type LineupWrite, totals } from "../db/lineupWrites.ts";
import type { JobAction } from "../db/tables/values.ts";
import type { Deps } from "../deps.ts";
import type { SessionEnd } from "../jobs/transitions.ts";
import { retryPauseMs } from "../source/retry.ts";
import { type League, type Meter, SourceError } from "../source/source.ts";
import { plural } from "../text.ts";
import { sessionEndOf, toJobError } from "./sessionEnd.ts";
import { storeDate } from "./storeDate.ts";

/** One worker's session on a job, as far as a date needs to know. */
export type Session = {
  deps: Deps;
  job: JobIn<"RUNNING">;
  league: League;
  /** Aborts when no further request is to be made. */
  noMoreRequests: AbortSignal;
  /** Stops after what is under way. The first reason counts, except that a person's pause or cancellation takes precedence. */
  end(why: SessionEnd): void;
  /** The date to begin next; the commit before it marks it as begun. Null when there is none or the session ends. */
  takeNext(): JobDate | null;
};

/** A date while it is asked for. */
type DateAttempt = {
  date: IsoDate;
  /** Teams whose lineups have not come yet. */
  missing: Set<string>;
  /** Lineups that have come and are not stored yet. */
  received: TeamLineup[];
  /** Lineups stored by earlier sessions, and those stored since by this one. */
  before: number;
  stored: number;
  /** When the source was last asked, in milliseconds since 1970. */
  observedAt: number;
  /** How often it was asked, the requests of one attempt counting once. */
  attempts: number;
  /** Requests since the last commit. */
  meter: Meter;
};

/** Collects a date and commits what came of it. @returns The date to go on with. */
export async function collectDate(session: Session, { date, teamsProcessed }: JobDate): Promise<JobDate | null> {
  const attempt: DateAttempt = {
    date,
    missing: new Set(session.league.teams.map(({ key }) => key).filter((key) => !teamsProcessed.includes(key))),
    received: [],
    before: teamsProcessed.length,
    stored: 0,
    observedAt: session.deps.clock.now(),
    attempts: 0,
    meter: { requests: 0, retries: 0 },
  };
  const outcome = await ask(session, attempt);
  if (outcome.kind === "stopped") {
    await storePart(session, attempt);
    return null;
  }
  const next = session.takeNext();
  if (outcome.kind === "failed") await storeFailure(session, attempt, toJobError(outcome.error), next);
  else await storeCompleted(session, attempt, next);
  return next;
}

/** What came of asking for a date, once there is nothing more to ask. */
type Outcome =
  | { kind: "complete" }
  | { kind: "failed"; error: SourceError }
  /** The session ends before the date does. */
  | { kind: "stopped" };

/** Asks until every team's lineup has come, the attempts are used up, or the session ends. */
async function ask(session: Session, attempt: DateAttempt): Promise<Outcome> {
  const { clock, log } = session.deps;
  const pauseMs = (error: unknown, n: number) => {
    const ms = retryPauseMs(error, n);
    if (ms === null) return null;
    attempt.meter.retries++;
    const reason = error instanceof Error ? error.message : String(error);
    log.info("A date is asked for again", {
      jobId: session.job.id,
      date: attempt.date,
      attempt: n,
      pauseMs: ms,
      reason,
    });
    return ms;
  };
  const askOnce = (n: number) => {
    attempt.attempts = n;
    return receive(session, attempt);
  };
  try {
    await retry(clock, askOnce, pauseMs, session.noMoreRequests);
    return { kind: "complete" };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    const end = sessionEndOf(error);
    if (end) session.end(end);
    // What would have been tried again was stopped by the signal.
    const isStopped = end !== null || error.kind === "STOPPED" || retryPauseMs(error, attempt.attempts) !== null;
    return isStopped ? { kind: "stopped" } : { kind: "failed", error };
  }
}

/** Asks the source once for the lineups that are missing; what is there is stored part by part where it comes in many requests. */
async function receive(session: Session, attempt: DateAttempt): Promise<void> {
  const { deps, league, noMoreRequests: signal } = session;
  const { progressEveryTeams } = deps.settings;
  const { date, missing, meter } = attempt;
  attempt.observedAt = deps.clock.now();
  for await (const part of deps.source(league.key).lineups(league, date, { signal, meter, teamKeys: [...missing] })) {
    attempt.received.push(...part);
    for (const { teamKey } of part) missing.delete(teamKey);
    if (attempt.received.length >= progressEveryTeams && missing.size >= progressEveryTeams)
      await storePart(session, attempt);
  }
}

const storePart = (session: Session, attempt: DateAttempt): Promise<void> =>
  store(session, attempt, {
    status: "PENDING",
    empty: false,
    items: attempt.received.length,
    attempts: 0,
    error: null,
    next: null,
  });

async function storeFailure(session: Session, attempt: DateAttempt, error: JobError, next: JobDate | null) {
  const { date, attempts, received } = attempt;
  session.deps.log.warn("A date failed", {
    jobId: session.job.id,
    date,
    attempts,
    code: error.code,
    reason: error.message,
  });
  await store(
    session,
    attempt,
    { status: "FAILED", empty: false, items: received.length, attempts, error, next: next?.date ?? null },
    () => ({
      type: "DATE_FAILED",
      date,
      message: `${date} failed: ${error.message}`,
      data: { code: error.code, attempts },
    }),
  );
}

async function storeCompleted(session: Session, attempt: DateAttempt, next: JobDate | null) {
  const { date, attempts, before, stored, received } = attempt;
  const empty = before + stored + received.length === 0;
  const items = session.league.teams.length - before - stored;
  await store(
    session,
    attempt,
    { status: "DONE", empty, items, attempts, error: null, next: next?.date ?? null },
    (lineups) => completedEvent(date, lineups, empty),
  );
}

/** Commits what has come since the last commit, and heeds what was asked of the job meanwhile. */
async function store(
  session: Session,
  attempt: DateAttempt,
  commit: Pick<DateCommit, "status" | "empty" | "items" | "attempts" | "error" | "next">,
  describe: (lineups: readonly LineupWrite[]) => DateCommit["event"] = () => null,
): Promise<void> {
  const { date, received: lineups, observedAt, meter } = attempt;
  attempt.received = [];
  attempt.stored += lineups.length;
  const action = await storeDate(
    session.deps,
    session.job,
    { date, lineups, observedAt },
    { ...commit, ...meter },
    describe,
  );
  meter.requests = 0;
  meter.retries = 0;
  obey(session, action);
}

/** A pause or a cancellation that a person asked for ends the session. */
export function obey(session: Pick<Session, "end">, action: JobAction | null): void {
  if (action !== null) session.end({ kind: "requested", action });
}

function completedEvent(date: IsoDate, lineups: readonly LineupWrite[], empty: boolean): DateCommit["event"] {
  const { processed, inserted, updated, unchanged } = totals(lineups);
  const removed = lineups.reduce((sum, day) => sum + day.removed.length, 0);
  const message = empty
    ? `${date}: the source has no lineups for this date`
    : `${date}: ${plural(lineups.length, "team")}, ${plural(processed, "record")} (${inserted} new, ${updated} changed, ${unchanged} unchanged)`;
  return {
    type: "DATE_COMPLETED",
    date,
    message,
    data: {
      teams: lineups.length,
      recordsProcessed: processed,
      recordsInserted: inserted,
      recordsUpdated: updated,
      recordsUnchanged: unchanged,
      recordsRemoved: removed,
    },
  };
}
