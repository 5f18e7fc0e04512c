import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { asText, inDates, inList, type LeagueDates, type LeagueScope, ofLeague } from "./conditions.ts";

/** The date and hash of one lineup, for a team's summary. */
export type LineupFacts = { date: string; lineupHash: string };
export type TeamPlayerDay = {
  date: string;
  playerId: string;
  position: string;
  /** The player's eligible positions as JSON; parsed only for the few players for whom they are needed. */
  eligible: string;
};

/** Teams of a league on certain dates. */
export type TeamsInDates = LeagueScope & { teamKeys: readonly string[]; dates: readonly string[] };

/** Returns a map from team key to the team's lineups on the given dates, with all players in these lineups. */
export async function teamFacts(
  db: Db,
  { teamKeys, dates, ...league }: TeamsInDates,
): Promise<Map<string, { days: LineupFacts[]; players: TeamPlayerDay[] }>> {
  const wanted = sql`${ofLeague(league)} and date ${inList(dates)} and team_key ${inList(teamKeys)}`;
  const facts = new Map<string, { days: LineupFacts[]; players: TeamPlayerDay[] }>(
    teamKeys.map((key) => [key, { days: [], players: [] }]),
  );
  const days = await db.orm.all<LineupFacts & { teamKey: string }>(
    sql`select team_key as "teamKey", date, lineup_hash as "lineupHash" from team_days where ${wanted} order by date`,
  );
  for (const { teamKey, ...day } of days) facts.get(teamKey)?.days.push(day);
  // Read one row per lineup. Reading a row for each slot would cost more than parsing the JSON.
  const rosters = await db.orm.all<{ teamKey: string; date: string; players: string }>(
    sql`select team_key as "teamKey", date, json_group_array(json_array(${asText("player_id")}, ${asText("selected_position")}, ${asText("eligible_positions")})) as players
        from daily_lineups where ${wanted} group by date, team_key`,
  );
  for (const { teamKey, date, players } of rosters) {
    for (const [playerId, position, eligible] of JSON.parse(players) as [string, string, string][])
      facts.get(teamKey)?.players.push({ date, playerId, position, eligible });
  }
  return facts;
}

/** A player's slot and status on a team on a date. `observedAt` is when the status was observed, in milliseconds since 1970. */
export type TeamSlot = { playerId: string; position: string; status: string; observedAt: number };

/** Returns a map from date to a team's slots. The map omits dates that were not collected. */
export async function teamSlots(
  db: Db,
  { teamKey, dates, ...league }: LeagueScope & { teamKey: string; dates: readonly string[] },
): Promise<Map<string, TeamSlot[]>> {
  const wanted = sql`${ofLeague(league)} and date ${inList(dates)} and team_key = ${teamKey}`;
  const days = await db.orm.all<{ date: string }>(sql`select date from team_days where ${wanted}`);
  const rows = await db.orm.all<{ date: string; slots: string }>(
    sql`select date, json_group_array(json_array(${asText("player_id")}, ${asText("selected_position")}, ${asText("player_status")}, observed_at + 0)) as slots
        from daily_lineups where ${wanted} group by date`,
  );
  const slots = new Map<string, TeamSlot[]>(days.map(({ date }) => [date, []]));
  for (const row of rows) {
    const parsed = JSON.parse(row.slots) as [string, string, string, number][];
    slots.set(
      row.date,
      parsed.map(([playerId, position, status, observedAt]) => ({ playerId, position, status, observedAt })),
    );
  }
  return slots;
}

/** Counts for one date of a league. */
export type DayFacts = {
  date: string;
  teams: number;
  final: boolean;
  /** Number of players in each slot, fullest slot first. */
  slots: { position: string; players: number }[];
};

/** Returns the counts of each collected date of a range. */
export async function dayFacts(db: Db, range: LeagueDates): Promise<DayFacts[]> {
  const days = await db.orm.all<{ date: string; teams: number; final: number }>(
    sql`select date, count(*) as teams, min(final) as final from team_days where ${inDates(range)} group by date order by date`,
  );
  const slots = await db.orm.all<{ date: string; position: string; players: number }>(
    sql`select date, selected_position as position, count(*) as players from daily_lineups where ${inDates(range)}
        group by date, selected_position order by date, players desc, position`,
  );
  const byDate = Map.groupBy(slots, ({ date }) => date);
  return days.map(({ final, ...day }) => ({
    ...day,
    final: final === 1,
    slots: (byDate.get(day.date) ?? []).map(({ position, players }) => ({ position, players })),
  }));
}
