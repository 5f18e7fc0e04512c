import { isDatabaseError } from "../db/client.ts";
import { findJob, findOverlap, type Job } from "../db/job.ts";
import {
  type Decided,
  dueSchedules,
  type EnabledSchedule,
  findSchedule,
  nextDue,
  recordDecided,
  type Schedule,
} from "../db/schedules.ts";
import { errorCode, SourceError } from "../source/source.ts";
import type { Deps } from "./deps.ts";
import { LedgerError } from "./error.ts";
import { DecidedElsewhere, type Recorded, record, type Started } from "./record.ts";
import { dueNow, failed, hold, inTheWay, started, type Weighed, weigh } from "./schedule.ts";
import { planUpdate } from "./start.ts";

const SECOND = 1000;

/** How often schedules that another process may have changed are looked at. */
const LOOK_EVERY_MS = 10 * SECOND;
/** … and while one waits for a job to end, or could not be decided. */
const LOOK_AGAIN_MS = 1 * SECOND;
/** After the database failed. */
const PAUSE_MS = 2 * SECOND;
/** Schedules that are decided at once: one that waits for its source does not hold the others up. */
const AT_ONCE = 4;

/**
 * Decides every due time that has come, once, however many processes do so; answers how many schedules were due.
 * Throws only when the database does not answer.
 */
export async function runSchedules(deps: Deps): Promise<number> {
  const due = await dueSchedules(deps.db, deps.clock.now());
  const left = [...due];
  const settleNext = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      try {
        await settle(deps, next);
      } catch (error) {
        if (isDatabaseError(error)) throw error;
        deps.log.error("A schedule could not be decided and is tried again", { scheduleId: next.id, error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, due.length) }, settleNext));
  return due.length;
}

/** Runs the schedules until the signal aborts; sleeps while none is due. */
export async function keepSchedules(deps: Deps, signal: AbortSignal): Promise<void> {
  const { db, clock, log } = deps;
  while (!signal.aborted) {
    try {
      await runSchedules(deps);
      const { at, waiting } = await nextDue(db);
      const dueInMs = at === null ? LOOK_EVERY_MS : Math.max(at - clock.now(), LOOK_AGAIN_MS);
      await clock.sleep(Math.min(dueInMs, waiting ? LOOK_AGAIN_MS : LOOK_EVERY_MS), signal);
    } catch (error) {
      log.error("The scheduler failed and goes on", { error });
      await clock.sleep(PAUSE_MS, signal);
    }
  }
}

/** Decides what has come due of one schedule; anew when somebody else has written meanwhile. */
async function settle(deps: Deps, found: EnabledSchedule): Promise<void> {
  const { db, clock } = deps;
  for (let schedule: Schedule | undefined = found; schedule?.enabled; schedule = await findSchedule(db, found.id)) {
    const now = clock.now();
    const weighed = weigh(schedule, dueNow(schedule, now), now);
    if (weighed.run === null) {
      if (await recordDecided(db, schedule, { ...weighed, decisions: weighed.skipped, queuedFor: null }, now)) return;
      continue;
    }
    if (await tryRun(deps, schedule, weighed)) return;
  }
}

/** True when it is decided; false when it has to be looked at anew. */
async function tryRun(deps: Deps, schedule: EnabledSchedule, weighed: Weighed): Promise<boolean> {
  const { db, clock, log } = deps;
  const last = await unfinished(deps, schedule);
  if (last) return put(deps, schedule, hold(schedule, weighed, last));
  try {
    const job = await planUpdate(deps, { ...schedule, idempotencyKey: null }, `schedule ${schedule.name}`);
    const blocker = await findOverlap(db, { ...job, startDate: job.start, endDate: job.end }, "");
    if (blocker) return put(deps, schedule, hold(schedule, weighed, blocker));
    const scheduledFor = new Date(weighed.run?.scheduledFor ?? clock.now()).toISOString();
    await record(deps, {
      ...job,
      metadata: { ...job.metadata, ...nameOf(schedule), scheduledFor },
      scheduled: { schedule, decided: (jobId) => started(weighed, jobId) },
    });
    return true;
  } catch (error) {
    if (error instanceof DecidedElsewhere) return false;
    if (error instanceof LedgerError && error.code === "JOB_OVERLAP") return false;
    if (!(error instanceof SourceError)) throw error;
    log.warn("A scheduled update could not be started", { scheduleId: schedule.id, error });
    return put(deps, schedule, failed(weighed, `${errorCode(error.kind)}: ${error.message}`));
  }
}

/** The job that the schedule started last, while that is not finished: the source may want it to wait, or a person to do something. */
async function unfinished({ db }: Deps, { lastJobId }: Schedule): Promise<Job | undefined> {
  const job = lastJobId === null ? undefined : await findJob(db, lastJobId);
  return job && !["COMPLETED", "FAILED", "CANCELLED"].includes(job.status) ? job : undefined;
}

async function put({ db, clock }: Deps, schedule: EnabledSchedule, decided: Decided): Promise<boolean> {
  // One that waits goes on waiting: nothing to write.
  const stays = decided.decisions.length === 0 && decided.queuedFor === schedule.queuedFor;
  if (stays && decided.decidedUntil === schedule.decidedUntil) return true;
  return recordDecided(db, schedule, decided, clock.now());
}

const nameOf = ({ id, name }: Schedule) => ({ scheduleId: id, scheduleName: name });

/**
 * Starts an update now, whatever the pattern says and whether the schedule is enabled, and records it as triggered by hand, also when
 * it cannot be started. Throws NOT_FOUND, JOB_OVERLAP, and a SourceError.
 */
export async function triggerSchedule(deps: Deps, id: string, startedBy: string): Promise<Started> {
  const { db, clock } = deps;
  for (;;) {
    const schedule = await theSchedule(deps, id);
    const scheduledFor = clock.now();
    const { nextDueAt, queuedFor } = schedule.enabled ? schedule : { nextDueAt: null, queuedFor: null };
    const decided = (outcome: "STARTED" | "SKIPPED_OVERLAP" | "FAILED", jobId: string | null, more = ""): Decided => ({
      decidedUntil: schedule.decidedUntil,
      nextDueAt,
      queuedFor,
      decisions: [
        {
          scheduledFor,
          scheduledUntil: null,
          trigger: "MANUAL",
          outcome,
          jobId,
          reason: `Triggered by ${startedBy}${more}`,
        },
      ],
    });
    try {
      const last = await unfinished(deps, schedule);
      if (last) throw ownJob(schedule, last);
      const job: Recorded = await planUpdate(deps, { ...schedule, idempotencyKey: null }, startedBy);
      return await record(deps, {
        ...job,
        metadata: { ...job.metadata, ...nameOf(schedule), trigger: "MANUAL" },
        scheduled: { schedule, decided: (jobId) => decided("STARTED", jobId) },
      });
    } catch (error) {
      if (error instanceof DecidedElsewhere) continue;
      const blocker =
        error instanceof LedgerError && error.details.jobId ? await findJob(db, error.details.jobId) : null;
      if (blocker)
        await recordDecided(
          db,
          schedule,
          decided("SKIPPED_OVERLAP", blocker.id, `; ${inTheWay(blocker)}`),
          scheduledFor,
        );
      if (error instanceof SourceError)
        await recordDecided(
          db,
          schedule,
          decided("FAILED", null, `; ${errorCode(error.kind)}: ${error.message}`),
          scheduledFor,
        );
      throw error;
    }
  }
}

const ownJob = ({ name }: Schedule, last: Job) =>
  new LedgerError("JOB_OVERLAP", `Cannot run schedule ${name} as its last run is not over: ${inTheWay(last)}`, {
    jobId: last.id,
  });

/** Throws NOT_FOUND. */
export async function theSchedule({ db }: Pick<Deps, "db">, id: string): Promise<Schedule> {
  const schedule = await findSchedule(db, id);
  if (schedule) return schedule;
  throw new LedgerError(
    "NOT_FOUND",
    `There is no schedule ${JSON.stringify(id.slice(0, 80))}; the query schedules lists those there are`,
  );
}
