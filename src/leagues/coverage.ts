import { type Calendar, datesBetween, type IsoDate } from "../calendar.ts";
import type { StoredDate } from "../db/coverage.ts";
import { reasonOf } from "../db/doubts.ts";
import { LedgerError } from "../errors.ts";

const COVERAGE_STATES = [
  "NOT_YET",
  "MISSING",
  "PROVISIONAL",
  "COMPLETE",
  "PARTIAL",
  "EMPTY",
  "FAILED",
  "WAIVED",
] as const;
export type CoverageState = (typeof COVERAGE_STATES)[number];

/**
 * How well one date is known, why the date is not COMPLETE, and who waived the date. `reason` is null if the date is COMPLETE. `by` is null
 * unless the date is WAIVED.
 */
export type DateCoverage = { date: IsoDate; state: CoverageState; reason: string | null; by: string | null };

/** Consecutive dates with the same coverage. */
export type CoverageRange = {
  start: IsoDate;
  end: IsoDate;
  state: CoverageState;
  reason: string | null;
  by: string | null;
};

export type Coverage = {
  start: IsoDate;
  end: IsoDate;
  ranges: CoverageRange[];
  counts: { state: CoverageState; dates: number }[];
  missingDates: IsoDate[];
  /** Percentage of the due dates that are known, from 0 to 100; 100 when no date is due. */
  percent: number;
};

/**
 * Returns the state of a date. A future date without stored data is NOT_YET. A date is PROVISIONAL if it is doubted or was collected before
 * its lineups were final (for Yahoo, at 03:00 Pacific time on the next day).
 * @param today The league's current date.
 */
export function coverageOf(date: IsoDate, stored: StoredDate | undefined, today: IsoDate): DateCoverage {
  if (!stored)
    return date > today
      ? { date, state: "NOT_YET", reason: "In the future", by: null }
      : { date, state: "MISSING", reason: "Never collected", by: null };
  const { state, final, reason, by, doubts } = stored;
  const doubt = reasonOf(doubts);
  if ((state === "COMPLETE" || state === "EMPTY") && doubt !== null)
    return { date, state: "PROVISIONAL", reason: doubt, by: null };
  if ((state === "COMPLETE" || state === "EMPTY") && !final)
    return { date, state: "PROVISIONAL", reason: "Collected before the day was over", by: null };
  if (state === "EMPTY") return { date, state, reason: "The source has no lineups for this date", by: null };
  return { date, state, reason: state === "COMPLETE" ? null : reason, by: state === "WAIVED" ? by : null };
}

const MISSING: ReadonlySet<CoverageState> = new Set(["MISSING", "PARTIAL", "FAILED"]);
const KNOWN: ReadonlySet<CoverageState> = new Set(["COMPLETE", "EMPTY", "WAIVED"]);

/** Whether a date in the given state is collected by updates and by collections with `onlyMissing`. */
export const wantsCollection = (state: CoverageState): boolean => MISSING.has(state) || state === "PROVISIONAL";

/** Returns the coverage of each date of a range. */
export function datesCovered(
  start: IsoDate,
  end: IsoDate,
  stored: ReadonlyMap<IsoDate, StoredDate>,
  { now, calendar }: { now: number; calendar: Calendar },
): DateCoverage[] {
  const today = calendar.dateAt(now);
  return datesBetween(start, end).map((date) => coverageOf(date, stored.get(date), today));
}

/** Returns the coverage of a range. Consecutive dates with equal coverage are joined. A date is due once its lineups are final. */
export function coverageBetween(
  start: IsoDate,
  end: IsoDate,
  stored: ReadonlyMap<IsoDate, StoredDate>,
  { now, calendar }: { now: number; calendar: Calendar },
): Coverage {
  const lastOver = calendar.lastFinalDate(now);
  const dates = datesCovered(start, end, stored, { now, calendar });
  const ranges: CoverageRange[] = [];
  const counts = new Map<CoverageState, number>();
  let [due, known] = [0, 0];
  for (const { date, state, reason, by } of dates) {
    const last = ranges.at(-1);
    if (last?.state === state && last.reason === reason && last.by === by) last.end = date;
    else ranges.push({ start: date, end: date, state, reason, by });
    counts.set(state, (counts.get(state) ?? 0) + 1);
    if (KNOWN.has(state)) known++;
    if (KNOWN.has(state) || date <= lastOver) due++;
  }
  return {
    start,
    end,
    ranges,
    counts: COVERAGE_STATES.flatMap((state) => (counts.has(state) ? [{ state, dates: counts.get(state) ?? 0 }] : [])),
    missingDates: dates.filter(({ state }) => MISSING.has(state)).map(({ date }) => date),
    percent: due === 0 ? 100 : (known / due) * 100,
  };
}

/** Throws BAD_USER_INPUT when a date is in the future. */
export function refuseFuture(
  verb: string,
  date: IsoDate,
  { now, calendar }: { now: number; calendar: Calendar },
): void {
  const today = calendar.dateAt(now);
  if (date <= today) return;
  throw new LedgerError(
    "BAD_USER_INPUT",
    `Cannot ${verb} ${date}: it is in the future. Today is ${today} in the league's calendar (${calendar.zoneName})`,
  );
}
