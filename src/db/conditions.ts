import { type SQL, sql } from "drizzle-orm";
import type { Environment } from "./tables/values.ts";

/** A league within an environment: what every lineup belongs to. */
export type LeagueScope = { environment: Environment; leagueKey: string };

/** One date of a league, YYYY-MM-DD. */
export type LeagueDate = LeagueScope & { date: string };

/** A range of a league's dates, both ends included. */
export type LeagueDates = LeagueScope & { start: string; end: string };

/** Rows of one league. @param table The alias that the statement gave the table, where the columns' names alone are ambiguous. */
export function ofLeague({ environment, leagueKey }: LeagueScope, table?: string): SQL {
  const prefix = sql.raw(table === undefined ? "" : `${table}.`);
  return sql`${prefix}environment = ${environment} and ${prefix}league_key = ${leagueKey}`;
}

/** Rows of one date of a league. */
export const onDate = (scope: LeagueDate): SQL => sql`${ofLeague(scope)} and date = ${scope.date}`;

/** Rows of a range of a league's dates. */
export const inDates = (range: LeagueDates): SQL =>
  sql`${ofLeague(range)} and date between ${range.start} and ${range.end}`;

/**
 * A column as text. Bytes that damage has put there are shown as hexadecimal digits: joined to a text, or cast to one, they make one that
 * is no UTF-8, at which libsql ends the whole process.
 */
export const asText = (column: string): SQL => sql.raw(`iif(typeof(${column}) = 'blob', hex(${column}), ${column})`);

/** `in (…)`: any number of values as one parameter. */
export const inList = (values: readonly string[]): SQL =>
  sql`in (select value from json_each(${JSON.stringify(values)}))`;
