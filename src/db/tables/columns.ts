import { sql } from "drizzle-orm";
import { type AnySQLiteColumn, integer } from "drizzle-orm/sqlite-core";

// Columns and checks that several tables share.

export const oneOf = (column: AnySQLiteColumn, values: readonly string[]) =>
  sql`${column} in (${sql.raw(values.map((value) => `'${value}'`).join(", "))})`;
export const isDate = (column: AnySQLiteColumn) => sql`${column} glob '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'`;
export const isFlag = (column: AnySQLiteColumn) => sql`${column} in (0, 1)`;
export const isJson = (column: AnySQLiteColumn) => sql`json_valid(${column})`;

export const recordCounters = {
  recordsProcessed: integer("records_processed").notNull().default(0),
  recordsInserted: integer("records_inserted").notNull().default(0),
  recordsUpdated: integer("records_updated").notNull().default(0),
  recordsUnchanged: integer("records_unchanged").notNull().default(0),
  /** Number of records that the source no longer shows; `recordsProcessed` does not include them. */
  recordsRemoved: integer("records_removed").notNull().default(0),
};
