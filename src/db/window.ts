import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";

/** A place in an ordered list: the values that the list is ordered by, so that it stays right while entries are added. */
export type Position = readonly (string | number)[];

/** A part of an ordered list: what lies behind one place and before another, counted from its start or from its end. */
export type Window<P extends Position> = {
  after?: P | undefined;
  before?: P | undefined;
  limit: number;
  /** The last entries of the part instead of the first; they are read in reverse, see {@link inOrder}. */
  isFromEnd?: boolean | undefined;
};

/** How a window is read. @param columns What the list is ordered by, all in one direction. */
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

/** What was read of a window, in the order of its list. */
export const inOrder = <T>(rows: T[], { isFromEnd }: { isFromEnd?: boolean | undefined }): T[] =>
  isFromEnd ? rows.toReversed() : rows;

/** SQLite joins so many statements at most; fewer keep the texts short. */
const MAX_TOGETHER = 100;

/** The rows of several statements of one shape, a list for each, read as one statement. */
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

/** What several statements count, as one statement. @param selects Each of one row with `n`. */
export async function countTogether(db: Db, selects: readonly SQL[]): Promise<number[]> {
  return (await readTogether<{ n: number | null }>(db, selects)).map(([row]) => row?.n ?? 0);
}
