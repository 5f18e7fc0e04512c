import { datesBetween, type IsoDate } from "../calendar.ts";
import { NEVER } from "../clock.ts";
import type { LeagueDates } from "../db/conditions.ts";
import { storedDates } from "../db/coverage.ts";
import { findLeague } from "../db/leagues.ts";
import type { Deps } from "../deps.ts";
import { storedKey } from "../leagues/alias.ts";
import { type CoverageState, coverageOf, refuseFuture, wantsCollection } from "../leagues/coverage.ts";
import { ensureLeague, inTime, type Question } from "../leagues/league.ts";
import { calendarOf } from "../source/leagueKey.ts";
import { requestRate } from "../source/sources.ts";
import { budgetSeconds } from "./progress.ts";

/** What a new job would do with one date, and why. */
export type PlannedDate = { date: IsoDate; action: "COLLECT" | "SKIP"; state: CoverageState; reason: string };

export type Plan = { dates: PlannedDate[]; requests: number; estimatedSeconds: number };

/** The year and range of a season. */
type Season = { season: number; startDate: IsoDate; endDate: IsoDate };

type WantedDates = LeagueDates & { onlyMissing: boolean };

/**
 * Decides for each date whether to collect the date. A new job records the decisions. If the season is known, dates outside the season are
 * skipped.
 */
export async function planDates(
  { db, clock }: Pick<Deps, "db" | "clock">,
  range: WantedDates,
  season: Season | undefined,
): Promise<PlannedDate[]> {
  const stored = await storedDates(db, range);
  const today = calendarOf(range.leagueKey).dateAt(clock.now());
  return datesBetween(range.start, range.end).map((date) => {
    const { state, reason } = coverageOf(date, stored.get(date), today);
    if (season && (date < season.startDate || date > season.endDate))
      return { date, action: "SKIP", state, reason: outsideSeason(season) };
    const again = state === "WAIVED" ? `Waived (${reason}), but requested anyway` : reason;
    if (!range.onlyMissing) return { date, action: "COLLECT", state, reason: again ?? "Requested again" };
    if (wantsCollection(state)) return { date, action: "COLLECT", state, reason: reason ?? state };
    return {
      date,
      action: "SKIP",
      state,
      reason: state === "WAIVED" ? `Waived: ${reason}` : (reason ?? "Already complete and final"),
    };
  });
}

export const outsideSeason = ({ season, startDate, endDate }: Season) =>
  `Outside the season of ${season}, ${startDate} to ${endDate}`;

/**
 * Returns what a collection would do if it were started with the same input. Asks the source only about a league that the ledger does not
 * know. If `question` forbids asking the source, every date of an unknown league counts as missing. Throws the same errors as the start of
 * the collection.
 */
export async function collectionPlan(deps: Deps, input: WantedDates, question: Required<Question>): Promise<Plan> {
  refuseFuture("collect up to", input.end, { now: deps.clock.now(), calendar: calendarOf(input.leagueKey) });
  const leagueKey = await storedKey(deps, input.leagueKey, question);
  const { reach, signal = NEVER } = question;
  const ask = () =>
    inTime(signal, ensureLeague(deps, leagueKey, { signal, meter: { requests: 0, retries: 0 } }, reach));
  const league = (await findLeague(deps.db, leagueKey)) ?? (reach === "stored" ? undefined : await ask());
  return summedUp(deps, leagueKey, await planDates(deps, { ...input, leagueKey }, league));
}

/** Returns a plan: the dates, the number of requests and the estimated time. */
export function summedUp(
  { settings: { requestsPerSecond, windows } }: Pick<Deps, "settings">,
  leagueKey: string,
  dates: PlannedDate[],
): Plan {
  const requests = dates.filter(({ action }) => action === "COLLECT").length;
  const rate = requestRate(leagueKey, requestsPerSecond);
  const spacedSeconds = rate === 0 ? 0 : requests / rate;
  return { dates, requests, estimatedSeconds: Math.max(spacedSeconds, budgetSeconds(leagueKey, requests, windows)) };
}
