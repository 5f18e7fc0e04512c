import type { Job } from "../db/job.ts";
import type { Decided, EnabledSchedule, Schedule } from "../db/schedules.ts";
import { dueTimes, lastDueTime, nextDueTime } from "./cron.ts";
import { count } from "./job.ts";

// Each due time of an enabled schedule is decided once. The latest that has come is run, unless it came so long ago that it was
// missed and the schedule does not catch up; those before it are SKIPPED_MISSED, for one run serves them all. While a job stands
// in its way, it is SKIPPED_OVERLAP, or waits with QUEUE; further ones are then SKIPPED_OVERLAP, for at most one waits.
//
// The functions here decide; they know neither the database nor the clock. `db/schedules.ts` writes what they decide, if the
// schedule is still as it was. The mark of what is decided never goes back, and so nothing fires twice, whatever the clock does.

const MINUTE = 60 * 1000;

/** How late a due time may be taken up without having been missed: the edge looks once a minute, and looking takes time. */
const GRACE_MS = 2 * MINUTE;

/** After a long absence, so many due times get a row each; of more, one row tells of all. */
const MOST_ROWS = 1_000;

type Decision = Decided["decisions"][number];

/** What has come due since the last decision: the latest, and what came before it. */
export type Due = { before: { from: number; until: number | null }[]; latest: number; next: number | null };

/** Null when nothing has come due. */
export function dueNow(schedule: Schedule, now: number): Due | null {
  const times = dueTimes(schedule, schedule.decidedUntil, { until: now, most: MOST_ROWS + 1 });
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return null;
  if (times.length <= MOST_ROWS) {
    const before = times.slice(0, -1).map((from) => ({ from, until: null }));
    return { before, latest: last, next: nextDueTime(schedule, last) };
  }
  const latest = lastDueTime(schedule, now) ?? last;
  const previous = lastDueTime(schedule, latest - 1) ?? first;
  return { before: [{ from: first, until: previous }], latest, next: nextDueTime(schedule, latest) };
}

/** What is decided without a job, and the due time that is to be run, if one is. */
export type Weighed = {
  skipped: Decision[];
  run: { scheduledFor: number; reason: string } | null;
  decidedUntil: number;
  nextDueAt: number | null;
};

/** Decides what does not depend on other jobs. */
export function weigh(schedule: EnabledSchedule, due: Due | null, now: number): Weighed {
  const { queuedFor, catchUp } = schedule;
  const mark = due
    ? { decidedUntil: due.latest, nextDueAt: due.next }
    : { decidedUntil: schedule.decidedUntil, nextDueAt: nextDueTime(schedule, schedule.decidedUntil) };
  if (queuedFor !== null) {
    const run = { scheduledFor: queuedFor, reason: "The job that it waited for has ended" };
    const later = due ? [...due.before, { from: due.latest, until: null }] : [];
    const skipped = later.map(({ from, until }) =>
      now - from > GRACE_MS
        ? missed(from, until, `Nothing ran at that time; ${at(queuedFor)} waits for a job to end and serves it`)
        : overlapped(from, `${at(queuedFor)} waits for a job to end already, and at most one waits`),
    );
    return { skipped, run, ...mark };
  }
  if (!due) return { skipped: [], run: null, ...mark };
  const isLate = now - due.latest > GRACE_MS;
  if (isLate && catchUp === "NONE") {
    const all = [...due.before, { from: due.latest, until: null }];
    const skipped = all.map(({ from, until }) => missed(from, until, "Nothing ran at that time, and catchUp is NONE"));
    return { skipped, run: null, ...mark };
  }
  const skipped = due.before.map(({ from, until }) =>
    missed(from, until, `Nothing ran at that time; the run of ${at(due.latest)} serves it`),
  );
  return { skipped, run: { scheduledFor: due.latest, reason: whyRun(due, isLate) }, ...mark };
}

function whyRun({ before, latest }: Due, isLate: boolean): string {
  const [first] = before;
  const others = !first
    ? ""
    : first.until === null
      ? `${count(before.length, "due time")} before it, from ${at(first.from)}, ${before.length === 1 ? "was" : "were"} missed`
      : `all due times before it, from ${at(first.from)}, were missed`;
  if (isLate) return `Caught up, as nothing ran at ${at(latest)}${others && `; ${others}`}`;
  return `On time${others && `; ${others}`}`;
}

/** With a job in the way of the run: the due time waits, or is skipped. */
export function hold(schedule: EnabledSchedule, { skipped, run, ...mark }: Weighed, blocker: Job): Decided {
  if (run === null || schedule.overlap === "QUEUE")
    return { ...mark, decisions: skipped, queuedFor: run?.scheduledFor ?? null };
  return {
    ...mark,
    decisions: [...skipped, overlapped(run.scheduledFor, inTheWay(blocker), blocker.id)],
    queuedFor: null,
  };
}

/** With nothing in the way: what goes with the start of a job. */
export const started = ({ skipped, run, ...mark }: Weighed, jobId: string): Decided => ({
  ...mark,
  decisions: run ? [...skipped, decision(run.scheduledFor, "STARTED", run.reason, jobId)] : skipped,
  queuedFor: null,
});

/** The run could not be started. */
export const failed = ({ skipped, run, ...mark }: Weighed, reason: string): Decided => ({
  ...mark,
  decisions: run ? [...skipped, decision(run.scheduledFor, "FAILED", reason, null)] : skipped,
  queuedFor: null,
});

/** Why a job is in the way, and what would help. */
export function inTheWay(job: Job): string {
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

/**
 * What a person wants of a schedule, as its row is to be. A change of the pattern, the zone or `enabled` begins anew from now: it never
 * fires for the past, and what had come due or waited is told as skipped.
 */
export function revise(
  before: Schedule,
  wanted: Partial<Pick<Schedule, "name" | "cron" | "timezone" | "lookbackDays" | "enabled" | "overlap" | "catchUp">>,
  now: number,
): { after: Schedule; dropped: Decision[] } {
  const { enabled = before.enabled, ...rest } = wanted;
  const common = { ...before, ...rest, updatedAt: now };
  const waits = before.enabled ? before.queuedFor : null;
  const isNew =
    (["cron", "timezone"] as const).some((name) => common[name] !== before[name]) || enabled !== before.enabled;
  if (!isNew) {
    const drops = waits !== null && common.overlap === "SKIP";
    const queuedFor = drops ? null : waits;
    const after: Schedule =
      before.enabled && enabled
        ? { ...common, enabled, nextDueAt: before.nextDueAt, queuedFor }
        : { ...common, enabled: false };
    return {
      after,
      dropped: drops ? [overlapped(waits, "overlap was set to SKIP while it waited for a job to end")] : [],
    };
  }
  const decidedUntil = Math.max(before.decidedUntil, now);
  const after: Schedule = enabled
    ? { ...common, decidedUntil, enabled, nextDueAt: nextDueTime(common, decidedUntil), queuedFor: null }
    : { ...common, decidedUntil, enabled };
  return { after, dropped: dropAll(before, now, "The schedule was changed") };
}

/** Everything that had come due or waited, told as skipped, when the schedule ends or begins anew. */
export function dropAll(schedule: Schedule, now: number, why: string): Decision[] {
  if (!schedule.enabled) return [];
  const due = dueNow(schedule, now);
  return [
    ...(schedule.queuedFor === null ? [] : [overlapped(schedule.queuedFor, `${why} while it waited for a job to end`)]),
    ...(due ? [...due.before, { from: due.latest, until: null }] : []).map(({ from, until }) =>
      missed(from, until, `${why} before anything ran`),
    ),
  ];
}

const decision = (
  scheduledFor: number,
  outcome: Decision["outcome"],
  reason: string,
  jobId: string | null,
): Decision => ({
  scheduledFor,
  scheduledUntil: null,
  trigger: "CRON",
  outcome,
  jobId,
  reason,
});
const overlapped = (from: number, reason: string, jobId: string | null = null) =>
  decision(from, "SKIPPED_OVERLAP", reason, jobId);
const missed = (from: number, until: number | null, reason: string): Decision => ({
  ...decision(from, "SKIPPED_MISSED", reason, null),
  scheduledUntil: until === from ? null : until,
});

const at = (instant: number) => new Date(instant).toISOString();
