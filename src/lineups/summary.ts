import { addDays, datesBetween, type IsoDate } from "../calendar.ts";
import type { LeagueDate, LeagueDates } from "../db/conditions.ts";
import { dayFacts, teamFacts } from "../db/summaries.ts";
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

/** A team's habits over a range. */
export async function teamSummary(
  { db }: Pick<Deps, "db">,
  { teamKey, environment, start, end }: Omit<LeagueDates, "leagueKey"> & { teamKey: string },
): Promise<TeamSummary> {
  const { days, players } = await teamFacts(db, { environment, teamKey, dates: datesBetween(start, end) });
  const held = new Map<string, number>();
  for (const { playerId } of players) held.set(playerId, (held.get(playerId) ?? 0) + 1);
  const lineups = new Map(days.map(({ date, lineupHash }) => [date, { lineupHash, roster: new Set<string>() }]));
  for (const { date, playerId } of players) lineups.get(date)?.roster.add(playerId);
  // Each day that is known together with the day before, where that is known, too.
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
      players.filter(({ position }) => slotUse(position) === "BENCHED").map(({ firstEligible }) => firstEligible ?? ""),
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

/** A league's date in numbers; null when it was not collected. */
export async function dailySummary({ db }: Pick<Deps, "db">, place: LeagueDate): Promise<DailySummary | null> {
  const facts = await dayFacts(db, place);
  if (!facts) return null;
  const sum = (use?: SlotUse) =>
    facts.slots.reduce(
      (total, { position, players }) => total + (use === undefined || slotUse(position) === use ? players : 0),
      0,
    );
  return {
    date: place.date,
    teams: facts.teams,
    players: sum(),
    started: sum("STARTED"),
    benched: sum("BENCHED"),
    inactive: sum("INACTIVE"),
    provisional: !facts.final,
    byPosition: facts.slots.map(({ position, players }) => ({ position, days: players })),
  };
}
