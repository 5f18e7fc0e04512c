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

/** Records of some players in a range of a league's dates, found by `daily_lineups_by_player`: ten dates together, then the players. */
export const ofPlayers = ({ playerIds, ...range }: LeagueDates & { playerIds: readonly string[] }): SQL =>
  sql`${inDates(range)} and ten_dates ${inList(tensBetween(range.start, range.end))}
    and player_id ${inList(playerIds)}`;

/** Which ten dates of a month a date is one of: `2025-04-1` for those from the 10th to the 19th. */
export const tenDates = (date: string): string => date.slice(0, 9);

/** All of those between two dates, both included; none where one is damaged, or they are the other way round. */
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

/** The tens of all dates of a league that the ledger knows, as a subselect. */
export const knownTens = (league: LeagueScope): SQL =>
  sql`(select distinct substr(known.date, 1, 9) from league_dates as known where ${ofLeague(league, "known")})`;

/**
 * A column as text. Bytes that damage has put there are shown as hexadecimal digits: joined to a text, or cast to one, they make one that
 * is no UTF-8, at which libsql ends the whole process.
 */
export const asText = (column: string): SQL => sql.raw(`iif(typeof(${column}) = 'blob', hex(${column}), ${column})`);

/** `in (…)`: any number of values as one parameter. */
export const inList = (values: readonly string[]): SQL =>
  sql`in (select value from json_each(${JSON.stringify(values)}))`;
