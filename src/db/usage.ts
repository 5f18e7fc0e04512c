import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { asText, inDates, inList, type LeagueDates, ofLeague, ofPlayers } from "./conditions.ts";
import { listOf } from "./lineups.ts";
import type { Player } from "./players.ts";

/** Whose days to count: certain players', one team's, or everybody's. */
export type UsageFilter = LeagueDates & {
  playerIds?: readonly string[] | undefined;
  teamKey?: string | undefined;
};

/** Number of days on which a player was in each slot, and his eligible positions on the last of these days. */
export type UsageFacts = { player: Player; positions: { position: string; days: number }[]; eligible: string[] };

const matches = ({ playerIds, teamKey, ...range }: UsageFilter): SQL =>
  sql`${playerIds === undefined ? inDates(range) : ofPlayers({ ...range, playerIds })}
      ${teamKey === undefined ? sql`` : sql`and team_key = ${teamKey}`}`;

/** Makes SQLite use the index by player, so that rows of other players are not read. */
const BY_PLAYER = sql`indexed by daily_lineups_by_player`;

/** Counts players' days in each slot. A player who is requested by id is included if he was ever in the league. */
export async function usageFacts(db: Db, filter: UsageFilter): Promise<UsageFacts[]> {
  const [named, counted] = await Promise.all([
    db.orm.all<Player>(
      sql`select player_id as id, name from players where ${ofLeague(filter)}
          ${filter.playerIds === undefined ? sql`` : sql`and player_id ${inList(filter.playerIds)}`}`,
    ),
    // In a select with max(), SQLite takes the other columns from the row that has the maximum.
    db.orm.all<{ playerId: string; position: string; days: number; last: string; eligible: string }>(
      sql`select player_id as "playerId", selected_position as position, count(*) as days, max(date) as last, ${asText("eligible_positions")} as eligible
          from daily_lineups ${filter.playerIds === undefined ? sql`` : BY_PLAYER} where ${matches(filter)} group by player_id, selected_position`,
    ),
  ]);
  const byPlayer = Map.groupBy(counted, ({ playerId }) => playerId);
  return named.flatMap((player) => {
    const slots = byPlayer.get(player.id) ?? [];
    if (slots.length === 0 && filter.playerIds === undefined) return [];
    const newest = slots.toSorted((a, b) => (a.last < b.last ? 1 : -1))[0];
    return {
      player,
      positions: slots.map(({ position, days }) => ({ position, days })),
      eligible: newest ? listOf(newest.eligible) : [],
    };
  });
}

/** One day of a player on a team. */
export type PlayerDay = { playerId: string; date: string; teamKey: string; position: string };

/** Returns a list of the players' days on a team: one player after another, each player's days oldest first. */
export async function playerDays(
  db: Db,
  { playerIds, ...range }: LeagueDates & { playerIds: readonly string[] },
): Promise<PlayerDay[]> {
  // Read one row per player. With one row per day, most of the query's time would be spent on reading the rows.
  const rows = await db.orm.all<{ playerId: string; days: string }>(
    sql`select player_id as "playerId", json_group_array(json_array(date, ${asText("team_key")}, ${asText("selected_position")}) order by date, team_key) as days
        from daily_lineups ${BY_PLAYER} where ${ofPlayers({ ...range, playerIds })} group by player_id`,
  );
  return rows.flatMap(({ playerId, days }) =>
    (JSON.parse(days) as [string, string, string][]).map(([date, teamKey, position]) => ({
      playerId,
      date,
      teamKey,
      position,
    })),
  );
}
