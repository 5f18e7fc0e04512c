import { Temporal } from "temporal-polyfill";

/** A calendar date of a league, `YYYY-MM-DD`; never an instant. Dates compare as strings. */
export type IsoDate = string;

/** Where a league's day ends: Yahoo's and ESPN's deadlines are given in Pacific time. */
const LEAGUE_ZONE = "America/Los_Angeles";

/** Lineups of a date cannot change any more after this time of the next day, Pacific (yahoo.md, section 7). */
const FINAL_AT = "03:00";

/** Whether the text is a date that exists, in the form YYYY-MM-DD: 2025-02-29 is not. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  try {
    Temporal.PlainDate.from(text, { overflow: "reject" });
    return true;
  } catch {
    return false;
  }
}

export function addDays(date: IsoDate, days: number): IsoDate {
  return Temporal.PlainDate.from(date).add({ days }).toString();
}

/** Days from `start` to `end`, both included; 0 or less when `end` comes before `start`. */
export function daysBetween(start: IsoDate, end: IsoDate): number {
  return Temporal.PlainDate.from(start).until(Temporal.PlainDate.from(end)).total("days") + 1;
}

/** What is wrong with a range of dates, for people; null when nothing is. @param maxDays Its longest length, both ends included. */
export function rangeFault({ start, end }: { start: IsoDate; end: IsoDate }, maxDays = Infinity): string | null {
  if (end < start) return `end ${end} comes before start ${start}; expected end on or after start`;
  const days = maxDays === Infinity ? 0 : daysBetween(start, end);
  return days > maxDays ? `${start} to ${end} is ${days} days; expected at most ${maxDays}` : null;
}

/** Every date from `start` to `end`, both included, in order. */
export function datesBetween(start: IsoDate, end: IsoDate): IsoDate[] {
  return Array.from({ length: Math.max(0, daysBetween(start, end)) }, (_, i) => addDays(start, i));
}

/** The league's date at an instant (milliseconds since 1970). */
export function leagueDate(at: number): IsoDate {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(LEAGUE_ZONE).toPlainDate().toString();
}

/** The instant (milliseconds since 1970) from which a lineup of `date` is final. */
export function finalAt(date: IsoDate): number {
  return Temporal.PlainDate.from(date).add({ days: 1 }).toZonedDateTime({ timeZone: LEAGUE_ZONE, plainTime: FINAL_AT })
    .epochMilliseconds;
}

/** The newest date whose lineups are final at an instant. */
export function lastFinalDate(now: number): IsoDate {
  const yesterday = addDays(leagueDate(now), -1);
  return finalAt(yesterday) <= now ? yesterday : addDays(yesterday, -1);
}
