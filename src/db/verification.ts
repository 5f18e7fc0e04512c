import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { inDates, type LeagueDates, type LeagueScope, ofLeague } from "./conditions.ts";
import { listOf, type StoredLineup, type StoredSlot, slotsByTeam } from "./lineups.ts";
import type { STORED_COVERAGE } from "./tables/values.ts";

/** All stored rows of one date of a league, unchecked. */
export type DayRows = {
  date: string;
  /** Null when the date has no row in `league_dates`. */
  state: DateState | null;
  lineups: LineupRow[];
  /** The date's records by team key, including records of teams without a lineup. */
  records: ReadonlyMap<string, StoredSlot[]>;
  /** The date's rows in all jobs that are not verifications. */
  jobDates: { jobId: string; createdAt: number; status: string; teams: string[] }[];
};

type DateState = {
  state: (typeof STORED_COVERAGE)[number];
  final: number;
  /** The stored text, unparsed, because damage may have made it something other than a list. */
  doubts: string;
  dueAt: number | null;
  lineups: number | null;
  isByJob: number;
  /** 1 when somebody waived the date. */
  isBySomebody: number;
};

export type LineupRow = Omit<StoredLineup, "final"> & { final: number; collectedAt: number; isOfTeam: number };

/** Reads, in order, those dates of a range that have any rows or belong to a job. */
export async function readDays(db: Db, range: LeagueDates): Promise<DayRows[]> {
  const states = await db.orm.all<DateState & { date: string }>(
    sql`select date, state, final, doubts, due_at as "dueAt", lineups,
          "by" is not null as "isBySomebody", job_id is null or exists (select 1 from job_log where id = league_dates.job_id) as "isByJob"
        from league_dates where ${inDates(range)}`,
  );
  const lineups = await db.orm.all<LineupRow & { date: string }>(
    sql`select date, team_key as "teamKey", job_id as "jobId", lineup_hash as "lineupHash", observed_hash as "observedHash", players,
          collected_at as "collectedAt", final, version,
          exists (select 1 from teams where teams.league_key = team_days.league_key and teams.key = team_days.team_key) as "isOfTeam"
        from team_days where ${inDates(range)} order by date, team_key`,
  );
  const records = await slotsByTeam(db, range);
  const jobDates = await db.orm.all<{ date: string; jobId: string; createdAt: number; status: string; teams: string }>(
    sql`select job_dates.date, job_id as "jobId", created_at as "createdAt", job_dates.status, teams_done as teams
        from job_log join job_dates on job_dates.job_id = job_log.id and job_dates.date between ${range.start} and ${range.end}
        where ${ofLeague(range, "job_log")} and kind <> 'VERIFY' and job_dates.status <> 'SKIPPED'`,
  );
  const days = new Map<string, DayRows & { records: Map<string, StoredSlot[]> }>();
  const on = (date: string): DayRows & { records: Map<string, StoredSlot[]> } => {
    const day = days.get(date) ?? { date, state: null, lineups: [], records: new Map(), jobDates: [] };
    days.set(date, day);
    return day;
  };
  for (const { date, ...state } of states) on(date).state = state;
  for (const { date, ...lineup } of lineups) on(date).lineups.push(lineup);
  for (const { date, teamKey, slots } of records) on(date).records.set(teamKey, slots);
  for (const { date, teams, ...job } of jobDates) on(date).jobDates.push({ ...job, teams: listOf(teams) });
  return [...days.values()].sort((a, b) => (a.date < b.date ? -1 : 1));
}

/** Returns, in order, all dates of a league that have rows or were collected by a job, including dates outside the season. */
export async function storedDatesOf(db: Db, league: LeagueScope): Promise<string[]> {
  const rows = await db.orm.all<{ date: string }>(
    sql`select date from league_dates where ${ofLeague(league)} union select date from team_days where ${ofLeague(league)}
        union select date from daily_lineups where ${ofLeague(league)}
        union select job_dates.date from job_log join job_dates on job_dates.job_id = job_log.id and job_dates.status = 'DONE'
          where ${ofLeague(league, "job_log")} and kind <> 'VERIFY' order by 1`,
  );
  return rows.map(({ date }) => date);
}

/** A contradiction in a job, a player or the league's record. `mend` holds the repairs, and is empty when no repair is possible. */
export type LeagueFault = { code: string; message: string; playerId: string | null; mend: SQL[] };

const SUMS = [
  "records_processed",
  "records_inserted",
  "records_updated",
  "records_unchanged",
  "records_removed",
] as const;

/** Of the jobs in a range of dates, finds those whose totals, dates, checkpoint and events contradict each other. */
export async function jobFaults(db: Db, range: LeagueDates): Promise<LeagueFault[]> {
  const sums = sql.join(
    SUMS.map((name) => sql.raw(`sum(iif(status <> 'SKIPPED', ${name}, 0)) as ${name}`)),
    sql`, `,
  );
  const of = (table: string) =>
    sql.join(
      SUMS.map((name) => sql.raw(`${table}.${name}`)),
      sql`, `,
    );
  const mine = sql`${ofLeague(range, "job_log")} and job_log.start_date <= ${range.end} and job_log.end_date >= ${range.start}`;
  const totals = await db.orm.all<{ id: string }>(
    sql`select job_log.id from job_log join (select job_id, ${sums}, sum(status = 'DONE') as done, sum(status = 'FAILED') as failed, sum(status <> 'SKIPPED') as total
            from job_dates where job_id in (select id from job_log where ${mine}) group by job_id) as sums on sums.job_id = job_log.id
        where ${mine} and (${of("job_log")}, job_log.dates_done, job_log.dates_failed, job_log.dates_total)
          <> (${of("sums")}, sums.done, sums.failed, sums.total)`,
  );
  const dates = await db.orm.all<{ id: string; date: string; counts: string }>(
    sql`select job_log.id, job_dates.date, event.data as counts from job_log join job_dates on job_dates.job_id = job_log.id and job_dates.status = 'DONE'
          join job_events as event on event.id = (select max(id) from job_events where job_id = job_log.id and date = job_dates.date and type = 'DATE_COMPLETED')
        where ${mine} and job_log.kind <> 'VERIFY' and event.data ->> 'teams' = json_array_length(teams_done)
          and ((job_dates.records_processed, job_dates.records_inserted, job_dates.records_updated, job_dates.records_unchanged)
            <> (event.data ->> 'recordsProcessed', event.data ->> 'recordsInserted', event.data ->> 'recordsUpdated', event.data ->> 'recordsUnchanged')
            or job_dates.records_removed <> coalesce(event.data ->> 'recordsRemoved', job_dates.records_removed))`,
  );
  // A COMPLETED job should have no open dates. An open date becomes DONE again if the job has a completion event for the date.
  const open = await db.orm.all<{ id: string; date: string; status: string; at: number | null }>(
    sql`select job_log.id, job_dates.date, job_dates.status,
          (select max(at) from job_events where job_id = job_log.id and date = job_dates.date and type = 'DATE_COMPLETED') as at
        from job_log join job_dates on job_dates.job_id = job_log.id and job_dates.status not in ('DONE', 'SKIPPED')
        where ${mine} and job_log.status = 'COMPLETED'`,
  );
  const checkpoints = await db.orm.all<{ id: string; open: string | null; isOver: number }>(
    sql`select job_log.id, (select min(date) from job_dates where job_id = job_log.id and status in ('PENDING', 'RUNNING', 'FAILED')) as open,
          job_log.status in ('COMPLETED', 'CANCELLED') as "isOver"
        from job_log left join checkpoints on checkpoints.job_id = job_log.id
        where ${mine} and iif(job_log.status in ('COMPLETED', 'CANCELLED'), checkpoints.job_id is not null,
          checkpoints.job_id is null or (job_log.status <> 'RUNNING' and checkpoints.next_date is not
            (select min(date) from job_dates where job_id = job_log.id and status in ('PENDING', 'RUNNING', 'FAILED'))))`,
  );
  return [
    ...open.map(({ id, date, status, at }) => ({
      code: "JOB_DATE_DAMAGED",
      message: `Job ${id} is COMPLETED, but its date ${date} is ${status}`,
      playerId: null,
      mend:
        at === null
          ? []
          : [
              sql`update job_dates set status = 'DONE', finished_at = coalesce(finished_at, ${at}), error_code = null, error_message = null, error_stack = null
                  where job_id = ${id} and date = ${date}`,
              mendTotals(id),
            ],
    })),
    // Mend the dates before the totals, because the totals are computed from the dates.
    ...dates.map(({ id, date, counts }) => ({
      code: "JOB_DATE_DAMAGED",
      message: `For ${date}, the record counts of job ${id} differ from those in the date's event`,
      playerId: null,
      mend: [
        sql`update job_dates set records_processed = ${counts} ->> 'recordsProcessed', records_inserted = ${counts} ->> 'recordsInserted',
              records_updated = ${counts} ->> 'recordsUpdated', records_unchanged = ${counts} ->> 'recordsUnchanged',
              records_removed = coalesce(${counts} ->> 'recordsRemoved', records_removed)
            where job_id = ${id} and date = ${date}`,
        mendTotals(id),
      ],
    })),
    ...totals.map(({ id }) => ({
      code: "JOB_TOTALS_DAMAGED",
      message: `The totals of job ${id} are not the sums of its dates`,
      playerId: null,
      mend: [mendTotals(id)],
    })),
    ...checkpoints.map(({ id, open, isOver }) => ({
      code: "CHECKPOINT_DAMAGED",
      message: isOver
        ? `Job ${id} has ended but still has a checkpoint`
        : `The checkpoint of job ${id} is missing or is not at the job's first open date`,
      playerId: null,
      mend: isOver
        ? [sql`delete from checkpoints where job_id = ${id}`]
        : [
            sql`insert into checkpoints (job_id, next_date, teams_processed, timestamp) select ${id}, ${open},
                  coalesce((select teams_done from job_dates where job_id = ${id} and date = ${open}), '[]'), ${db.clock} where true
                on conflict do update set next_date = excluded.next_date, teams_processed = excluded.teams_processed`,
          ],
    })),
  ];
}

const mendTotals = (id: string): SQL =>
  sql`update job_log set (${sql.raw(SUMS.join(", "))}, dates_done, dates_failed, dates_total) =
        (select ${sql.raw(SUMS.map((name) => `sum(iif(status <> 'SKIPPED', ${name}, 0))`).join(", "))}, sum(status = 'DONE'), sum(status = 'FAILED'), sum(status <> 'SKIPPED')
         from job_dates where job_id = ${id})
      where id = ${id} and (status <> 'COMPLETED' or not exists (select 1 from job_dates where job_id = ${id} and status not in ('DONE', 'SKIPPED')))`;

/** Reports a league whose stored roster positions cannot be read. */
export async function recordFaults(db: Db, { leagueKey }: LeagueScope): Promise<LeagueFault[]> {
  const rows = await db.orm.all(
    sql`select 1 from leagues where key = ${leagueKey} and iif(json_valid(positions), json_type(positions), '') <> 'array'`,
  );
  if (rows.length === 0) return [];
  const message = "The league's stored roster positions cannot be read; the league's record must be fetched again";
  const mend = [sql`update leagues set positions = '[]', fetched_at = 0 where key = ${leagueKey}`];
  return [{ code: "LEAGUE_DAMAGED", message, playerId: null, mend }];
}
