import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import type { ScheduleDecision } from "./schedules.ts";
import { scheduleDecisions } from "./tables/schedules.ts";

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
