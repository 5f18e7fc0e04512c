import { SECOND } from "../clock.ts";
import { cut, duration } from "./text.ts";

/** A job's progress, as the API's `jobProgress` returns it. */
export type Progress = {
  status: string;
  percent: number;
  datesCompleted: number;
  datesFailed: number;
  datesTotal: number;
  currentDate: string | null;
  rate: number | null;
  etaSeconds: number | null;
  resumeAt: string | null;
  cursor: string;
};

const BAR = 24;

/**
 * Returns one line about a job: bar, percent, dates, lineups per second, time left, and what the job waits for. The line is cut to the
 * terminal's width.
 */
export function progressLine(
  progress: Progress,
  { now, columns, label = "" }: { now: number; columns: number; label?: string },
): string {
  const { percent } = progress;
  const filled = Math.round((Math.min(100, percent) / 100) * BAR);
  const bar = `[${"#".repeat(filled)}${"-".repeat(BAR - filled)}]`;
  const text = `${label}${columns >= 60 ? `${bar} ` : ""}${progressText(progress, now)}`;
  return cut(text, columns - 1);
}

/** Returns the text of the progress line without the bar, for pipes and logs. */
export function progressText(
  { percent, datesCompleted, datesFailed, datesTotal, ...p }: Progress,
  now: number,
): string {
  const parts = [`${Math.floor(percent)} %`, `${datesCompleted} of ${datesTotal} dates`];
  if (datesFailed > 0) parts.push(`${datesFailed} failed`);
  if (p.status === "WAITING" && p.resumeAt)
    parts.push(`waiting for the source, ${duration((Date.parse(p.resumeAt) - now) / SECOND)} more`);
  else if (p.status === "QUEUED") parts.push("waiting for a worker");
  else {
    if (p.rate !== null) parts.push(`${p.rate.toFixed(1)} lineups/s`);
    if (p.etaSeconds !== null && percent < 100) parts.push(`${duration(p.etaSeconds)} left`);
  }
  return parts.join("  ");
}
