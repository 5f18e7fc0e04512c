import { type Clock, retry, SECOND } from "../../clock.ts";
import { type Fetch, request, untilStopped } from "../http.ts";
import type { Limiter } from "../limiter.ts";
import { type AskOptions, type League, type LineupSource, SourceError } from "../source.ts";
import { contentOf, RequestRefusedError, TokenRefusedError } from "./errors.ts";
import { parseLeague, parseLeagueRosters, parseTeamRoster, parseTeams, toLeague } from "./parse.ts";
import type { AccessToken } from "./token.ts";

export type YahooOptions = {
  fetch: Fetch;
  clock: Clock;
  limiter: Limiter;
  baseUrl: string;
  /** Undefined where the server asks for none: the demo, and public leagues of a host without OAuth. */
  token: AccessToken | undefined;
  /** Takes what is secret out of what Yahoo says. */
  redact: (text: string) => string;
};

/** A league that does not exist is answered as "a temporary problem" (yahoo.md, section 4), so it is asked for this often. */
const LEAGUE_ATTEMPTS = 3;
const LEAGUE_PAUSE_MS = 2 * SECOND;

/** Daily lineups of Yahoo Fantasy: one request per league and date, and per team where that leaves one out. */
export function createYahooSource({ fetch, clock, limiter, baseUrl, token, redact }: YahooOptions): LineupSource {
  /** What is answered, as parsed JSON. Throws a SourceError or a RequestRefusedError. */
  const get = async (path: string, { signal, meter }: AskOptions): Promise<object> => {
    let bearer: string | undefined;
    const send = async () => {
      bearer = token && (await untilStopped(clock, signal, token.get()));
      meter.requests++;
      const headers = { accept: "application/json", ...(bearer ? { authorization: `Bearer ${bearer}` } : {}) };
      const answer = await request(fetch, clock, `${baseUrl}${path}?format=json`, { headers }, signal);
      return contentOf(answer, clock.now(), redact);
    };
    const ask = async (attempt: number) => {
      if (attempt > 1) meter.retries++;
      return limiter.run(send, signal);
    };
    /** With a token that was refused nothing is asked again; a new one is tried once, at once. */
    const renewed = (error: unknown, attempt: number) => {
      if (!(error instanceof TokenRefusedError)) return null;
      if (bearer) token?.refuse(bearer);
      return token && attempt === 1 ? 0 : null;
    };
    try {
      return await retry(clock, ask, renewed);
    } catch (error) {
      if (!(error instanceof TokenRefusedError)) throw error;
      throw new SourceError("UNAUTHORIZED", `Yahoo refuses the access token: ${error.message}`, { cause: error });
    }
  };

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
      if (options.signal.aborted) throw new SourceError("STOPPED", "Stopped before the league was asked for again");
      throw new SourceError("LEAGUE_NOT_FOUND", `Yahoo knows no such league: ${error.message}`, { cause: error });
    }
  };

  /** The teams of the one request for all; null when Yahoo refuses that form. */
  const wholeDate = async (league: League, date: string, options: AskOptions) => {
    try {
      return parseLeagueRosters(await get(`/league/${league.key}/teams/roster;date=${date}`, options), date);
    } catch (error) {
      if (error instanceof RequestRefusedError) return null;
      throw error;
    }
  };

  const oneTeam = async (teamKey: string, date: string, options: AskOptions) => {
    try {
      const lineup = parseTeamRoster(await get(`/team/${teamKey}/roster;date=${date}`, options), date);
      if (lineup.teamKey !== teamKey)
        throw new SourceError(
          "MALFORMED",
          `The roster of ${teamKey} on ${date} was asked for, that of ${lineup.teamKey} came`,
        );
      return lineup;
    } catch (error) {
      if (!(error instanceof RequestRefusedError)) throw error;
      throw new SourceError("UNAVAILABLE", `Yahoo refuses the roster of ${teamKey} on ${date}: ${error.message}`, {
        cause: error,
      });
    }
  };

  return {
    kind: "YAHOO",
    capabilities: { wholeDate: true },

    async league(key, options) {
      const settings = parseLeague(await getLeague(`/league/${key}/settings`, options));
      if (/^\d/.test(key) && settings.meta.league_key !== key) {
        throw new SourceError("MALFORMED", `League ${key} was asked for, ${settings.meta.league_key} came`);
      }
      return toLeague(settings, parseTeams(await getLeague(`/league/${settings.meta.league_key}/teams`, options)));
    },

    async *lineups(league, date, { teamKeys, ...options }) {
      const known = new Set(league.teams.map(({ key }) => key));
      const wanted = new Set(teamKeys ?? known);
      if (wanted.size === known.size) {
        const teams = await wholeDate(league, date, options);
        for (const { teamKey } of teams ?? []) {
          if (!known.has(teamKey))
            throw new SourceError(
              "MALFORMED",
              `The rosters of ${league.key} on ${date} hold ${teamKey}, which is not of the league`,
            );
        }
        if (new Set(teams?.map(({ teamKey }) => teamKey)).size !== (teams?.length ?? 0)) {
          throw new SourceError("MALFORMED", `The rosters of ${league.key} on ${date} hold a team twice`);
        }
        // All of them there and all empty, or none there at all: Yahoo has no lineups for that date.
        if (teams?.every(({ slots }) => slots.length === 0)) return;
        const filled = teams?.filter(({ slots }) => slots.length > 0) ?? [];
        if (filled.length > 0) yield filled;
        for (const { teamKey } of filled) wanted.delete(teamKey);
      }
      for (const teamKey of wanted) yield [await oneTeam(teamKey, date, options)];
    },
  };
}
