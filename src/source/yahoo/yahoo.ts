import { type Clock, retry, SECOND } from "../../clock.ts";
import { PACIFIC } from "../leagueKey.ts";
import {
  type AskOptions,
  isEmpty,
  keyOf,
  type League,
  type LineupSource,
  SourceError,
  type TeamAnswer,
} from "../source.ts";
import type { YahooGet } from "./client.ts";
import { RequestRefusedError } from "./errors.ts";
import { parseLeague, parseLeagueRosters, parseTeamRoster, parseTeams, toLeague } from "./parse.ts";

/**
 * Yahoo calls an unknown league "a temporary problem" (docs/yahoo.md, Errors), so the ledger asks for an unknown league this many times.
 */
const LEAGUE_ATTEMPTS = 3;
const LEAGUE_PAUSE_MS = 2 * SECOND;

/** If this many teams in a row are unavailable or refused, the fault lies with Yahoo or the league, not with the teams. */
const MAX_UNAVAILABLE = 2;
const MAX_REFUSED = 3;

/**
 * Creates the source of Yahoo Fantasy. The source sends one request per league and date, plus one for each team that is missing from the
 * answer.
 */
export function createYahooSource(clock: Clock, get: YahooGet): LineupSource {
  const getLeague = async (path: string, options: AskOptions): Promise<object> => {
    const ask = (attempt: number) => {
      if (attempt > 1) options.meter.retries++;
      return get(path, options);
    };
    const pauseMs = (error: unknown, attempt: number) =>
      error instanceof RequestRefusedError && attempt < LEAGUE_ATTEMPTS ? LEAGUE_PAUSE_MS * attempt : null;
    try {
      return await retry(clock, ask, pauseMs, options.signal);
    } catch (error) {
      if (!(error instanceof RequestRefusedError)) throw error;
      if (options.signal.aborted) throw new SourceError("STOPPED", "Stopped before the league was requested again");
      throw new SourceError("LEAGUE_NOT_FOUND", `Yahoo has no such league: ${error.message}`, { cause: error });
    }
  };

  /** Requests the rosters of all teams at once and returns one answer per team; null when Yahoo refuses this form of request. */
  const wholeDate = async (league: League, date: string, options: AskOptions) => {
    try {
      const answers = parseLeagueRosters(await get(`/league/${league.key}/teams/roster;date=${date}`, options), date);
      const stranger = answers.map(keyOf).find((key) => !key.startsWith(`${league.key}.t.`));
      if (stranger === undefined) return answers;
      throw new SourceError(
        "MALFORMED",
        `The rosters of ${league.key} on ${date} contain ${stranger}, which belongs to another league`,
      );
    } catch (error) {
      if (error instanceof RequestRefusedError) return null;
      throw error;
    }
  };

  /** Returns a team's lineup, or a fault if an error affects only this team. Throws an error that affects other teams, too. */
  const oneTeam = async (teamKey: string, date: string, options: AskOptions): Promise<TeamAnswer> => {
    try {
      const lineup = parseTeamRoster(await get(`/team/${teamKey}/roster;date=${date}`, options), date);
      if (lineup.teamKey !== teamKey)
        throw new SourceError(
          "MALFORMED",
          `Asked for the roster of ${teamKey} on ${date}, but got the roster of ${lineup.teamKey}`,
        );
      return { kind: "lineup", lineup };
    } catch (cause) {
      if (cause instanceof RequestRefusedError) {
        const message = `Yahoo refuses the roster of ${teamKey} on ${date}: ${cause.message}`;
        return { kind: "fault", teamKey, error: new SourceError("UNAVAILABLE", message, { cause }), refused: true };
      }
      if (!(cause instanceof SourceError) || !["UNAVAILABLE", "MALFORMED"].includes(cause.kind)) throw cause;
      return { kind: "fault", teamKey, error: cause, refused: false };
    }
  };

  return {
    kind: "YAHOO",
    capabilities: { wholeDate: true, calendar: PACIFIC },

    async league(key, options) {
      const settings = parseLeague(await getLeague(`/league/${key}/settings`, options));
      if (/^\d/.test(key) && settings.meta.league_key !== key) {
        throw new SourceError("MALFORMED", `Asked for league ${key}, got ${settings.meta.league_key}`);
      }
      return toLeague(settings, parseTeams(await getLeague(`/league/${settings.meta.league_key}/teams`, options)));
    },

    async *lineups(league, date, { teamKeys, ...options }) {
      const known = new Set(league.teams.map(({ key }) => key));
      const wanted = new Set(teamKeys ?? known);
      if (wanted.size === known.size) {
        const answers = await wholeDate(league, date, options);
        // If there are no teams, or if no team has players, Yahoo has no lineups for that date.
        if (answers?.every(isEmpty)) return;
        // A team with an odd roster is requested again, this time alone.
        const sound = soundOf(answers ?? []);
        if (sound.length > 0) yield sound;
        for (const answer of sound) wanted.delete(keyOf(answer));
      }
      let inARow = 0;
      for (const teamKey of wanted) {
        const answer = await oneTeam(teamKey, date, options);
        yield [answer];
        const isAway = answer.kind === "fault" && answer.error.kind === "UNAVAILABLE";
        inARow = isAway ? inARow + 1 : 0;
        if (isAway && inARow >= (answer.refused ? MAX_REFUSED : MAX_UNAVAILABLE)) throw answer.error;
      }
    },
  };
}

/** Returns the lineups that have players. Omits the lineups of each team that occurs twice or that shares a player with another team. */
function soundOf(answers: readonly TeamAnswer[]): TeamAnswer[] {
  const seen = new Map<string, number>();
  const count = (name: string) => seen.set(name, (seen.get(name) ?? 0) + 1);
  const namesOf = (answer: TeamAnswer) => [
    `team ${keyOf(answer)}`,
    ...(answer.kind === "lineup" ? answer.lineup.slots.map(({ playerId }) => `player ${playerId}`) : []),
  ];
  for (const answer of answers) namesOf(answer).forEach(count);
  return answers.filter(
    (answer) => answer.kind === "lineup" && !isEmpty(answer) && namesOf(answer).every((name) => seen.get(name) === 1),
  );
}
