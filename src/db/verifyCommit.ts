import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { beginDate, holdJob, writeCheckpoint, writeJobDate } from "./commit.ts";
import { inList, onDate } from "./conditions.ts";
import type { Doubt } from "./doubts.ts";
import { appendEvent, type NewJobEvent } from "./events.ts";
import { type KeptFinding, writeFindings } from "./findings.ts";
import type { ClaimedJob } from "./job.ts";
import type { JobAction } from "./tables/values.ts";

/** The result of verifying one date. */
export type VerifiedDate = {
  date: string;
  lineups: number;
  records: number;
  findings: readonly KeptFinding[];
  /** The statements that mend the damage. */
  mend: readonly SQL[];
  event: NewJobEvent;
  /** The date to verify next; null when there is none. */
  next: string | null;
};

/**
 * Commits one verified date in one transaction: the date's findings, their repairs, the date's row in the job, the checkpoint, the job's
 * totals and the event. Throws a FenceError if the job has been claimed again meanwhile.
 * @returns The pause or cancellation that somebody has requested for the job; null when nobody has.
 */
export async function commitVerifiedDate(
  db: Db,
  job: ClaimedJob,
  { date, lineups, records, findings, mend, event, next }: VerifiedDate,
  { leaseMs, now }: { leaseMs: number; now: number },
): Promise<JobAction | null> {
  const tally = {
    date,
    status: "DONE" as const,
    items: lineups,
    attempts: 1,
    requests: 0,
    retries: 0,
    error: null,
    counts: { processed: records, inserted: 0, updated: 0, unchanged: records, removed: 0 },
  };
  const [held] = await db.write([
    holdJob(db, job, tally, leaseMs),
    ...writeFindings(job.id, findings),
    ...mend,
    writeJobDate(job, { ...tally, teams: [], doubt: null, begunAt: now }, now),
    ...(next === null ? [] : [beginDate(job, next, now)]),
    writeCheckpoint(job, now),
    appendEvent(job.id, event, now),
  ]);
  return (held?.rows[0]?.pending_action ?? null) as JobAction | null;
}

/** A damaged date and what to mark on it. */
export type DamagedDate = {
  date: string;
  /** Map from team key to what cannot be trusted in the team's lineup: the slots, the observations, or both. */
  damaged: ReadonlyMap<string, { lineup: boolean; observed: boolean }>;
  /** Teams whose lineup no job has written. */
  unknown: readonly string[];
  /** Teams that have records but no lineup. */
  orphaned: readonly string[];
  /** Whether the date belongs to a job. If a date belongs to no job, it should have no rows. */
  isCollected: boolean;
  /** The message of the first damage found. */
  reason: string;
};

/**
 * Builds the statements that mark damaged lineups as unknown and the date as due. The next update collects the date again and replaces the
 * marked lineups. Rows of teams that are not in the league are deleted.
 */
export function mendDate(
  job: ClaimedJob,
  { date, damaged, unknown, orphaned, isCollected, reason }: DamagedDate,
  now: number,
): SQL[] {
  const place = onDate({ ...job, date });
  const known = sql`(select count(*) from team_days where ${place})`;
  const isListed = sql`team_key in (select key from teams where league_key = ${job.leagueKey} and left_at is null)`;
  const inTeams = (keys: readonly string[]) => sql`team_key ${inList(keys)}`;
  const doubt: Doubt = {
    code: "DAMAGED",
    teamKey: null,
    hash: job.id,
    message: `Damaged: ${reason}`,
    since: now,
    confirmedAt: null,
  };
  const marks = JSON.stringify([...damaged].map(([key, what]) => [key, what.lineup ? 1 : 0, what.observed ? 1 : 0]));
  const strangers = [...unknown, ...orphaned];
  if (!isCollected)
    return [
      sql`delete from daily_lineups where ${place} and ${inTeams(strangers)}`,
      sql`delete from team_days where ${place} and ${inTeams(unknown)}`,
      sql`delete from league_dates where ${place} and ${known} = 0`,
    ];
  return [
    // Restore a team whose lineups are stored but whose own row is gone. The next job fetches the league's record, which has the team's
    // name.
    sql`insert into teams (key, league_key, name) select distinct team_key, ${job.leagueKey}, team_key from team_days
        where ${place} and not ${inTeams(unknown)} and team_key not in (select key from teams)`,
    sql`update leagues set fetched_at = 0 where key = ${job.leagueKey} and exists (select 1 from teams where league_key = ${job.leagueKey} and name = key)`,
    ...(strangers.length === 0
      ? []
      : [
          sql`delete from daily_lineups where ${place} and ${inTeams(strangers)} and not ${isListed}`,
          sql`delete from team_days where ${place} and ${inTeams(unknown)} and not ${isListed}`,
          sql`insert into team_days (environment, league_key, date, team_key, job_id, lineup_hash, observed_hash, players, collected_at, final)
              select environment, league_key, date, team_key, ${job.id}, '', '', count(*), ${now}, 0 from daily_lineups
              where ${place} and ${inTeams(orphaned)} group by team_key on conflict do nothing`,
        ]),
    ...(damaged.size === 0
      ? []
      : [
          sql`update team_days set version = version + 1, final = 0, lineup_hash = iif(mark.value ->> 1, '', lineup_hash),
                observed_hash = iif(mark.value ->> 2, '', observed_hash)
              from json_each(${marks}) as mark where ${place} and team_key = mark.value ->> 0`,
        ]),
    sql`insert into league_dates (environment, league_key, date, state, final, reason, doubts, due_at, lineups, job_id, updated_at)
        values (${job.environment}, ${job.leagueKey}, ${date}, iif(${known} > 0, 'PARTIAL', 'FAILED'), 0, ${doubt.message},
          ${JSON.stringify([doubt])}, ${now}, ${known}, ${job.id}, ${now})
        on conflict do update set state = excluded.state, final = 0, reason = excluded.reason, "by" = null, doubts = excluded.doubts,
          due_at = excluded.due_at, lineups = excluded.lineups, job_id = excluded.job_id, updated_at = excluded.updated_at`,
  ];
}
