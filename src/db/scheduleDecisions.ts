import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import type { ScheduleDecision } from "./schedules.ts";
import { clausesOf, countTogether, inOrder, readTogether, type Window } from "./window.ts";

/** Returns the times of a schedule's manual runs at or after `from`. */
export async function manualTimes(db: Db, id: string, from: number): Promise<number[]> {
  const rows = await db.orm.all<{ at: number }>(
    sql`select scheduled_for as at from schedule_decisions where schedule_id = ${id} and scheduled_for >= ${from} and "trigger" = 'MANUAL'`,
  );
  return rows.map(({ at }) => at);
}

/** Cursor position in a list of decisions, newest due time first. */
export type DecisionPosition = readonly [scheduledFor: number, trigger: string, epoch: number];

/** A schedule's list of decisions and the window to read. */
export type DecisionsRequest = { scheduleId: string; window: Window<DecisionPosition> };

/** A decision and its epoch, which is part of the cursor position. */
export type PlacedDecision = ScheduleDecision & { epoch: number };

/** Returns a window of each schedule's decisions, newest due time first, read together in as few statements as possible. */
export async function listsOfDecisions(db: Db, requests: readonly DecisionsRequest[]): Promise<PlacedDecision[][]> {
  const lists = await readTogether<PlacedDecision>(
    db,
    requests.map(({ scheduleId, window }) => {
      const { bounds, tail } = clausesOf(window, [sql`scheduled_for`, sql`"trigger"`, sql`epoch`], "desc");
      return sql`select scheduled_for as "scheduledFor", scheduled_until as "scheduledUntil", "trigger", decided_at as "decidedAt", outcome,
            job_id as "jobId", reason, epoch from schedule_decisions where schedule_id = ${scheduleId} ${bounds} ${tail}`;
    }),
  );
  return lists.map((rows, i) => inOrder(rows, requests[i]?.window ?? {}));
}

/** Counts the decisions of each schedule. */
export const countsOfDecisions = (db: Db, scheduleIds: readonly string[]): Promise<number[]> =>
  countTogether(
    db,
    scheduleIds.map((id) => sql`select count(*) as n from schedule_decisions where schedule_id = ${id}`),
  );
