import { type SQL, sql } from "drizzle-orm";
import { foldName } from "../text.ts";
import type { Db } from "./client.ts";
import { inDates, type LeagueDates, type LeagueScope, ofLeague } from "./conditions.ts";
import { DAMAGED, type Environment } from "./tables/values.ts";

export type Player = { id: string; name: string };

/** The name from each of its letters on; whether a word begins there. */
function suffixes(name: string): [string, 0 | 1][] {
  const folded = foldName(name);
  return [...folded].flatMap((_, at): [string, 0 | 1][] => {
    const suffix = [...folded].slice(at).join("");
    return suffix.startsWith(" ") ? [] : [[suffix, at === 0 || /[\s'.-]/.test([...folded][at - 1] ?? "") ? 1 : 0]];
  });
}

/** Those of the given players whom the ledger does not know under that name. */
export async function unknownPlayers(db: Db, league: LeagueScope, given: readonly Player[]): Promise<Player[]> {
  const pairs = JSON.stringify(given.map(({ id, name }) => [id, name]));
  return db.orm.all<Player>(
    sql`select distinct value ->> 0 as id, value ->> 1 as name from json_each(${pairs})
        where not exists (select 1 from players where ${ofLeague(league)}
          and player_id = value ->> 0 and name = value ->> 1)`,
  );
}

/** Makes new or renamed players known and found. */
export function writePlayers({ environment, leagueKey }: LeagueScope, fresh: readonly Player[]): SQL[] {
  if (fresh.length === 0) return [];
  const named = new Map(fresh.map(({ id, name }) => [id, name]));
  const rows = [...named].flatMap(([id, name]) => suffixes(name).map(([suffix, isWord]) => [suffix, id, isWord]));
  return [
    sql`insert into players (environment, league_key, player_id, name)
        select ${environment}, ${leagueKey}, value ->> 0, value ->> 1 from json_each(${JSON.stringify([...named])}) where true
        on conflict do update set name = excluded.name where instr(excluded.name, ${DAMAGED}) = 0 or instr(name, ${DAMAGED}) > 0`,
    sql`insert into player_suffixes (environment, league_key, suffix, player_id, is_word)
        select ${environment}, ${leagueKey}, value ->> 0, value ->> 1, value ->> 2 from json_each(${JSON.stringify(rows)}) where true
        on conflict do update set is_word = max(is_word, excluded.is_word)`,
  ];
}

/** Players whose name contains the text, ignoring case and accents; those with a word that begins with it come first. */
export async function searchPlayers(db: Db, league: LeagueScope, search: string, limit: number): Promise<Player[]> {
  const from = foldName(search);
  if (from === "") return [];
  return db.orm.all<Player>(
    sql`select found.player_id as id, players.name
        from (select player_id, max(is_word) as is_word from player_suffixes
              where ${ofLeague(league)} and suffix >= ${from} and suffix < ${`${from}\u{10ffff}`}
              group by player_id) as found
        join players on ${ofLeague(league, "players")} and players.player_id = found.player_id
        order by found.is_word desc, players.name, id limit ${limit}`,
  );
}

/** A player of any league of a source and sport, under the name that its newest season has. */
export async function playerNamed(
  db: Db,
  {
    source,
    sport,
    sourceId,
    environment,
  }: { source: string; sport: string; sourceId: string; environment: Environment },
): Promise<{ sourceId: string; name: string; leagueKey: string; environment: Environment } | undefined> {
  const [row] = await db.orm.all<{ name: string; leagueKey: string }>(
    sql`select players.name, players.league_key as "leagueKey" from leagues
        join players on players.environment = ${environment} and players.league_key = leagues.key and players.player_id = ${sourceId}
        where leagues.source = ${source} and leagues.sport = ${sport} order by leagues.season desc, leagues.key limit 1`,
  );
  return row && { ...row, sourceId, environment };
}

export async function findPlayer(db: Db, league: LeagueScope, playerId: string): Promise<Player | undefined> {
  const [row] = await db.orm.all<Player>(
    sql`select player_id as id, name from players where ${ofLeague(league)} and player_id = ${playerId}`,
  );
  return row;
}

/** One day of a player on a team. */
type PlayerDay = { date: string; teamKey: string; position: string; eligible: string };

/** Where a player was on each date he was on a team, in order. */
export async function playerDays(
  db: Db,
  { playerId, ...range }: LeagueDates & { playerId: string },
): Promise<PlayerDay[]> {
  return db.orm.all<PlayerDay>(
    sql`select date, team_key as "teamKey", selected_position as position, eligible_positions as eligible from daily_lineups
        where ${inDates(range)} and player_id = ${playerId}
        order by date, team_key`,
  );
}
