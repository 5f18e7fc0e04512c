import { within } from "../clock.ts";
import { UnknownOutcomeError } from "../db/errors.ts";
import { findJob, type Job } from "../db/job.ts";
import { manualTimes } from "../db/scheduleDecisions.ts";
import { findSchedule, type Schedule, type ScheduleUpdate, saveUpdate } from "../db/schedules.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { act } from "../jobs/control.ts";
import { createJob, ScheduleChangedError, type Started } from "../jobs/create.ts";
import { errorCode, SourceError } from "../source/source.ts";
import { describeBlocker, NOTHING_QUEUED } from "./decide.ts";
import { findScheduleOrThrow, findUnfinishedJob, SOURCE_TIMEOUT_MS } from "./find.ts";
import { planRun } from "./plan.ts";

/**
 * Starts a schedule's job now, whatever the schedule's pattern is and even if the schedule is disabled. Records a manual decision, even
 * when the start fails. If the schedule's last job waits because of a source outage, no new job is started, and the last job tries again at
 * once. Throws NOT_FOUND, JOB_OVERLAP or a SourceError.
 */
export function triggerSchedule(deps: Deps, id: string, startedBy: string, signal?: AbortSignal): Promise<Started> {
  return within(deps.clock, SOURCE_TIMEOUT_MS, signal, (deadline) => runNow(deps, id, startedBy, deadline));
}

async function runNow(deps: Deps, id: string, startedBy: string, deadline: AbortSignal): Promise<Started> {
  for (;;) {
    const schedule = await findScheduleOrThrow(deps, id);
    const decided = await manualDecision(deps, schedule, startedBy);
    try {
      const last = await findUnfinishedJob(deps, schedule);
      // The source may have recovered from its outage, so the job that waits for the source tries again at once.
      const woken = last && (await act(deps, last.id, "wake", startedBy));
      if (woken?.status === "QUEUED" && last?.status === "WAITING") {
        const joined = decided(
          "SKIPPED_OVERLAP",
          woken.id,
          `; job ${woken.id}, which waited for its source, tries again`,
        );
        if (await saveUpdate(deps.db, schedule, joined, deps.clock.now())) return { job: woken, created: false };
        continue;
      }
      if (last) throw ownJob(schedule, last);
      const job = await planRun(deps, schedule, startedBy, deadline);
      return await createJob(deps, {
        ...job,
        metadata: { ...job.metadata, scheduleId: id, scheduleName: schedule.name, trigger: "MANUAL" },
        scheduled: { schedule, decided: (jobId) => decided("STARTED", jobId) },
      });
    } catch (error) {
      if (error instanceof ScheduleChangedError) continue;
      await recordRefusal(deps, id, startedBy, error);
      throw error;
    }
  }
}

type Outcome = ScheduleUpdate["decisions"][number]["outcome"];

/**
 * Prepares a manual decision. The decision is identified by its instant, because no other manual decision of the schedule has that instant.
 * The schedule's watermark and due times stay as they are.
 */
async function manualDecision({ db, clock }: Deps, schedule: Schedule, startedBy: string) {
  const taken = new Set(await manualTimes(db, schedule.id, clock.now()));
  let scheduledFor = clock.now();
  while (taken.has(scheduledFor)) scheduledFor++;
  const waits = schedule.enabled ? schedule : { nextDueAt: null, ...NOTHING_QUEUED };
  return (outcome: Outcome, jobId: string | null, more = ""): ScheduleUpdate => ({
    watermark: schedule.watermark,
    nextDueAt: waits.nextDueAt,
    queuedFor: waits.queuedFor,
    queuedBehind: waits.queuedBehind,
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
}

/** Records that a manual run could not be started. Tries again while other processes write to the schedule. */
async function recordRefusal(deps: Deps, id: string, startedBy: string, error: unknown): Promise<void> {
  const { db, clock } = deps;
  const blocker = error instanceof LedgerError && error.details.jobId ? await findJob(db, error.details.jobId) : null;
  if (!blocker && !(error instanceof SourceError)) return;
  for (let schedule = await findSchedule(db, id); schedule; schedule = await findSchedule(db, id)) {
    const decided = await manualDecision(deps, schedule, startedBy);
    const refusal = blocker
      ? decided("SKIPPED_OVERLAP", blocker.id, `; ${describeBlocker(blocker)}`)
      : decided("FAILED", null, error instanceof SourceError ? `; ${errorCode(error.kind)}: ${error.message}` : "");
    const at = refusal.decisions[0]?.scheduledFor ?? 0;
    try {
      if (await saveUpdate(db, schedule, refusal, clock.now(), { repeatable: false })) return;
    } catch (error) {
      // The answer to the write was lost. Look for the decision, by its instant, to find out whether the write succeeded.
      if (!(error instanceof UnknownOutcomeError)) throw error;
      if ((await manualTimes(db, id, at)).includes(at)) return;
    }
  }
}

const ownJob = ({ name }: Schedule, last: Job) =>
  new LedgerError("JOB_OVERLAP", `Cannot run schedule ${name}: its last run is unfinished. ${describeBlocker(last)}`, {
    jobId: last.id,
  });
