import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import type { SCHEDULE_CHANGE_KINDS } from "./tables/values.ts";
import { clausesOf, inOrder, type Window } from "./window.ts";

/** A change that a person made to a schedule. */
export type ScheduleChange = {
  id: number;
  scheduleId: string;
  kind: (typeof SCHEDULE_CHANGE_KINDS)[number];
  /** When the change was made, in milliseconds since 1970. */
  at: number;
  /** The name of the token that made the change. */
  by: string;
  /** The fields that were set, by their names in the API. */
  fields: Record<string, unknown>;
};

/** The fields of a schedule that a person sets. */
const EDITABLE = [
  "name",
  "kind",
  "mend",
  "leagueKey",
  "environment",
  "cron",
  "timezone",
  "lookbackDays",
  "enabled",
  "overlap",
  "catchUp",
] as const;
type Editable = Readonly<Record<(typeof EDITABLE)[number], unknown>>;

export const editableFields = (row: Editable): Record<string, unknown> =>
  Object.fromEntries(EDITABLE.map((name) => [name, row[name]]));

export const changedFields = (before: Editable, after: Editable): Record<string, unknown> =>
  Object.fromEntries(EDITABLE.flatMap((name) => (before[name] === after[name] ? [] : [[name, after[name]]])));

/**
 * Builds the statement that records a change. Run the built statement right after the statement that makes the change. The built
 * statement records nothing if the change affected no row.
 */
export const appendScheduleChange = (
  id: string,
  { kind, at, by, fields }: Omit<ScheduleChange, "id" | "scheduleId">,
): SQL =>
  sql`insert into schedule_changes (schedule_id, kind, at, "by", fields)
      select ${id}, ${kind}, ${at}, ${by}, ${JSON.stringify(fields)} where changes() = 1`;

/** Cursor position in a list of a schedule's changes, newest first. */
export type ScheduleChangePosition = readonly [id: number];

/** Returns one window of a schedule's changes, newest first, even if the schedule is deleted. */
export async function listScheduleChanges(
  db: Db,
  scheduleId: string,
  window: Window<ScheduleChangePosition>,
): Promise<ScheduleChange[]> {
  const { bounds, tail } = clausesOf(window, [sql`id`], "desc");
  const rows = await db.orm.all<Omit<ScheduleChange, "fields"> & { fields: string }>(
    sql`select id, schedule_id as "scheduleId", kind, at, "by", fields from schedule_changes where schedule_id = ${scheduleId} ${bounds} ${tail}`,
  );
  return inOrder(
    rows.map((row) => ({ ...row, fields: JSON.parse(row.fields) as Record<string, unknown> })),
    window,
  );
}

export async function countScheduleChanges(db: Db, scheduleId: string): Promise<number> {
  const [row] = await db.orm.all<{ n: number }>(
    sql`select count(*) as n from schedule_changes where schedule_id = ${scheduleId}`,
  );
  return row?.n ?? 0;
}
