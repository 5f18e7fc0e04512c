import { MINUTE } from "../clock.ts";
import type { Job } from "../db/job.ts";
import type { EnabledSchedule, Schedule, ScheduleUpdate } from "../db/schedules.ts";
import { plural } from "../text.ts";
import { dueTimes, lastDueTime, nextDueTime } from "./cron.ts";

// Each due time of an enabled schedule is decided once. The latest that has come is run, unless it came so long ago that it was
// missed and the schedule does not catch up; those before it are SKIPPED_MISSED, for one run serves them all. While a job is in
// its way, it is SKIPPED_OVERLAP, or waits: with QUEUE, and where it catches up on others, as a crash may have left that job behind.
// At most one waits; further ones are SKIPPED_OVERLAP, but the latest takes its place when it starts.
//
// The functions here decide; they know neither the database nor the clock. `db/schedules.ts` writes what they decide, if the
// schedule is still as it was. The watermark of what is decided does not go back by itself, and so nothing fires twice, whatever the clock
// does. Only a person who enables or changes a schedule that a clock had decided far ahead starts it over, in a new epoch.

/** How late a due time may be taken up without having been missed: the edge looks once a minute, and looking takes time. */
const GRACE_MS = 2 * MINUTE;

/** A watermark this far ahead of the clock is not that of processes whose clocks differ a little. */
const AHEAD_MS = 2 * MINUTE;

/** Whether a clock that was ahead has decided what is still to come: until then nothing more is. */
export const isAhead = ({ watermark }: Pick<Schedule, "watermark">, now: number): boolean => watermark > now + AHEAD_MS;

/** After a long absence, so many due times get a row each; of more, one row tells of all. */
const MAX_ROWS = 100;

export type Decision = ScheduleUpdate["decisions"][number];
type Span = { from: number; until: number | null };

/** What has come due since the last decision: the latest, and what came before it. */
export type Due = { before: Span[]; latest: number; next: number | null };

/** Null when nothing has come due. Throws what croner throws when this runtime does not know the zone. */
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

/** What has come due, with what is to be run, if anything is. */
export type ChosenRun = {
  schedule: EnabledSchedule;
  due: Due | null;
  now: number;
  run: { scheduledFor: number; waited: boolean } | null;
  position: Pick<ScheduleUpdate, "watermark" | "nextDueAt">;
};

/** Decides what does not depend on other jobs. */
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

/** All that has come due, the latest included. */
export const allSpans = (due: Due | null): Span[] => (due ? [...due.before, { from: due.latest, until: null }] : []);

/** With nothing to run: what was missed. */
export function skipMissed({ due, position }: ChosenRun): ScheduleUpdate {
  const all = allSpans(due);
  return {
    ...position,
    ...NOTHING_QUEUED,
    decisions: skippedMissed(all, "Nothing ran at that time, and catchUp is NONE"),
  };
}

/** With a job in the way of the run: the due time waits, or is skipped. */
export function deferOrSkip(w: ChosenRun, blocker: Job): ScheduleUpdate {
  const { schedule, due, run, now, position } = w;
  if (run === null) return skipMissed(w);
  const waits = { queuedFor: run.scheduledFor, queuedBehind: blocker.id };
  if (run.waited) {
    const why = `${at(run.scheduledFor)} waits already, and at most one waits: ${describeBlocker(blocker)}`;
    const later = allSpans(due);
    return {
      ...position,
      ...waits,
      decisions: later.flatMap((span) => skipBeside(span, run.scheduledFor, now, why, blocker.id)),
    };
  }
  const catchesUp = schedule.catchUp === "LATEST" && due !== null && (due.before.length > 0 || isLate(due.latest, now));
  // One that waits for the source, or for a person, is joined by nothing.
  const isGoingOn = blocker.status === "RUNNING" || blocker.status === "QUEUED";
  const skipped = missedBefore(w);
  if (schedule.overlap === "QUEUE" || (catchesUp && isGoingOn)) return { ...position, ...waits, decisions: skipped };
  const overlap = skippedOverlap(run.scheduledFor, describeBlocker(blocker), blocker.id);
  return { ...position, ...NOTHING_QUEUED, decisions: [...skipped, overlap] };
}

/** With nothing in the way: what goes with the start of a job. */
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
    `The job that it waited for has ended, ${minutes(lateMs)} later`,
    jobId,
  );
  const why = `Job ${jobId} was started a moment before, for ${at(run.scheduledFor)}`;
  const others = (due?.before ?? []).flatMap((span) => skipBeside(span, run.scheduledFor, now, why, jobId));
  if (!due) return { ...position, ...NOTHING_QUEUED, decisions: [start] };
  if (schedule.overlap === "QUEUE" && !isLate(due.latest, now))
    return { ...position, queuedFor: due.latest, queuedBehind: jobId, decisions: [...others, start] };
  const latest = skipBeside({ from: due.latest, until: null }, run.scheduledFor, now, why, jobId);
  return { ...position, ...NOTHING_QUEUED, decisions: [...others, ...latest, start] };
}

/** The run could not be started. */
export function failRun(w: ChosenRun, reason: string): ScheduleUpdate {
  const { due, run, now, position } = w;
  if (run === null) return skipMissed(w);
  const failure = decision(run.scheduledFor, "FAILED", reason, null);
  const why = `The run for ${at(run.scheduledFor)}, which waited, could not be started`;
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
  return (lateMs > GRACE_MS ? `Caught up, ${minutes(lateMs)} late, as nothing ran at that time` : "On time") + others;
}

const missedBefore = ({ due }: ChosenRun): Decision[] =>
  due
    ? skippedMissed(
        due.before,
        `Nothing ran at that time; of those that were missed, only the latest, ${at(due.latest)}, counts`,
      )
    : [];

/** What becomes of due times beside one that waits, or waited. */
function skipBeside(span: Span, waiting: number, now: number, why: string, jobId: string | null): Decision[] {
  if (span.until === null && !isLate(span.from, now)) return [skippedOverlap(span.from, why, jobId)];
  return skippedMissed(
    [span],
    `Nothing ran at that time; ${at(waiting)}, which waited for a job to end, counts for it`,
  );
}

/** Why a job is in the way, and what would help. */
export function describeBlocker(job: Job): string {
  const because = job.error ? `: ${job.error.code}, ${job.error.message}` : "";
  switch (job.status) {
    case "WAITING":
      return `Job ${job.id} is WAITING until ${at(job.resumeAt)}${because}`;
    case "PAUSED":
      return `Job ${job.id} is PAUSED${because}; resume or cancel it${job.error ? ", once that is mended" : ""}`;
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

/** "12 min", "71 h 5 min". */
function minutes(ms: number): string {
  const all = Math.max(0, Math.round(ms / MINUTE));
  return all < 120 ? `${all} min` : `${Math.floor(all / 60)} h${all % 60 ? ` ${all % 60} min` : ""}`;
}
