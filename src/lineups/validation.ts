import { addDays, datesBetween, daysBetween, type IsoDate, leagueDate } from "../calendar.ts";
import type { LeagueDates } from "../db/conditions.ts";
import { storedDates } from "../db/coverage.ts";
import { findLeague } from "../db/leagues.ts";
import { type Checked, checkLineups, type Finding, unusualRosters } from "../db/validation.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { coverageBetween } from "../leagues/coverage.ts";
import { IDLE_SLOTS } from "../source/slots.ts";

export type ValidationReport = {
  start: IsoDate;
  end: IsoDate;
  datesChecked: number;
  teamDaysChecked: number;
  recordsChecked: number;
  errors: number;
  warnings: number;
  /** Errors first, at most {@link MAX_FINDINGS}. */
  findings: Finding[];
};

export const MAX_FINDINGS = 1_000;

/** Dates that are looked through in one go: some 20 ms, after which all else of the process has its turn. */
const DATES_AT_ONCE = 7;

/**
 * Whether what the ledger holds of a league's dates can be trusted, and what is wrong where not. Throws NOT_FOUND for an unknown league,
 * and TIMEOUT when the signal aborts.
 */
export async function validate(
  { db, clock }: Pick<Deps, "db" | "clock">,
  scope: LeagueDates,
  signal: AbortSignal,
): Promise<ValidationReport> {
  if (signal.aborted) throw new LedgerError("TIMEOUT", "The validation was not begun: ask again when less is going on");
  const { leagueKey, start, end } = scope;
  const league = await findLeague(db, leagueKey);
  if (!league) throw new LedgerError("NOT_FOUND", `No league ${leagueKey} was collected`, { leagueKey });
  const positions = league.positions.map(({ position }) => position);
  const today = leagueDate(clock.now());
  const { total, findings } = await unusualRosters(db, scope, MAX_FINDINGS);
  const checked: Checked = { lineups: 0, records: 0, errors: 0, warnings: total, findings };
  // A remote database works by itself meanwhile, and each statement is a way there and back.
  const datesAtOnce = db.isFile ? DATES_AT_ONCE : daysBetween(start, end);
  for (let from = start; from <= end; from = addDays(from, datesAtOnce)) {
    if (signal.aborted)
      throw new LedgerError("TIMEOUT", `The validation was stopped at ${from}: ask for a shorter range`);
    const to = addDays(from, datesAtOnce - 1);
    const part = { ...scope, start: from, end: to < end ? to : end };
    const found = await checkLineups(db, part, { positions, idle: IDLE_SLOTS, today, limit: MAX_FINDINGS });
    for (const name of ["lineups", "records", "errors", "warnings"] as const) checked[name] += found[name];
    checked.findings = [...checked.findings, ...found.findings].sort(inOrder).slice(0, MAX_FINDINGS);
  }
  const coverage = coverageBetween(
    start < league.startDate ? league.startDate : start,
    end > league.endDate ? league.endDate : end,
    await storedDates(db, scope),
    clock.now(),
  );
  const missing = coverage.ranges
    .filter(({ state }) => state === "MISSING" || state === "FAILED")
    .flatMap(({ start: from, end: to, reason }) => datesBetween(from, to).map((date) => ({ date, reason })))
    .map(
      ({ date, reason }): Finding => ({
        severity: "ERROR",
        code: "MISSING_DATE",
        message: `Missing: ${reason}`,
        date,
        teamKey: null,
        playerId: null,
      }),
    );
  const due = coverage.counts.reduce((sum, { state, dates }) => sum + (state === "NOT_YET" ? 0 : dates), 0);
  return {
    start,
    end,
    datesChecked: due,
    teamDaysChecked: checked.lineups,
    recordsChecked: checked.records,
    errors: checked.errors + missing.length,
    warnings: checked.warnings,
    findings: [...missing, ...checked.findings].sort(inOrder).slice(0, MAX_FINDINGS),
  };
}

/** Errors first, then by date, code, team and player. */
const inOrder = (a: Finding, b: Finding): number => {
  for (const name of ["severity", "date", "code", "teamKey", "playerId"] as const) {
    const [left, right] = [a[name] ?? "", b[name] ?? ""];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
};
