import type { IsoDate } from "../calendar.ts";
import { retry, SECOND } from "../clock.ts";
import type { JobIn } from "../db/job.ts";
import type { JobDate } from "../db/jobDates.ts";
import { type StoredDay, storedDay, type TeamLineup } from "../db/lineups.ts";
import type { Deps } from "../deps.ts";
import type { Gate } from "../gate.ts";
import type { SessionEnd } from "../jobs/transitions.ts";
import type { Neighbours } from "../lineups/neighbours.ts";
import { type Verdict, weigh } from "../lineups/weigh.ts";
import { retryPauseMs } from "../source/retry.ts";
import { type League, type Meter, SourceError } from "../source/source.ts";
import { plural } from "../text.ts";
import { sessionEndOf } from "./sessionEnd.ts";

/** One worker's session on a job, as far as a date needs to know. */
export type Session = {
  deps: Deps;
  job: JobIn<"RUNNING">;
  /** As it is known now. */
  league: League;
  neighbours: Neighbours;
  /** One date at a time. */
  weighing: Gate;
  /** Aborts when no further request is to be made. */
  noMoreRequests: AbortSignal;
  /** Stops after what is under way. The first reason counts, except that a person's pause or cancellation takes precedence. */
  end(why: SessionEnd): void;
  /** The date to begin next; the commit before it marks it as begun. Null when there is none or the session ends. */
  takeNext(): JobDate | null;
  /** Asks the source for the league's record again, once a session; without an answer the stored one stays. */
  refreshLeague(meter: Meter): Promise<void>;
};

/** A date while it is asked for. */
export type DateAttempt = {
  date: IsoDate;
  /** The date has failed before, in this job. */
  again: boolean;
  /** Teams whose lineups have not come yet; those that could not be had the last time come last. */
  missing: Set<string>;
  /** Lineups that have come and are not stored yet. */
  received: TeamLineup[];
  /** Lineups stored by earlier sessions, and those stored since by this one. */
  before: number;
  stored: number;
  /** What the ledger held when the lineups were weighed, and the verdict. */
  weighed: { known: StoredDay; verdict: Verdict } | null;
  /** When the source was last asked, in milliseconds since 1970. */
  observedAt: number;
  /** How often it was asked, the requests of one attempt counting once. */
  attempts: number;
  /** Requests since the last commit. */
  meter: Meter;
};

/** What came of asking for a date, once there is nothing more to ask. */
export type Outcome =
  | { kind: "complete" }
  | { kind: "failed"; error: SourceError }
  /** The session ends before the date does. */
  | { kind: "stopped" };

/** An answer that is doubted is asked for until two agree, at most so often in all. */
const MAX_LOOKS = 3;
/** Before it is asked for again. */
const LOOK_PAUSE_MS = 1 * SECOND;
/** More teams than this are asked for together. */
const MAX_TEAMS_ALONE = 2;

/** What becomes of a date's lineups. */
export type Storing = {
  /** Stores what has come and is believed, before all of the date has come. */
  part(): Promise<void>;
  /** Stores the date as it was weighed last. */
  whole(): Promise<void>;
};

/**
 * Asks until every team's lineup has come and is believed, or doubted by two answers, and stores the date; until the attempts are used up,
 * or the session ends. One date of a session is weighed and stored at a time, so that each is weighed against the others.
 */
export async function ask(session: Session, attempt: DateAttempt, storing: Storing): Promise<Outcome> {
  const outcome = await askUntilThere(session, attempt, storing);
  if (outcome.kind === "stopped") return outcome;
  if (outcome.kind === "failed") {
    attempt.weighed = await weighed(session, attempt);
    return outcome;
  }
  let mark: string | null = null;
  for (let look = 1, isLast = false; ; look++) {
    const verdict: Verdict = await session.weighing.run(async () => {
      attempt.weighed = await weighed(session, attempt);
      const { verdict } = attempt.weighed;
      isLast ||= look === MAX_LOOKS || verdict.mark === null || verdict.mark === mark;
      if (isLast) await storing.whole();
      return verdict;
    });
    if (isLast) return { kind: "complete" };
    mark = verdict.mark;
    isLast = !(await lookAgain(session, attempt, verdict, storing));
    if (session.noMoreRequests.aborted) return { kind: "stopped" };
  }
}

/** Asks once more for what is doubted; where that cannot be had, what came before stands, and it says so. */
async function lookAgain(
  session: Session,
  attempt: DateAttempt,
  { doubted, mark }: Verdict,
  storing: Storing,
): Promise<boolean> {
  const { deps, noMoreRequests, job } = session;
  const { received, missing } = attempt;
  const everyTeam = session.league.teams.map(({ key }) => key);
  const again = new Set(doubted === null || doubted.length > MAX_TEAMS_ALONE ? everyTeam : doubted);
  deps.log.info("A date is asked for again, as its answer is doubted", { jobId: job.id, date: attempt.date, mark });
  await deps.clock.sleep(LOOK_PAUSE_MS, noMoreRequests);
  if (noMoreRequests.aborted) return false;
  attempt.missing = again;
  attempt.received = received.filter(({ teamKey }) => !again.has(teamKey));
  attempt.meter.retries++;
  const outcome = await askUntilThere(session, attempt, storing);
  if (outcome.kind === "complete") return true;
  const since = new Set(attempt.received.map(({ teamKey }) => teamKey));
  attempt.received = [...attempt.received, ...received.filter(({ teamKey }) => !since.has(teamKey))];
  attempt.missing = missing;
  return false;
}

/** Asks until every team's lineup has come, the attempts are used up, or the session ends. */
async function askUntilThere(session: Session, attempt: DateAttempt, storing: Storing): Promise<Outcome> {
  const { clock, log } = session.deps;
  const asked = attempt.attempts;
  const pauseOf = (error: unknown, n: number) => retryPauseMs(error, n, { again: attempt.again });
  const pauseMs = (error: unknown, n: number) => {
    const ms = pauseOf(error, n);
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
    attempt.attempts = asked + n;
    return receive(session, attempt, storing);
  };
  try {
    await retry(clock, askOnce, pauseMs, session.noMoreRequests);
    return { kind: "complete" };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    const end = sessionEndOf(error);
    if (end) session.end(end);
    // What would have been tried again was stopped by the signal.
    const isStopped = end !== null || error.kind === "STOPPED" || pauseOf(error, attempt.attempts - asked) !== null;
    return isStopped ? { kind: "stopped" } : { kind: "failed", error };
  }
}

/**
 * Asks the source once for the lineups that are missing; what is there is stored part by part where it comes in many requests. Throws a
 * SourceError when a team's lineup cannot be had.
 */
async function receive(session: Session, attempt: DateAttempt, storing: Storing): Promise<void> {
  const { deps, noMoreRequests: signal } = session;
  const { progressEveryTeams } = deps.settings;
  const { date, missing, meter } = attempt;
  const faults = new Map<string, { error: SourceError; refused: boolean }>();
  const strangers = new Map<string, TeamLineup>();
  attempt.observedAt = deps.clock.now();
  const wanted = { signal, meter, teamKeys: [...missing] };
  for await (const part of deps.source(session.league.key).lineups(session.league, date, wanted)) {
    for (const answer of part) {
      if (answer.kind === "fault") {
        faults.set(answer.teamKey, answer);
        if (missing.delete(answer.teamKey)) missing.add(answer.teamKey);
      } else if (isListed(session.league, answer.lineup.teamKey)) accept(attempt, answer.lineup);
      else strangers.set(answer.lineup.teamKey, answer.lineup);
    }
    if (attempt.received.length >= progressEveryTeams && missing.size >= progressEveryTeams) await storing.part();
  }
  // The teams may have changed since the league's record was asked for.
  if (strangers.size > 0 || [...faults.values()].some(({ refused }) => refused)) {
    await session.refreshLeague(meter);
    for (const teamKey of [...missing]) if (!isListed(session.league, teamKey)) missing.delete(teamKey);
    for (const [teamKey, lineup] of strangers) {
      if (!isListed(session.league, teamKey)) continue;
      accept(attempt, lineup);
      strangers.delete(teamKey);
    }
  }
  const silent = [...missing].filter((teamKey) => !faults.has(teamKey)).length;
  const held = attempt.before + attempt.stored + attempt.received.length;
  if (silent > 0 && held > 0)
    throw new SourceError(
      "MALFORMED",
      `The source shows no lineups for ${plural(silent, "team")} on ${date}, and ${plural(held, "team")} have theirs`,
    );
  refuse(
    date,
    [...faults].filter(([teamKey]) => missing.has(teamKey)).map(([, { error }]) => error),
    strangers,
  );
}

/** Throws for the teams whose lineups cannot be had, and for those that the league does not list. */
function refuse(date: IsoDate, errors: readonly SourceError[], strangers: ReadonlyMap<string, TeamLineup>): void {
  const [first] = errors;
  const [stranger] = strangers.values();
  if (first) {
    const message =
      errors.length === 1
        ? first.message
        : `The lineups of ${plural(errors.length, "team")} on ${date} cannot be had; the first: ${first.message}`;
    throw new SourceError(first.kind, message, { cause: first, retryAfterMs: first.retryAfterMs });
  }
  if (stranger)
    throw new SourceError(
      "MALFORMED",
      `The rosters of ${date} hold ${stranger.teamName} (${stranger.teamKey}), which the league's record does not list`,
    );
}

const isListed = ({ teams }: League, teamKey: string): boolean => teams.some(({ key }) => key === teamKey);

function accept({ missing, received }: DateAttempt, lineup: TeamLineup): void {
  missing.delete(lineup.teamKey);
  const at = received.findIndex(({ teamKey }) => teamKey === lineup.teamKey);
  if (at < 0) received.push(lineup);
  else received[at] = lineup;
}

/** Weighs what has come of a date against what the ledger knows. */
export async function weighed(
  { deps: { db }, job, neighbours }: Session,
  { date, received, observedAt, before, stored }: DateAttempt,
): Promise<{ known: StoredDay; verdict: Verdict }> {
  const known = await storedDay(db, { environment: job.environment, leagueKey: job.leagueKey, date });
  const evidence = {
    date,
    known,
    ...(await neighbours.near(date)),
    repeats: await neighbours.repeatedDate(received, date, observedAt),
    isRest: before + stored > 0,
    now: observedAt,
  };
  return { known, verdict: await weigh(received, evidence) };
}
