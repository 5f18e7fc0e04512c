import { SECOND } from "../clock.ts";
import { budgetState } from "../db/budget.ts";
import { firstEventOfLatestJob, type JobEvent, type JobEventType, lastEventId } from "../db/events.ts";
import { findJob, findJobsAndCursors, type Job } from "../db/job.ts";
import { checkpointsOf, recentPaces } from "../db/jobDates.ts";
import { listJobs } from "../db/jobQueries.ts";
import { type Environment, isFinished, isSettled } from "../db/tables/values.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { parseLeagueKey } from "../source/leagueKey.ts";
import type { EventLogTail } from "./eventLogTail.ts";
import { type Progress, progressOf } from "./progress.ts";

/** An event as a follower receives it. The type HEARTBEAT means that nothing happened; a HEARTBEAT is not recorded. */
export type StreamedEvent = Omit<JobEvent, "type"> & { type: JobEventType | "HEARTBEAT" };

const KEEP_ALIVE_MS = 10 * SECOND;

/**
 * Yields a job's events after the cursor, oldest first, then each new event when it is committed. Ends when the job is settled. Without a
 * job, yields the events of all jobs and never ends. Without a cursor, begins with the job's first event. With neither a job nor a cursor,
 * finds the job that has the newest event and begins with the first event of that job. Throws NOT_FOUND for an unknown job.
 */
export async function* subscribeToEvents(
  deps: Deps & { eventLogTail: EventLogTail },
  { jobId, after }: { jobId: string | undefined; after: number | undefined },
  signal: AbortSignal,
): AsyncGenerator<StreamedEvent, void, undefined> {
  const { db, clock, eventLogTail } = deps;
  let position = after ?? (jobId === undefined ? (await firstEventOfLatestJob(db)) - 1 : 0);
  let cursor = position;
  let maySettle = true;
  let sentAt = clock.now();
  while (!signal.aborted) {
    // Read the state before the events: a settled job has already written its last event.
    const settled = jobId !== undefined && maySettle && isSettled((await jobOrThrow(deps, jobId)).status);
    const { events, upTo } = await eventLogTail.read(position, jobId, settled);
    position = upTo;
    for (const event of events) {
      cursor = event.id;
      maySettle = isSettled(event.type);
      yield event;
      sentAt = clock.now();
    }
    if (events.length > 0) continue;
    if (settled) return;
    maySettle = false;
    // The keep-alive must come on time, although events of other jobs also end the wait.
    await eventLogTail.wait(position, sentAt + KEEP_ALIVE_MS - clock.now(), signal);
    if (!signal.aborted && clock.now() - sentAt >= KEEP_ALIVE_MS) {
      sentAt = clock.now();
      yield {
        id: cursor,
        jobId: jobId ?? "",
        type: "HEARTBEAT",
        at: clock.now(),
        date: null,
        message: "Nothing happened",
        data: null,
        by: null,
      };
    }
  }
}

/**
 * Yields a job's progress now and after each of its events; a slow reader gets only the newest state. Ends when the job is settled. With a
 * cursor, yields nothing until there is an event after the cursor. Throws NOT_FOUND for an unknown job.
 */
export async function* subscribeToProgress(
  deps: Deps & { eventLogTail: EventLogTail },
  { jobId, after }: { jobId: string; after: number | undefined },
  signal: AbortSignal,
): AsyncGenerator<Progress, void, undefined> {
  let sent = after ?? -1;
  let position = 0;
  while (!signal.aborted) {
    const compute = () => currentProgress(deps, jobId);
    const progress = await (position === 0 ? compute() : deps.eventLogTail.share(jobId, position, compute));
    position = Math.max(position, progress.cursor);
    if (progress.cursor > sent) {
      sent = progress.cursor;
      yield progress;
    }
    if (isSettled(progress.status)) return;
    let hasNews = false;
    while (!hasNews && !signal.aborted) {
      await deps.eventLogTail.wait(position, KEEP_ALIVE_MS, signal);
      const { events, upTo } = await deps.eventLogTail.read(position, jobId);
      position = upTo;
      hasNews = events.length > 0;
    }
  }
}

/**
 * Yields the progress of all unfinished jobs of an environment, or only of the jobs of one league. After each event of a job, including its
 * last event, yields the job's progress again. Never ends. With a cursor, yields only the progress of jobs that have events after the
 * cursor. A job's progress contains the cursor of the job's newest event that has been read. Cursors never decrease, so a client that
 * continues after any cursor misses nothing.
 */
export async function* subscribeToAllProgress(
  deps: Pick<Deps, "db" | "clock" | "settings"> & { eventLogTail: EventLogTail },
  {
    environment,
    leagueKey,
    after,
  }: { environment: Environment; leagueKey: string | undefined; after: number | undefined },
  signal: AbortSignal,
): AsyncGenerator<Progress, void, undefined> {
  const { db, eventLogTail } = deps;
  /** A job's state may include events that have not been read yet, so the job's progress is sent again when these events are read. */
  const progressUpTo = async (jobs: readonly Job[], newestRead: (jobId: string) => number): Promise<Progress[]> => {
    const ids = jobs.map(({ id }) => id);
    return [...(await progressOfJobs(deps, ids)).values()]
      .map((progress) => ({ progress, cursor: Math.min(progress.cursor, newestRead(progress.jobId)) }))
      .sort((one, other) => one.cursor - other.cursor || one.progress.cursor - other.progress.cursor)
      .map(({ progress, cursor }) => ({ ...progress, cursor }));
  };
  let position = after ?? (await lastEventId(db));
  if (after === undefined) {
    const unfinished = await listJobs(db, { environment, leagueKey, status: UNFINISHED }, { limit: MAX_FOLLOWED });
    yield* await progressUpTo(unfinished, () => position);
  }
  while (!signal.aborted) {
    const { events, upTo } = await eventLogTail.read(position, undefined);
    position = upTo;
    const newest = new Map(events.map(({ jobId, id }) => [jobId, id]));
    if (newest.size > 0) {
      const jobs = (await findJobsAndCursors(db, [...newest.keys()])).map(({ job }) => job);
      const wanted = jobs.filter(
        (job) => job.environment === environment && (leagueKey === undefined || job.leagueKey === leagueKey),
      );
      if (wanted.length > 0) yield* await progressUpTo(wanted, (jobId) => newest.get(jobId) ?? upTo);
      continue;
    }
    await eventLogTail.wait(position, KEEP_ALIVE_MS, signal);
  }
}

const UNFINISHED = ["QUEUED", "RUNNING", "WAITING", "PAUSED"] as const;
/**
 * Maximum number of jobs whose progress is sent at the start. If a job's progress is not sent at the start, it is sent after the job's next
 * event.
 */
const MAX_FOLLOWED = 100;

const needsBudget = ({ status, leagueKey }: Job): boolean =>
  !isFinished(status) && parseLeagueKey(leagueKey)?.source === "YAHOO";

/** Returns a map from job id to the job's current progress. The number of reads does not depend on the number of jobs. */
export async function progressOfJobs(
  { db, clock, settings }: Pick<Deps, "db" | "clock" | "settings">,
  jobIds: readonly string[],
): Promise<Map<string, Progress>> {
  const [found, paceOf, checkpoints] = await Promise.all([
    findJobsAndCursors(db, jobIds),
    recentPaces(db, jobIds),
    checkpointsOf(db, jobIds),
  ]);
  // Read the budget only if there is an unfinished Yahoo job: the remaining time of other jobs does not depend on the budget.
  const isBudgeted = settings.windows.length > 0 && found.some(({ job }) => needsBudget(job));
  const windows = isBudgeted ? (await budgetState(db, settings.yahooCredential, settings.windows)).used : [];
  return new Map(
    found.map(({ job, cursor }) => [
      job.id,
      progressOf(job, {
        windows,
        pace: paceOf(job.id),
        currentDate: checkpoints.get(job.id)?.nextDate ?? null,
        cursor,
        now: clock.now(),
      }),
    ]),
  );
}

async function currentProgress(deps: Pick<Deps, "db" | "clock" | "settings">, jobId: string): Promise<Progress> {
  const progress = (await progressOfJobs(deps, [jobId])).get(jobId);
  if (!progress) throw unknown(jobId);
  return progress;
}

async function jobOrThrow({ db }: Pick<Deps, "db">, jobId: string): Promise<Job> {
  const job = await findJob(db, jobId);
  if (!job) throw unknown(jobId);
  return job;
}

const unknown = (jobId: string) => new LedgerError("NOT_FOUND", `There is no job ${jobId}`, { jobId });
