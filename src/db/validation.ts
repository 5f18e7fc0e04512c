import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { inDates, type LeagueDates } from "./conditions.ts";
import type { Finding } from "./findings.ts";

/** A roster is reported if its size differs from the team's average by at least this many players. */
const UNUSUAL_SIZE = 6;

/** Finds lineups whose roster is unusually small or large for the team in its season. Reads one row per lineup. */
export async function unusualRosters(
  db: Db,
  scope: LeagueDates,
  season: { start: string; end: string },
  limit: number,
): Promise<{ total: number; findings: Finding[] }> {
  const rows = await db.orm.all<Finding & { total: number }>(
    sql`select 'WARNING' as severity, 'ROSTER_SIZE' as code, players || ' players, usually ' || cast(round(usual) as integer) as message,
          date, team_key as "teamKey", null as "playerId", count(*) over () as total
        from (select date, team_key, players, avg(players) over (partition by team_key) as usual from team_days where ${inDates({ ...scope, ...season })})
        where date between ${scope.start} and ${scope.end} and abs(players - usual) >= ${UNUSUAL_SIZE} order by date, team_key limit ${limit}`,
  );
  return { total: rows[0]?.total ?? 0, findings: rows.map(({ total: _, ...finding }) => finding) };
}
