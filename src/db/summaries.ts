import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { inList, type LeagueDate, onDate } from "./conditions.ts";
import type { Environment } from "./tables/values.ts";

/** One lineup, as far as a team's habits show in it. */
export type LineupFacts = { date: string; lineupHash: string };
export type TeamPlayerDay = { date: string; playerId: string; position: string; firstEligible: string | null };

/** A team's days of a range and everybody on them. */
export async function teamFacts(
  db: Db,
  { environment, teamKey, dates }: { environment: Environment; teamKey: string; dates: readonly string[] },
): Promise<{ days: LineupFacts[]; players: TeamPlayerDay[] }> {
  const league = sql`(select league_key from teams where key = ${teamKey})`;
  const ofTeam = sql`environment = ${environment} and league_key = ${league} and date ${inList(dates)} and team_key = ${teamKey}`;
  const days = await db.orm.all<LineupFacts>(
    sql`select date, lineup_hash as "lineupHash" from team_days
        where ${ofTeam} order by date`,
  );
  const players = await db.orm.all<TeamPlayerDay>(
    sql`select date, player_id as "playerId", selected_position as position, eligible_positions ->> 0 as "firstEligible" from daily_lineups
        where ${ofTeam}`,
  );
  return { days, players };
}

/** How often each slot was taken in a league on a date, and by how many teams; null when the date was not collected. */
export async function dayFacts(
  db: Db,
  place: LeagueDate,
): Promise<{ teams: number; final: boolean; slots: { position: string; players: number }[] } | null> {
  const here = onDate(place);
  const [day] = await db.orm.all<{ teams: number; final: number | null }>(
    sql`select count(*) as teams, min(final) as final from team_days where ${here}`,
  );
  if (!day || day.teams === 0) return null;
  const slots = await db.orm.all<{ position: string; players: number }>(
    sql`select selected_position as position, count(*) as players from daily_lineups where ${here} group by selected_position order by players desc, position`,
  );
  return { teams: day.teams, final: day.final === 1, slots };
}
