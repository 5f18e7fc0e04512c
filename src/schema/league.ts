import { mayActAs } from "../config/roles.ts";
import { findLeague, listLeagues, type StoredLeague, type StoredTeam } from "../db/leagues.ts";
import { SOURCE_KINDS } from "../db/tables/values.ts";
import { ensureLeague, inTime } from "../leagues/league.ts";
import { attributionOf, calendarOf } from "../source/leagueKey.ts";
import { builder } from "./builder.ts";
import { LEAGUES, list, TEAMS } from "./costs.ts";
import { type Inherits, idWithin } from "./inherits.ts";
import { loadLeague } from "./loaders.ts";
import { NodeRef } from "./node.ts";

export const SourceKindEnum = builder.enumType("SourceKind", {
  description: "Where a league's lineups come from.",
  values: SOURCE_KINDS,
});

const ID = "Its key; where it was reached from the environment TEST, whose links lead to that, TEST: before it.";

/** Its teams are read from the ledger, unless its source has just said which they are. */
type LeagueOfApi = StoredLeague & Inherits & { teams?: readonly { key: string; name: string }[] };

export const LeagueRef = builder.objectRef<LeagueOfApi>("League");
export const TeamRef = builder.objectRef<StoredTeam & Inherits>("Team").implement({
  description: "A team of a league, under the name its source gave it last.",
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ description: ID, resolve: (team) => idWithin(team.key, team) }),
    key: t.exposeString("key"),
    name: t.exposeString("name"),
    leagueKey: t.exposeString("leagueKey"),
    league: t.field({
      type: LeagueRef,
      description: "The league that it is a team of.",
      resolve: async ({ leagueKey, environment }, _, { loaders }) => ({
        ...(await loadLeague(loaders, leagueKey)),
        environment,
      }),
    }),
  }),
});

LeagueRef.implement({
  description: "The demo league, or a league that was collected at least once, as its source described it last.",
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ description: ID, resolve: (league) => idWithin(league.key, league) }),
    key: t.exposeString("key"),
    name: t.exposeString("name"),
    source: t.expose("source", { type: SourceKindEnum }),
    sport: t.exposeString("sport", { description: "mlb, nba, nhl, nfl." }),
    season: t.exposeInt("season", { description: "The year the season starts in." }),
    startDate: t.expose("startDate", { type: "Date" }),
    endDate: t.expose("endDate", { type: "Date" }),
    today: t.field({
      type: "Date",
      description:
        "The date that it is in the league's calendar, whether the season has it or not: at Yahoo a day begins at midnight Pacific time, at ESPN at 06:00 Eastern time.",
      resolve: ({ key }, _, { deps }) => calendarOf(key).dateAt(deps.clock.now()),
    }),
    attribution: t.string({
      nullable: true,
      description: "What is to stand wherever this is shown, as its source wants it; null where it wants nothing.",
      resolve: ({ key }) => attributionOf(key),
    }),
    previousSeasonKey: t.exposeString("previousKey", {
      nullable: true,
      description: "The key of this league's season before, as the source links it.",
    }),
    previousSeason: t.field({
      type: LeagueRef,
      nullable: true,
      complexity: 10,
      description:
        "This league's season before. Where the ledger does not know it, an operator's query asks its source, and a viewer's has null; null also when there was none.",
      resolve: async ({ previousKey, environment }, _, { deps, loaders, caller, signal }) => {
        if (previousKey === null) return null;
        const stored = await loaders.league.load(previousKey);
        if (stored || !mayActAs(caller, "operator")) return stored && { ...stored, environment };
        const options = { signal, meter: { requests: 0, retries: 0 } };
        const asked = await inTime(signal, ensureLeague(deps, previousKey, options, "asked"));
        return { ...asked, positions: [...asked.positions], fetchedAt: deps.clock.now(), environment };
      },
    }),
    previousSeasons: t.field({
      type: [LeagueRef],
      complexity: list(5),
      description: "This league's seasons before, as far as the ledger knows them, the newest first.",
      resolve: async ({ key, environment }, _, { loaders }) =>
        (await loaders.previousSeasons.load(key)).map((league) => ({ ...league, environment })),
    }),
    teams: t.field({
      type: [TeamRef],
      complexity: list(TEAMS),
      resolve: async ({ key, teams, environment }, _, { loaders }) =>
        (
          teams?.map((team) => ({ ...team, leagueKey: key, leftAt: null })) ?? (await loaders.teamsOfLeague.load(key))
        ).map((team) => ({ ...team, environment })),
    }),
  }),
});

builder.queryFields((t) => ({
  leagues: t.field({
    type: [LeagueRef],
    complexity: list(LEAGUES),
    description: "The demo league, and every league that was collected, by name.",
    resolve: (_, __, { deps }) => listLeagues(deps.db),
  }),
  league: t.field({
    type: LeagueRef,
    nullable: true,
    description:
      "One league; null while its source has not said anything of it. The demo league, demo.l.1, is known from the first start. Errors: NOT_FOUND.",
    args: { key: t.arg.string({ required: true }) },
    resolve: async (_, { key }, { deps }) => (await findLeague(deps.db, key)) ?? null,
  }),
}));
