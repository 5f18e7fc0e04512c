import { datesBetween, type IsoDate, leagueDate } from "../calendar.ts";
import { storedDates } from "../db/dates.ts";
import type { Environment } from "../db/job.ts";
import { findLeague } from "../db/leagues.ts";
import { checkLineups, type Finding } from "../db/validation.ts";
import { IDLE_SLOTS } from "../source/slots.ts";
import { coverageBetween } from "./coverage.ts";
import type { Deps } from "./deps.ts";
import { LedgerError } from "./error.ts";

export type ValidationReport = {
  start: IsoDate;
  end: IsoDate;
  datesChecked: number;
  teamDaysChecked: number;
  recordsChecked: number;
  errors: number;
  warnings: number;
  /** Errors first, at most {@link MOST_FINDINGS}. */
  findings: Finding[];
};

export const MOST_FINDINGS = 1_000;

/** Whether what the ledger holds of a league's dates can be trusted, and what is wrong where not. Throws NOT_FOUND for an unknown league. */
export async function validate(
  { db, clock }: Pick<Deps, "db" | "clock">,
  { environment, leagueKey, start, end }: { environment: Environment; leagueKey: string; start: IsoDate; end: IsoDate },
): Promise<ValidationReport> {
  const league = await findLeague(db, leagueKey);
  if (!league) throw new LedgerError("NOT_FOUND", `No league ${leagueKey} was collected`, { leagueKey });
  const scope = { environment, leagueKey, start, end };
  const positions = league.positions.map(({ position }) => position);
  const checked = await checkLineups(db, scope, {
    positions,
    idle: IDLE_SLOTS,
    today: leagueDate(clock.now()),
    most: MOST_FINDINGS,
  });
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
    teamDaysChecked: checked.teamDays,
    recordsChecked: checked.records,
    errors: checked.errors + missing.length,
    warnings: checked.warnings,
    findings: [...missing, ...checked.findings].sort(errorsFirst).slice(0, MOST_FINDINGS),
  };
}

const errorsFirst = (a: Finding, b: Finding) =>
  a.severity === b.severity
    ? (a.date ?? "") < (b.date ?? "")
      ? -1
      : (a.date ?? "") > (b.date ?? "")
        ? 1
        : 0
    : a.severity === "ERROR"
      ? -1
      : 1;
