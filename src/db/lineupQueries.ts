import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { inDates, type LeagueDates } from "./conditions.ts";
import { parseSlots, SLOTS, type StoredSlot } from "./lineups.ts";
import type { Environment } from "./tables/values.ts";
import { clausesOf, countTogether, inOrder, readTogether, type Window } from "./window.ts";

/** A lineup in a list, without its slots. */
export type Lineup = {
  environment: Environment;
  leagueKey: string;
  date: string;
  teamKey: string;
  jobId: string;
  collectedAt: number;
  final: boolean;
};

export type LineupFilter = LeagueDates & { teamKey?: string | undefined };

/** Cursor position in a list of lineups, ordered by date and team. */
export type LineupPosition = readonly [date: string, teamKey: string];

/** A list of lineups and the window to read. */
export type LineupsRequest = { filter: LineupFilter; window: Window<LineupPosition> };

const columns = sql`environment, league_key as "leagueKey", date, team_key as "teamKey", job_id as "jobId", collected_at as "collectedAt", final`;
type Row = Omit<Lineup, "final"> & { final: number };
const parse = (row: Row): Lineup => ({ ...row, final: row.final === 1 });

const matches = ({ teamKey, ...range }: LineupFilter) =>
  sql`${inDates(range)} ${teamKey === undefined ? sql`` : sql`and team_key = ${teamKey}`}`;

/** Returns one window of a list of lineups, ordered by date and team. */
export async function listLineups(db: Db, filter: LineupFilter, window: Window<LineupPosition>): Promise<Lineup[]> {
  return (await listsOfLineups(db, [{ filter, window }]))[0] ?? [];
}

/** Returns a window of each list of lineups, read together in as few statements as possible. */
export async function listsOfLineups(db: Db, requests: readonly LineupsRequest[]): Promise<Lineup[][]> {
  const lists = await readTogether<Row>(
    db,
    requests.map(({ filter, window }) => {
      const { bounds, tail } = clausesOf(window, [sql`date`, sql`team_key`], "asc");
      return sql`select ${columns} from team_days where ${matches(filter)} ${bounds} ${tail}`;
    }),
  );
  return lists.map((rows, i) => inOrder(rows.map(parse), requests[i]?.window ?? {}));
}

/** Counts the lineups of each list. */
export const countsOfLineups = (db: Db, filters: readonly LineupFilter[]): Promise<number[]> =>
  countTogether(
    db,
    filters.map((filter) => sql`select count(*) as n from team_days where ${matches(filter)}`),
  );

/** Identifies one lineup. */
export type LineupPlace = { environment: Environment; teamKey: string; date: string };

/** Finds lineups by team key and date, in the order of `places`; null for a lineup that was not collected. */
export async function findLineups(db: Db, places: readonly LineupPlace[]): Promise<(Lineup | null)[]> {
  const found = await readTogether<Row>(
    db,
    places.map(
      ({ environment, teamKey, date }) =>
        sql`select ${columns} from team_days where environment = ${environment} and date = ${date} and team_key = ${teamKey}
              and league_key = (select league_key from teams where key = ${teamKey})`,
    ),
  );
  return found.map(([row]) => (row ? parse(row) : null));
}

/** Returns one list of slots per lineup, in the order of `lineups`. */
export async function slotsOf(db: Db, lineups: readonly Lineup[]): Promise<StoredSlot[][]> {
  const keys = JSON.stringify(
    lineups.map(({ environment, leagueKey, date, teamKey }) => [environment, leagueKey, date, teamKey]),
  );
  const rows = await db.orm.all<{ place: number; slots: string }>(
    sql`select wanted.key as place, ${SLOTS} as slots
        from json_each(${keys}) as wanted cross join daily_lineups
          on environment = wanted.value ->> 0 and league_key = wanted.value ->> 1 and date = wanted.value ->> 2 and team_key = wanted.value ->> 3
        group by wanted.key`,
  );
  const lists: StoredSlot[][] = lineups.map(() => []);
  for (const { place, slots } of rows) lists[place] = parseSlots(slots);
  return lists;
}
