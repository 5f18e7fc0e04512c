import * as v from "valibot";
import { type AskOptions, errorCode, SourceError } from "../source.ts";
import type { YahooGet } from "./client.ts";
import { RequestRefusedError } from "./errors.ts";
import { date, intact, members, named, resource, whole } from "./shapes.ts";

/** A league that the account at Yahoo is a member of. */
export type MyLeague = {
  key: string;
  name: string;
  sport: string;
  season: number;
  teams: number;
  startDate: string;
  endDate: string;
};

/** A season of a game, and why the season's leagues could not be listed. */
export type MyLeaguesFault = { sport: string; season: number; code: string; message: string };

/** The games whose lineups are daily. */
export const DAILY_GAMES = ["mlb", "nba", "nhl"] as const;
export type DailyGame = (typeof DAILY_GAMES)[number];

const leagueMeta = v.object({
  league_key: v.pipe(intact, v.regex(/^\d+\.l\.\d+$/, "a league key without alias")),
  name: named,
  num_teams: whole,
  game_code: intact,
  season: whole,
  start_date: date,
  end_date: date,
});

/**
 * Requests the account's leagues, one game and one season at a time. A single request for the leagues of all games would fail if
 * one old league were broken (docs/yahoo.md, Requests). A fault in one season does not affect the other seasons. Throws SourceError when
 * Yahoo refuses the account or limits requests.
 */
export async function myLeagues(
  get: YahooGet,
  wanted: { sports: readonly DailyGame[]; seasons: readonly number[] },
  options: AskOptions,
): Promise<{ leagues: MyLeague[]; faults: MyLeaguesFault[] }> {
  const leagues: MyLeague[] = [];
  const faults: MyLeaguesFault[] = [];
  for (const season of wanted.seasons)
    for (const sport of wanted.sports) {
      try {
        leagues.push(...(await leaguesOf(get, sport, season, options)));
      } catch (error) {
        const known = asSourceError(error);
        if (
          known.kind === "UNAUTHORIZED" ||
          known.kind === "APP_NOT_APPROVED" ||
          known.kind === "RATE_LIMITED" ||
          known.kind === "OUTAGE"
        )
          throw known;
        faults.push({ sport, season, code: errorCode(known.kind), message: known.message });
      }
    }
  return { leagues, faults };
}

async function leaguesOf(get: YahooGet, sport: string, season: number, options: AskOptions): Promise<MyLeague[]> {
  const path = `/users;use_login=1/games;game_codes=${sport};seasons=${season}/leagues`;
  return readMyLeagues(await get(path, options));
}

/**
 * Reads `/users;use_login=1/games;…/leagues`. Throws MALFORMED when a league cannot be read. Nobody would notice if an unreadable league
 * were left out.
 */
export function readMyLeagues(payload: object): MyLeague[] {
  const { fantasy_content: content } = payload as { fantasy_content?: { users?: unknown } };
  return members(content?.users, "user").flatMap((user) =>
    members(resource(user).parts.games, "game").flatMap((game) =>
      members(resource(game).parts.leagues, "league").map((league) => {
        const parsed = v.safeParse(leagueMeta, resource(league).meta);
        if (!parsed.success)
          throw new SourceError(
            "MALFORMED",
            `A league of the account cannot be read: ${v.getDotPath(parsed.issues[0]) ?? "it"}: ${parsed.issues[0].message}`,
          );
        const { league_key, name, num_teams, game_code, season, start_date, end_date } = parsed.output;
        return {
          key: league_key,
          name,
          sport: game_code,
          season,
          teams: num_teams,
          startDate: start_date,
          endDate: end_date,
        };
      }),
    ),
  );
}

function asSourceError(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  if (!(error instanceof RequestRefusedError)) throw error;
  return new SourceError("UNAVAILABLE", `Yahoo refuses the list of leagues: ${error.message}`, { cause: error });
}
