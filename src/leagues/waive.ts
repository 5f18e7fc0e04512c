import type { IsoDate } from "../calendar.ts";
import type { LeagueScope } from "../db/conditions.ts";
import { storedDates, waive } from "../db/coverage.ts";
import { findLeague, type StoredLeague } from "../db/leagues.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { calendarOf } from "../source/leagueKey.ts";
import { refuseFuture } from "./coverage.ts";

/**
 * Waives dates of a season, and records the reason and who waived them. Waived dates no longer count as missing, and updates skip them.
 * Throws NOT_FOUND for an unknown league, and BAD_USER_INPUT for dates that are already collected, that are in the future or that are
 * outside the season.
 */
export async function waiveDates(
  { db, clock }: Pick<Deps, "db" | "clock">,
  scope: LeagueScope,
  { dates, reason, by }: { dates: readonly IsoDate[]; reason: string; by: string },
): Promise<StoredLeague> {
  const { leagueKey } = scope;
  const league = await findLeague(db, leagueKey);
  if (!league) throw new LedgerError("NOT_FOUND", `League ${leagueKey} has not been collected`, { leagueKey });
  const sorted = [...dates].sort();
  const [start, end] = [sorted[0] ?? "", sorted.at(-1) ?? ""];
  refuseFuture("waive", end, { now: clock.now(), calendar: calendarOf(leagueKey) });
  if (start < league.startDate || end > league.endDate) {
    throw new LedgerError(
      "BAD_USER_INPUT",
      `Cannot waive ${start} to ${end}: the ${league.season} season lasts from ${league.startDate} to ${league.endDate}`,
    );
  }
  const known = await storedDates(db, { ...scope, start, end });
  const collected = sorted.filter((date) => ["COMPLETE", "EMPTY"].includes(known.get(date)?.state ?? ""));
  if (collected.length > 0) {
    throw new LedgerError(
      "BAD_USER_INPUT",
      `Cannot waive ${collected.join(", ")}: already collected. Waive only dates that are missing, partial or failed`,
    );
  }
  await waive(db, { ...scope, dates: sorted, reason, by, now: clock.now() });
  return league;
}
