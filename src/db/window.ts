import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";

/**
 * The position of an entry in an ordered list: the entry's values in the columns that order the list. A position stays valid while entries
 * are added.
 */
export type Position = readonly (string | number)[];

/** A part of an ordered list: up to `limit` entries between two positions, counted from the start or from the end. */
export type Window<P extends Position> = {
  after?: P | undefined;
  before?: P | undefined;
  limit: number;
  /** Reads the last entries of the part, not the first. The rows are read in reverse; {@link inOrder} restores the order. */
  isFromEnd?: boolean | undefined;
};

/** Returns the SQL clauses that read a window. @param columns The columns that order the list, all in one direction. */
export function clausesOf<P extends Position>(
  { after, before, limit, isFromEnd = false }: Window<P>,
  columns: readonly SQL[],
  direction: "asc" | "desc",
): { bounds: SQL; tail: SQL } {
  const isAscending = direction === "asc";
  const tuple = sql`(${sql.join([...columns], sql`, `)})`;
  const place = (position: P) =>
    sql`(${sql.join(
      position.map((value) => sql`${value}`),
      sql`, `,
    )})`;
  const [behind, ahead] = isAscending ? [sql`>`, sql`<`] : [sql`<`, sql`>`];
  const order = isAscending === !isFromEnd ? sql`asc` : sql`desc`;
  return {
    bounds: sql`${after ? sql`and ${tuple} ${behind} ${place(after)}` : sql``} ${before ? sql`and ${tuple} ${ahead} ${place(before)}` : sql``}`,
    tail: sql`order by ${sql.join(
      columns.map((column) => sql`${column} ${order}`),
      sql`, `,
    )} limit ${limit}`,
  };
}

/** Returns the rows of a window in the order of its list. */
export const inOrder = <T>(rows: T[], { isFromEnd }: { isFromEnd?: boolean | undefined }): T[] =>
  isFromEnd ? rows.toReversed() : rows;

/** Maximum number of selects joined into one statement. The maximum is below SQLite's limit, to keep the statement short. */
const MAX_TOGETHER = 100;

/**
 * Reads several selects with the same columns in as few statements as possible. Returns one list of rows per select, in the order of
 * `selects`.
 */
export async function readTogether<Row>(db: Db, selects: readonly SQL[]): Promise<Row[][]> {
  const lists: Row[][] = selects.map(() => []);
  for (let from = 0; from < selects.length; from += MAX_TOGETHER) {
    const terms = selects
      .slice(from, from + MAX_TOGETHER)
      .map((select, i) => sql`select ${from + i} as place, each.* from (${select}) as each`);
    for (const { place, ...row } of await db.orm.all<{ place: number }>(sql.join(terms, sql` union all `)))
      lists[place]?.push(row as Row);
  }
  return lists;
}

/**
 * Reads several selects together and returns one count per select, in the order of `selects`.
 * @param selects Each select returns one row, whose column `n` is the count.
 */
export async function countTogether(db: Db, selects: readonly SQL[]): Promise<number[]> {
  return (await readTogether<{ n: number | null }>(db, selects)).map(([row]) => row?.n ?? 0);
}
