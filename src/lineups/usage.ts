import { datesBetween, type IsoDate } from "../calendar.ts";
import type { LeagueDates } from "../db/conditions.ts";
import { storedDates } from "../db/coverage.ts";
import { findPlayer, type Player, playerDays } from "../db/players.ts";
import type { Deps } from "../deps.ts";
import { coverageOf } from "../leagues/coverage.ts";
import { calendarOf } from "../source/leagueKey.ts";
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

/** What a player did on each date of a range; null for a player whom the league never had. A date that is not known in full says UNKNOWN. */
export async function playerUsage(
  { db, clock }: Pick<Deps, "db" | "clock">,
  place: LeagueDates & { playerId: string },
): Promise<PlayerUsage | null> {
  const player = await findPlayer(db, place, place.playerId);
  if (!player) return null;
  const [days, stored] = await Promise.all([playerDays(db, place), storedDates(db, place)]);
  const byDate = new Map(days.map((day) => [day.date, day]));
  const today = calendarOf(place.leagueKey).dateAt(clock.now());
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

/** How often each occurs, the most frequent first. */
export function tally(positions: readonly string[]): PositionDays[] {
  const counts = new Map<string, number>();
  for (const position of positions) counts.set(position, (counts.get(position) ?? 0) + 1);
  return [...counts]
    .map(([position, days]) => ({ position, days }))
    .sort((a, b) => b.days - a.days || (a.position < b.position ? -1 : 1));
}
