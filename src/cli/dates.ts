import { addDays, isDate } from "../calendar.ts";
import { usage } from "./io.ts";

/** The forms in which a user may name a date, for help texts and errors. */
export const DATE_FORMS =
  "YYYY-MM-DD, today, yesterday, 7d (7 days ago), 3w (3 weeks ago), a weekday from mon to sun (the most recent date), or opening-day";

/** The name of the season's first day. Only the ledger knows the date of the season's first day. */
export const OPENING_DAY = "opening-day";

const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const DAYS: Readonly<Record<string, number>> = { d: 1, w: 7 };

/**
 * Returns the date that a text names in one of {@link DATE_FORMS}, except `opening-day`. Throws a usage error if the text names no date.
 */
export function dateOf(text: string, today: string): string {
  const given = text.trim().toLowerCase();
  if (isDate(given)) return given;
  if (given === "today") return today;
  if (given === "yesterday") return addDays(today, -1);
  const ago = /^(\d{1,4})([dw])$/.exec(given);
  if (ago) return addDays(today, -Number(ago[1]) * (DAYS[ago[2] ?? ""] ?? 1));
  const weekday = WEEKDAYS.indexOf(given.slice(0, 3));
  if (weekday >= 0 && /^(sun|mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur)(day)?$/.test(given))
    return addDays(today, -((new Date(`${today}T00:00:00Z`).getUTCDay() - weekday + 7) % 7));
  throw usage(`${JSON.stringify(text)} is not a date; allowed: ${DATE_FORMS}`);
}
