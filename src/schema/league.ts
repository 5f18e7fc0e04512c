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
  description: "The source of a league's lineups.",
  values: SOURCE_KINDS,
});

const ID =
  "The key. If the object was reached from the environment TEST, its id has the prefix `TEST:` and its fields return the data of TEST.";

/** `teams` is set only if the source has just returned the teams. If `teams` is not set, the teams are read from the database. */
type LeagueOfApi = StoredLeague & Inherits & { teams?: readonly { key: string; name: string }[] };

export const LeagueRef = builder.objectRef<LeagueOfApi>("League");
export const TeamRef = builder.objectRef<StoredTeam & Inherits>("Team").implement({
  description: "A team of a league, with the name that the source last gave.",
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ description: ID, resolve: (team) => idWithin(team.key, team) }),
    key: t.exposeString("key"),
    name: t.exposeString("name"),
    leagueKey: t.exposeString("leagueKey"),
    league: t.field({
      type: LeagueRef,
      description: "The league of the team.",
      resolve: async ({ leagueKey, environment }, _, { loaders }) => ({
        ...(await loadLeague(loaders, leagueKey)),
        environment,
      }),
    }),
  }),
});

LeagueRef.implement({
  description: "A collected or added league, or the demo league, as its source last described it.",
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ description: ID, resolve: (league) => idWithin(league.key, league) }),
    key: t.exposeString("key"),
    name: t.exposeString("name"),
    source: t.expose("source", { type: SourceKindEnum }),
    sport: t.exposeString("sport", { description: "The sport: mlb, nba, nhl or nfl." }),
    season: t.exposeInt("season", { description: "The year the season starts in." }),
    startDate: t.expose("startDate", { type: "Date", description: "The first day of the season." }),
    endDate: t.expose("endDate", { type: "Date", description: "The last day of the season." }),
    today: t.field({
      type: "Date",
      description:
        "Today in the league's calendar, even outside the season. " +
        "A day begins at midnight Pacific time for Yahoo leagues and at 06:00 Eastern time for ESPN leagues.",
      resolve: ({ key }, _, { deps }) => calendarOf(key).dateAt(deps.clock.now()),
    }),
    attribution: t.string({
      nullable: true,
      description: "Text that the source requires wherever this data is shown; null if it requires none.",
      resolve: ({ key }) => attributionOf(key),
    }),
    previousSeasonKey: t.exposeString("previousKey", {
      nullable: true,
      description: "The key of the previous season, as given by the source; null if the source gives none.",
    }),
    previousSeason: t.field({
      type: LeagueRef,
      nullable: true,
      complexity: 10,
      description:
        "The previous season; null if the source gives none. " +
        "If the ledger does not know the previous season, an operator's query asks the source, and a viewer's query returns null.",
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
      description: "Earlier seasons, newest first, as far back as the ledger knows them.",
      resolve: async ({ key, environment }, _, { loaders }) =>
        (await loaders.previousSeasons.load(key)).map((league) => ({ ...league, environment })),
    }),
    teams: t.field({
      type: [TeamRef],
      complexity: list(TEAMS),
      description: "The teams that are in the league now.",
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
    description:
      "The demo league, and every league that was collected or added, unless the league was removed later. Sorted by name.",
    resolve: (_, __, { deps }) => listLeagues(deps.db),
  }),
  league: t.field({
    type: LeagueRef,
    nullable: true,
    description:
      "The league with this key; null if the league has jobs but the source has not described the league yet. The demo league is demo.l.1. Fails with NOT_FOUND.",
    args: { key: t.arg.string({ required: true }) },
    resolve: async (_, { key }, { deps }) => (await findLeague(deps.db, key)) ?? null,
  }),
}));
