const LANGUAGE = "en";

/** How to show an instant: with a 24-hour clock, as in schedules, and with the zone's name at that instant, such as EST or EDT. */
const PARTS = {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "numeric",
  minute: "2-digit",
  hourCycle: "h23",
  timeZoneName: "short",
} as const;
const TIME = new Intl.DateTimeFormat(LANGUAGE, PARTS);

/** Formats an instant in the viewer's time zone, with the zone's name; empty for null. */
export const instant = (iso: string | null | undefined): string => (iso ? TIME.format(new Date(iso)) : "");

const CLOCK = new Intl.DateTimeFormat(LANGUAGE, { timeStyle: "medium", hourCycle: "h23" });
/** Formats an instant of today as a time with seconds, and any other instant as {@link instant} does. */
export function time(iso: string): string {
  const at = new Date(iso);
  return at.toDateString() === new Date().toDateString() ? CLOCK.format(at) : instant(iso);
}

/** Formats an instant in another time zone, given by its IANA name; null if the viewer's own zone gives the same text. */
export function instantIn(iso: string, timeZone: string): string | null {
  const there = new Intl.DateTimeFormat(LANGUAGE, { ...PARTS, timeZone }).format(new Date(iso));
  return there === instant(iso) ? null : there;
}

const DAY = new Intl.DateTimeFormat(LANGUAGE, {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});
const SPAN = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const MONTH = new Intl.DateTimeFormat(LANGUAGE, { month: "short", timeZone: "UTC" });

/** Returns whether a text is an existing date, YYYY-MM-DD. */
export const isDate = (text: string): boolean => {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00Z`) : null;
  return at !== null && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
};

const atMidnight = (date: string): Date => new Date(`${date}T00:00:00Z`);

/** Formats a date of the league's calendar. The viewer's time zone does not change the result. */
export const day = (date: string): string => DAY.format(atMidnight(date));
/** Formats a range of dates of the league's calendar, both ends included: "Aug 27 – Nov 29, 2026". */
export const days = (start: string, end: string): string => SPAN.formatRange(atMidnight(start), atMidnight(end));
export const month = (date: string): string => MONTH.format(atMidnight(date));
/** Returns the day of the week, from 0 for Monday to 6 for Sunday. */
export const weekday = (date: string): number => (atMidnight(date).getUTCDay() + 6) % 7;

export function addDays(date: string, days: number): string {
  const at = atMidnight(date);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** Returns the number of dates from `start` to `end`, both included. */
export const daysBetween = (start: string, end: string): number =>
  Math.round((atMidnight(end).getTime() - atMidnight(start).getTime()) / 86_400_000) + 1;

export const plural = (n: number, noun: string, nouns = `${noun}s`): string =>
  `${n.toLocaleString(LANGUAGE)} ${n === 1 ? noun : nouns}`;

/** Formats a duration in one unit: "40 seconds", "3 minutes", "2 hours". */
export function duration(seconds: number): string {
  if (seconds < 90) return plural(Math.ceil(seconds), "second");
  if (seconds < 90 * 60) return plural(Math.round(seconds / 60), "minute");
  if (seconds < 48 * 3600) return plural(Math.round(seconds / 3600), "hour");
  return plural(Math.round(seconds / 86400), "day");
}

/** Turns a name of the API into words: COMPLETED into "completed". */
export const words = (name: string): string => name.toLowerCase().replaceAll("_", " ");
