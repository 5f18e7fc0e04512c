import { addDays, datesBetween, type IsoDate, leagueDate } from "../calendar.ts";
import { storedDates } from "../db/coverage.ts";
import { findPlayer, type Player, playerDays } from "../db/players.ts";
import { dayFacts, teamFacts } from "../db/summaries.ts";
import type { Environment } from "../db/tables/values.ts";
import type { Deps } from "../deps.ts";
import { coverageOf } from "../leagues/coverage.ts";
import { type SlotUse, slotUse } from "../source/slots.ts";

export type UsageState = "STARTED" | "BENCHED" | "INACTIVE" | "NOT_ROSTERED" | "UNKNOWN";

export type PositionDays = { position: string; days: number };
export type UsageDay = { date: IsoDate; state: UsageState; teamKey: string | null; position: string | null };

export type PlayerUsage = {
  player: Player;
  daysRostered: number;
  daysStarted: number;
  daysBenched: number;
  daysInactive: number;
  startPercent: number;
  byPosition: PositionDays[];
  /** As they were noted for the last day. */
  eligiblePositions: string[];
  timeline: UsageDay[];
};

type Range = { environment: Environment; start: IsoDate; end: IsoDate };

/** What a player did on each date of a range; null for a player whom the league never had. A date that is not known in full says UNKNOWN. */
export async function playerUsage(
  { db, clock }: Pick<Deps, "db" | "clock">,
  place: Range & { leagueKey: string; playerId: string },
): Promise<PlayerUsage | null> {
  const player = await findPlayer(db, place, place.playerId);
  if (!player) return null;
  const [days, stored] = await Promise.all([playerDays(db, place), storedDates(db, place)]);
  const byDate = new Map(days.map((day) => [day.date, day]));
  const today = leagueDate(clock.now());
  const timeline = datesBetween(place.start, place.end).map((date): UsageDay => {
    const day = byDate.get(date);
    if (day) return { date, state: slotUse(day.position), teamKey: day.teamKey, position: day.position };
    const { state } = coverageOf(date, stored.get(date), today);
    return {
      date,
      state: state === "COMPLETE" || state === "PROVISIONAL" || state === "EMPTY" ? "NOT_ROSTERED" : "UNKNOWN",
      teamKey: null,
      position: null,
    };
  });
  const rostered = [...byDate.values()];
  const daysOf = (use: SlotUse) => rostered.filter(({ position }) => slotUse(position) === use).length;
  return {
    player,
    daysRostered: rostered.length,
    daysStarted: daysOf("STARTED"),
    daysBenched: daysOf("BENCHED"),
    daysInactive: daysOf("INACTIVE"),
    startPercent: rostered.length === 0 ? 0 : (daysOf("STARTED") / rostered.length) * 100,
    byPosition: tally(rostered.map(({ position }) => position)),
    eligiblePositions: JSON.parse(rostered.at(-1)?.eligible ?? "[]") as string[],
    timeline,
  };
}

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
  { teamKey, environment, start, end }: Range & { teamKey: string },
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
export async function dailySummary(
  { db }: Pick<Deps, "db">,
  place: { environment: Environment; leagueKey: string; date: IsoDate },
): Promise<DailySummary | null> {
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

/** How often each occurs, the most frequent first. */
function tally(positions: readonly string[]): PositionDays[] {
  const counts = new Map<string, number>();
  for (const position of positions) counts.set(position, (counts.get(position) ?? 0) + 1);
  return [...counts]
    .map(([position, days]) => ({ position, days }))
    .sort((a, b) => b.days - a.days || (a.position < b.position ? -1 : 1));
}
