import type { JobKind, JobStatus } from "../db/tables/values.ts";
import { describedEnum } from "./builder.ts";

const KINDS = {
  COLLECTION: "A range of dates that a person or client asked for.",
  BACKFILL: "A whole season, from its first day to its last day (or to today, if that is earlier).",
  UPDATE:
    "Recent dates that are missing, incomplete or provisional. " +
    "An update also collects the last two final dates, and older dates that are due for another check.",
  VERIFY: "A check of every stored record. Sends no requests to the source.",
};

export const JobKindEnum = describedEnum<JobKind>("JobKind", "What a job was started for.", KINDS);

const STATUSES = {
  QUEUED: "The job was accepted, but no worker has claimed it yet.",
  RUNNING:
    "A worker holds the job's lease, or will take the job over. " +
    "If the job's worker shuts down in an orderly way, another worker takes over the job at once. " +
    "If a worker process crashes, another worker takes over the job within 20 seconds. " +
    "If a worker on Cloudflare Workers crashes, another worker takes over the job within three minutes (116 seconds measured).",
  WAITING: "The job waits until `resumeAt` because of the source's rate limit, quota or outage. Continues by itself.",
  PAUSED:
    "The job was stopped by a person, by Ctrl+C on the command line, or because credentials must be renewed. `resumeCollection` continues it.",
  COMPLETED: "Every date is done. `datesSuspect` is the number of dates whose data is in doubt.",
  FAILED: "Some dates could not be collected. Collected data is kept; `resumeCollection` retries the rest.",
  CANCELLED: "Stopped for good. Collected data is kept.",
};

export const JobStatusEnum = describedEnum<JobStatus>("JobStatus", "The state of a job.", STATUSES);
