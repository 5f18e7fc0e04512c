import * as v from "valibot";
import type { LeagueDates } from "../db/conditions.ts";
import { knownKey } from "../leagues/alias.ts";
import { type PlayerUsage, type PositionDays, playerUsages, type UsageDay, type UsageState } from "../lineups/usage.ts";
import { refuseUnknownLeague } from "./aliases.ts";
import { builder, describedEnum } from "./builder.ts";
import { compare, connectionOf, listOf, pageArgs, pageOf } from "./connection.ts";
import { costOfPage, daysOf, list, POSITIONS, recordsOf, rows, SEASON_DAYS } from "./costs.ts";
import { cursorsOf } from "./cursor.ts";
import { environmentArg } from "./environment.ts";
import type { Inherits } from "./inherits.ts";
import { checkRange, MAX_DAYS } from "./input.ts";
import { TeamRef } from "./league.ts";
import { loadTeam } from "./loaders.ts";
import { PlayerRef, playerIn, sourceIdOf } from "./player.ts";

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

const PlayerDayRef = builder.objectRef<UsageDay & Inherits>("PlayerDay").implement({
  description: "What a player did on one date.",
  fields: (t) => ({
    date: t.expose("date", { type: "Date" }),
    state: t.expose("state", { type: UsageStateEnum }),
    team: t.field({
      type: TeamRef,
      nullable: true,
      resolve: ({ teamKey, environment }, _, { loaders }) =>
        teamKey === null ? null : loadTeam(loaders, { teamKey, environment }),
    }),
    position: t.exposeString("position", { nullable: true }),
  }),
});

/** What a player did, and where and when. */
type UsageOfApi = PlayerUsage & LeagueDates;

const PlayerUsageRef = builder.objectRef<UsageOfApi>("PlayerUsage").implement({
  description: "A player's start and sit history.",
  fields: (t) => ({
    player: t.field({
      type: PlayerRef,
      description: "Whose it is.",
      resolve: ({ player, ...at }) => playerIn(at, player),
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
    timeline: t.field({
      type: [PlayerDayRef],
      complexity: list(SEASON_DAYS),
      description: "One entry per date in range, in date order, whatever the team.",
      resolve: async ({ player, environment, leagueKey, start, end }, _, { loaders }) =>
        (await loaders.timeline.load({ environment, leagueKey, start, end, playerId: player.id })).map((day) => ({
          ...day,
          environment,
        })),
    }),
  }),
});

const PlayerUsageConnection = connectionOf<UsageOfApi>("PlayerUsage", PlayerUsageRef);
type UsagePosition = readonly [sat: number, name: string, id: string];
const cursors = cursorsOf<UsagePosition>("usages", v.tuple([v.number(), v.string(), v.string()]));
/** A player who has started on more days comes first. */
const positionOf = ({ daysStarted, player }: PlayerUsage): UsagePosition => [-daysStarted, player.name, player.id];

const MAX_IDS = 100;

builder.queryFields((t) => ({
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
    resolve: async (_, { playerId, ...place }, { loaders }) => {
      checkRange(place, MAX_DAYS);
      const usage = await loaders.usage.load({ ...place, playerId: sourceIdOf(playerId) });
      return usage && { ...usage, ...place };
    },
  }),
  playerUsages: t.field({
    type: PlayerUsageConnection,
    complexity: (args) => ({
      field: rows(recordsOf(args)) + costOfPage(args).field,
      multiplier: args.last ?? args.first,
    }),
    description: `The start and sit histories of many players over at most ${MAX_DAYS} days, in one pass; who has started on more days comes first.`,
    args: {
      leagueKey: t.arg.string({ required: true }),
      playerIds: t.arg.stringList({
        description: `Only these, by their ids or the source's numbers: 1 to ${MAX_IDS}. Default: everybody who was on a team.`,
        validate: v.nullish(v.pipe(v.array(v.string()), v.maxLength(MAX_IDS, `expected at most ${MAX_IDS} ids`))),
      }),
      position: t.arg.string({ description: "Only players who may play there, or did: C, SS, SP …" }),
      teamKey: t.arg.string({ description: "Only days on this team." }),
      start: t.arg({ type: "Date", required: true, description: "The first date." }),
      end: t.arg({ type: "Date", required: true, description: "The last date." }),
      environment: environmentArg(t),
      ...pageArgs(t, 50),
    },
    resolve: async (_, { playerIds, position, teamKey, start, end, environment, leagueKey, ...args }, { deps }) => {
      checkRange({ start, end }, MAX_DAYS);
      const range = { environment, leagueKey, start, end };
      const all = await playerUsages(deps, {
        ...range,
        playerIds: playerIds?.map(sourceIdOf),
        teamKey: teamKey ?? undefined,
      });
      const usages = all
        .filter(
          ({ eligiblePositions, byPosition }) =>
            position == null ||
            eligiblePositions.includes(position) ||
            byPosition.some((slot) => slot.position === position),
        )
        .map((usage) => ({ ...usage, ...range }))
        .sort((a, b) => compare(positionOf(a), positionOf(b)));
      return pageOf(listOf(usages, cursors, positionOf), args);
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
    resolve: async ({ sourceId, environment, ...player }, { start, end, leagueKey }, { deps, loaders }) => {
      checkRange({ start, end }, MAX_DAYS);
      const key = leagueKey ? await knownKey(deps.db, leagueKey) : player.leagueKey;
      if (leagueKey) await refuseUnknownLeague({ loaders }, leagueKey, key);
      const place = { environment, leagueKey: key, start, end };
      const usage = await loaders.usage.load({ ...place, playerId: sourceId });
      return usage && { ...usage, ...place };
    },
  }),
);
