import { MINUTE, SECOND } from "../clock.ts";
import type { Window } from "../db/budget.ts";
import type { Job } from "../db/job.ts";
import type { RecentPace } from "../db/jobDates.ts";
import { isFinished, type JobStatus } from "../db/tables/values.ts";
import { parseLeagueKey } from "../source/leagueKey.ts";

/** A window of a budget, and how many requests were made in it. */
export type SpentWindow = Window & { made?: number };

/** A job's progress. A field is null while its value is unknown. */
export type Progress = {
  jobId: string;
  status: JobStatus;
  itemsTotal: number;
  itemsProcessed: number;
  percent: number;
  datesTotal: number;
  datesCompleted: number;
  datesFailed: number;
  currentDate: string | null;
  rate: number | null;
  etaSeconds: number | null;
  recordsProcessed: number;
  recordsInserted: number;
  resumeAt: number | null;
  /** Id of the job's newest event. */
  cursor: number;
  at: number;
};

/** @param now Milliseconds since 1970. */
export function progressOf(
  job: Job,
  {
    pace,
    currentDate,
    cursor,
    now,
    windows,
  }: { pace: RecentPace; currentDate: string | null; cursor: number; now: number; windows: readonly SpentWindow[] },
): Progress {
  const resumeAt = job.status === "WAITING" ? job.resumeAt : null;
  const rate = itemsPerSecond(job, pace, now);
  return {
    jobId: job.id,
    status: job.status,
    itemsTotal: job.itemsTotal,
    itemsProcessed: job.itemsProcessed,
    percent: percent(job),
    datesTotal: job.datesTotal,
    datesCompleted: job.datesCompleted,
    datesFailed: job.datesFailed,
    currentDate: isFinished(job.status) ? null : currentDate,
    rate: job.status === "RUNNING" ? rate : null,
    etaSeconds: secondsLeft(job, rate, { resumeAt, now, windows }),
    recordsProcessed: job.recordsProcessed,
    recordsInserted: job.recordsInserted,
    resumeAt,
    cursor,
    at: now,
  };
}

function percent({ status, itemsTotal, itemsProcessed }: Job): number {
  if (status === "COMPLETED") return 100;
  if (itemsTotal === 0) return 0;
  return Math.min(100, Math.round((itemsProcessed / itemsTotal) * 1000) / 10);
}

/**
 * Returns lineups per second in the last minute of work; null if unknown. If the job is running and has finished a date within the last
 * minute, the last minute of work ends at `now`. Otherwise, it ended when the job finished its latest date.
 */
function itemsPerSecond(job: Job, { lastFinishedAt, firstStartedAt, dates }: RecentPace, now: number): number | null {
  if (lastFinishedAt === null || firstStartedAt === null || job.datesTotal === 0) return null;
  const until =
    job.status === "RUNNING" && now - lastFinishedAt < MINUTE ? Math.max(now, lastFinishedAt) : lastFinishedAt;
  const elapsedMs = until - firstStartedAt;
  if (elapsedMs <= 0) return null;
  const itemsPerDate = job.itemsTotal / job.datesTotal;
  return Math.round(((dates * itemsPerDate) / elapsedMs) * SECOND * 100) / 100;
}

/**
 * Returns the shortest time, in seconds, in which the windows allow `requests` requests; 0 if there are no windows.
 * @param windows Yahoo's windows, with the requests made in each; other sources have no windows.
 */
export function budgetSeconds(leagueKey: string, requests: number, windows: readonly SpentWindow[]): number {
  if (requests === 0 || parseLeagueKey(leagueKey)?.source !== "YAHOO") return 0;
  const waits = windows.map(({ requests: limit, minutes, made = 0 }) => {
    const beyond = requests - Math.max(0, limit - made);
    // A window ends at the end of the minute in which its last request was made.
    return beyond <= 0 ? 0 : Math.ceil(beyond / limit) * (minutes + 1) * 60;
  });
  return Math.max(0, ...waits);
}

function secondsLeft(
  job: Job,
  rate: number | null,
  { resumeAt, now, windows }: { resumeAt: number | null; now: number; windows: readonly SpentWindow[] },
): number | null {
  if (isFinished(job.status)) return job.status === "COMPLETED" ? 0 : null;
  if (rate === null || rate === 0 || job.status === "PAUSED" || job.itemsTotal === 0) return null;
  const waitMs = resumeAt === null ? 0 : Math.max(0, resumeAt - now);
  const busySeconds = (job.itemsTotal - job.itemsProcessed) / rate;
  // The estimate assumes that a new window begins when the job's wait ends.
  const fresh = resumeAt === null ? windows : windows.map(({ minutes, requests }) => ({ minutes, requests }));
  const budget = budgetSeconds(job.leagueKey, job.datesTotal - job.datesCompleted - job.datesFailed, fresh);
  return Math.round((waitMs / SECOND + Math.max(busySeconds, budget)) * 10) / 10;
}
