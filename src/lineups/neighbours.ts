import { addDays, daysBetween, type IsoDate } from "../calendar.ts";
import type { Db } from "../db/client.ts";
import type { LeagueDates } from "../db/conditions.ts";
import { storedDates } from "../db/coverage.ts";
import { type Doubt, isOpen } from "../db/doubts.ts";
import type { TeamLineup } from "../db/lineups.ts";
import { lineupHashes, movedBetween, rostersOn } from "../db/rosters.ts";
import { calendarOf } from "../source/leagueKey.ts";
import { lineupHash } from "./compare.ts";
import type { Neighbour, Rosters } from "./neighbour.ts";

/** Maximum number of days between two dates that are compared. */
const NEAR_DAYS = 7;
/** In an active league, some lineup changes within this number of days. */
const QUIET_DAYS = 3;
/** Maximum number of dates whose rosters are kept in memory. */
const MAX_ROSTERS = 40;

/** The known dates around the dates that are collected. Each known date is read only once. */
export type Neighbours = {
  near(date: IsoDate): Promise<{ before: Neighbour | null; after: Neighbour | null }>;
  /**
   * Returns the league's current date if the answer for an earlier date unexpectedly equals the current lineups in every slot; null
   * otherwise. Equal lineups are unexpected if lineups changed between the two dates. Equal lineups are also unexpected if the two dates
   * are many days apart and lineups changed just before the earlier date.
   * @param now When the source was asked, in milliseconds since 1970.
   */
  repeatedDate(answered: readonly TeamLineup[], date: IsoDate, now: number): Promise<IsoDate | null>;
  /** Notes that a date was just stored. @param rosters Null if the rosters have to be read from the database. */
  note(date: IsoDate, rosters: Rosters | null, doubts: readonly Doubt[]): void;
};

/** Whether a known date is doubted, and whether the difference between that date and its neighbours is confirmed. */
type Standing = Pick<Neighbour, "isUndoubted" | "isBreak">;

const standingOf = (doubts: readonly Doubt[]): Standing => ({
  isUndoubted: !doubts.some(isOpen),
  isBreak: doubts.some((each) => each.code === "ROSTERS_SWAPPED" && !isOpen(each)),
});

/** Reads which dates in and around a range are known. */
export async function openNeighbours(db: Db, scope: LeagueDates & { lastDate: IsoDate }): Promise<Neighbours> {
  const { environment, leagueKey, lastDate } = scope;
  const range = { environment, leagueKey, start: addDays(scope.start, -NEAR_DAYS), end: addDays(scope.end, NEAR_DAYS) };
  const known = new Map<IsoDate, Standing>();
  for (const { date, state, doubts } of (await storedDates(db, range)).values())
    if (state !== "FAILED" && state !== "WAIVED") known.set(date, standingOf(doubts));
  const rosters = new Map<IsoDate, Rosters>();
  const hashes = new Map<IsoDate, ReadonlyMap<string, string>>();

  const rostersOf = async (date: IsoDate): Promise<Rosters> => {
    const found = rosters.get(date) ?? (await rostersOn(db, { environment, leagueKey, date }));
    keep(date, found);
    return found;
  };
  const keep = (date: IsoDate, found: Rosters) => {
    rosters.delete(date);
    rosters.set(date, found);
    const [oldest] = rosters.keys();
    if (rosters.size > MAX_ROSTERS && oldest !== undefined) rosters.delete(oldest);
  };
  /**
   * Returns the nearest known date: a later date if `side` is 1, an earlier date if `side` is -1. A doubted date is returned only if every
   * known date on the given side is doubted.
   */
  const nearest = (date: IsoDate, side: 1 | -1): IsoDate | undefined => {
    const days = Array.from({ length: NEAR_DAYS }, (_, i) => addDays(date, side * (i + 1)));
    const near = days.filter((each) => known.has(each));
    return near.find((each) => known.get(each)?.isUndoubted) ?? near[0];
  };
  const neighbour = async (of: IsoDate, side: 1 | -1): Promise<Neighbour | null> => {
    const date = nearest(of, side);
    if (date === undefined) return null;
    return {
      date,
      rosters: await rostersOf(date),
      isUndoubted: known.get(date)?.isUndoubted ?? false,
      isBreak: known.get(date)?.isBreak ?? false,
      beyond: () => neighbour(date, side),
    };
  };

  return {
    near: async (date) => ({ before: await neighbour(date, -1), after: await neighbour(date, 1) }),
    async repeatedDate(answered, date, now) {
      const present = calendarOf(leagueKey).dateAt(now);
      const today = present < lastDate ? present : lastDate;
      if (date >= today || answered.length === 0) return null;
      const shown = hashes.get(today) ?? (await lineupHashes(db, { environment, leagueKey, date: today }));
      hashes.set(today, shown);
      if (shown.size === 0 || answered.length < shown.size) return null;
      for (const { teamKey, slots } of answered) if ((await lineupHash(slots)) !== shown.get(teamKey)) return null;
      const between = { environment, leagueKey, start: date, end: addDays(today, -1) };
      if (await movedBetween(db, between, today)) return today;
      const day = daysBetween(date, today) > QUIET_DAYS ? nearest(date, -1) : undefined;
      const moved = day !== undefined && (await movedBetween(db, { ...between, start: day, end: day }, today));
      return moved ? today : null;
    },
    note(date, found, doubts) {
      known.set(date, standingOf(doubts));
      if (found) keep(date, found);
      else rosters.delete(date);
      hashes.delete(date);
    },
  };
}
