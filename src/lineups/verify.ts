import type { Calendar, IsoDate } from "../calendar.ts";
import { isDoubts, isOpen, parseDoubts, reasonOf } from "../db/doubts.ts";
import type { Finding } from "../db/findings.ts";
import type { DayRows, LineupRow } from "../db/verification.ts";
import { plural } from "../text.ts";
import { checkRows, isDamaged } from "./compare.ts";
import { type Rosters, swappedTeams } from "./neighbour.ts";

/** What is wrong with a date's rows, and how far each of its lineups can be trusted. */
export type DayFindings = {
  findings: Finding[];
  /** Map from team key to what cannot be trusted in the team's lineup: which player was in which slot, the players' attributes, or both. */
  damaged: ReadonlyMap<string, { lineup: boolean; observed: boolean }>;
  lineups: number;
  records: number;
};

/** What a date is checked against. */
export type DayContext = {
  /** The rosters of the previous date; null if that date is unknown or doubted. */
  previous: { date: IsoDate; rosters: Rosters } | null;
  /** The current time, in milliseconds since 1970. */
  now: number;
  calendar: Calendar;
};

/**
 * Counts and hashes the rows of a date and compares them with the lineups' stored hashes and counters, the state of the date, and the jobs'
 * records of the date. Trusts no counter.
 */
export async function checkDay(day: DayRows, { previous, now, calendar }: DayContext): Promise<DayFindings> {
  const { date, lineups, records, jobDates } = day;
  const findings: Finding[] = [];
  const damaged = new Map<string, { lineup: boolean; observed: boolean }>();
  const report = (code: string, teamKey: string | null, message: string, playerId: string | null = null) =>
    void findings.push({ severity: "ERROR", code, message, date, teamKey, playerId });
  const distrust = (teamKey: string, what: { lineup?: boolean; observed?: boolean }) => {
    const before = damaged.get(teamKey);
    damaged.set(teamKey, {
      lineup: (before?.lineup ?? false) || (what.lineup ?? false),
      observed: (before?.observed ?? false) || (what.observed ?? false),
    });
  };
  const jobs = new Map(jobDates.map((each) => [each.jobId, each]));
  const earliest = jobDates.reduce((least, { createdAt }) => Math.min(least, createdAt), now);
  const finalAt = calendar.finalAt(date);
  const writtenTeams = new Set(jobDates.flatMap(({ teams }) => teams));

  // Start all hashes at once, because the runtime computes hashes in the background.
  const checks = await Promise.all(lineups.map((lineup) => checkRows(lineup, records.get(lineup.teamKey) ?? [], date)));
  for (const [i, lineup] of lineups.entries()) {
    const { teamKey } = lineup;
    const rows = records.get(teamKey) ?? [];
    const isMarked = { lineup: lineup.lineupHash === "", observed: lineup.observedHash === "" };
    if (isMarked.lineup || isMarked.observed)
      report(
        "RECORDS_DAMAGED",
        teamKey,
        "An earlier verification found that the records are damaged. The records have not been collected again yet",
      );
    const isIntact = checks[i] ?? { lineup: false, observed: false };
    if (!isIntact.lineup && !isMarked.lineup) {
      const counted =
        rows.length === lineup.players
          ? ""
          : `; there are ${plural(rows.length, "record")}, but ${lineup.players} were written`;
      report(
        "RECORDS_DAMAGED",
        teamKey,
        `The stored records have changed since they were written: the players or the slots differ${counted}`,
      );
      distrust(teamKey, { lineup: true });
    }
    if (!isIntact.observed && !isMarked.observed && !isMarked.lineup) {
      distrust(teamKey, { observed: true });
      if (isIntact.lineup)
        report("OBSERVATIONS_DAMAGED", teamKey, "Names, clubs, positions or statuses were changed after the write");
    }
    // If a verification has marked the lineup as unknown, do not check the lineup any further.
    if (isMarked.lineup || isMarked.observed) continue;
    for (const fault of lineupFaults(lineup, { finalAt, jobs, earliest, now })) {
      report(fault.code, teamKey, fault.message);
      distrust(teamKey, { lineup: true });
    }
    if (!writtenTeams.has(teamKey)) {
      report("LINEUP_UNKNOWN", teamKey, "No job has recorded that it wrote this lineup");
      distrust(teamKey, { lineup: true });
    }
    for (const { playerId, jobId, observedAt } of rows) {
      if (!jobs.has(jobId)) {
        report(
          "ORPHAN_RECORD",
          teamKey,
          `The record names job ${jobId} as its writer, but this date is not one of the job's dates`,
          playerId,
        );
        distrust(teamKey, { lineup: true });
      }
      if (observedAt > lineup.collectedAt || observedAt < earliest) {
        report(
          "TIME_DAMAGED",
          teamKey,
          `The record has the observation time ${instant(observedAt)}, but no job asked for the record at that time`,
          playerId,
        );
        distrust(teamKey, { lineup: true, observed: true });
      }
    }
  }
  const held = new Set(lineups.map(({ teamKey }) => teamKey));
  for (const [teamKey, rows] of records)
    if (!held.has(teamKey))
      for (const { playerId } of rows)
        report("ORPHAN_RECORD", teamKey, "The lineup that the record belongs to is gone", playerId);
  // If all lineups of the date are gone, `stateFaults` reports the loss once for the whole date.
  for (const teamKey of held.size === 0 ? [] : writtenTeams)
    if (!held.has(teamKey)) report("LINEUP_GONE", teamKey, "A job stored this lineup, but the lineup is gone");
  for (const { code, message } of stateFaults(day)) report(code, null, message);

  return {
    findings: [...findings, ...oddities(day, previous)],
    damaged,
    lineups: lineups.length,
    records: [...records.values()].reduce((sum, rows) => sum + rows.length, 0),
  };
}

type Fault = { code: string; message: string };

/** Returns findings about impossible values in a lineup's own row. */
function lineupFaults(
  { jobId, collectedAt, final, isOfTeam }: LineupRow,
  {
    finalAt,
    jobs,
    earliest,
    now,
  }: { finalAt: number; jobs: ReadonlyMap<string, unknown>; earliest: number; now: number },
): Fault[] {
  const faults: Fault[] = [];
  if (!isOfTeam) faults.push({ code: "TEAM_UNKNOWN", message: "The league has no such team" });
  if (!jobs.has(jobId))
    faults.push({
      code: "ORPHAN_RECORD",
      message: `The lineup names job ${jobId} as its writer, but this date is not one of the job's dates`,
    });
  const isOver = collectedAt >= finalAt;
  if (isOver !== (final === 1))
    faults.push({
      code: "TIME_DAMAGED",
      message: `The lineup was collected at ${instant(collectedAt)} but is marked as ${final === 1 ? "" : "not "}final`,
    });
  if (collectedAt > now || collectedAt < earliest)
    faults.push({
      code: "TIME_DAMAGED",
      message: `The lineup has the collection time ${instant(collectedAt)}, but no job asked for the lineup at that time`,
    });
  return faults;
}

/** Returns the contradictions between a date's state and its lineups and jobs. */
function stateFaults({ state, lineups, jobDates }: DayRows): Fault[] {
  const damaged = (message: string): Fault => ({ code: "STATE_DAMAGED", message });
  const done = jobDates.find(({ status }) => status === "DONE");
  const wrote = jobDates.find(({ teams }) => teams.length > 0);
  if (state === null && lineups.length > 0)
    return [
      damaged(`${plural(lineups.length, "lineup")} are stored, but the ledger says that the date was never tried`),
    ];
  const lost = wrote ?? (state === null || state.state === "COMPLETE" ? done : undefined);
  if (lineups.length === 0 && lost)
    return [
      { code: "DATE_GONE", message: `Job ${lost.jobId} has collected the date, but no lineup of the date is stored` },
    ];
  if (state === null) return [];
  const faults: Fault[] = [];
  const claims = `The date's state is ${state.state}`;
  if (state.state === "COMPLETE" && lineups.length === 0)
    faults.push({ code: "DATE_GONE", message: `${claims}, but no lineup is stored` });
  if ((state.state === "EMPTY" || state.state === "FAILED") && lineups.length > 0)
    faults.push(damaged(`${claims}, but it has ${plural(lineups.length, "lineup")}`));
  if (state.lineups !== null && state.lineups !== lineups.length)
    faults.push(damaged(`${plural(state.lineups, "lineup")} were stored, but ${lineups.length} are there`));
  if (
    state.state === "COMPLETE" &&
    lineups.length > 0 &&
    Math.min(...lineups.map(({ final }) => final)) !== state.final
  )
    faults.push(
      damaged(`The date is marked as ${state.final === 1 ? "" : "not "}final, but its lineups say otherwise`),
    );
  if (!state.isByJob) faults.push(damaged("The job that wrote the state is gone"));
  const doubted = parseDoubts(state.doubts).some(isOpen);
  if (done && lineups.length > 0 && state.state === "PARTIAL" && !doubted)
    faults.push(damaged(`${claims}, but job ${done.jobId} collected all of it`));
  if (done && lineups.length > 0 && state.state === "WAIVED" && state.isBySomebody === 0)
    faults.push(damaged(`${claims}, but nobody waived it and its lineups are stored`));
  if (done && state.state === "FAILED") faults.push(damaged(`${claims}, but job ${done.jobId} collected it`));
  const isDue = state.dueAt !== null;
  if (!isDoubts(state.doubts)) faults.push(damaged("The stored doubts about this date cannot be read"));
  else if (state.state !== "WAIVED" && parseDoubts(state.doubts).some(isOpen) !== isDue)
    faults.push(
      damaged(
        isDue
          ? "The date is due for another check, but nothing about it is doubted"
          : "The date is doubted, but not due for another check",
      ),
    );
  return faults;
}

/** Returns warnings about what is odd but not damaged. */
function oddities({ date, state, records }: DayRows, previous: DayContext["previous"]): Finding[] {
  const warn = (code: string, teamKey: string | null, message: string, playerId: string | null = null): Finding => ({
    severity: "WARNING",
    code,
    message,
    date,
    teamKey,
    playerId,
  });
  const doubt = reasonOf(parseDoubts(state?.doubts ?? "[]"));
  const rosters = rostersOf(records);
  const swapped = previous ? swappedTeams(rosters, previous.rosters) : [];
  return [
    ...(doubt === null ? [] : [warn("DOUBTED", null, doubt)]),
    ...swapped.map((teamKey) =>
      warn("ROSTERS_SWAPPED", teamKey, `Most of the team's players belonged to another team on ${previous?.date}`),
    ),
    ...[...records].flatMap(([teamKey, rows]) =>
      rows
        .filter(isDamaged)
        .map(({ playerId, playerName }) =>
          warn("NAME_DAMAGED", teamKey, `${playerName} came with damaged bytes`, playerId),
        ),
    ),
  ];
}

/** Returns the stored rosters: a map from team key to the team's player ids. */
export const rostersOf = (records: DayRows["records"]): Rosters =>
  new Map([...records].map(([teamKey, rows]) => [teamKey, new Set(rows.map(({ playerId }) => playerId))]));

/** Formats a time for people; a damaged value that is not a time is returned as it is. */
function instant(at: number): string {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? String(at) : time.toISOString();
}
