import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import type { ScheduleChange, ScheduleDecision } from "./schedules.ts";
import { scheduleChanges, scheduleDecisions } from "./tables/schedules.ts";

/** The instants of a schedule's runs by hand from an instant on: none, or those of the same moment. */
export async function manualTimes(db: Db, id: string, from: number): Promise<number[]> {
  const rows = await db.orm.all<{ at: number }>(
    sql`select scheduled_for as at from schedule_decisions where schedule_id = ${id} and scheduled_for >= ${from} and "trigger" = 'MANUAL'`,
  );
  return rows.map(({ at }) => at);
}

/** What a schedule decided about due times before an instant, newest due time first. */
export async function listDecisions(
  db: Db,
  id: string,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<ScheduleDecision[]> {
  return db.orm
    .select({
      scheduledFor: scheduleDecisions.scheduledFor,
      scheduledUntil: scheduleDecisions.scheduledUntil,
      trigger: scheduleDecisions.trigger,
      decidedAt: scheduleDecisions.decidedAt,
      outcome: scheduleDecisions.outcome,
      jobId: scheduleDecisions.jobId,
      reason: scheduleDecisions.reason,
    })
    .from(scheduleDecisions)
    .where(
      and(
        eq(scheduleDecisions.scheduleId, id),
        before === undefined ? undefined : lt(scheduleDecisions.scheduledFor, before),
      ),
    )
    .orderBy(desc(scheduleDecisions.scheduledFor), desc(scheduleDecisions.trigger), desc(scheduleDecisions.epoch))
    .limit(limit);
}

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
