import type { JobKind, JobStatus } from "../db/tables/values.ts";
import { describedEnum } from "./builder.ts";

const KINDS = {
  COLLECTION: "A range of dates, asked for by a person or a client.",
  BACKFILL: "A whole season, from the source's own first to its last day so far.",
  UPDATE: "The newest days, missing and provisional ones first, usually by a schedule.",
  VERIFY: "A check of what is stored, record by record; it asks the source nothing.",
};

export const JobKindEnum = describedEnum<JobKind>("JobKind", "What a job was started for.", KINDS);

const STATUSES = {
  QUEUED: "Accepted; no worker has claimed it yet.",
  RUNNING:
    "A worker holds its lease, or takes it up again: at once after a stop; after a crash within 20 seconds where processes work, and within three minutes on Workers (116 seconds measured).",
  WAITING: "Held back by the source's rate limit or quota until `resumeAt`; goes on by itself.",
  PAUSED:
    "Stopped by a person, by Ctrl+C on the command line, or because credentials must be renewed; `resumeCollection` goes on.",
  COMPLETED: "Every date was collected; `datesSuspect` says how many of them are doubted.",
  FAILED: "Some dates could not be collected; what was collected is kept, `resumeCollection` retries the rest.",
  CANCELLED: "Stopped for good; what was collected is kept.",
};

export const JobStatusEnum = describedEnum<JobStatus>("JobStatus", "Where a job is in its life.", STATUSES);
