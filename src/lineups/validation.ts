import { addDays, datesBetween, type IsoDate } from "../calendar.ts";
import { yieldToOthers } from "../clock.ts";
import type { Db } from "../db/client.ts";
import type { LeagueDates, LeagueScope } from "../db/conditions.ts";
import { storedDates } from "../db/coverage.ts";
import { type Finding, isDamage, MAX_FINDINGS } from "../db/findings.ts";
import { findLeague, teamsOf } from "../db/leagues.ts";
import { unusualRosters } from "../db/validation.ts";
import { type DayRows, readDays } from "../db/verification.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { coverageBetween } from "../leagues/coverage.ts";
import { calendarOf } from "../source/leagueKey.ts";
import { IDLE_SLOTS } from "../source/slots.ts";
import { findingOf, leagueFaults } from "./leagueFaults.ts";
import { oddLineups } from "./odd.ts";
import { checkDay, type DayContext, type DayFindings, rostersOf } from "./verify.ts";

export type ValidationReport = {
  start: IsoDate;
  end: IsoDate;
  datesChecked: number;
  teamDaysChecked: number;
  recordsChecked: number;
  errors: number;
  warnings: number;
  /** The findings, errors first; at most {@link MAX_FINDINGS}. */
  findings: Finding[];
};

/**
 * Number of dates checked in one go, which takes about 20 ms. After each batch, other work of the process gets a turn.
 */
const DATES_AT_ONCE = 4;
/**
 * Number of dates checked in one go with a remote database. Large batches save round trips, and the process does other work
 * while the database answers.
 */
const REMOTE_DATES_AT_ONCE = 31;

/**
 * Checks whether the stored dates of a league can be trusted, and reports what is wrong. Reads, counts and hashes every record. Throws
 * NOT_FOUND for an unknown league, and TIMEOUT when the signal aborts.
 */
export async function validate(
  { db, clock }: Pick<Deps, "db" | "clock">,
  scope: LeagueDates,
  signal: AbortSignal,
): Promise<ValidationReport> {
  if (signal.aborted) throw new LedgerError("TIMEOUT", "The validation did not start: the server is busy. Retry later");
  const { leagueKey, start, end } = scope;
  const league = await findLeague(db, leagueKey);
  if (!league) throw new LedgerError("NOT_FOUND", `League ${leagueKey} has not been collected`, { leagueKey });
  const now = clock.now();
  const calendar = calendarOf(leagueKey);
  const expected = {
    positions: new Set(league.positions.map(({ position }) => position)),
    idle: new Set(IDLE_SLOTS),
    teams: await teamsOf(db, [leagueKey]),
    today: calendar.dateAt(now),
  };
  const season = {
    start: start < league.startDate ? start : league.startDate,
    end: end > league.endDate ? end : league.endDate,
  };
  const unusual = await unusualRosters(db, scope, season, MAX_FINDINGS);
  const report = { lineups: 0, records: 0, errors: 0, warnings: unusual.total, findings: unusual.findings };
  const add = (findings: readonly Finding[], { errors, warnings }: { errors: number; warnings: number }) => {
    report.errors += errors;
    report.warnings += warnings;
    report.findings = [...report.findings, ...findings].sort(inOrder).slice(0, MAX_FINDINGS);
  };
  const datesAtOnce = db.isFile ? DATES_AT_ONCE : REMOTE_DATES_AT_ONCE;
  let previous: DayContext["previous"] = null;
  for (let from = start; from <= end; from = addDays(from, datesAtOnce)) {
    if (signal.aborted)
      throw new LedgerError(
        "TIMEOUT",
        `The validation was stopped at ${from}. Ask for a shorter range, or start a verification job`,
      );
    const to = addDays(from, datesAtOnce - 1);
    const part = { ...scope, start: from, end: to < end ? to : end };
    for (const day of await readDays(db, part)) {
      const context = { previous: previous?.date === addDays(day.date, -1) ? previous : null, now, calendar };
      const found = await checkTwice(db, scope, day, context);
      report.lineups += found.lineups;
      report.records += found.records;
      const findings = [...found.findings, ...oddLineups(day, expected)];
      const errors = findings.filter(({ severity }) => severity === "ERROR").length;
      if (findings.length > 0) add(findings, { errors, warnings: findings.length - errors });
      previous = day.state?.doubts === "[]" ? { date: day.date, rosters: rostersOf(day.records) } : null;
    }
    await yieldToOthers();
  }
  const faults = (await leagueFaults(db, scope)).map(findingOf);
  add(faults, { errors: faults.length, warnings: 0 });
  const coverage = coverageBetween(
    start < league.startDate ? league.startDate : start,
    end > league.endDate ? league.endDate : end,
    await storedDates(db, scope),
    { now, calendar },
  );
  const missing = coverage.ranges
    .filter(({ state }) => state === "MISSING" || state === "FAILED" || state === "PARTIAL")
    .flatMap(({ start: from, end: to, state, reason }) =>
      datesBetween(from, to).map((date) => ({ date, state, reason })),
    )
    .map(
      ({ date, state, reason }): Finding => ({
        severity: "ERROR",
        code: state === "PARTIAL" ? "PARTIAL_DATE" : "MISSING_DATE",
        message: `${state === "PARTIAL" ? "Incomplete" : "Missing"}: ${reason}`,
        date,
        teamKey: null,
        playerId: null,
      }),
    );
  add(missing, { errors: missing.length, warnings: 0 });
  return {
    start,
    end,
    datesChecked: coverage.counts.reduce((sum, { state, dates }) => sum + (state === "NOT_YET" ? 0 : dates), 0),
    teamDaysChecked: report.lineups,
    recordsChecked: report.records,
    errors: report.errors,
    warnings: report.warnings,
    findings: report.findings,
  };
}

/** Checks a date. If damage is found, checks the date again, because a collection may have been writing the date during the first check. */
export async function checkTwice(db: Db, scope: LeagueScope, day: DayRows, context: DayContext): Promise<DayFindings> {
  const first = await checkDay(day, context);
  if (!first.findings.some(isDamage)) return first;
  const { environment, leagueKey } = scope;
  const [again] = await readDays(db, { environment, leagueKey, start: day.date, end: day.date });
  return again ? checkDay(again, context) : first;
}

/** Compares two findings: errors come first, and findings of the same severity are sorted by date, code, team and player. */
const inOrder = (a: Finding, b: Finding): number => {
  for (const name of ["severity", "date", "code", "teamKey", "playerId"] as const) {
    const [left, right] = [a[name] ?? "", b[name] ?? ""];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
};
