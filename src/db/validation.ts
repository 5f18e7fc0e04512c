import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { asText, inDates, inList, type LeagueDates, ofLeague } from "./conditions.ts";
import type { Finding } from "./findings.ts";

export type Checked = { errors: number; warnings: number; findings: Finding[] };

const [ID, NAME, SLOT] = [asText("player_id"), asText("player_name"), asText("selected_position")];

/** A roster this many players larger or smaller than the team's usual one is worth a look. */
const UNUSUAL_SIZE = 6;

/**
 * Looks for what is odd about what sources said, in SQL, date by date: what is found in a range is what is found in its parts.
 * @param positions The slots that the league has; empty where that is not known.
 * @param idle Slots for which nobody has to be eligible.
 * @param limit Findings to hand out, errors first; all are counted.
 */
export async function checkLineups(
  db: Db,
  scope: LeagueDates,
  {
    positions,
    idle,
    today,
    limit,
  }: { positions: readonly string[]; idle: readonly string[]; today: string; limit: number },
): Promise<Checked> {
  const rows = await db.orm.all<Finding & { errors: number; total: number }>(
    sql`select severity, code, message, date, team_key as "teamKey", player_id as "playerId",
          count(*) filter (where severity = 'ERROR') over () as errors, count(*) over () as total
        from (${sql.join(checks(scope, { positions, idle, today }), sql` union all `)})
        order by severity, date, code, team_key, player_id limit ${limit}`,
  );
  const [first] = rows;
  return {
    errors: first?.errors ?? 0,
    warnings: (first?.total ?? 0) - (first?.errors ?? 0),
    findings: rows.map(({ errors: _, total: __, ...finding }) => finding),
  };
}

/** Lineups whose roster is unusually small or large for that team in its season; one row a lineup is read. */
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

/** Each selects severity, code, message, date, team_key and player_id. */
function checks(
  scope: LeagueDates,
  { positions, idle, today }: { positions: readonly string[]; idle: readonly string[]; today: string },
): SQL[] {
  const here = inDates(scope);
  return [
    sql`select 'ERROR' as severity, 'PLAYER_ON_TWO_TEAMS' as code, 'Player ' || ${ID} || ' is on ' || count(*) || ' teams: ' || group_concat(team_key, ', ') as message,
          date, min(team_key) as team_key, ${ID} as player_id
        from daily_lineups where ${here} group by player_id, date having count(*) > 1`,
    sql`select 'WARNING', 'DUPLICATE_PLAYER', ${NAME} || ' is on the roster ' || count(*) || ' times, as ' || group_concat(${ID}, ' and '), date, team_key, min(${ID})
        from daily_lineups where ${here} group by date, team_key, player_name having count(*) > 1`,
    sql`select 'WARNING', 'UNKNOWN_POSITION', 'The league has no slot ' || ${SLOT}, date, team_key, ${ID}
        from daily_lineups where ${here} and ${positions.length > 0 ? 1 : 0} and selected_position not ${inList(positions)}`,
    sql`select 'WARNING', 'POSITION_NOT_ELIGIBLE', ${NAME} || ' is in slot ' || ${SLOT} || ' and eligible for ' || eligible_positions, date, team_key, ${ID}
        from daily_lineups where ${here} and instr(eligible_positions, '"' || selected_position || '"') = 0
          and selected_position not ${inList(idle)}`,
    sql`select 'ERROR', 'FUTURE_DATE', 'The date is after today, ' || ${today}, date, team_key, null from team_days where ${here} and date > ${today}`,
    sql`select 'ERROR', 'MISSING_TEAM', 'The team has no lineup on this date', known.date, teams.key, null
        from (select distinct date from team_days where ${here}) as known join teams on teams.league_key = ${scope.leagueKey} and teams.left_at is null
        where not exists (select 1 from team_days as day where ${ofLeague(scope, "day")}
          and day.date = known.date and day.team_key = teams.key)`,
  ];
}
