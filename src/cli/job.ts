import { number } from "../text.ts";

/** What was counted of a job, as every command asks for it. */
export const COUNTS =
  "recordsProcessed recordsInserted recordsUpdated recordsUnchanged recordsRemoved datesSuspect requests retries";

/** A job, as far as every command that tells of one knows it. */
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

/** What became of the records that a job has seen. */
export const recordsOf = (job: Job): string =>
  [
    `${number(job.recordsInserted)} new`,
    `${number(job.recordsUpdated)} changed`,
    `${number(job.recordsUnchanged)} as before`,
    ...(job.recordsRemoved > 0 ? [`${number(job.recordsRemoved)} removed`] : []),
  ].join(", ");
