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

/** Where a player may play, or did. */
const positionsOf = ({ eligiblePositions, byPosition }: PlayerUsage): string[] => [
  ...eligiblePositions,
  ...byPosition.map(({ position }) => position),
];

/** A position as the league's source writes it, whatever the case. Throws BAD_USER_INPUT for one that the league does not have. */
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
    `position: ${JSON.stringify(given.slice(0, 40))} is none of the league's; allowed: ${known.join(", ") || "none, as nothing is known of it yet"}`,
  );
}
const same = (a: string, b: string): boolean => a.toLowerCase() === b.trim().toLowerCase();

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
    description: `The start and sit histories of many players over at most ${MAX_DAYS} days, in one pass; who has started on more days comes first.`,
    args: {
      leagueKey: t.arg.string({ required: true }),
      playerIds: t.arg.stringList({
        description: `Only these, by their ids or the source's numbers: 1 to ${LIMITS.ids}. Default: everybody who was on a team.`,
        validate: v.nullish(idList),
      }),
      position: t.arg.string({ description: "Only players who may play there, or did: C, SS, SP …" }),
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
    description: `His start and sit history in a league over at most ${MAX_DAYS} days; null where that never had him.`,
    args: {
      start: t.arg({ type: "Date", required: true, description: "The first date." }),
      end: t.arg({ type: "Date", required: true, description: "The last date." }),
      leagueKey: t.arg.string({
        required: true,
        description: "In which league, as the same player may be in several.",
      }),
    },
    resolve: async ({ sourceId, environment, ...reached }, { start, end, leagueKey }, { deps, loaders }) => {
      checkRange({ start, end }, MAX_DAYS);
      const key = await knownKey(deps.db, leagueKey);
      await refuseUnknownLeague({ loaders }, leagueKey, key);
      const [own, other] = [await loaders.league.load(reached.leagueKey), await loaders.league.load(key)];
      // Another source, or sport, may have given the number to somebody else.
      if (own?.source !== other?.source || own?.sport !== other?.sport) return null;
      const place = { environment, leagueKey: key, start, end };
      const usage = await loaders.usage.load({ ...place, playerId: sourceId });
      return usage && { ...usage, ...place };
    },
  }),
);
