import type { LeagueScope } from "../db/conditions.ts";
import { searchPlayers } from "../db/players.ts";
import { knownKey } from "../leagues/alias.ts";
import { type PlayerUsage, type PositionDays, playerUsage, type UsageDay, type UsageState } from "../lineups/usage.ts";
import { builder, describedEnum } from "./builder.ts";
import { pageSize } from "./connection.ts";
import { costOfPage, daysOf, list, POSITIONS, rows, SEASON_DAYS } from "./costs.ts";
import { environmentArg } from "./environment.ts";
import { checkRange, MAX_DAYS } from "./input.ts";
import { TeamRef } from "./league.ts";
import { loadTeam } from "./loaders.ts";
import { PlayerRef, sourceIdOf } from "./player.ts";

const STATES = {
  STARTED: "In a slot that plays.",
  BENCHED: "On the bench.",
  INACTIVE: "On an IL, IR, DL or NA slot.",
  NOT_ROSTERED: "On no team of the league.",
  UNKNOWN: "The date is not known in full.",
};
const UsageStateEnum = describedEnum<UsageState>("UsageState", "What a player did on a date.", STATES);

export const PositionDaysRef = builder.objectRef<PositionDays>("PositionDays").implement({
  description: "How often a position occurs.",
  fields: (t) => ({ position: t.exposeString("position"), days: t.exposeInt("days") }),
});

const PlayerDayRef = builder.objectRef<UsageDay>("PlayerDay").implement({
  description: "What a player did on one date.",
  fields: (t) => ({
    date: t.expose("date", { type: "Date" }),
    state: t.expose("state", { type: UsageStateEnum }),
    team: t.field({
      type: TeamRef,
      nullable: true,
      resolve: ({ teamKey }, _, { loaders }) => (teamKey === null ? null : loadTeam(loaders, teamKey)),
    }),
    position: t.exposeString("position", { nullable: true }),
  }),
});

const PlayerUsageRef = builder.objectRef<PlayerUsage & LeagueScope>("PlayerUsage").implement({
  description: "A player's start and sit history.",
  fields: (t) => ({
    player: t.field({
      type: PlayerRef,
      description: "Whose it is.",
      resolve: ({ player, leagueKey, environment }) => ({
        sourceId: player.id,
        name: player.name,
        leagueKey,
        environment,
      }),
    }),
    daysRostered: t.exposeInt("daysRostered"),
    daysStarted: t.exposeInt("daysStarted"),
    daysBenched: t.exposeInt("daysBenched"),
    daysInactive: t.exposeInt("daysInactive", { description: "On IL, IR, DL or NA slots." }),
    startPercent: t.exposeFloat("startPercent", { description: "Started of rostered, 0 to 100." }),
    byPosition: t.expose("byPosition", {
      type: [PositionDaysRef],
      complexity: list(POSITIONS),
      description: "Most frequent first.",
    }),
    eligiblePositions: t.exposeStringList("eligiblePositions", {
      description: "What he may play, as it was noted for the last of these days.",
    }),
    timeline: t.expose("timeline", {
      type: [PlayerDayRef],
      complexity: list(SEASON_DAYS),
      description: "One entry per date in range, in date order.",
    }),
  }),
});

builder.queryFields((t) => ({
  players: t.field({
    type: [PlayerRef],
    complexity: costOfPage,
    description:
      "Players whose name contains a text, ignoring case and accents; those with a word that begins with it come first.",
    args: {
      leagueKey: t.arg.string({ required: true }),
      search: t.arg.string({ required: true, description: "A part of a name, from one letter on." }),
      environment: environmentArg(t),
      first: t.arg.int({ required: true, defaultValue: 20, description: "1 to 100.", validate: pageSize() }),
    },
    resolve: async (_, { search, first, ...place }, { deps }) =>
      (await searchPlayers(deps.db, place, search, first)).map(({ id, name }) => ({ sourceId: id, name, ...place })),
  }),
  playerUsage: t.field({
    type: PlayerUsageRef,
    nullable: true,
    complexity: (range) => rows(2 * daysOf(range)),
    description: `A player's start and sit history over at most ${MAX_DAYS} days; null for a player whom the league never had.`,
    args: {
      leagueKey: t.arg.string({ required: true }),
      playerId: t.arg.string({ required: true, description: "His id, or the source's number." }),
      start: t.arg({ type: "Date", required: true }),
      end: t.arg({ type: "Date", required: true }),
      environment: environmentArg(t),
    },
    resolve: async (_, { playerId, ...place }, { deps }) => {
      checkRange(place, MAX_DAYS);
      const usage = await playerUsage(deps, { ...place, playerId: sourceIdOf(playerId) });
      return usage && { ...usage, leagueKey: place.leagueKey, environment: place.environment };
    },
  }),
}));

builder.objectField(PlayerRef, "usage", (t) =>
  t.field({
    type: PlayerUsageRef,
    nullable: true,
    complexity: (range) => rows(2 * daysOf(range)),
    description: `His start and sit history over at most ${MAX_DAYS} days, in the league that he was reached from; null where that never had him.`,
    args: {
      start: t.arg({ type: "Date", required: true, description: "The first date." }),
      end: t.arg({ type: "Date", required: true, description: "The last date." }),
      leagueKey: t.arg.string({ description: "Another league. Default: the one that he was reached from." }),
    },
    resolve: async ({ sourceId, environment, ...player }, { start, end, leagueKey }, { deps }) => {
      checkRange({ start, end }, MAX_DAYS);
      const place = { environment, leagueKey: leagueKey ? await knownKey(deps.db, leagueKey) : player.leagueKey };
      const usage = await playerUsage(deps, { ...place, start, end, playerId: sourceId });
      return usage && { ...usage, ...place };
    },
  }),
);
