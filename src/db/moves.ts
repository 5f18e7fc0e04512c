import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { asText, inDates, type LeagueScope, tenDates } from "./conditions.ts";
import type { LineupFilter } from "./lineupQueries.ts";
import { readTogether } from "./window.ts";

/** A lineup that differs from the team's previous collected lineup. `before` is the date of the previous lineup. */
export type ChangedLineup = { date: string; teamKey: string; before: string };

/** Returns the lineups of a range that differ from the same team's previous lineup, ordered by date and team. */
export async function changedLineups(db: Db, { teamKey, ...range }: LineupFilter): Promise<ChangedLineup[]> {
  // Start at the very first lineup, because the previous lineup may be any number of days before the range.
  const looked = { ...range, start: "" };
  return db.orm.all<ChangedLineup>(
    sql`select date, team_key as "teamKey", before from (
          select date, team_key, lineup_hash, lag(date) over one as before, lag(lineup_hash) over one as hash_before from team_days
          where ${inDates(looked)} ${teamKey === undefined ? sql`` : sql`and team_key = ${teamKey}`}
          window one as (partition by team_key order by date)) as held
        where date >= ${range.start} and before is not null and lineup_hash <> hash_before order by date, team_key`,
  );
}

/** A player and the slot he was in. */
export type SlotOfPlayer = { playerId: string; name: string; position: string };

/** Returns one map per lineup, in the order of `lineups`. Each map leads from a player's id to the player's slot. */
export async function slotsByPlayer(
  db: Db,
  { environment, leagueKey }: LeagueScope,
  lineups: readonly { date: string; teamKey: string }[],
): Promise<Map<string, SlotOfPlayer>[]> {
  const wanted = JSON.stringify(lineups.map(({ date, teamKey }) => [date, teamKey]));
  const rows = await db.orm.all<{ place: number; slots: string }>(
    sql`select wanted.key as place, json_group_array(json_array(${asText("player_id")}, ${asText("player_name")}, ${asText("selected_position")})) as slots
        from json_each(${wanted}) as wanted cross join daily_lineups on environment = ${environment} and league_key = ${leagueKey}
          and date = wanted.value ->> 0 and team_key = wanted.value ->> 1
        group by place`,
  );
  const lists = lineups.map(() => new Map<string, SlotOfPlayer>());
  for (const { place, slots } of rows) {
    for (const [playerId, name, position] of JSON.parse(slots) as [string, string, string][])
      lists[place]?.set(playerId, { playerId, name, position });
  }
  return lists;
}

/** A player on a date in a league. */
export type PlayerOnDate = LeagueScope & { playerId: string; date: string };

/** Returns one team key per place, in the order of `places`: the player's team on the date; null if he was on no team. */
export async function teamsOfPlayers(db: Db, places: readonly PlayerOnDate[]): Promise<(string | null)[]> {
  const found = await readTogether<{ teamKey: string }>(
    db,
    places.map(
      ({ environment, leagueKey, playerId, date }) =>
        sql`select team_key as "teamKey" from daily_lineups where environment = ${environment} and league_key = ${leagueKey}
              and ten_dates = ${tenDates(date)} and player_id = ${playerId} and date = ${date} order by team_key limit 1`,
    ),
  );
  return found.map(([row]) => row?.teamKey ?? null);
}
