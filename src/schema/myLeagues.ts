import * as v from "valibot";
import { addLeague, removeLeague } from "../leagues/list.ts";
import { DAILY_GAMES, type DailyGame, type MyLeague, type MyLeaguesFault } from "../source/yahoo/myLeagues.ts";
import { builder } from "./builder.ts";
import { list } from "./costs.ts";
import { leagueKey } from "./input.ts";
import { LeagueRef } from "./league.ts";

/** Assumed number of leagues, larger than that of any account. The assumed number determines the cost of the list. */
const MANY = 20;
const MAX_SEASONS = 5;

const MyLeagueRef = builder.objectRef<MyLeague>("MyLeague").implement({
  description: "A league of which the Yahoo account is a member, whether or not the ledger collects the league.",
  fields: (t) => ({
    key: t.exposeString("key", {
      description: "The league's key for `addLeague` and `startCollection`, for example 458.l.6966.",
    }),
    name: t.exposeString("name"),
    sport: t.exposeString("sport", { description: "The sport: mlb, nba or nhl." }),
    season: t.exposeInt("season", { description: "The year the season starts in." }),
    teams: t.exposeInt("teams", { description: "Number of teams in the league." }),
    startDate: t.expose("startDate", { type: "Date", description: "The first day of the season." }),
    endDate: t.expose("endDate", { type: "Date", description: "The last day of the season." }),
  }),
});

const FaultRef = builder.objectRef<MyLeaguesFault>("MyLeaguesFault").implement({
  description: "A sport and season for which Yahoo did not return the leagues.",
  fields: (t) => ({
    sport: t.exposeString("sport", { description: "The sport: mlb, nba or nhl." }),
    season: t.exposeInt("season", { description: "The year the season starts in." }),
    code: t.exposeString("code", {
      description:
        "Stable code for the reason why Yahoo did not return the leagues: SOURCE_UNAVAILABLE or SOURCE_MALFORMED.",
    }),
    message: t.exposeString("message", {
      description: "Explanation of why Yahoo did not return the leagues, for people to read.",
    }),
  }),
});

const MyLeaguesRef = builder.objectRef<{ leagues: MyLeague[]; faults: MyLeaguesFault[] }>("MyLeagues").implement({
  description: "The leagues of the Yahoo account in the requested seasons and sports.",
  fields: (t) => ({
    leagues: t.expose("leagues", {
      type: [MyLeagueRef],
      complexity: list(MANY),
      description: "The leagues, newest season first.",
    }),
    faults: t.expose("faults", {
      type: [FaultRef],
      complexity: list(MANY),
      description: "Seasons and sports whose leagues are missing from `leagues`; empty if none are missing.",
    }),
  }),
});

const sports = v.nullish(
  v.pipe(
    v.array(
      v.picklist(
        DAILY_GAMES,
        ({ received }) => `${received} is not a sport with daily lineups; allowed: ${DAILY_GAMES.join(", ")}`,
      ),
    ),
    v.minLength(1, `expected at least one sport, got none; allowed: ${DAILY_GAMES.join(", ")}`),
  ),
);
const YEARS = `expected 1 to ${MAX_SEASONS} years from 2001 to 2100`;
const seasons = v.nullish(
  v.pipe(
    v.array(v.pipe(v.number(), v.minValue(2001, YEARS), v.maxValue(2100, YEARS))),
    v.minLength(1, YEARS),
    v.maxLength(MAX_SEASONS, YEARS),
  ),
);

builder.queryField("myLeagues", (t) =>
  t.field({
    type: MyLeaguesRef,
    complexity: 50,
    authScopes: { operator: true },
    description:
      "The leagues of which the Yahoo account is a member. " +
      "Requires the role operator, because one request per sport and season is sent to Yahoo. " +
      "Fails with FORBIDDEN, BAD_USER_INPUT, SOURCE_UNAUTHORIZED, SOURCE_APP_NOT_APPROVED, SOURCE_RATE_LIMITED or SOURCE_OUTAGE.",
    args: {
      sports: t.arg.stringList({ description: "The sports whose leagues are listed. Default: mlb, nba and nhl." }),
      seasons: t.arg.intList({
        description: "The years in which the seasons start, at most 5. Default: this year and the previous one.",
      }),
    },
    validate: v.looseObject({ sports, seasons }),
    resolve: (_, given, context) => {
      const { deps, signal } = context;
      const year = new Date(deps.clock.now()).getUTCFullYear();
      return deps.sources.yahooAccount.leagues(
        {
          sports: (given.sports as DailyGame[] | null | undefined) ?? DAILY_GAMES,
          seasons: [...new Set(given.seasons ?? [year, year - 1])].sort((a, b) => b - a),
        },
        signal,
      );
    },
  }),
);

const key = v.looseObject({ key: leagueKey });

builder.mutationFields((t) => ({
  addLeague: t.field({
    type: LeagueRef,
    description:
      "Adds a league to `leagues`. The source is asked to describe the league, but no lineups are collected. " +
      "Fails with LEAGUE_NOT_FOUND, LEAGUE_PRIVATE, LEAGUE_NOT_DAILY or SOURCE_….",
    args: {
      key: t.arg.string({ required: true, description: "A league key or alias, or the address of the league's page." }),
    },
    validate: key,
    resolve: (_, { key }, context) => {
      return addLeague(context.deps, key, context.signal);
    },
  }),
  removeLeague: t.field({
    type: LeagueRef,
    description:
      "Removes a league from `leagues`. The league's collected data is kept and can still be read with the league's key. " +
      "The league is added to `leagues` again by `addLeague` or by a new job for the league. " +
      "Fails with NOT_FOUND, or with ILLEGAL_STATE while a schedule or an unfinished job uses the league.",
    args: { key: t.arg.string({ required: true, description: "A league key or alias." }) },
    validate: key,
    resolve: (_, { key }, context) => {
      return removeLeague(context.deps, key);
    },
  }),
}));
