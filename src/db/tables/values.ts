/** The character that replaces invalid bytes when a text is read. A text that contains this character is damaged. */
export const DAMAGED = "\u{fffd}";

/** Dates are `YYYY-MM-DD`, instants are whole milliseconds since 1970, booleans are 0 and 1, lists are JSON. */

export const ENVIRONMENTS = ["PRODUCTION", "TEST"] as const;
export const JOB_KINDS = ["COLLECTION", "BACKFILL", "UPDATE", "VERIFY"] as const;
/** The kinds of jobs that a schedule may start. */
export const SCHEDULE_KINDS = ["UPDATE", "VERIFY"] as const;
export const FINDING_SEVERITIES = ["ERROR", "WARNING"] as const;
export const JOB_STATUSES = ["QUEUED", "RUNNING", "WAITING", "PAUSED", "COMPLETED", "FAILED", "CANCELLED"] as const;
export const JOB_ACTIONS = ["PAUSE", "CANCEL"] as const;
export const JOB_DATE_STATUSES = ["PENDING", "RUNNING", "DONE", "FAILED", "SKIPPED"] as const;
export const JOB_EVENT_TYPES = [
  "CREATED",
  "STARTED",
  "DATE_COMPLETED",
  "DATE_FAILED",
  "WAITING",
  "PAUSE_REQUESTED",
  "PAUSED",
  "RESUMED",
  "CANCEL_REQUESTED",
  "CANCELLED",
  "COMPLETED",
  "FAILED",
  "RECOVERED",
] as const;
export const SOURCE_KINDS = ["YAHOO", "ESPN", "DEMO"] as const;
/** The coverage states that are stored; the other states are computed from the calendar (`leagues/coverage.ts`). */
export const STORED_COVERAGE = ["COMPLETE", "PARTIAL", "EMPTY", "FAILED", "WAIVED"] as const;
export const CHANGE_KINDS = ["ADDED", "REMOVED", "MOVED"] as const;

export const OVERLAP_POLICIES = ["SKIP", "QUEUE"] as const;
export const CATCH_UP_POLICIES = ["LATEST", "NONE"] as const;
export const SCHEDULE_OUTCOMES = ["STARTED", "SKIPPED_OVERLAP", "SKIPPED_MISSED", "FAILED"] as const;
export const SCHEDULE_CHANGE_KINDS = ["CREATED", "CHANGED", "DELETED"] as const;
export const SCHEDULE_TRIGGERS = ["CRON", "MANUAL"] as const;

export const RUNTIMES = ["NODE", "DENO", "CLOUDFLARE"] as const;

export type Environment = (typeof ENVIRONMENTS)[number];
export type ScheduleKind = (typeof SCHEDULE_KINDS)[number];
export type JobKind = (typeof JOB_KINDS)[number];
export type JobStatus = (typeof JOB_STATUSES)[number];
export type JobAction = (typeof JOB_ACTIONS)[number];

/** Returns whether the job has ended. COMPLETED and CANCELLED are final, but a person can resume a FAILED job. */
export const isFinished = (status: string): boolean =>
  status === "COMPLETED" || status === "FAILED" || status === "CANCELLED";

/** Returns whether the job has ended or is paused, so that it does nothing more unless a person acts. */
export const isSettled = (status: string): boolean => isFinished(status) || status === "PAUSED";

/** The kinds of notifications. */
export const NOTIFICATION_KINDS = ["JOB_COMPLETED", "JOB_FAILED", "JOB_NEEDS_LOGIN", "LEAGUE_STALE", "TEST"] as const;
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

/** How a webhook is notified: signed JSON, a chat's own format, or a bare ping after each successful run. */
export const WEBHOOK_FORMATS = ["JSON", "DISCORD", "SLACK", "HEARTBEAT"] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];
