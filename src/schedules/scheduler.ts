import { pool, SECOND, within } from "../clock.ts";
import { isDatabaseError } from "../db/errors.ts";
import { findOverlap } from "../db/job.ts";
import {
  dueSchedules,
  type EnabledSchedule,
  findSchedule,
  nextDue,
  type Schedule,
  type ScheduleUpdate,
  saveUpdate,
  schedulesAhead,
} from "../db/schedules.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { createJob, ScheduleChangedError } from "../jobs/create.ts";
import { parseLeagueKey } from "../source/leagueKey.ts";
import { errorCode, SourceError } from "../source/source.ts";
import {
  type ChosenRun,
  chooseRun,
  type Due,
  deferOrSkip,
  dueNow,
  failRun,
  isAhead,
  NOTHING_QUEUED,
  skipMissed,
  startRun,
} from "./decide.ts";
import { findUnfinishedJob, SOURCE_TIMEOUT_MS } from "./find.ts";
import { planRun } from "./plan.ts";

/** How often to check for schedules that another process has changed. */
const LOOK_EVERY_MS = 10 * SECOND;
/** How often to check while a schedule waits for a job that is going on, or after a schedule could not be decided. */
const LOOK_AGAIN_MS = 1 * SECOND;
/** Pause after an error, usually of the database. */
const PAUSE_MS = 2 * SECOND;
/** Schedules decided concurrently. */
const AT_ONCE = 4;

/**
 * Decides every due time that has passed. Each due time is decided only once, even if several processes try. Schedules whose league is an
 * alias are decided last, because a slow source may delay a check by up to ten seconds. Throws only when the database fails.
 * @param signal Aborts when the server stops: undecided due times are left for the next check.
 * @returns The number of schedules that were due.
 */
export async function runSchedules(deps: Deps, signal?: AbortSignal): Promise<number> {
  const due = await dueSchedules(deps.db, deps.clock.now());
  if (due.length === 0) return 0;
  const isAlias = ({ leagueKey }: Schedule) => parseLeagueKey(leagueKey)?.isAlias === true;
  const inOrder = [...due.filter((each) => !isAlias(each)), ...due.filter(isAlias)];
  await within(deps.clock, SOURCE_TIMEOUT_MS, signal, (deadline) =>
    pool(AT_ONCE, inOrder, async (schedule) => {
      if (isAlias(schedule) && deadline.aborted) return;
      try {
        await decideSchedule(deps, schedule, deadline, signal);
      } catch (error) {
        if (isDatabaseError(error)) throw error;
        deps.log.error("Cannot decide the due times of a schedule; retrying", { scheduleId: schedule.id, error });
      }
    }),
  );
  return due.length;
}

/** Runs the schedules until the signal aborts; sleeps while no schedule is due. */
export async function scheduleLoop(deps: Deps, signal: AbortSignal): Promise<void> {
  const { db, clock, log } = deps;
  const warned = new Set<string>();
  while (!signal.aborted) {
    try {
      await runSchedules(deps, signal);
      await warnOfAhead(deps, warned);
      const { at, waiting } = await nextDue(db);
      const dueInMs = at === null ? LOOK_EVERY_MS : Math.max(at - clock.now(), LOOK_AGAIN_MS);
      await clock.sleep(Math.min(dueInMs, waiting ? LOOK_AGAIN_MS : LOOK_EVERY_MS), signal);
    } catch (error) {
      log.error("The scheduler failed and continues", { error });
      await clock.sleep(PAUSE_MS, signal);
    }
  }
}

/**
 * Warns of schedules that are idle because future due times were decided while a clock was ahead.
 * @param warned The id and epoch of each schedule for which a warning was already logged.
 */
export async function warnOfAhead({ db, clock, log }: Deps, warned: Set<string> = new Set()): Promise<void> {
  for (const schedule of await schedulesAhead(db, clock.now())) {
    const { id, name, epoch, watermark } = schedule;
    if (!isAhead(schedule, clock.now()) || warned.has(`${id} ${epoch}`)) continue;
    warned.add(`${id} ${epoch}`);
    log.warn(
      "A schedule is idle until the time in `watermark`, because all earlier due times were decided while a clock was ahead. Enable the schedule again to start over",
      {
        scheduleId: id,
        name,
        watermark: new Date(watermark).toISOString(),
      },
    );
  }
}

/** Decides the due times of one schedule. Decides again if somebody else has changed the schedule meanwhile. */
async function decideSchedule(
  deps: Deps,
  found: EnabledSchedule,
  deadline: AbortSignal,
  stopping?: AbortSignal,
): Promise<void> {
  const { db, clock } = deps;
  for (let schedule: Schedule | undefined = found; schedule?.enabled; schedule = await findSchedule(db, found.id)) {
    const now = clock.now();
    let due: Due | null;
    try {
      due = dueNow(schedule, now);
    } catch (error) {
      if (await save(deps, schedule, unsupportedPattern(schedule, now, error))) return;
      continue;
    }
    const chosen = chooseRun(schedule, due, now);
    if (chosen.run === null) {
      if (await save(deps, schedule, skipMissed(chosen))) return;
    } else if (await startOrDefer(deps, chosen, deadline, stopping)) return;
  }
}

/** Records one FAILED decision if this runtime cannot evaluate the pattern; the schedule then stays idle until it is edited. */
function unsupportedPattern(schedule: EnabledSchedule, now: number, error: unknown): ScheduleUpdate {
  const said = error instanceof Error ? error.message : String(error);
  const scheduledFor = schedule.queuedFor ?? schedule.nextDueAt ?? now;
  const reason = `This server cannot evaluate the cron pattern or time zone; edit the schedule to continue: ${said}`;
  return {
    watermark: Math.max(schedule.watermark, now),
    nextDueAt: null,
    ...NOTHING_QUEUED,
    decisions: [{ scheduledFor, scheduledUntil: null, trigger: "CRON", outcome: "FAILED", jobId: null, reason }],
  };
}

/**
 * Starts or defers a run. Returns false if the schedule or its jobs have changed meanwhile; the caller must then decide again. Otherwise
 * returns true, even if the server stops and leaves the decision to the next check.
 */
async function startOrDefer(
  deps: Deps,
  chosen: ChosenRun,
  deadline: AbortSignal,
  stopping?: AbortSignal,
): Promise<boolean> {
  const { db, log } = deps;
  const { schedule, run } = chosen;
  const last = await findUnfinishedJob(deps, schedule);
  if (last) return save(deps, schedule, deferOrSkip(chosen, last));
  try {
    const job = await planRun(deps, schedule, `schedule ${schedule.name}`, deadline);
    const blocker = await findOverlap(db, { ...job, startDate: job.start, endDate: job.end }, "");
    if (blocker) return save(deps, schedule, deferOrSkip(chosen, blocker));
    const scheduledFor = run && new Date(run.scheduledFor).toISOString();
    await createJob(deps, {
      ...job,
      metadata: { ...job.metadata, scheduleId: schedule.id, scheduleName: schedule.name, scheduledFor },
      scheduled: { schedule, decided: (jobId) => startRun(chosen, jobId) },
    });
    return true;
  } catch (error) {
    if (error instanceof ScheduleChangedError) return false;
    if (error instanceof LedgerError && error.code === "JOB_OVERLAP") return false;
    if (error instanceof LedgerError && error.code === "NOT_FOUND")
      return save(deps, schedule, failRun(chosen, `${error.code}: ${error.message}`));
    if (!(error instanceof SourceError)) throw error;
    if (stopping?.aborted) return true;
    log.warn("A scheduled update could not be started", { scheduleId: schedule.id, error });
    return save(deps, schedule, failRun(chosen, `${errorCode(error.kind)}: ${error.message}`));
  }
}

/** Writes the decision if the decision changes something. Returns false if {@link saveUpdate} returns false. */
async function save({ db, clock }: Deps, schedule: EnabledSchedule, decided: ScheduleUpdate): Promise<boolean> {
  const stays = (["watermark", "nextDueAt", "queuedFor", "queuedBehind"] as const).every(
    (name) => decided[name] === schedule[name],
  );
  if (stays && decided.decisions.length === 0) return true;
  return saveUpdate(db, schedule, decided, clock.now());
}
