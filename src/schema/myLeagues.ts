import * as v from "valibot";
import { addLeague, removeLeague } from "../leagues/list.ts";
import { DAILY_GAMES, type DailyGame, type MyLeague, type MyLeaguesFault } from "../source/yahoo/myLeagues.ts";
import { builder } from "./builder.ts";
import { list } from "./costs.ts";
import { leagueKey } from "./input.ts";
import { LeagueRef } from "./league.ts";

/** More of an account than anybody has. */
const MANY = 20;
const MAX_SEASONS = 5;

const MyLeagueRef = builder.objectRef<MyLeague>("MyLeague").implement({
  description: "A league that the account at Yahoo is a member of, whether the ledger collects it or not.",
  fields: (t) => ({
    key: t.exposeString("key", { description: "What `addLeague` and `startCollection` take, as 458.l.6966." }),
    name: t.exposeString("name"),
    sport: t.exposeString("sport", { description: "mlb, nba or nhl." }),
    season: t.exposeInt("season", { description: "The year the season starts in." }),
    teams: t.exposeInt("teams", { description: "How many teams it has." }),
    startDate: t.expose("startDate", { type: "Date" }),
    endDate: t.expose("endDate", { type: "Date" }),
  }),
});

const FaultRef = builder.objectRef<MyLeaguesFault>("MyLeaguesFault").implement({
  description: "A sport's season whose leagues Yahoo does not list.",
  fields: (t) => ({
    sport: t.exposeString("sport", { description: "mlb, nba or nhl." }),
    season: t.exposeInt("season", { description: "The year the season starts in." }),
    code: t.exposeString("code", { description: "Why, for programs: SOURCE_UNAVAILABLE, SOURCE_MALFORMED." }),
    message: t.exposeString("message", { description: "Why, for people." }),
  }),
});

const MyLeaguesRef = builder.objectRef<{ leagues: MyLeague[]; faults: MyLeaguesFault[] }>("MyLeagues").implement({
  description: "The leagues of the account at Yahoo, by season and sport.",
  fields: (t) => ({
    leagues: t.expose("leagues", {
      type: [MyLeagueRef],
      complexity: list(MANY),
      description: "The newest season first.",
    }),
    faults: t.expose("faults", {
      type: [FaultRef],
      complexity: list(MANY),
      description: "What Yahoo does not list; empty when the list is whole.",
    }),
  }),
});

const sports = v.nullish(
  v.pipe(
    v.array(
      v.picklist(
        DAILY_GAMES,
        ({ received }) => `${received} is no sport with daily lineups; allowed: ${DAILY_GAMES.join(", ")}`,
      ),
    ),
    v.minLength(1, `none is given; allowed: ${DAILY_GAMES.join(", ")}`),
  ),
);
const YEARS = `expected 1 to ${MAX_SEASONS} years from 2001 on`;
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
      "The leagues that the account at Yahoo is a member of; Yahoo is asked once for each sport and season, so that this is for operators. Errors: FORBIDDEN, SOURCE_UNAUTHORIZED, SOURCE_APP_NOT_APPROVED, SOURCE_RATE_LIMITED.",
    args: {
      sports: t.arg.stringList({ description: "Default: mlb, nba and nhl." }),
      seasons: t.arg.intList({
        description: "The years they start in, at most 5; default: this year and the one before.",
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
      "Puts a league on the list of `leagues` before anything of it is collected: its source is asked for its record. Errors: LEAGUE_NOT_FOUND, LEAGUE_PRIVATE, LEAGUE_NOT_DAILY, SOURCE_….",
    args: { key: t.arg.string({ required: true, description: "A league key, or the address of the league's page." }) },
    validate: key,
    resolve: (_, { key }, context) => {
      return addLeague(context.deps, key, context.signal);
    },
  }),
  removeLeague: t.field({
    type: LeagueRef,
    description:
      "Takes a league off the list of `leagues`. All that was collected is kept and can be read by its key; a new job, or `addLeague`, puts it on the list again. Errors: NOT_FOUND, ILLEGAL_STATE while a schedule or an unfinished job is about it.",
    args: { key: t.arg.string({ required: true, description: "A league key." }) },
    validate: key,
    resolve: (_, { key }, context) => {
      return removeLeague(context.deps, key);
    },
  }),
}));
