import { addDays, datesBetween, type IsoDate } from "../calendar.ts";
import type { LeagueDates } from "../db/conditions.ts";
import { listOf } from "../db/lineups.ts";
import { dayFacts, type LineupFacts, type TeamPlayerDay, teamFacts } from "../db/summaries.ts";
import type { Deps } from "../deps.ts";
import { type SlotUse, slotUse } from "../source/slots.ts";
import { type PositionDays, tally } from "./usage.ts";

export type TeamSummary = {
  teamKey: string;
  daysCollected: number;
  distinctLineups: number;
  lineupChanges: number;
  playersUsed: number;
  playersAdded: number;
  playersDropped: number;
  playersHeldUnderAWeek: number;
  benchDaysByPosition: PositionDays[];
};

const WEEK = 7;

/** Returns a map from team key to the habits of the team over a range of dates. Reads the range in one pass. */
export async function teamSummaries(
  { db }: Pick<Deps, "db">,
  { teamKeys, start, end, ...league }: LeagueDates & { teamKeys: readonly string[] },
): Promise<Map<string, TeamSummary>> {
  const facts = await teamFacts(db, { ...league, teamKeys, dates: datesBetween(start, end) });
  return new Map([...facts].map(([teamKey, each]) => [teamKey, summaryOf(teamKey, each)]));
}

function summaryOf(
  teamKey: string,
  { days, players }: { days: readonly LineupFacts[]; players: readonly TeamPlayerDay[] },
): TeamSummary {
  const held = new Map<string, number>();
  for (const { playerId } of players) held.set(playerId, (held.get(playerId) ?? 0) + 1);
  const lineups = new Map(days.map(({ date, lineupHash }) => [date, { lineupHash, roster: new Set<string>() }]));
  for (const { date, playerId } of players) lineups.get(date)?.roster.add(playerId);
  // Pairs of consecutive days that are both known.
  const steps = days.flatMap(({ date }) => {
    const [before, after] = [lineups.get(addDays(date, -1)), lineups.get(date)];
    return before && after ? [{ before, after }] : [];
  });
  const missingFrom = (a: Set<string>, b: Set<string>) => [...b].filter((id) => !a.has(id)).length;
  return {
    teamKey,
    daysCollected: days.length,
    distinctLineups: new Set(days.map(({ lineupHash }) => lineupHash)).size,
    lineupChanges: steps.filter(({ before, after }) => before.lineupHash !== after.lineupHash).length,
    playersAdded: steps.reduce((sum, { before, after }) => sum + missingFrom(before.roster, after.roster), 0),
    playersDropped: steps.reduce((sum, { before, after }) => sum + missingFrom(after.roster, before.roster), 0),
    playersUsed: held.size,
    playersHeldUnderAWeek: [...held.values()].filter((count) => count < WEEK).length,
    benchDaysByPosition: tally(
      players
        .filter(({ position }) => slotUse(position) === "BENCHED")
        .map(({ eligible }) => listOf(eligible)[0] ?? ""),
    ),
  };
}

export type DailySummary = {
  date: IsoDate;
  teams: number;
  players: number;
  started: number;
  benched: number;
  inactive: number;
  provisional: boolean;
  byPosition: PositionDays[];
};

/** Returns counts for each collected date of a range. */
export async function dailySummaries({ db }: Pick<Deps, "db">, range: LeagueDates): Promise<DailySummary[]> {
  return (await dayFacts(db, range)).map(({ date, teams, final, slots }) => {
    const sum = (use?: SlotUse) =>
      slots.reduce(
        (total, { position, players }) => total + (use === undefined || slotUse(position) === use ? players : 0),
        0,
      );
    return {
      date,
      teams,
      players: sum(),
      started: sum("STARTED"),
      benched: sum("BENCHED"),
      inactive: sum("INACTIVE"),
      provisional: !final,
      byPosition: slots.map(({ position, players }) => ({ position, days: players })),
    };
  });
}
