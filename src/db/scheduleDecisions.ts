import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import type { ScheduleDecision } from "./schedules.ts";
import { clausesOf, countTogether, inOrder, readTogether, type Window } from "./window.ts";

/** The instants of a schedule's runs by hand from an instant on: none, or those of the same moment. */
export async function manualTimes(db: Db, id: string, from: number): Promise<number[]> {
  const rows = await db.orm.all<{ at: number }>(
    sql`select scheduled_for as at from schedule_decisions where schedule_id = ${id} and scheduled_for >= ${from} and "trigger" = 'MANUAL'`,
  );
  return rows.map(({ at }) => at);
}

/** A place in a list of decisions, newest due time first. */
export type DecisionPosition = readonly [scheduledFor: number, trigger: string, epoch: number];

/** What some schedules decided, and which part of each list. */
export type DecisionsRequest = { scheduleId: string; window: Window<DecisionPosition> };

/** A decision and its place. */
export type PlacedDecision = ScheduleDecision & { epoch: number };

/** Windows of what several schedules decided, newest due time first, in one statement. */
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

/** How many decisions each of some schedules has made. */
export const countsOfDecisions = (db: Db, scheduleIds: readonly string[]): Promise<number[]> =>
  countTogether(
    db,
    scheduleIds.map((id) => sql`select count(*) as n from schedule_decisions where schedule_id = ${id}`),
  );
