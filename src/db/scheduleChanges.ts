import { and, desc, eq, lt, type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { scheduleChanges } from "./tables/schedules.ts";
import type { SCHEDULE_CHANGE_KINDS } from "./tables/values.ts";

/** What a person did with a schedule. */
export type ScheduleChange = {
  id: number;
  scheduleId: string;
  kind: (typeof SCHEDULE_CHANGE_KINDS)[number];
  /** Milliseconds since 1970. */
  at: number;
  /** Who did it: the name of a token. */
  by: string;
  /** The fields that were set, by their names in the API. */
  fields: Record<string, unknown>;
};

/** What a person sets of a schedule. */
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

/** Follows the statement that does what it tells of, and is written only if that was done. */
export const appendScheduleChange = (
  id: string,
  { kind, at, by, fields }: Omit<ScheduleChange, "id" | "scheduleId">,
): SQL =>
  sql`insert into schedule_changes (schedule_id, kind, at, "by", fields)
      select ${id}, ${kind}, ${at}, ${by}, ${JSON.stringify(fields)} where changes() = 1`;

/** What people did with a schedule before a place in the list, newest first; also of a deleted one. */
export async function listScheduleChanges(
  db: Db,
  scheduleId: string,
  { before, limit }: { before: number; limit: number },
): Promise<ScheduleChange[]> {
  const rows = await db.orm
    .select()
    .from(scheduleChanges)
    .where(and(eq(scheduleChanges.scheduleId, scheduleId), lt(scheduleChanges.id, before)))
    .orderBy(desc(scheduleChanges.id))
    .limit(limit);
  return rows.map((row) => ({ ...row, fields: JSON.parse(row.fields) as Record<string, unknown> }));
}
