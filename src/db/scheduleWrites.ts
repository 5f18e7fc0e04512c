import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { appendScheduleChange, changedFields, editableFields } from "./scheduleChanges.ts";
import { type Schedule, type ScheduleUpdate, updateStatements } from "./schedules.ts";

/** SQL condition: another schedule of the environment has this name, ignoring case. */
const isTaken = ({ id, environment, name }: Pick<Schedule, "id" | "environment" | "name">): SQL =>
  sql`exists (select 1 from schedules where environment = ${environment} and deleted_at is null and lower(name) = lower(${name}) and id <> ${id})`;

/**
 * Stores a new schedule. Stores nothing if another schedule of the environment has taken the name meanwhile, or if the environment is at
 * its limit.
 * @param by The name of the token that creates the schedule.
 * @param most Limit of schedules per environment.
 */
export async function insertSchedule(db: Db, row: Schedule, { by, most }: { by: string; most: number }): Promise<void> {
  const nextDueAt = row.enabled ? row.nextDueAt : null;
  await db.write(
    [
      sql`insert into schedules (id, name, kind, mend, environment, league_key, cron, timezone, lookback_days, enabled, overlap, catch_up,
          created_at, updated_at, version, decided_until, next_due_at)
        select ${row.id}, ${row.name}, ${row.kind}, ${Number(row.mend)}, ${row.environment}, ${row.leagueKey}, ${row.cron}, ${row.timezone}, ${row.lookbackDays},
          ${Number(row.enabled)}, ${row.overlap}, ${row.catchUp}, ${row.createdAt}, ${row.updatedAt}, ${row.version},
          ${row.watermark}, ${nextDueAt} where not ${isTaken(row)}
          and (select count(*) from schedules where environment = ${row.environment} and deleted_at is null) < ${most} on conflict (id) do nothing`,
      appendScheduleChange(row.id, { kind: "CREATED", at: row.createdAt, by, fields: editableFields(row) }),
    ],
    { repeatable: true },
  );
}

/**
 * Stores an edited or deleted schedule, and the decision on each due time that the change drops. Returns false if somebody
 * else has changed the schedule meanwhile or if another schedule has the new name.
 */
export async function rewriteSchedule(
  db: Db,
  before: Schedule,
  after: Schedule | "deleted",
  dropped: ScheduleUpdate["decisions"],
  { now, by }: { now: number; by: string },
): Promise<boolean> {
  const same = sql`where id = ${before.id} and version = ${before.version + 1} and changes() = 1`;
  const [watermark, decisions] = updateStatements(
    before,
    { decisions: dropped, watermark: before.watermark, nextDueAt: null, queuedFor: null, queuedBehind: null },
    { now, condition: after === "deleted" || after.name === before.name ? sql`true` : sql`not ${isTaken(after)}` },
  );
  if (!watermark || !decisions) throw new Error("Cannot write the schedule: the update must have two statements");
  const [updated] = await db.write(
    [
      watermark,
      after === "deleted"
        ? sql`update schedules set enabled = 0, deleted_at = ${now} ${same}`
        : sql`update schedules set name = ${after.name}, mend = ${Number(after.mend)}, cron = ${after.cron}, timezone = ${after.timezone}, lookback_days = ${after.lookbackDays},
              enabled = ${Number(after.enabled)}, overlap = ${after.overlap}, catch_up = ${after.catchUp}, updated_at = ${after.updatedAt},
              epoch = ${after.epoch}, decided_until = ${after.watermark}, next_due_at = ${after.enabled ? after.nextDueAt : null},
              queued_for = ${after.enabled ? after.queuedFor : null}, queued_behind = ${after.enabled ? after.queuedBehind : null} ${same}`,
      appendScheduleChange(
        before.id,
        after === "deleted"
          ? { kind: "DELETED", at: now, by, fields: {} }
          : { kind: "CHANGED", at: now, by, fields: changedFields(before, after) },
      ),
      decisions,
    ],
    { repeatable: true },
  );
  if (updated?.rowsAffected === 1) return true;
  // If the first response was lost, the transaction was sent again and found the schedule already written.
  const written =
    after === "deleted" ? sql`deleted_at = ${now}` : sql`updated_at = ${after.updatedAt} and name = ${after.name}`;
  const [own] = await db.orm.all(
    sql`select 1 from schedules where id = ${before.id} and version = ${before.version + 1} and ${written}`,
  );
  return own !== undefined;
}
