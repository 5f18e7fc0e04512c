import { datesBetween } from "../calendar.ts";
import type { LeagueDates } from "../db/conditions.ts";
import { playerNames } from "../db/players.ts";
import { teamSlots } from "../db/summaries.ts";
import { isSameDay } from "../lineups/compare.ts";
import { type GridDay, type GridRow, type GridStretch, gridOf } from "../lineups/grid.ts";
import { calendarOf } from "../source/leagueKey.ts";
import { HEALTHY, type SlotUse } from "../source/slots.ts";
import { builder, describedEnum } from "./builder.ts";
import { daysOf, list, ROSTER, rows } from "./costs.ts";
import { environmentArg } from "./environment.ts";
import { checkRange, MAX_DAYS } from "./input.ts";
import { TeamRef } from "./league.ts";
import { loadLeague, loadTeam } from "./loaders.ts";
import { PlayerRef, playerIn } from "./player.ts";

const SlotUseEnum = describedEnum<SlotUse>("SlotUse", "Whether the player in a slot plays.", {
  STARTED: "The player in the slot plays.",
  BENCHED: "The player in the slot is on the bench.",
  INACTIVE: "The slot (IL, IR, DL or NA) is for players who cannot play.",
});
const SlotStateEnum = describedEnum<GridStretch["state"]>("SlotState", "Whether somebody was in a slot.", {
  FILLED: "A player was in the slot.",
  EMPTY: "Nobody was in the slot.",
  UNKNOWN: "The team's lineup was not collected.",
});

type Names = LeagueDates & { names: ReadonlyMap<string, string> };

const StretchRef = builder.objectRef<GridStretch & Names>("SlotStretch").implement({
  description: "Consecutive days on which a slot had the same state and player.",
  fields: (t) => ({
    start: t.expose("start", { type: "Date", description: "The first day of the stretch." }),
    end: t.expose("end", { type: "Date", description: "The last day of the stretch." }),
    days: t.exposeInt("days", { description: "Number of days in the stretch." }),
    state: t.expose("state", { type: SlotStateEnum, description: "Whether somebody was in the slot." }),
    player: t.field({
      type: PlayerRef,
      nullable: true,
      description: "The player in the slot; null unless `state` is FILLED.",
      resolve: ({ playerId, names, ...at }) =>
        playerId === null ? null : playerIn(at, { id: playerId, name: names.get(playerId) ?? "" }),
    }),
    daysHealthy: t.int({
      description:
        "Number of days on which the player was healthy, as observed on the day itself; 0 unless the slot is FILLED.",
      resolve: ({ health }) => health.healthy,
    }),
    daysInjured: t.int({
      description:
        "Number of days on which the player was not healthy (DTD, IL10 …), as observed on the day itself; 0 unless the slot is FILLED.",
      resolve: ({ health }) => health.injured,
    }),
    daysNotSeen: t.int({
      description:
        "Number of days on which the player's status is unknown; 0 unless the slot is FILLED. " +
        "A status that was not observed on the day itself stays unknown, because sources keep no history of statuses.",
      resolve: ({ health }) => health.unknown,
    }),
  }),
});

const RowRef = builder.objectRef<GridRow & Names>("SlotRow").implement({
  description: "One slot of a team over a range of dates.",
  fields: (t) => ({
    position: t.exposeString("position", {
      description: "The source's name for the slot, such as C, SS, Util, BN or IL.",
    }),
    number: t.exposeInt("number", {
      description: "The slot's number among the slots with the same name, starting at 1.",
    }),
    use: t.expose("use", { type: SlotUseEnum, description: "Whether the player in the slot plays." }),
    stretches: t.field({
      type: [StretchRef],
      complexity: list(20),
      description: "Who was in the slot, sorted by date. Each date of the range is in exactly one stretch.",
      resolve: ({ stretches, position: _, number: __, use: ___, ...names }) =>
        stretches.map((stretch) => ({ ...names, ...stretch })),
    }),
  }),
});

const TeamGridRef = builder.objectRef<Names & { teamKey: string; rows: GridRow[] }>("TeamGrid").implement({
  description: "A team's lineups as a grid of slots and dates.",
  fields: (t) => ({
    team: t.field({
      type: TeamRef,
      description: "The team.",
      resolve: (at, _, { loaders }) => loadTeam(loaders, at),
    }),
    start: t.expose("start", { type: "Date", description: "The first date." }),
    end: t.expose("end", { type: "Date", description: "The last date." }),
    rows: t.field({
      type: [RowRef],
      complexity: list(ROSTER),
      description:
        "One row per slot of the league's roster, filled or empty, in the source's order. " +
        "If several slots have the same name, each of them has its own row. " +
        "If a player's slot has the same name on two successive days, he stays in the same row.",
      resolve: ({ rows: all, teamKey: _, ...names }) => all.map((row) => ({ ...names, ...row })),
    }),
  }),
});

builder.queryField("teamGrid", (t) =>
  t.field({
    type: TeamGridRef,
    complexity: (range) => rows(daysOf(range) * ROSTER),
    description: `The player in each slot of a team over at most ${MAX_DAYS} days; consecutive days with the same player form one stretch. Empty slots are included.`,
    args: {
      teamKey: t.arg.string({ required: true }),
      start: t.arg({ type: "Date", required: true, description: "The first date." }),
      end: t.arg({ type: "Date", required: true, description: "The last date." }),
      environment: environmentArg(t),
    },
    resolve: async (_, { teamKey, start, end, environment }, { deps, loaders }) => {
      checkRange({ start, end }, MAX_DAYS);
      const { leagueKey } = await loadTeam(loaders, { teamKey, environment });
      const league = { environment, leagueKey };
      const [{ positions }, slots] = await Promise.all([
        loadLeague(loaders, leagueKey),
        teamSlots(deps.db, { ...league, teamKey, dates: datesBetween(start, end) }),
      ]);
      const calendar = calendarOf(leagueKey);
      const lineups = new Map(
        [...slots].map(([date, day]) => [
          date,
          day.map(({ playerId, position, status, observedAt }): GridDay => {
            const isSeen = isSameDay(observedAt, date, calendar);
            return { playerId, position, health: isSeen ? (status === HEALTHY ? "healthy" : "injured") : "unknown" };
          }),
        ]),
      );
      const ids = [...new Set([...slots.values()].flat().map(({ playerId }) => playerId))];
      return {
        teamKey,
        environment,
        leagueKey,
        start,
        end,
        names: await playerNames(deps.db, league, ids),
        rows: gridOf({ start, end }, positions, lineups),
      };
    },
  }),
);
