import * as v from "valibot";
import type { LeagueDates } from "../db/conditions.ts";
import { LedgerError } from "../errors.ts";
import { knownKey } from "../leagues/alias.ts";
import { type PlayerUsage, type PositionDays, playerUsages, type UsageDay, type UsageState } from "../lineups/usage.ts";
import { refuseUnknownLeague } from "./aliases.ts";
import { builder, describedEnum } from "./builder.ts";
import { compare, connectionOf, listOf, pageArgs, pageOf } from "./connection.ts";
import { costOfPage, daysOf, entriesOf, list, POSITIONS, recordsOf, rows, SEASON_DAYS } from "./costs.ts";
import { cursorsOf } from "./cursor.ts";
import { environmentArg } from "./environment.ts";
import type { Inherits } from "./inherits.ts";
import { checkRange, idList, MAX_DAYS } from "./input.ts";
import { TeamRef } from "./league.ts";
import { LIMITS } from "./limits.ts";
import { type Loaders, loadTeam } from "./loaders.ts";
import { PlayerRef, playerIn, sourceIdIn } from "./player.ts";

const STATES = {
  STARTED: "The player was in a starting slot.",
  BENCHED: "The player was on the bench.",
  INACTIVE: "The player was in an IL, IR, DL or NA slot.",
  NOT_ROSTERED: "The player was on no team of the league.",
  UNKNOWN: "The league's lineups of the date are missing or incomplete.",
};
const UsageStateEnum = describedEnum<UsageState>("UsageState", "What a player did on a date.", STATES);

export const PositionDaysRef = builder.objectRef<PositionDays>("PositionDays").implement({
  description: "A position and how often it occurs.",
  fields: (t) => ({
    position: t.exposeString("position", { description: "The slot or position." }),
    days: t.exposeInt("days", { description: "Number of days; in `DailySummary.byPosition`, number of players." }),
  }),
});

const PlayerDayRef = builder.objectRef<UsageDay & Inherits>("PlayerDay").implement({
  description: "What a player did on one date.",
  fields: (t) => ({
    date: t.expose("date", { type: "Date" }),
    state: t.expose("state", { type: UsageStateEnum }),
    team: t.field({
      type: TeamRef,
      nullable: true,
      description: "The team that the player was on; null for NOT_ROSTERED and UNKNOWN.",
      resolve: ({ teamKey, environment }, _, { loaders }) =>
        teamKey === null ? null : loadTeam(loaders, { teamKey, environment }),
    }),
    position: t.exposeString("position", {
      nullable: true,
      description: "The slot that the player was in; null for NOT_ROSTERED and UNKNOWN.",
    }),
  }),
});

/** A player's usage, with the league and the range of dates that the usage covers. */
type UsageOfApi = PlayerUsage & LeagueDates;

const PlayerUsageRef = builder.objectRef<UsageOfApi>("PlayerUsage").implement({
  description: "History of a player's starts and sits.",
  fields: (t) => ({
    player: t.field({
      type: PlayerRef,
      description: "The player.",
      resolve: ({ player, ...at }) => playerIn(at, player),
    }),
    daysRostered: t.exposeInt("daysRostered"),
    daysStarted: t.exposeInt("daysStarted"),
    daysBenched: t.exposeInt("daysBenched"),
    daysInactive: t.exposeInt("daysInactive", { description: "Number of days in an IL, IR, DL or NA slot." }),
    startPercent: t.exposeFloat("startPercent", {
      description: "`daysStarted` as a percentage of `daysRostered`, 0 to 100; 0 if the player was on no team.",
    }),
    byPosition: t.expose("byPosition", {
      type: [PositionDaysRef],
      complexity: list(POSITIONS),
      description: "Number of days in each slot, most days first.",
    }),
    eligiblePositions: t.exposeStringList("eligiblePositions", {
      description:
        "The positions the player may play, as recorded for his last day in the range; empty if he was on no team.",
    }),
    timeline: t.field({
      type: [PlayerDayRef],
      complexity: list(SEASON_DAYS),
      description: "One entry per date of the range, in order, whatever team the player was on.",
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
/** Returns the place of a player's usage in the list. The player who started on the most days comes first. */
const positionOf = ({ daysStarted, player }: PlayerUsage): UsagePosition => [-daysStarted, player.name, player.id];

/** Returns the positions a player may play or has played. */
const positionsOf = ({ eligiblePositions, byPosition }: PlayerUsage): string[] => [
  ...eligiblePositions,
  ...byPosition.map(({ position }) => position),
];

/**
 * Finds a position, ignoring case, and returns it as the league's source spells it. Throws BAD_USER_INPUT if the league does not have the
 * position.
 */
async function positionIn(
  leagueKey: string,
  given: string,
  usages: readonly PlayerUsage[],
  loaders: Loaders,
): Promise<string> {
  const roster = (await loaders.league.load(leagueKey))?.positions.map(({ position }) => position) ?? [];
  const known = [...new Set([...roster, ...usages.flatMap(positionsOf)])];
  const found = known.find((position) => position === given) ?? known.find((each) => same(each, given));
  if (found !== undefined) return found;
  throw new LedgerError(
    "BAD_USER_INPUT",
    `position: ${JSON.stringify(given.slice(0, 40))} is not a position of this league; allowed: ${known.join(", ") || "none, because nothing is known of it yet"}`,
  );
}
const same = (a: string, b: string): boolean => a.toLowerCase() === b.trim().toLowerCase();

builder.queryFields((t) => ({
  playerUsage: t.field({
    type: PlayerUsageRef,
    nullable: true,
    complexity: (range) => rows(2 * daysOf(range)),
    description: `History of a player's starts and sits over at most ${MAX_DAYS} days; null if the league never had the player.`,
    args: {
      leagueKey: t.arg.string({ required: true }),
      playerId: t.arg.string({
        required: true,
        description: "The player's id, or the source's number for the player.",
      }),
      start: t.arg({ type: "Date", required: true }),
      end: t.arg({ type: "Date", required: true }),
      environment: environmentArg(t),
    },
    resolve: async (_, { playerId, ...place }, { loaders }) => {
      checkRange(place, MAX_DAYS);
      const sourceId = await sourceIdIn(place.leagueKey, playerId, loaders);
      const usage = sourceId === null ? null : await loaders.usage.load({ ...place, playerId: sourceId });
      return usage && { ...usage, ...place };
    },
  }),
  playerUsages: t.field({
    type: PlayerUsageConnection,
    complexity: (args) => ({
      field: rows(recordsOf(args)) + costOfPage(args).field,
      multiplier: entriesOf(args),
    }),
    description:
      `Histories of the starts and sits of many players over at most ${MAX_DAYS} days, read in one pass. ` +
      "Players who started on the most days come first.",
    args: {
      leagueKey: t.arg.string({ required: true }),
      playerIds: t.arg.stringList({
        description: `1 to ${LIMITS.ids} players to return, each given by id or by the source's number. Default: everybody who was on a team.`,
        validate: v.nullish(idList),
      }),
      position: t.arg.string({
        description: "Only players who may play or have played this position, such as C, SS or SP.",
      }),
      teamKey: t.arg.string({ description: "Only days on this team." }),
      start: t.arg({ type: "Date", required: true, description: "The first date." }),
      end: t.arg({ type: "Date", required: true, description: "The last date." }),
      environment: environmentArg(t),
      ...pageArgs(t, 50),
    },
    resolve: async (
      _,
      { playerIds, position, teamKey, start, end, environment, leagueKey, ...args },
      { deps, loaders },
    ) => {
      checkRange({ start, end }, MAX_DAYS);
      const range = { environment, leagueKey, start, end };
      const named = playerIds && (await Promise.all(playerIds.map((id) => sourceIdIn(leagueKey, id, loaders))));
      const all = await playerUsages(deps, {
        ...range,
        playerIds: named?.filter((id) => id !== null),
        teamKey: teamKey ?? undefined,
      });
      const slot = position == null ? null : await positionIn(leagueKey, position, all, loaders);
      const usages = all
        .filter((usage) => slot === null || positionsOf(usage).includes(slot))
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
    description: `History of the player's starts and sits in a league over at most ${MAX_DAYS} days; null if the league never had him.`,
    args: {
      start: t.arg({ type: "Date", required: true, description: "The first date." }),
      end: t.arg({ type: "Date", required: true, description: "The last date." }),
      leagueKey: t.arg.string({
        required: true,
        description: "The league; needed because a player may be in several leagues.",
      }),
    },
    resolve: async ({ sourceId, environment, ...reached }, { start, end, leagueKey }, { deps, loaders }) => {
      checkRange({ start, end }, MAX_DAYS);
      const key = await knownKey(deps.db, leagueKey);
      await refuseUnknownLeague({ loaders }, leagueKey, key);
      const [own, other] = [await loaders.league.load(reached.leagueKey), await loaders.league.load(key)];
      // Another source or sport may use the same number for a different player.
      if (own?.source !== other?.source || own?.sport !== other?.sport) return null;
      const place = { environment, leagueKey: key, start, end };
      const usage = await loaders.usage.load({ ...place, playerId: sourceId });
      return usage && { ...usage, ...place };
    },
  }),
);
