import { MINUTE } from "../clock.ts";
import type { Job } from "../db/job.ts";
import type { EnabledSchedule, Schedule, ScheduleUpdate } from "../db/schedules.ts";
import { plural } from "../text.ts";
import { dueTimes, lastDueTime, nextDueTime } from "./cron.ts";

// Each due time of an enabled schedule is decided once. The latest due time that has passed is run, unless it was missed and the schedule
// does not catch up. Earlier due times are SKIPPED_MISSED, because one run serves them all. If a job blocks the run, the due time is
// SKIPPED_OVERLAP or waits. A blocked due time waits if the policy is QUEUE. A blocked due time also waits if its run makes up for missed
// due times: the job that blocks the run may be left over from a crash. At most one due time waits, and further blocked due times are
// SKIPPED_OVERLAP. With the policy QUEUE, the latest new due time begins to wait when the waiting run starts.
//
// The functions here only decide, and know neither the database nor the clock. `db/schedules.ts` writes a decision only if the schedule is
// unchanged. The watermark never moves back by itself, so no due time is run twice, whatever the clock does. If a clock that ran far ahead
// has moved the watermark, a person has to enable or change the schedule, so that the schedule starts over in a new epoch.

/** How late a run may start without its due time counting as missed: an edge runtime checks once a minute, and a check takes time. */
const GRACE_MS = 2 * MINUTE;

/** How far the clocks of the processes may differ. A watermark that is more than `AHEAD_MS` ahead comes from a clock that was wrong. */
const AHEAD_MS = 2 * MINUTE;

/** Whether future due times were decided because a clock ran ahead. Until the time of the watermark, no due time is left to decide. */
export const isAhead = ({ watermark }: Pick<Schedule, "watermark">, now: number): boolean => watermark > now + AHEAD_MS;

/**
 * Maximum number of due times that each get their own row when a schedule has not been checked for a long time. If more than `MAX_ROWS` due
 * times have passed, one row covers all except the latest.
 */
const MAX_ROWS = 100;

export type Decision = ScheduleUpdate["decisions"][number];
type Span = { from: number; until: number | null };

/** The latest due time, the undecided due times before it, and the next due time. */
export type Due = { before: Span[]; latest: number; next: number | null };

/** Returns the undecided due times; null when there are none. Throws croner's error when this runtime does not know the zone. */
export function dueNow(schedule: Schedule, now: number): Due | null {
  const times = dueTimes(schedule, schedule.watermark, { until: now, limit: MAX_ROWS + 1 });
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return null;
  if (times.length <= MAX_ROWS) {
    const before = times.slice(0, -1).map((from) => ({ from, until: null }));
    return { before, latest: last, next: nextDueTime(schedule, last) };
  }
  const latest = lastDueTime(schedule, now) ?? last;
  const previous = lastDueTime(schedule, latest - 1) ?? first;
  return { before: [{ from: first, until: previous }], latest, next: nextDueTime(schedule, latest) };
}

/** The undecided due times, and the run that is chosen; `run` is null if no run is chosen. */
export type ChosenRun = {
  schedule: EnabledSchedule;
  due: Due | null;
  now: number;
  run: { scheduledFor: number; waited: boolean } | null;
  position: Pick<ScheduleUpdate, "watermark" | "nextDueAt">;
};

/** Chooses the run; whether a job blocks the run is not considered yet. */
export function chooseRun(schedule: EnabledSchedule, due: Due | null, now: number): ChosenRun {
  const position = due
    ? { watermark: due.latest, nextDueAt: due.next }
    : { watermark: schedule.watermark, nextDueAt: nextDueTime(schedule, schedule.watermark) };
  const common = { schedule, due, now, position };
  if (schedule.queuedFor !== null) return { ...common, run: { scheduledFor: schedule.queuedFor, waited: true } };
  const isMissed = due !== null && schedule.catchUp === "NONE" && isLate(due.latest, now);
  return { ...common, run: due === null || isMissed ? null : { scheduledFor: due.latest, waited: false } };
}

const isLate = (due: number, now: number) => now - due > GRACE_MS;
export const NOTHING_QUEUED = { queuedFor: null, queuedBehind: null };

/** Returns all undecided due times, including the latest. */
export const allSpans = (due: Due | null): Span[] => (due ? [...due.before, { from: due.latest, until: null }] : []);

/** Returns the update for the case that every due time was missed and nothing runs. */
export function skipMissed({ due, position }: ChosenRun): ScheduleUpdate {
  const all = allSpans(due);
  return {
    ...position,
    ...NOTHING_QUEUED,
    decisions: skippedMissed(all, "Nothing ran at the due time, and catchUp is NONE"),
  };
}

/** Returns the update for a run that a job blocks: the due time waits or is skipped. */
export function deferOrSkip(w: ChosenRun, blocker: Job): ScheduleUpdate {
  const { schedule, due, run, now, position } = w;
  if (run === null) return skipMissed(w);
  const waits = { queuedFor: run.scheduledFor, queuedBehind: blocker.id };
  if (run.waited) {
    const why = `${at(run.scheduledFor)} is already waiting, and only one may wait: ${describeBlocker(blocker)}`;
    const later = allSpans(due);
    return {
      ...position,
      ...waits,
      decisions: later.flatMap((span) => skipBeside(span, run.scheduledFor, now, why, blocker.id)),
    };
  }
  const catchesUp = schedule.catchUp === "LATEST" && due !== null && (due.before.length > 0 || isLate(due.latest, now));
  // With the policy SKIP, a run that makes up for missed due times waits only for a job that is running or queued.
  const isGoingOn = blocker.status === "RUNNING" || blocker.status === "QUEUED";
  const skipped = missedBefore(w);
  if (schedule.overlap === "QUEUE" || (catchesUp && isGoingOn)) return { ...position, ...waits, decisions: skipped };
  const overlap = skippedOverlap(run.scheduledFor, describeBlocker(blocker), blocker.id);
  return { ...position, ...NOTHING_QUEUED, decisions: [...skipped, overlap] };
}

/** If nothing blocks the run, returns the update that is written together with the new job. */
export function startRun(w: ChosenRun, jobId: string): ScheduleUpdate {
  const { schedule, due, run, now, position } = w;
  if (run === null) return skipMissed(w);
  const lateMs = now - run.scheduledFor;
  if (!run.waited) {
    const start = decision(run.scheduledFor, "STARTED", whyRun(due, lateMs), jobId);
    return { ...position, ...NOTHING_QUEUED, decisions: [...missedBefore(w), start] };
  }
  const start = decision(
    run.scheduledFor,
    "STARTED",
    `Started ${minutes(lateMs)} late, because another job had to end first`,
    jobId,
  );
  const why = `Job ${jobId} had just been started for the due time ${at(run.scheduledFor)}`;
  const others = (due?.before ?? []).flatMap((span) => skipBeside(span, run.scheduledFor, now, why, jobId));
  if (!due) return { ...position, ...NOTHING_QUEUED, decisions: [start] };
  if (schedule.overlap === "QUEUE" && !isLate(due.latest, now))
    return { ...position, queuedFor: due.latest, queuedBehind: jobId, decisions: [...others, start] };
  const latest = skipBeside({ from: due.latest, until: null }, run.scheduledFor, now, why, jobId);
  return { ...position, ...NOTHING_QUEUED, decisions: [...others, ...latest, start] };
}

/** Returns the update for a run that could not be started. */
export function failRun(w: ChosenRun, reason: string): ScheduleUpdate {
  const { due, run, now, position } = w;
  if (run === null) return skipMissed(w);
  const failure = decision(run.scheduledFor, "FAILED", reason, null);
  const why = `The waiting run for ${at(run.scheduledFor)} could not be started`;
  const skipped = run.waited
    ? allSpans(due).flatMap((span) => skipBeside(span, run.scheduledFor, now, why, null))
    : missedBefore(w);
  return { ...position, ...NOTHING_QUEUED, decisions: [...skipped, failure] };
}

function whyRun(due: Due | null, lateMs: number): string {
  const first = due?.before[0];
  const others =
    !due || !first
      ? ""
      : first.until === null
        ? `; ${plural(due.before.length, "due time")} before it, from ${at(first.from)}, ${due.before.length === 1 ? "was" : "were"} missed`
        : `; all due times before it, from ${at(first.from)}, were missed`;
  return (
    (lateMs > GRACE_MS ? `Started ${minutes(lateMs)} late, because nothing ran at the due time` : "On time") + others
  );
}

const missedBefore = ({ due }: ChosenRun): Decision[] =>
  due
    ? skippedMissed(
        due.before,
        `Nothing ran at the due time. Only the latest missed due time, ${at(due.latest)}, is considered`,
      )
    : [];

/** Skips due times because the run for another due time waits, or has waited, for a job to end. */
function skipBeside(span: Span, waiting: number, now: number, why: string, jobId: string | null): Decision[] {
  if (span.until === null && !isLate(span.from, now)) return [skippedOverlap(span.from, why, jobId)];
  return skippedMissed(
    [span],
    `Nothing ran at the due time. The run for ${at(waiting)} had to wait for a job to end, and covers this due time too`,
  );
}

/** Returns a text that says why a job blocks a run, and what a person can do about the job. */
export function describeBlocker(job: Job): string {
  const because = job.error ? `: ${job.error.code}, ${job.error.message}` : "";
  switch (job.status) {
    case "WAITING":
      return `Job ${job.id} is WAITING until ${at(job.resumeAt)}${because}`;
    case "PAUSED":
      return `Job ${job.id} is PAUSED${because}; resume or cancel it${job.error ? ", once that is fixed" : ""}`;
    default:
      return `Job ${job.id} is still ${job.status}`;
  }
}

const decision = (
  scheduledFor: number,
  outcome: Decision["outcome"],
  reason: string,
  jobId: string | null,
): Decision => ({ scheduledFor, scheduledUntil: null, trigger: "CRON", outcome, jobId, reason });
export const skippedOverlap = (from: number, reason: string, jobId: string | null) =>
  decision(from, "SKIPPED_OVERLAP", reason, jobId);
export const skippedMissed = (spans: readonly Span[], reason: string): Decision[] =>
  spans.map(({ from, until }) => ({
    ...decision(from, "SKIPPED_MISSED", reason, null),
    scheduledUntil: until === from ? null : until,
  }));

const at = (instant: number) => new Date(instant).toISOString();

/** Formats a duration, such as "12 min" or "71 h 5 min". */
function minutes(ms: number): string {
  const all = Math.max(0, Math.round(ms / MINUTE));
  return all < 120 ? `${all} min` : `${Math.floor(all / 60)} h${all % 60 ? ` ${all % 60} min` : ""}`;
}
