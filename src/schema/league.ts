import { findLeague, listLeagues, type StoredLeague, type StoredTeam } from "../db/leagues.ts";
import { SOURCE_KINDS } from "../db/tables.ts";
import { ensureLeague } from "../jobs/league.ts";
import { builder } from "./builder.ts";
import { list, TEAMS } from "./costs.ts";

const SourceKindEnum = builder.enumType("SourceKind", {
  description: "Where a league's line-ups come from.",
  values: SOURCE_KINDS,
});

export const TeamRef = builder.objectRef<StoredTeam>("Team").implement({
  description: "A team of a league, under the name its source gave it last.",
  fields: (t) => ({
    key: t.exposeString("key"),
    name: t.exposeString("name"),
    leagueKey: t.exposeString("leagueKey"),
  }),
});

export const LeagueRef = builder.objectRef<StoredLeague>("League");
LeagueRef.implement({
  description: "A league that was collected at least once, as its source described it last.",
  fields: (t) => ({
    key: t.exposeString("key"),
    name: t.exposeString("name"),
    source: t.expose("source", { type: SourceKindEnum }),
    sport: t.exposeString("sport", { description: "mlb, nba, nhl, nfl." }),
    season: t.exposeInt("season", { description: "The year the season starts in." }),
    startDate: t.expose("startDate", { type: "Date" }),
    endDate: t.expose("endDate", { type: "Date" }),
    previousSeasonKey: t.exposeString("previousKey", {
      nullable: true,
      description: "The key of this league's season before, as the source links it.",
    }),
    previousSeason: t.field({
      type: LeagueRef,
      nullable: true,
      complexity: 10,
      description:
        "This league's season before; its source is asked for it when the ledger does not know it. Null when there was none.",
      resolve: async ({ previousKey }, _, { deps }) => {
        if (previousKey === null) return null;
        await ensureLeague(deps, previousKey, {
          signal: new AbortController().signal,
          meter: { requests: 0, retries: 0 },
        });
        return (await findLeague(deps.db, previousKey)) ?? null;
      },
    }),
    teams: t.field({
      type: [TeamRef],
      complexity: list(TEAMS),
      resolve: ({ key }, _, { loaders }) => loaders.teamsOfLeague.load(key),
    }),
  }),
});

builder.queryFields((t) => ({
  leagues: t.field({
    type: [LeagueRef],
    description: "Every league that was collected, by name.",
    resolve: (_, __, { deps }) => listLeagues(deps.db),
  }),
  league: t.field({
    type: LeagueRef,
    nullable: true,
    description: "One league; null when it was never collected.",
    args: { key: t.arg.string({ required: true }) },
    resolve: async (_, { key }, { deps }) => (await findLeague(deps.db, key)) ?? null,
  }),
}));
