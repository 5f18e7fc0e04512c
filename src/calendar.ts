import { Temporal } from "temporal-polyfill";
import { DAY } from "./clock.ts";

/** A calendar date of a league, `YYYY-MM-DD`; never an instant. Dates can be compared as strings. */
export type IsoDate = string;

/** Whether the text is an existing date in the form YYYY-MM-DD; 2025-02-29 does not exist. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  try {
    Temporal.PlainDate.from(text, { overflow: "reject" });
    return true;
  } catch {
    return false;
  }
}

/**
 * Returns midnight UTC in milliseconds since 1970. Dates are treated as UTC days of equal length, which takes a hundredth of the time that
 * Temporal would take.
 */
const dayStart = (date: IsoDate): number => Date.parse(`${date}T00:00:00Z`);
const dateOf = (dayStartMs: number): IsoDate => new Date(dayStartMs).toISOString().slice(0, 10);

export function addDays(date: IsoDate, days: number): IsoDate {
  return dateOf(dayStart(date) + days * DAY);
}

/** Returns the number of days from `start` to `end`, both included; 0 or less when `end` comes before `start`. */
export function daysBetween(start: IsoDate, end: IsoDate): number {
  return (dayStart(end) - dayStart(start)) / DAY + 1;
}

/** Describes what is wrong with a range of dates; null when nothing is wrong. @param maxDays Maximum length, both ends included. */
export function rangeFault({ start, end }: { start: IsoDate; end: IsoDate }, maxDays = Infinity): string | null {
  if (end < start) return `end ${end} comes before start ${start}; expected end on or after start`;
  const days = maxDays === Infinity ? 0 : daysBetween(start, end);
  return days > maxDays ? `${start} to ${end} is ${days} days; expected at most ${maxDays}` : null;
}

/** Returns every date from `start` to `end`, both included, in order. */
export function datesBetween(start: IsoDate, end: IsoDate): IsoDate[] {
  const first = dayStart(start);
  return Array.from({ length: Math.max(0, daysBetween(start, end)) }, (_, i) => dateOf(first + i * DAY));
}

/** How the leagues of a source count days; the rest of the code knows no league's time zone. */
export type Calendar = {
  /** An IANA name, such as `America/Los_Angeles`. */
  zone: string;
  /** The zone's name in messages, such as Pacific time. */
  zoneName: string;
  /** Returns the date at an instant (milliseconds since 1970). */
  dateAt(at: number): IsoDate;
  /** Returns the instant (milliseconds since 1970) from which a lineup of `date` is final. */
  finalAt(date: IsoDate): number;
  /** Returns the newest date whose lineups are final at an instant. */
  lastFinalDate(now: number): IsoDate;
};

/** Returns the date in a zone at an instant (milliseconds since 1970). */
export const dateIn = (zone: string, at: number): IsoDate =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate().toString();

/**
 * @param finalAfter Time of day, such as `03:00`, at which the lineups of the previous day become final.
 * @param beginsAt Hour of the day at which the source changes from the previous date to the new date.
 */
export function createCalendar({
  zone,
  zoneName,
  finalAfter,
  beginsAt = 0,
}: {
  zone: string;
  zoneName: string;
  finalAfter: string;
  beginsAt?: number;
}): Calendar {
  const dateAt = (at: number) => {
    const there = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
    return (there.hour < beginsAt ? there.toPlainDate().subtract({ days: 1 }) : there.toPlainDate()).toString();
  };
  const finalAt = (date: IsoDate) =>
    Temporal.PlainDate.from(date).add({ days: 1 }).toZonedDateTime({ timeZone: zone, plainTime: finalAfter })
      .epochMilliseconds;
  return {
    zone,
    zoneName,
    dateAt,
    finalAt,
    lastFinalDate(now) {
      const yesterday = addDays(dateAt(now), -1);
      return finalAt(yesterday) <= now ? yesterday : addDays(yesterday, -1);
    },
  };
}
