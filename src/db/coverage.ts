import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { asText, inDates, type LeagueDates, type LeagueScope, ofLeague } from "./conditions.ts";
import { type Doubt, parseDoubts } from "./doubts.ts";
import type { STORED_COVERAGE } from "./tables/values.ts";
import { readTogether } from "./window.ts";

/** Stored coverage of one date of a league. If a date has no entry, no job has tried to collect it. */
export type StoredDate = {
  date: string;
  state: (typeof STORED_COVERAGE)[number];
  final: boolean;
  reason: string | null;
  /** Who waived the date; null if nobody did. */
  by: string | null;
  /** All doubts about the date, open and confirmed. */
  doubts: readonly Doubt[];
  /** The job that wrote this coverage; null if somebody waived the date. */
  jobId: string | null;
  /** Time of the last write of this coverage, in milliseconds since 1970. */
  updatedAt: number;
};

export async function storedDates(db: Db, range: LeagueDates): Promise<Map<string, StoredDate>> {
  return (await storedDatesTogether(db, [range]))[0] ?? new Map();
}

/** The columns read for each date. */
const FACTS = sql.join(
  [
    asText("date"),
    asText("state"),
    sql`final + 0`,
    asText("reason"),
    asText('"by"'),
    asText("doubts"),
    asText("job_id"),
    sql`updated_at + 0`,
  ],
  sql`, `,
);
type Facts = [string, StoredDate["state"], number, string | null, string | null, string, string | null, number];

/** Reads several leagues or ranges in one statement. @returns For each range, a map from date to what is stored about the date. */
export async function storedDatesTogether(db: Db, ranges: readonly LeagueDates[]): Promise<Map<string, StoredDate>[]> {
  // Read one row per range. With one row per date, most of the query's time would be spent on reading the rows.
  const lists = await readTogether<{ dates: string }>(
    db,
    ranges.map(
      (range) => sql`select json_group_array(json_array(${FACTS})) as dates from league_dates where ${inDates(range)}`,
    ),
  );
  return lists.map(
    ([row]) =>
      new Map(
        (JSON.parse(row?.dates ?? "[]") as Facts[]).map(
          ([date, state, final, reason, by, doubts, jobId, updatedAt]) => [
            date,
            {
              date,
              state,
              final: final === 1,
              reason,
              by,
              doubts: doubts === "[]" ? [] : parseDoubts(doubts),
              jobId,
              updatedAt,
            },
          ],
        ),
      ),
  );
}

/** How many lineups are stored for a date, and how many players are in them. */
export type HeldDate = { teams: number; players: number };

/** In one statement, counts what is stored for several leagues or ranges. @returns For each range, a map from date to counts. */
export async function heldDates(db: Db, ranges: readonly LeagueDates[]): Promise<Map<string, HeldDate>[]> {
  const lists = await readTogether<HeldDate & { date: string }>(
    db,
    ranges.map(
      (range) =>
        sql`select date, count(*) as teams, sum(players) as players from team_days where ${inDates(range)} group by date`,
    ),
  );
  return lists.map((rows) => new Map(rows.map(({ date, ...held }) => [date, held])));
}

/** A date that an unfinished job still has to collect. */
export type ActiveDate = { status: "PENDING" | "RUNNING"; jobId: string };

/**
 * In one statement, finds the dates that unfinished jobs still have to collect.
 * @returns For each range, a map from date to the unfinished job's id and the status of the date in that job.
 */
export async function activeDates(db: Db, ranges: readonly LeagueDates[]): Promise<Map<string, ActiveDate>[]> {
  const lists = await readTogether<ActiveDate & { date: string }>(
    db,
    ranges.map(
      (range) =>
        sql`select job_dates.date, job_dates.status, job_dates.job_id as "jobId" from job_log
            join job_dates on job_dates.job_id = job_log.id and job_dates.date between ${range.start} and ${range.end}
            where ${ofLeague(range, "job_log")} and job_log.finished_at is null and job_log.kind <> 'VERIFY'
              and job_dates.status in ('PENDING', 'RUNNING')`,
    ),
  );
  return lists.map((rows) => new Map(rows.map(({ date, ...active }) => [date, active])));
}

/** Marks dates as not needed and stores the reason. COMPLETE and EMPTY dates stay as they are. */
export async function waive(
  db: Db,
  {
    environment,
    leagueKey,
    dates,
    reason,
    by,
    now,
  }: LeagueScope & { dates: readonly string[]; reason: string; by: string; now: number },
): Promise<void> {
  await db.write(
    [
      sql`insert into league_dates (environment, league_key, date, state, final, reason, "by", job_id, updated_at)
        select ${environment}, ${leagueKey}, value, 'WAIVED', 1, ${reason}, ${by}, null, ${now} from json_each(${JSON.stringify(dates)}) where true
        on conflict do update set state = excluded.state, final = 1, reason = excluded.reason, "by" = excluded."by", updated_at = excluded.updated_at, due_at = null
        where league_dates.state not in ('COMPLETE', 'EMPTY')`,
    ],
    { repeatable: true },
  );
}
