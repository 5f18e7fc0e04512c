import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { inDates, type LeagueDates, type LeagueScope } from "./conditions.ts";
import { type Doubt, parseDoubts } from "./doubts.ts";
import type { STORED_COVERAGE } from "./tables/values.ts";

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
};

export async function storedDates(db: Db, range: LeagueDates): Promise<Map<string, StoredDate>> {
  const rows = await db.orm.all<Omit<StoredDate, "final" | "doubts"> & { final: number; doubts: string }>(
    sql`select date, state, final, reason, "by", doubts from league_dates
        where ${inDates(range)}`,
  );
  return new Map(
    rows.map((row) => [
      row.date,
      { ...row, final: row.final === 1, doubts: row.doubts === "[]" ? [] : parseDoubts(row.doubts) },
    ]),
  );
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
