import { ask } from "./api.ts";
import type { CancelDocument, JobRowFragment, PauseDocument, ResumeDocument } from "./generated/documents.ts";
import type { Progress } from "./live.ts";

/** All states of a job: first those of unfinished jobs, then those of ended jobs. */
export const STATUSES = ["QUEUED", "RUNNING", "WAITING", "PAUSED", "COMPLETED", "FAILED", "CANCELLED"] as const;
export type Status = (typeof STATUSES)[number];

/** The name that the page shows for each kind of job. */
export const KINDS: Readonly<Record<JobRowFragment["kind"], string>> = {
  COLLECTION: "collection",
  UPDATE: "update",
  BACKFILL: "backfill",
  VERIFY: "verification",
};

/** The states that can be resumed. */
export const RESUMABLE: ReadonlySet<Status> = new Set(["PAUSED", "FAILED"]);
/** The states that can be paused. */
export const PAUSABLE: ReadonlySet<Status> = new Set(["QUEUED", "RUNNING", "WAITING"]);

/** Returns a job's newest state, from the query or the stream. The query's state does not update by itself. */
export function current(job: JobRowFragment, progress: Progress | undefined) {
  const isNewer = progress && Number(progress.cursor) >= Number(job.progress.cursor);
  return {
    status: isNewer ? progress.status : job.status,
    resumeAt: isNewer ? progress.resumeAt : job.resumeAt,
    ...(isNewer ? progress : job.progress),
  };
}

/** Pauses, resumes or cancels a job. */
export const act = (document: typeof PauseDocument | typeof ResumeDocument | typeof CancelDocument, id: string) =>
  // The three documents take the same variables, and no caller reads their data.
  ask(document as typeof PauseDocument, { id });
