import { sql } from "drizzle-orm";
import { foldName } from "../text.ts";
import type { Db } from "./client.ts";
import { asText, inDates, knownTens, type LeagueDates, type LeagueScope, ofLeague } from "./conditions.ts";
import { listOf } from "./lineups.ts";

/**
 * Returns the players in a range of dates who have no record under their stored name, or whom a search for their stored name does
 * not find.
 * @returns `name` is the newest name in the player's records; `isKnown` tells whether a name is stored.
 */
export async function lostPlayers(
  db: Db,
  range: LeagueDates,
): Promise<{ id: string; name: string; isKnown: boolean }[]> {
  const rows = await db.orm.all<{ id: string; names: string; known: string | null }>(
    sql`select ${asText("held.player_id")} as id, names, players.name as known
        from (select player_id, json_group_array(distinct ${asText("player_name")}) as names from daily_lineups where ${inDates(range)} group by player_id) as held
          left join players on ${ofLeague(range, "players")} and players.player_id = held.player_id`,
  );
  const named = rows.map(({ id, names, known }) => ({
    id,
    known,
    isSeen: known !== null && listOf(names).includes(known),
  }));
  // The stored name of a renamed player may be in records of other dates.
  const elsewhere = new Set(
    await playersNamed(
      db,
      range,
      named.filter(({ isSeen }) => !isSeen),
    ),
  );
  const found = new Set(await playersFound(db, range, named));
  const lost = named.filter(({ id, isSeen }) => !(isSeen || elsewhere.has(id)) || !found.has(id));
  if (lost.length === 0) return [];
  const newest = await db.orm.all<{ id: string; name: string }>(
    sql`select value as id, (select ${asText("player_name")} from daily_lineups indexed by daily_lineups_by_player
            where ${ofLeague(range)} and ten_dates in ${knownTens(range)} and player_id = value order by date desc limit 1) as name
        from json_each(${JSON.stringify(lost.map(({ id }) => id))})`,
  );
  const nameOf = new Map(newest.map(({ id, name }) => [id, name]));
  return lost.map(({ id, known }) => ({ id, name: nameOf.get(id) ?? "", isKnown: known !== null }));
}

type NamedPlayer = { id: string; known: string | null };

const pairsOf = (players: readonly NamedPlayer[], text: (name: string) => string): string =>
  JSON.stringify(players.flatMap(({ id, known }) => (known === null ? [] : [[text(known), id]])));

/** Returns the ids of players who have a record under their stored name. */
async function playersNamed(db: Db, league: LeagueScope, players: readonly NamedPlayer[]): Promise<string[]> {
  if (players.length === 0) return [];
  const rows = await db.orm.all<{ id: string }>(
    sql`select value ->> 1 as id from json_each(${pairsOf(players, (name) => name)})
        where exists (select 1 from daily_lineups indexed by daily_lineups_by_player where ${ofLeague(league)}
          and ten_dates in ${knownTens(league)} and player_id = value ->> 1 and player_name = value ->> 0)`,
  );
  return rows.map(({ id }) => id);
}

/** Returns the ids of players who are found by a search for their whole stored name. */
async function playersFound(db: Db, league: LeagueScope, players: readonly NamedPlayer[]): Promise<string[]> {
  const rows = await db.orm.all<{ id: string }>(
    sql`select value ->> 1 as id from json_each(${pairsOf(players, foldName)})
        where exists (select 1 from player_suffixes where ${ofLeague(league)} and suffix = value ->> 0 and player_id = value ->> 1)`,
  );
  return rows.map(({ id }) => id);
}
