/** What a byte that is no text becomes when it is read: such a text is not what the source meant. */
export const DAMAGED = "\u{fffd}";

/** Dates are `YYYY-MM-DD`; instants are whole milliseconds since 1970; truth values are 0 and 1; lists are JSON. */

export const ENVIRONMENTS = ["PRODUCTION", "TEST"] as const;
export const JOB_KINDS = ["COLLECTION", "BACKFILL", "UPDATE", "VERIFY"] as const;
/** What a schedule may start. */
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
/** The states of coverage that have to be remembered; the others follow from the calendar (design, section 2). */
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

/** The job has ended: a COMPLETED or CANCELLED one for good, a FAILED one until a person resumes it. */
export const isFinished = (status: string): boolean =>
  status === "COMPLETED" || status === "FAILED" || status === "CANCELLED";

/** Nothing more comes of the job unless a person acts: it has ended, or is paused. */
export const isSettled = (status: string): boolean => isFinished(status) || status === "PAUSED";

/** What somebody may be told of. */
export const NOTIFICATION_KINDS = ["JOB_COMPLETED", "JOB_FAILED", "JOB_NEEDS_LOGIN", "LEAGUE_STALE", "TEST"] as const;
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

/** How it is told: signed JSON, a chat's own form, or a bare ping after each good run. */
export const WEBHOOK_FORMATS = ["JSON", "DISCORD", "SLACK", "HEARTBEAT"] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];
