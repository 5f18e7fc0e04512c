import { datesBetween, type IsoDate } from "../calendar.ts";
import type { LeagueDates } from "../db/conditions.ts";
import { storedDates } from "../db/coverage.ts";
import type { Player } from "../db/players.ts";
import { playerDays, type UsageFilter, usageFacts } from "../db/usage.ts";
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
  /** The eligible positions that are stored for the player's last day in the range. */
  eligiblePositions: string[];
};

/**
 * Returns what players did in a range of dates, read in one pass. The filter selects certain players, all rostered players, or the players
 * of one team.
 */
export async function playerUsages({ db }: Pick<Deps, "db">, filter: UsageFilter): Promise<PlayerUsage[]> {
  return (await usageFacts(db, filter)).map(({ player, positions, eligible }) => {
    const daysOf = (use?: SlotUse) =>
      positions.reduce(
        (sum, { position, days }) => sum + (use === undefined || slotUse(position) === use ? days : 0),
        0,
      );
    const [daysRostered, daysStarted] = [daysOf(), daysOf("STARTED")];
    return {
      player,
      daysRostered,
      daysStarted,
      daysBenched: daysOf("BENCHED"),
      daysInactive: daysOf("INACTIVE"),
      startPercent: daysRostered === 0 ? 0 : (daysStarted / daysRostered) * 100,
      byPosition: positions.toSorted(mostDaysFirst),
      eligiblePositions: eligible,
    };
  });
}

/**
 * Returns a map from player id to what the player did on each date of a range. A date on which the player is not found is UNKNOWN if the
 * date is not fully known.
 */
export async function timelines(
  { db, clock }: Pick<Deps, "db" | "clock">,
  place: LeagueDates & { playerIds: readonly string[] },
): Promise<Map<string, UsageDay[]>> {
  const [days, stored] = await Promise.all([playerDays(db, place), storedDates(db, place)]);
  const today = calendarOf(place.leagueKey).dateAt(clock.now());
  const dates = datesBetween(place.start, place.end);
  const byPlayer = Map.groupBy(days, ({ playerId }) => playerId);
  const idle = dates.map((date): UsageDay => {
    const { state } = coverageOf(date, stored.get(date), today);
    const isKnown = state === "COMPLETE" || state === "PROVISIONAL" || state === "EMPTY";
    return { date, state: isKnown ? "NOT_ROSTERED" : "UNKNOWN", teamKey: null, position: null };
  });
  return new Map(
    place.playerIds.map((playerId) => {
      const byDate = new Map((byPlayer.get(playerId) ?? []).map((day) => [day.date, day]));
      const timeline = idle.map((none): UsageDay => {
        const day = byDate.get(none.date);
        return day
          ? { date: day.date, state: slotUse(day.position), teamKey: day.teamKey, position: day.position }
          : none;
      });
      return [playerId, timeline];
    }),
  );
}

const mostDaysFirst = (a: PositionDays, b: PositionDays): number =>
  b.days - a.days || (a.position < b.position ? -1 : 1);

/** Counts how often each position occurs. The most frequent position comes first. */
export function tally(positions: readonly string[]): PositionDays[] {
  const counts = new Map<string, number>();
  for (const position of positions) counts.set(position, (counts.get(position) ?? 0) + 1);
  return [...counts].map(([position, days]) => ({ position, days })).sort(mostDaysFirst);
}
