import { addDays, type IsoDate } from "../calendar.ts";
import { yieldToOthers } from "../clock.ts";
import { beginDates } from "../db/commit.ts";
import { type Finding, isDamage, type KeptFinding } from "../db/findings.ts";
import type { JobIn } from "../db/job.ts";
import { pendingDates } from "../db/jobDates.ts";
import { type DayRows, type LeagueFault, readDays } from "../db/verification.ts";
import { commitVerifiedDate, mendDate } from "../db/verifyCommit.ts";
import type { Deps } from "../deps.ts";
import { findingOf, leagueFaults } from "../lineups/leagueFaults.ts";
import { checkTwice } from "../lineups/validation.ts";
import { type DayContext, type DayFindings, rostersOf } from "../lineups/verify.ts";
import { calendarOf } from "../source/leagueKey.ts";
import { plural } from "../text.ts";
import type { Session } from "./attempt.ts";
import { obey } from "./collectDate.ts";

/**
 * Verifies the job's open dates one by one, until no date is left or until the session ends. Together with the last date, checks the
 * league's jobs and players. Makes no requests to the source.
 * @returns The number of dates left.
 */
export async function verifyDates(
  session: Pick<Session, "deps" | "job" | "end" | "noMoreRequests">,
  noMoreDates: AbortSignal,
  limit: number,
): Promise<number> {
  const { deps, job } = session;
  const { db, clock, settings } = deps;
  const open = await pendingDates(db, job.id);
  const dates = open.slice(0, limit).map(({ date }) => date);
  const [first] = dates;
  if (first === undefined || noMoreDates.aborted) return open.length;
  await beginDates(db, job, [first], { leaseMs: settings.leaseMs, now: clock.now() });
  let previous: DayContext["previous"] = null;
  for (const [i, date] of dates.entries()) {
    if (noMoreDates.aborted) return open.length - i;
    const isLast = i === open.length - 1;
    const { day, found } = await check(deps, job, date, previous);
    previous = day && day.state?.doubts === "[]" ? { date, rosters: rostersOf(day.records) } : null;
    const faults = isLast ? await leagueFaults(db, { ...job, start: job.startDate, end: job.endDate }) : [];
    const action = await commit(deps, job, { date, day, found, faults, next: dates[i + 1] ?? null });
    obey(session, action);
    await yieldToOthers();
  }
  return open.length - dates.length;
}

/** Checks the rows of a date. A date without rows has no findings, unless a job claims to have collected it. */
async function check(
  { db, clock }: Deps,
  job: JobIn<"RUNNING">,
  date: IsoDate,
  before: DayContext["previous"],
): Promise<{ day: DayRows | undefined; found: DayFindings }> {
  const range = { environment: job.environment, leagueKey: job.leagueKey, start: date, end: date };
  const previous = before?.date === addDays(date, -1) ? before : null;
  const [day] = await readDays(db, range);
  const empty: DayFindings = { findings: [], damaged: new Map(), lineups: 0, records: 0 };
  return {
    day,
    found: day
      ? await checkTwice(db, range, day, {
          previous,
          now: clock.now(),
          calendar: calendarOf(range.leagueKey),
        })
      : empty,
  };
}

async function commit(
  { db, clock, settings }: Deps,
  job: JobIn<"RUNNING">,
  verified: {
    date: IsoDate;
    day: DayRows | undefined;
    found: DayFindings;
    faults: readonly LeagueFault[];
    next: IsoDate | null;
  },
) {
  const { date, day, found, faults, next } = verified;
  const now = clock.now();
  const mends = job.metadata.mend === true;
  const keep = (finding: Finding): KeptFinding => ({ ...finding, mended: mends && isDamage(finding) ? 1 : 0 });
  const findings = [...found.findings, ...faults.map(findingOf)].map(keep);
  const damage = found.findings.find(isDamage);
  const teamsWith = (code: string) =>
    found.findings.flatMap((each) => (each.code === code && each.teamKey !== null ? [each.teamKey] : []));
  const held = new Set(day?.lineups.map(({ teamKey }) => teamKey));
  const marks = {
    date,
    damaged: found.damaged,
    unknown: teamsWith("LINEUP_UNKNOWN"),
    orphaned: [...new Set(teamsWith("ORPHAN_RECORD"))].filter((teamKey) => !held.has(teamKey)),
    isCollected: day !== undefined && day.jobDates.length > 0,
    reason: damage?.message ?? "",
  };
  const errors = findings.filter(({ severity }) => severity === "ERROR").length;
  const what = `${date}: ${plural(found.lineups, "lineup")}, ${plural(found.records, "record")}`;
  const counts = `${plural(errors, "error")}, ${plural(findings.length - errors, "warning")}`;
  return commitVerifiedDate(
    db,
    job,
    {
      date,
      lineups: found.lineups,
      records: found.records,
      findings,
      mend: mends ? [...(damage ? mendDate(job, marks, now) : []), ...faults.flatMap(({ mend }) => mend)] : [],
      event: {
        type: "DATE_COMPLETED",
        date,
        message: `${what}; ${findings.length === 0 ? "nothing is wrong" : counts}${mends && damage ? "; marked as unknown and due" : ""}`,
        data: {
          lineups: found.lineups,
          recordsProcessed: found.records,
          errors,
          warnings: findings.length - errors,
          mended: findings.filter(({ mended }) => mended === 1).length,
        },
      },
      next,
    },
    { leaseMs: settings.leaseMs, now },
  );
}
