import type { Schedule } from "../db/schedules.ts";
import { nextDueTime } from "./cron.ts";
import {
  allSpans,
  type Decision,
  type Due,
  dueNow,
  isAhead,
  NOTHING_QUEUED,
  skippedMissed,
  skippedOverlap,
} from "./decide.ts";

// Decides what happens to a schedule that a person changes or deletes. `decide.ts` decides about due times.

/** The fields of a schedule that a person may change. */
export type ScheduleChanges = Partial<
  Pick<Schedule, "name" | "mend" | "cron" | "timezone" | "lookbackDays" | "enabled" | "overlap" | "catchUp">
>;

/**
 * Returns the changed schedule, and a decision for each due time that is dropped because of the change. If the pattern, the zone or
 * `enabled` changes, the schedule starts over from now: due times in the past are skipped, even one whose run is queued behind a job. If a
 * clock ran ahead and future due times were decided too early, these due times are decided again.
 */
export function revise(
  before: Schedule,
  wanted: ScheduleChanges,
  now: number,
): { after: Schedule; dropped: Decision[] } {
  const { enabled = before.enabled, ...rest } = wanted;
  const common = { ...before, ...rest, updatedAt: now };
  const startsOver = isAhead(before, now);
  const isNew =
    (["cron", "timezone"] as const).some((name) => common[name] !== before[name]) ||
    enabled !== before.enabled ||
    (wanted.enabled === true && startsOver);
  if (!isNew) {
    if (!before.enabled || !enabled) return { after: { ...common, enabled: false }, dropped: [] };
    const { nextDueAt, queuedFor, queuedBehind } = before;
    const drops = queuedFor !== null && before.overlap === "QUEUE" && common.overlap === "SKIP";
    const waits = drops ? NOTHING_QUEUED : { queuedFor, queuedBehind };
    const dropped = drops
      ? [skippedOverlap(queuedFor, "overlap was set to SKIP while it waited for a job to end", queuedBehind)]
      : [];
    return { after: { ...common, enabled, nextDueAt, ...waits }, dropped };
  }
  const watermark = startsOver ? now : Math.max(before.watermark, now);
  const epoch = before.epoch + (startsOver ? 1 : 0);
  const after: Schedule = enabled
    ? { ...common, epoch, watermark, enabled, nextDueAt: nextDueTime(common, watermark), ...NOTHING_QUEUED }
    : { ...common, epoch, watermark, enabled };
  return { after, dropped: skipAll(before, now, "The schedule was changed") };
}

/** When the schedule is deleted or starts over, skips every due time that has passed and every due time that waits. */
export function skipAll(schedule: Schedule, now: number, why: string): Decision[] {
  if (!schedule.enabled) return [];
  const { queuedFor, queuedBehind } = schedule;
  const due = dueIfKnown(schedule, now);
  return [
    ...(queuedFor === null ? [] : [skippedOverlap(queuedFor, `${why} while it waited for a job to end`, queuedBehind)]),
    ...skippedMissed(allSpans(due), `${why} before anything ran`),
  ];
}

/** Returns null for a pattern that this runtime cannot evaluate, so that a person can still edit or delete the schedule. */
function dueIfKnown(schedule: Schedule, now: number): Due | null {
  try {
    return dueNow(schedule, now);
  } catch {
    return null;
  }
}
