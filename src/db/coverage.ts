import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { asText, inDates, type LeagueDates, type LeagueScope, ofLeague } from "./conditions.ts";
import { type Doubt, parseDoubts } from "./doubts.ts";
import type { STORED_COVERAGE } from "./tables/values.ts";
import { readTogether } from "./window.ts";

/** How well a date of a league is known, as far as that is stored; dates without an entry were never tried. */
export type StoredDate = {
  date: string;
  state: (typeof STORED_COVERAGE)[number];
  final: boolean;
  reason: string | null;
  /** Who waived it; null where it was not waived. */
  by: string | null;
  /** What is odd about it, the open and the confirmed. */
  doubts: readonly Doubt[];
  /** The job that wrote it; null where somebody waived it. */
  jobId: string | null;
  /** When it was last written, in milliseconds since 1970. */
  updatedAt: number;
};

export async function storedDates(db: Db, range: LeagueDates): Promise<Map<string, StoredDate>> {
  return (await storedDatesTogether(db, [range]))[0] ?? new Map();
}

/** What is read of each date. */
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

/** The dates of several leagues or ranges, in one statement. */
export async function storedDatesTogether(db: Db, ranges: readonly LeagueDates[]): Promise<Map<string, StoredDate>[]> {
  // A row for each range: a row for each date would take most of the time.
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

/** What is held of a date: lineups, and players in them. */
export type HeldDate = { teams: number; players: number };

/** How much is held of the dates of several leagues or ranges, in one statement. */
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

/** A date that an unfinished job has before it. */
export type ActiveDate = { status: "PENDING" | "RUNNING"; jobId: string };

/** The dates that unfinished jobs have before them, of several leagues or ranges, in one statement. */
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

/** Declares dates not needed, for a reason; dates whose lineups are there stay as they are. */
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
