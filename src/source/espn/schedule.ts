import * as v from "valibot";
import { addDays, dateIn, daysBetween, type IsoDate } from "../../calendar.ts";
import { EASTERN } from "../leagueKey.ts";
import { check } from "./check.ts";

const scheduleShape = v.object({
  settings: v.object({
    proTeams: v.array(
      v.object({
        id: v.pipe(v.number(), v.integer()),
        abbrev: v.nullish(v.string()),
        proGamesByScoringPeriod: v.nullish(v.record(v.string(), v.array(v.object({ date: v.number() })))),
      }),
    ),
  }),
});

const isPeriod = (text: string): boolean => /^[1-9]\d{0,2}$/.test(text);
const [FIRST_GAME, LAST_GAME] = [Date.UTC(1990, 0), Date.UTC(2100, 0)];

/** A season's schedule: the date of period 1 (null before there are games) and the clubs' names by id. */
export type Schedule = { periodOne: IsoDate | null; clubs: Readonly<Record<number, string>> };

/**
 * Reads `seasons/{Y}?view=proTeamSchedules_wl`. Period N is N - 1 days after period 1, so the first game of any period (its Eastern date)
 * yields a date for period 1. If the games yield different dates for period 1, the most frequent date is used, because a game
 * without a known time may yield a wrong date.
 */
export function parseSchedule(payload: unknown): Schedule {
  const { settings } = check(scheduleShape, payload, "The season's schedule cannot be read");
  const first = new Map<number, number>();
  // Skip invalid period numbers and implausible times.
  for (const { proGamesByScoringPeriod } of settings.proTeams)
    for (const [n, games] of Object.entries(proGamesByScoringPeriod ?? {}))
      for (const { date } of games)
        if (isPeriod(n) && date >= FIRST_GAME && date < LAST_GAME)
          first.set(Number(n), Math.min(date, first.get(Number(n)) ?? date));
  const votes = new Map<IsoDate, number>();
  for (const [n, at] of first) {
    const date = addDays(dateIn(EASTERN.zone, Math.floor(at)), 1 - n);
    votes.set(date, (votes.get(date) ?? 0) + 1);
  }
  const [most] = [...votes].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const clubs = settings.proTeams.flatMap(({ id, abbrev }) => (abbrev?.trim() ? [[id, abbrev.trim()] as const] : []));
  return { periodOne: most?.[0] ?? null, clubs: Object.fromEntries(clubs) };
}

/** Returns the period of a date. */
export const periodOf = (date: IsoDate, periodOne: IsoDate): number => daysBetween(periodOne, date);
