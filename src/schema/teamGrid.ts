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

const SlotUseEnum = describedEnum<SlotUse>("SlotUse", "What a slot means for the team.", {
  STARTED: "Whoever is in it plays.",
  BENCHED: "The bench.",
  INACTIVE: "A slot for those who cannot play: IL, IR, DL or NA.",
});
const SlotStateEnum = describedEnum<GridStretch["state"]>("SlotState", "Whether somebody was in a slot.", {
  FILLED: "A player was in it.",
  EMPTY: "Nobody was in it.",
  UNKNOWN: "The team's lineup was not collected.",
});

type Names = LeagueDates & { names: ReadonlyMap<string, string> };

const StretchRef = builder.objectRef<GridStretch & Names>("SlotStretch").implement({
  description: "Days in a row on which a slot was filled alike.",
  fields: (t) => ({
    start: t.expose("start", { type: "Date", description: "The first of the days." }),
    end: t.expose("end", { type: "Date", description: "The last of the days." }),
    days: t.exposeInt("days", { description: "How many days." }),
    state: t.expose("state", { type: SlotStateEnum, description: "Whether somebody was in it." }),
    player: t.field({
      type: PlayerRef,
      nullable: true,
      description: "Who was in it; null where nobody was, or where it is not known.",
      resolve: ({ playerId, names, ...at }) =>
        playerId === null ? null : playerIn(at, { id: playerId, name: names.get(playerId) ?? "" }),
    }),
    daysHealthy: t.int({
      description: "Of the days of FILLED: on which he was seen, on the day itself, to be healthy.",
      resolve: ({ health }) => health.healthy,
    }),
    daysInjured: t.int({
      description: "… on which he was seen to have another status: DTD, IL10 …",
      resolve: ({ health }) => health.injured,
    }),
    daysNotSeen: t.int({
      description: "… on which his status was not looked at: sources keep no history of it.",
      resolve: ({ health }) => health.unknown,
    }),
  }),
});

const RowRef = builder.objectRef<GridRow & Names>("SlotRow").implement({
  description: "One slot of a team through a range of dates.",
  fields: (t) => ({
    position: t.exposeString("position", { description: "What the source calls the slot: C, SS, Util, BN, IL …" }),
    number: t.exposeInt("number", { description: "Which of the slots of that name, from 1 on." }),
    use: t.expose("use", { type: SlotUseEnum, description: "What it means for the team." }),
    stretches: t.field({
      type: [StretchRef],
      complexity: list(20),
      description: "Who was in it, in the order of the dates; each date is in one of them.",
      resolve: ({ stretches, position: _, number: __, use: ___, ...names }) =>
        stretches.map((stretch) => ({ ...names, ...stretch })),
    }),
  }),
});

const TeamGridRef = builder.objectRef<Names & { teamKey: string; rows: GridRow[] }>("TeamGrid").implement({
  description: "A team's season by slot and date.",
  fields: (t) => ({
    team: t.field({
      type: TeamRef,
      description: "Whose it is.",
      resolve: (at, _, { loaders }) => loadTeam(loaders, at),
    }),
    start: t.expose("start", { type: "Date", description: "The first date." }),
    end: t.expose("end", { type: "Date", description: "The last date." }),
    rows: t.field({
      type: [RowRef],
      complexity: list(ROSTER),
      description:
        "Each slot that the league's roster has, filled or not, in the source's own order; a slot that it has several of is several rows, and a player who stays in such a slot stays in his row.",
      resolve: ({ rows: all, teamKey: _, ...names }) => all.map((row) => ({ ...names, ...row })),
    }),
  }),
});

builder.queryField("teamGrid", (t) =>
  t.field({
    type: TeamGridRef,
    complexity: (range) => rows(daysOf(range) * ROSTER),
    description: `Who was in each slot of a team, in stretches, over at most ${MAX_DAYS} days; empty slots are shown as such.`,
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
