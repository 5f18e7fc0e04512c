import type { IsoDate } from "../calendar.ts";
import type { TeamLineup } from "../db/lineups.ts";
import { type League, SourceError } from "../source/source.ts";
import { plural } from "../text.ts";
import type { DateAttempt, Session, Storing } from "./attempt.ts";

/**
 * Asks the source once for the missing lineups. If fetching takes many requests, stores the lineups in parts. Throws a SourceError
 * when a lineup is not available or belongs to a team that the league does not list.
 */
export async function receive(session: Session, attempt: DateAttempt, storing: Storing): Promise<void> {
  const { deps, noMoreRequests: signal } = session;
  const { progressEveryTeams } = deps.settings;
  const { date, missing, meter } = attempt;
  const faults = new Map<string, { error: SourceError; refused: boolean }>();
  const strangers = new Map<string, TeamLineup>();
  attempt.observedAt = deps.clock.now();
  const wanted = { signal, meter, teamKeys: [...missing] };
  let broken: SourceError | undefined;
  try {
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
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    broken = error;
  }
  // The teams may have changed since the league's record was fetched.
  if (strangers.size > 0 || [...faults.values()].some(({ refused }) => refused)) {
    await session.refreshLeague(meter);
    for (const teamKey of [...missing]) if (!isListed(session.league, teamKey)) missing.delete(teamKey);
    for (const [teamKey, lineup] of strangers) {
      if (!isListed(session.league, teamKey)) continue;
      accept(attempt, lineup);
      strangers.delete(teamKey);
    }
  }
  if (broken) throw broken;
  const silent = [...missing].filter((teamKey) => !faults.has(teamKey)).length;
  const held = attempt.before + attempt.stored + attempt.received.length;
  if (silent > 0 && held > 0)
    throw new SourceError(
      "MALFORMED",
      `The source shows no lineups for ${plural(silent, "team")} on ${date}, but shows lineups for ${plural(held, "team")}`,
    );
  refuse(
    date,
    [...faults].filter(([teamKey]) => missing.has(teamKey)).map(([, { error }]) => error),
    strangers,
  );
}

/** Throws if a team's lineup is not available, or if there is a lineup of a team that the league does not list. */
function refuse(date: IsoDate, errors: readonly SourceError[], strangers: ReadonlyMap<string, TeamLineup>): void {
  const [first] = errors;
  const [stranger] = strangers.values();
  if (first) {
    const message =
      errors.length === 1
        ? first.message
        : `Cannot get the lineups of ${plural(errors.length, "team")} on ${date}. The first error: ${first.message}`;
    throw new SourceError(first.kind, message, { cause: first, retryAfterMs: first.retryAfterMs });
  }
  if (stranger)
    throw new SourceError(
      "MALFORMED",
      `The rosters of ${date} contain ${stranger.teamName} (${stranger.teamKey}), but the league's record does not list that team`,
    );
}

const isListed = ({ teams }: League, teamKey: string): boolean => teams.some(({ key }) => key === teamKey);

function accept({ missing, received }: DateAttempt, lineup: TeamLineup): void {
  missing.delete(lineup.teamKey);
  const at = received.findIndex(({ teamKey }) => teamKey === lineup.teamKey);
  if (at < 0) received.push(lineup);
  else received[at] = lineup;
}
