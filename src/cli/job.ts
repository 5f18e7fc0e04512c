import { number } from "../text.ts";

/** The counts of a job that commands query. */
export const COUNTS =
  "recordsProcessed recordsInserted recordsUpdated recordsUnchanged recordsRemoved datesSuspect requests retries";

/** The fields of a job that commands print. */
export type Job = {
  id: string;
  kind: string;
  status: string;
  leagueKey: string;
  startDate: string;
  endDate: string;
  resumeAt: string | null;
  recordsProcessed: number;
  recordsInserted: number;
  recordsUpdated: number;
  recordsUnchanged: number;
  recordsRemoved: number;
  datesSuspect: number;
  requests: number;
  retries: number;
  progress: { percent: number; datesCompleted: number; datesFailed: number; datesTotal: number; cursor: string };
  error: { code: string; message: string } | null;
};

/** Returns how many records of a job are new, changed, unchanged and removed. */
export const recordsOf = (job: Job): string =>
  [
    `${number(job.recordsInserted)} new`,
    `${number(job.recordsUpdated)} changed`,
    `${number(job.recordsUnchanged)} unchanged`,
    ...(job.recordsRemoved > 0 ? [`${number(job.recordsRemoved)} removed`] : []),
  ].join(", ");
