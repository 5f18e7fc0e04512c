import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { onDate } from "./conditions.ts";
import { type Blame, type Doubt, reasonOf, writeBlame } from "./doubts.ts";
import { appendEvent, type NewJobEvent } from "./events.ts";
import { type ClaimedJob, holdsFence, type JobError } from "./job.ts";
import { firstOpenDate } from "./jobWrites.ts";
import { type LineupWrite, type RecordCounts, totals, writeChanges, writeLineups, writeSlots } from "./lineupWrites.ts";
import { type Player, writePlayers } from "./players.ts";
import type { JobAction } from "./tables/values.ts";

/** The judgement of a collected date. */
type Judgement = {
  /** All doubts about the date, open and confirmed. */
  doubts: readonly Doubt[];
  /** When to check the date again, in milliseconds since 1970; null when no doubt is open. */
  dueAt: number | null;
  /** Teams whose lineup is unknown: the source's answer is doubted, or the stored lineup is damaged. */
  lacking: readonly string[];
  /** Doubts about other dates whose lineups contradict this date. */
  blamed: readonly Blame[];
};

/** What a worker writes about one date of its job. */
export type DateCommit = {
  date: string;
  /** PENDING: some teams are stored and the others are still to come. */
  status: "DONE" | "FAILED" | "PENDING";
  /** Judgement of the source's answer; null unless `status` is DONE. */
  judgement: Judgement | null;
  /** Whether the source was asked after the date's deadline. */
  final: boolean;
  lineups: readonly LineupWrite[];
  /** Stored names of the league's teams, by team key. */
  teamNames: ReadonlyMap<string, string>;
  /** Players whom the ledger does not know yet, or knows by another name. */
  newPlayers: readonly Player[];
  /** Number of team-days that this commit completes. */
  items: number;
  attempts: number;
  /** Time at which this worker began the date, in milliseconds since 1970. */
  begunAt: number;
  requests: number;
  retries: number;
  error: JobError | null;
  event: NewJobEvent | null;
  /** The date that this worker begins next; null when there is none. */
  next: string | null;
};

/**
 * Writes one date in one transaction: its records and changes, its row in the job, and the job's checkpoint, event and totals.
 * Throws a FenceError once a newer claim exists, and a ConflictError if another job wrote one of the lineups since it was read.
 * @returns The action that somebody has meanwhile requested for the job, such as a pause; null if there is no request.
 */
export async function commitDate(
  db: Db,
  job: ClaimedJob,
  commit: DateCommit,
  { leaseMs, now }: { leaseMs: number; now: number },
): Promise<JobAction | null> {
  const written = commit.lineups.filter(({ kind }) => kind !== "same");
  const counts = totals(commit.lineups);
  const [held] = await db.write([
    holdJob(db, job, { ...commit, counts }, leaseMs),
    ...writeLineups(job, commit.date, written, commit.teamNames),
    ...writeSlots(job, commit.date, written),
    ...writeChanges(job, commit.date, written, now),
    ...writePlayers(job, commit.newPlayers),
    ...(commit.status === "PENDING" && commit.lineups.length === 0 ? [] : [writeCoverage(job, commit, now)]),
    writeTally(job, commit),
    writeJobDate(
      job,
      {
        ...commit,
        counts,
        teams: commit.lineups.map(({ teamKey }) => teamKey),
        doubt: commit.judgement ? reasonOf(commit.judgement.doubts) : null,
      },
      now,
    ),
    ...(commit.judgement?.blamed ?? []).flatMap((blame) => writeBlame(job, blame)),
    ...(commit.next === null ? [] : [beginDate(job, commit.next, now)]),
    writeCheckpoint(job, now),
    ...(commit.event ? [appendEvent(job.id, commit.event, now)] : []),
  ]);
  return (held?.rows[0]?.pending_action ?? null) as JobAction | null;
}

/** Marks dates as begun and extends the worker's lease. */
export async function beginDates(
  db: Db,
  job: ClaimedJob,
  dates: readonly string[],
  { leaseMs, now }: { leaseMs: number; now: number },
): Promise<void> {
  if (dates.length === 0) return;
  await db.write(
    [
      sql`update job_log set ${holdsFence(job)}, lease_until = ${db.clock} + ${leaseMs} where id = ${job.id}`,
      ...dates.map((date) => beginDate(job, date, now)),
      writeCheckpoint(job, now),
    ],
    { repeatable: true },
  );
}

/** Adds to the job's totals the requests that belong to none of the job's dates. */
export async function addRequests(
  db: Db,
  job: ClaimedJob,
  { requests, retries }: { requests: number; retries: number },
): Promise<void> {
  await db.write([
    sql`update job_log set ${holdsFence(job)}, requests = requests + ${requests}, retries = retries + ${retries} where id = ${job.id}`,
  ]);
}

/** What one date adds to the job's totals and to the date's own row. */
export type Tally = Pick<DateCommit, "date" | "status" | "items" | "attempts" | "requests" | "retries" | "error"> & {
  counts: RecordCounts;
};

/** Updates the job's totals and lease. Must come first in the transaction, to refuse a stale worker before any other write. */
export function holdJob(
  db: Db,
  job: ClaimedJob,
  { status, counts, items, requests, retries }: Tally,
  leaseMs: number,
): SQL {
  const { processed, inserted, updated, unchanged, removed } = counts;
  return sql`update job_log set ${holdsFence(job)}, lease_until = ${db.clock} + ${leaseMs},
      dates_done = dates_done + ${status === "DONE" ? 1 : 0}, dates_failed = dates_failed + ${status === "FAILED" ? 1 : 0},
      items_processed = items_processed + ${items},
      records_processed = records_processed + ${processed}, records_inserted = records_inserted + ${inserted},
      records_updated = records_updated + ${updated}, records_unchanged = records_unchanged + ${unchanged},
      records_removed = records_removed + ${removed},
      requests = requests + ${requests}, retries = retries + ${retries}
    where id = ${job.id} returning pending_action`;
}

/** Writes a date's coverage. A failed or partial attempt leaves COMPLETE coverage unchanged. */
function writeCoverage(job: ClaimedJob, { date, status, judgement, final: over, error }: DateCommit, now: number): SQL {
  const place = onDate({ ...job, date });
  const known = sql`(select count(*) from team_days where ${place})`;
  const isLacking = judgement !== null && judgement.lacking.length > 0;
  const state =
    status === "DONE"
      ? sql`iif(${known} = 0, ${isLacking ? "FAILED" : "EMPTY"}, ${isLacking ? "PARTIAL" : "COMPLETE"})`
      : sql`iif(${known} > 0, 'PARTIAL', ${status === "FAILED" ? "FAILED" : "PARTIAL"})`;
  const final = sql`coalesce((select min(final) from team_days where ${place}), ${status === "DONE" && over ? 1 : 0})`;
  const reason =
    error?.message ??
    (status === "PENDING" ? "Some teams have not been collected yet" : isLacking ? reasonOf(judgement.doubts) : null);
  return sql`insert into league_dates (environment, league_key, date, state, final, reason, lineups, job_id, updated_at)
      values (${job.environment}, ${job.leagueKey}, ${date}, ${state}, ${final}, ${reason}, ${known}, ${job.id}, ${now})
    on conflict do update set state = excluded.state, final = excluded.final, reason = excluded.reason, "by" = null, job_id = excluded.job_id,
      updated_at = excluded.updated_at, lineups = excluded.lineups
    where excluded.state = 'COMPLETE' or (league_dates.state <> 'COMPLETE' and (excluded.state <> 'FAILED' or league_dates.state not in ('EMPTY', 'PARTIAL', 'WAIVED')))`;
}

/** Updates a date's number of lineups. For a collected date, also updates the doubts about the date and the time of the next check. */
function writeTally(job: ClaimedJob, { date, judgement }: DateCommit): SQL {
  const place = onDate({ ...job, date });
  const judged = judgement ? sql`, doubts = ${JSON.stringify(judgement.doubts)}, due_at = ${judgement.dueAt}` : sql``;
  return sql`update league_dates set lineups = (select count(*) from team_days where ${place}) ${judged} where ${place}`;
}

/** `begunAt`: time at which the worker began the date, in milliseconds since 1970; used if no commit has marked the date as begun. */
type DateWritten = { teams: readonly string[]; doubt: string | null; begunAt: number };

export function writeJobDate(
  job: ClaimedJob,
  { date, status, counts, teams, attempts, error, doubt, begunAt }: Tally & DateWritten,
  now: number,
): SQL {
  const { processed, inserted, updated, unchanged, removed } = counts;
  return sql`update job_dates set status = ${status}, attempts = attempts + ${attempts},
      teams_done = (select json_group_array(value) from (select value from json_each(teams_done) union select value from json_each(${JSON.stringify(teams)}))),
      records_processed = records_processed + ${processed}, records_inserted = records_inserted + ${inserted},
      records_updated = records_updated + ${updated}, records_unchanged = records_unchanged + ${unchanged},
      records_removed = records_removed + ${removed}, doubt = ${doubt},
      started_at = iif(status = 'RUNNING', started_at, ${begunAt}), finished_at = ${status === "PENDING" ? null : now}, error_code = ${error?.code ?? null}, error_message = ${error?.message ?? null},
      error_stack = ${error?.stack ?? null}
    where job_id = ${job.id} and date = ${date}`;
}

export function beginDate(job: ClaimedJob, date: string, now: number): SQL {
  return sql`update job_dates set status = 'RUNNING', started_at = ${now} where job_id = ${job.id} and date = ${date} and status = 'PENDING'`;
}

export function writeCheckpoint(job: ClaimedJob, now: number): SQL {
  const open = firstOpenDate(job.id);
  return sql`update checkpoints set next_date = ${open}, timestamp = ${now},
      teams_processed = coalesce((select teams_done from job_dates where job_id = ${job.id} and date = ${open}), '[]')
    where job_id = ${job.id}`;
}
