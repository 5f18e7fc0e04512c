import { type SQL, sql } from "drizzle-orm";
import { foldName } from "../text.ts";
import type { Db } from "./client.ts";
import { inList, type LeagueScope, ofLeague, tensBetween } from "./conditions.ts";
import { listOf } from "./lineups.ts";
import { DAMAGED, type Environment } from "./tables/values.ts";
import { clausesOf, countTogether, inOrder, readTogether, type Window } from "./window.ts";

export type Player = { id: string; name: string };

/** Returns every suffix of the name, each with 1 if it begins at the start of a word, else 0. */
function suffixes(name: string): [string, 0 | 1][] {
  const folded = foldName(name);
  return [...folded].flatMap((_, at): [string, 0 | 1][] => {
    const suffix = [...folded].slice(at).join("");
    return suffix.startsWith(" ") ? [] : [[suffix, at === 0 || /[\s'.-]/.test([...folded][at - 1] ?? "") ? 1 : 0]];
  });
}

/** Returns the players in `given` who are not stored yet, or are stored under a different name. */
export async function unknownPlayers(db: Db, league: LeagueScope, given: readonly Player[]): Promise<Player[]> {
  const pairs = JSON.stringify(given.map(({ id, name }) => [id, name]));
  return db.orm.all<Player>(
    sql`select distinct value ->> 0 as id, value ->> 1 as name from json_each(${pairs})
        where not exists (select 1 from players where ${ofLeague(league)}
          and player_id = value ->> 0 and name = value ->> 1)`,
  );
}

/** Builds the statements that store new or renamed players and their search suffixes. */
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

/** Players of a league: all, or those whose name contains `search`, ignoring case and accents. */
export type PlayerFilter = LeagueScope & { search?: string | undefined };

/**
 * Cursor position in a list of players. Names with a word that begins with the search text come first, then all other names; each group is
 * sorted by name.
 */
export type PlayerPosition = readonly [rank: number, folded: string, id: string];

/** A found player. `rank` is 0 if the search text begins a word, else 1; `folded` is the name without accents, for ordering. */
export type FoundPlayer = Player & { rank: number; folded: string };

/** The names of a league's players, without accents and in lower case. A player's whole name is the longest of his search suffixes. */
const foldedNames = (league: LeagueScope): SQL =>
  sql`(select player_id, suffix, max(length(suffix)) from player_suffixes where ${ofLeague(league)} group by player_id)`;

function found({ search, ...league }: PlayerFilter): SQL {
  const from = search === undefined ? null : foldName(search);
  if (from === "") return sql`select '' as id, '' as name, 0 as rank, '' as folded where false`;
  const hits =
    from === null
      ? sql`(select player_id, 1 as is_word from players where ${ofLeague(league)})`
      : sql`(select player_id, max(is_word) as is_word from player_suffixes
              where ${ofLeague(league)} and suffix >= ${from} and suffix < ${`${from}\u{10ffff}`} group by player_id)`;
  return sql`select held.player_id as id, players.name, 1 - held.is_word as rank, coalesce(named.suffix, players.name) as folded
      from ${hits} as held join players on ${ofLeague(league, "players")} and players.player_id = held.player_id
        left join ${foldedNames(league)} as named on named.player_id = held.player_id`;
}

/** A list of players and the window to read. */
export type PlayersRequest = { filter: PlayerFilter; window: Window<PlayerPosition> };

/** Returns one window of a list of players. */
export async function listPlayers(
  db: Db,
  filter: PlayerFilter,
  window: Window<PlayerPosition>,
): Promise<FoundPlayer[]> {
  return (await listsOfPlayers(db, [{ filter, window }]))[0] ?? [];
}

/** Returns a window of each list of players, read together in as few statements as possible. */
export async function listsOfPlayers(db: Db, requests: readonly PlayersRequest[]): Promise<FoundPlayer[][]> {
  const lists = await readTogether<FoundPlayer>(
    db,
    requests.map(({ filter, window }) => {
      const { bounds, tail } = clausesOf(window, [sql`rank`, sql`folded`, sql`id`], "asc");
      return sql`select id, name, rank, folded from (${found(filter)}) where true ${bounds} ${tail}`;
    }),
  );
  return lists.map((rows, i) => inOrder(rows, requests[i]?.window ?? {}));
}

/** Counts the players of each list. */
export const countsOfPlayers = (db: Db, filters: readonly PlayerFilter[]): Promise<number[]> =>
  countTogether(
    db,
    filters.map((filter) => sql`select count(*) as n from (${found(filter)})`),
  );

/** Returns a map from player number to player name, for the given players of a league. The numbers are the source's own. */
export async function playerNames(db: Db, league: LeagueScope, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.orm.all<Player>(
    sql`select player_id as id, name from players where ${ofLeague(league)} and player_id ${inList(ids)}`,
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** Identifies a player of a league by the number that the source uses for him. */
export type PlayerKey = LeagueScope & { sourceId: string };

/** A player's club and eligible positions in his newest lineup, and the date of that lineup. */
export type PlayerFacts = { club: string | null; positions: string[]; date: string };

/**
 * A league in which a player is stored. `place` is the player's index among the requested players. `tens` has the league's groups of ten
 * dates.
 */
type KnownIn = { place: number; environment: Environment; leagueKey: string; sourceId: string; tens: string };

/** Returns each player's facts from all leagues of his source and sport, in the order of `keys`; null if he was in no lineup. */
export async function playerFacts(db: Db, keys: readonly PlayerKey[]): Promise<(PlayerFacts | null)[]> {
  const rows = await db.orm.all<Omit<KnownIn, "tens"> & { start: string; end: string }>(
    sql`select wanted.key as place, wanted.value ->> 0 as environment, wanted.value ->> 2 as "sourceId", any_league.key as "leagueKey",
          any_league.start_date as start, any_league.end_date as end
        from json_each(${placesOf(keys)}) as wanted cross join leagues as own on own.key = wanted.value ->> 1
          cross join leagues as any_league on any_league.source = own.source and any_league.sport = own.sport
          cross join players on players.environment = wanted.value ->> 0 and players.league_key = any_league.key
            and players.player_id = wanted.value ->> 2
        order by any_league.end_date desc`,
  );
  const tensOf = new Map(rows.map(({ leagueKey, start, end }) => [leagueKey, JSON.stringify(tensBetween(start, end))]));
  const leaguesOf = Map.groupBy(rows, ({ place }) => place);
  const facts: (PlayerFacts | null)[] = keys.map(() => null);
  // Read each player's newest league first. For nearly all players, the newest league is enough, because their other
  // leagues ended before their newest lineup. For the remaining players, read the next league.
  for (let nth = 0, left = [...leaguesOf.values()]; left.length > 0; nth++) {
    const newest = left.flatMap((leagues) => {
      const end = leagues[nth]?.end ?? "";
      return leagues.slice(nth).filter((one, i) => i === 0 || one.end === end);
    });
    for (const { place, ...found } of await newestLineups(
      db,
      newest.map((one) => ({ ...one, tens: tensOf.get(one.leagueKey) ?? "[]" })),
    ))
      if ((facts[place]?.date ?? "") < found.date) facts[place] = found;
    left = left.filter((leagues) => (facts[leagues[0]?.place ?? -1]?.date ?? "") < (leagues[nth + 1]?.end ?? ""));
  }
  return facts;
}

/** Returns each player's facts from his newest lineup in each given league. */
async function newestLineups(db: Db, wanted: readonly KnownIn[]): Promise<(PlayerFacts & { place: number })[]> {
  const places = JSON.stringify(
    wanted.map(({ place, environment, leagueKey, sourceId, tens }) => [place, environment, leagueKey, sourceId, tens]),
  );
  const rows = await db.orm.all<{ place: number; date: string; club: string | null; positions: string }>(
    sql`with wanted as materialized (select value ->> 0 as place, value ->> 1 as environment, value ->> 2 as league, value ->> 3 as player,
              value ->> 4 as tens from json_each(${places})),
          newest as materialized (
            select place, environment, league, player,
              (select max(date) from daily_lineups indexed by daily_lineups_by_player where league_key = league
                and ten_dates in (select value from json_each(tens)) and player_id = player
                and daily_lineups.environment = wanted.environment) as date
            from wanted)
        select newest.place, newest.date, player_team as club, eligible_positions as positions
        from newest cross join daily_lineups as day indexed by daily_lineups_by_player
          on day.league_key = newest.league and day.ten_dates = substr(newest.date, 1, 9) and day.player_id = newest.player
            and day.environment = newest.environment and day.date = newest.date`,
  );
  return rows.map(({ positions, ...row }) => ({ ...row, positions: listOf(positions) }));
}

/**
 * Returns one list of seasons per player, in the order of `keys`. Each list has the seasons in which the player was on a team, newest
 * first. Only leagues of the player's source and sport are read.
 */
export async function seasonsOfPlayers(db: Db, keys: readonly PlayerKey[]): Promise<number[][]> {
  const rows = await db.orm.all<{ place: number; season: number }>(
    sql`select distinct wanted.key as place, any_league.season
        from json_each(${placesOf(keys)}) as wanted cross join leagues as own on own.key = wanted.value ->> 1
          cross join leagues as any_league on any_league.source = own.source and any_league.sport = own.sport
          cross join players on players.environment = wanted.value ->> 0 and players.league_key = any_league.key
            and players.player_id = wanted.value ->> 2
        order by place, any_league.season desc`,
  );
  const seasons: number[][] = keys.map(() => []);
  for (const { place, season } of rows) seasons[place]?.push(season);
  return seasons;
}

const placesOf = (keys: readonly PlayerKey[]): string =>
  JSON.stringify(keys.map(({ environment, leagueKey, sourceId }) => [environment, leagueKey, sourceId]));

/** Identifies a player in any league by the number that the source uses for him. */
export type PlayerNumber = { source: string; sport: string; sourceId: string; environment: Environment };

/** Returns each player's key and name in his newest season, in the order of `numbers`; null for a player in no season. */
export async function findPlayers(
  db: Db,
  numbers: readonly PlayerNumber[],
): Promise<((PlayerKey & { name: string }) | null)[]> {
  const found = await readTogether<{ name: string; leagueKey: string }>(
    db,
    numbers.map(
      ({ source, sport, sourceId, environment }) =>
        sql`select players.name, players.league_key as "leagueKey" from leagues
              join players on players.environment = ${environment} and players.league_key = leagues.key and players.player_id = ${sourceId}
            where leagues.source = ${source} and leagues.sport = ${sport} order by leagues.season desc, leagues.key limit 1`,
    ),
  );
  return numbers.map(({ sourceId, environment }, i) => {
    const [player] = found[i] ?? [];
    return player ? { ...player, sourceId, environment } : null;
  });
}
