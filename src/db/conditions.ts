import { type SQL, sql } from "drizzle-orm";
import type { Environment } from "./tables/values.ts";

/** A league in an environment. Every lineup belongs to one league in one environment. */
export type LeagueScope = { environment: Environment; leagueKey: string };

/** One date of a league, YYYY-MM-DD. */
export type LeagueDate = LeagueScope & { date: string };

/** A range of a league's dates, both ends included. */
export type LeagueDates = LeagueScope & { start: string; end: string };

/** Matches rows of one league. @param table The table's alias in the statement, needed where column names are ambiguous. */
export function ofLeague({ environment, leagueKey }: LeagueScope, table?: string): SQL {
  const prefix = sql.raw(table === undefined ? "" : `${table}.`);
  return sql`${prefix}environment = ${environment} and ${prefix}league_key = ${leagueKey}`;
}

/** Matches rows of one date of a league. */
export const onDate = (scope: LeagueDate): SQL => sql`${ofLeague(scope)} and date = ${scope.date}`;

/** Matches rows of a range of a league's dates. */
export const inDates = (range: LeagueDates): SQL =>
  sql`${ofLeague(range)} and date between ${range.start} and ${range.end}`;

/**
 * Matches players' records in a range of dates. The condition names the groups of ten dates, so that SQLite can use the index
 * `daily_lineups_by_player`.
 */
export const ofPlayers = ({ playerIds, ...range }: LeagueDates & { playerIds: readonly string[] }): SQL =>
  sql`${inDates(range)} and ten_dates ${inList(tensBetween(range.start, range.end))}
    and player_id ${inList(playerIds)}`;

/** Returns the group of ten dates that a date belongs to, such as `2025-04-1` for April 10th to 19th. */
export const tenDates = (date: string): string => date.slice(0, 9);

/** Returns the groups of ten dates from `start` to `end`, both included; empty if a date is malformed or `start` is after `end`. */
export function tensBetween(start: string, end: string): string[] {
  const [from, to] = [start, end].map((date) =>
    /^\d{4}-\d{2}-\d{2}$/.test(date) ? Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1 : null,
  );
  if (from == null || to == null || start > end) return [];
  return Array.from({ length: to - from + 1 }, (_, i) => {
    const [year, month] = [Math.floor((from + i) / 12), ((from + i) % 12) + 1];
    const first = `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-`;
    return ["0", "1", "2", "3"].map((ten) => first + ten);
  })
    .flat()
    .filter((tens) => tens >= tenDates(start) && tens <= tenDates(end));
}

/** Returns a subselect of the groups of ten dates that cover a league's known dates. */
export const knownTens = (league: LeagueScope): SQL =>
  sql`(select distinct substr(known.date, 1, 9) from league_dates as known where ${ofLeague(league, "known")})`;

/**
 * Reads a column as text. If damage has put bytes into the column, returns the bytes as hexadecimal digits. Do not cast the bytes to text
 * or join them to text: the invalid UTF-8 would make libsql end the whole process.
 */
export const asText = (column: string): SQL => sql.raw(`iif(typeof(${column}) = 'blob', hex(${column}), ${column})`);

/** Returns an `in (…)` condition that passes any number of values as one parameter. */
export const inList = (values: readonly string[]): SQL =>
  sql`in (select value from json_each(${JSON.stringify(values)}))`;
