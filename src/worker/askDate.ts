import { retry, SECOND } from "../clock.ts";
import { type StoredDay, storedDay } from "../db/lineups.ts";
import { type Verdict, weigh } from "../lineups/weigh.ts";
import { calendarOf } from "../source/leagueKey.ts";
import { retryPauseMs } from "../source/retry.ts";
import { SourceError } from "../source/source.ts";
import type { DateAttempt, Session, Storing } from "./attempt.ts";
import { receive } from "./receive.ts";
import { sessionEndOf } from "./sessionEnd.ts";

/** The result of asking the source for a date. */
export type Outcome =
  | { kind: "complete" }
  | { kind: "failed"; error: SourceError }
  /** The session ended before the date was finished. */
  | { kind: "stopped" };

/** A doubted date is requested until two answers agree, but at most this many times in total. */
const MAX_LOOKS = 3;
/** Pause before a doubted date is requested again. */
const LOOK_PAUSE_MS = 1 * SECOND;
/** If more teams than this are doubted, all teams are requested again. */
const MAX_TEAMS_ALONE = 2;

/**
 * Asks for a date and stores the answers. Asks until every team's lineup is believed or until two answers agree on the doubted lineups, at
 * most {@link MAX_LOOKS} times. Gives up when the attempts are used up or when the session ends. A session weighs and stores one date at a
 * time, because each date is weighed against the others.
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

/** Asks once more for the doubted lineups. If the request fails, keeps the earlier lineups and returns false. */
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
  deps.log.info("Asking for a date again because its answer is doubted", { jobId: job.id, date: attempt.date, mark });
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

/** Asks until every team's lineup has arrived, until the attempts are used up, or until the session ends. */
async function askUntilThere(session: Session, attempt: DateAttempt, storing: Storing): Promise<Outcome> {
  const { clock, log } = session.deps;
  const asked = attempt.attempts;
  const pauseOf = (error: unknown, n: number) => retryPauseMs(error, n, { again: attempt.again });
  const pauseMs = (error: unknown, n: number) => {
    const ms = pauseOf(error, n);
    if (ms === null) return null;
    attempt.meter.retries++;
    const reason = error instanceof Error ? error.message : String(error);
    log.info("Asking for a date again", {
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
    return session.asking.run(() => receive(session, attempt, storing));
  };
  try {
    await retry(clock, askOnce, pauseMs, session.noMoreRequests);
    return { kind: "complete" };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    const end = sessionEndOf(error);
    if (end) session.end(end);
    // When the signal stops the retries, `retry` throws although another attempt is allowed.
    const isStopped = end !== null || error.kind === "STOPPED" || pauseOf(error, attempt.attempts - asked) !== null;
    return isStopped ? { kind: "stopped" } : { kind: "failed", error };
  }
}

/** Judges from the ledger's records whether the received lineups of a date can be believed. */
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
    calendar: calendarOf(job.leagueKey),
  };
  return { known, verdict: await weigh(received, evidence) };
}
