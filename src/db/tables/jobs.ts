import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { isDate, isFlag, isJson, oneOf, recordCounters } from "./columns.ts";
import {
  ENVIRONMENTS,
  FINDING_SEVERITIES,
  JOB_ACTIONS,
  JOB_DATE_STATUSES,
  JOB_EVENT_TYPES,
  JOB_KINDS,
  JOB_STATUSES,
} from "./values.ts";

/** One row per job: its state, its lease and its running totals. */
export const jobLog = sqliteTable(
  "job_log",
  {
    id: text("id").primaryKey(),
    kind: text("kind", { enum: JOB_KINDS }).notNull(),
    environment: text("environment", { enum: ENVIRONMENTS }).notNull(),
    status: text("status", { enum: JOB_STATUSES }).notNull(),
    leagueKey: text("league_key").notNull(),
    startDate: text("start_date").notNull(),
    endDate: text("end_date").notNull(),
    concurrency: integer("concurrency").notNull(),
    metadata: text("metadata").notNull(),
    idempotencyKey: text("idempotency_key"),
    /** Digest of the input that the idempotency key was first used with. */
    inputDigest: text("input_digest").notNull(),

    pendingAction: text("pending_action", { enum: JOB_ACTIONS }),
    leaseOwner: text("lease_owner"),
    /** When the lease expires, by the database's clock. */
    leaseUntil: integer("lease_until"),
    /**
     * Fencing token: grows with each claim, and whenever the job is paused, resumed, cancelled, completed or failed. A commit with an older
     * token is refused.
     */
    fence: integer("fence").notNull().default(0),
    /** When a WAITING job goes on, by the database's clock; null in all other states. */
    resumeAt: integer("resume_at"),
    /** Version for optimistic locking, incremented by every state change. A change based on an older version is not applied. */
    version: integer("moves").notNull().default(0),

    createdAt: integer("created_at").notNull(),
    startedAt: integer("started_at"),
    finishedAt: integer("finished_at"),
    /** When a worker last claimed the job. The job that has waited longest is claimed next. */
    claimedAt: integer("claimed_at"),

    datesTotal: integer("dates_total").notNull(),
    datesCompleted: integer("dates_done").notNull().default(0),
    datesFailed: integer("dates_failed").notNull().default(0),
    itemsTotal: integer("items_total").notNull().default(0),
    itemsProcessed: integer("items_processed").notNull().default(0),
    ...recordCounters,
    requests: integer("requests").notNull().default(0),
    retries: integer("retries").notNull().default(0),

    errorCode: text("error_code"),
    errorMessage: text("error_message"),
    errorStack: text("error_stack"),
  },
  (t) => [
    check("job_log_kind", oneOf(t.kind, JOB_KINDS)),
    check("job_log_environment", oneOf(t.environment, ENVIRONMENTS)),
    check("job_log_status", oneOf(t.status, JOB_STATUSES)),
    check("job_log_dates", sql`${isDate(t.startDate)} and ${isDate(t.endDate)} and ${t.startDate} <= ${t.endDate}`),
    check("job_log_concurrency", sql`${t.concurrency} between 1 and 4`),
    check("job_log_metadata", isJson(t.metadata)),
    check(
      "job_log_pending",
      sql`${t.pendingAction} is null or (${t.status} = 'RUNNING' and ${oneOf(t.pendingAction, JOB_ACTIONS)})`,
    ),
    check(
      "job_log_lease",
      sql`(${t.leaseOwner} is null) = (${t.leaseUntil} is null) and (${t.leaseOwner} is null or ${t.status} = 'RUNNING')`,
    ),
    check("job_log_waiting", sql`(${t.resumeAt} is not null) = (${t.status} = 'WAITING')`),
    check(
      "job_log_finished",
      sql`(${t.finishedAt} is not null) = (${t.status} in ('COMPLETED', 'FAILED', 'CANCELLED'))`,
    ),
    check("job_log_failed", sql`${t.status} <> 'FAILED' or ${t.errorCode} is not null`),
    check(
      "job_log_completed",
      sql`${t.status} <> 'COMPLETED' or (${t.datesCompleted} = ${t.datesTotal} and ${t.datesFailed} = 0 and ${t.errorCode} is null)`,
    ),
    check(
      "job_log_progress",
      sql`${t.datesCompleted} >= 0 and ${t.datesFailed} >= 0 and ${t.datesCompleted} + ${t.datesFailed} <= ${t.datesTotal}`,
    ),
    check(
      "job_log_records",
      sql`${t.recordsProcessed} = ${t.recordsInserted} + ${t.recordsUpdated} + ${t.recordsUnchanged}`,
    ),
    // A new job may have the same idempotency key as a failed or cancelled job.
    uniqueIndex("job_log_idempotency")
      .on(t.environment, t.idempotencyKey)
      .where(sql`${t.idempotencyKey} is not null and ${t.status} not in ('FAILED', 'CANCELLED')`),
    index("job_log_newest").on(t.environment, t.createdAt, t.id),
    index("job_log_by_league").on(t.environment, t.leagueKey, t.createdAt, t.id),
    index("job_log_by_kind").on(t.environment, t.kind, t.status, t.createdAt, t.id),
    index("job_log_by_league_kind").on(t.environment, t.leagueKey, t.kind, t.status, t.createdAt, t.id),
    // Contains all columns that statistics add up, so statistics read only this index.
    index("job_log_totals").on(
      t.environment,
      t.leagueKey,
      t.createdAt,
      t.status,
      t.startedAt,
      t.finishedAt,
      t.recordsProcessed,
      t.recordsInserted,
      t.requests,
      t.retries,
      t.kind,
    ),
    index("job_log_unfinished").on(t.status, t.claimedAt).where(sql`${t.finishedAt} is null`),
  ],
);

/** The dates of a job, each with its own status. The dates may be completed in any order, so no watermark is kept. */
export const jobDates = sqliteTable(
  "job_dates",
  {
    jobId: text("job_id")
      .notNull()
      .references(() => jobLog.id),
    date: text("date").notNull(),
    status: text("status", { enum: JOB_DATE_STATUSES }).notNull(),
    attempts: integer("attempts").notNull().default(0),
    /**
     * JSON list of the teams whose lineup of this date is stored. When the date is resumed, only teams that are not in this list are
     * requested.
     */
    teamsProcessed: text("teams_done").notNull().default("[]"),
    ...recordCounters,
    startedAt: integer("started_at"),
    finishedAt: integer("finished_at"),
    /** Why the source's stored answer is doubted; null when it is not. */
    doubt: text("doubt"),
    /** 1 if the date failed and is tried again at the end of the job. */
    triedAgain: integer("tried_again").notNull().default(0),
    /** Why the date failed or was skipped. */
    errorCode: text("error_code"),
    errorMessage: text("error_message"),
    errorStack: text("error_stack"),
  },
  (t) => [
    primaryKey({ columns: [t.jobId, t.date] }),
    check("job_dates_date", isDate(t.date)),
    check("job_dates_status", oneOf(t.status, JOB_DATE_STATUSES)),
    check("job_dates_teams", isJson(t.teamsProcessed)),
    check("job_dates_finished", sql`${t.status} not in ('DONE', 'FAILED') or ${t.finishedAt} is not null`),
    check("job_dates_failed", sql`${t.status} <> 'FAILED' or ${t.errorCode} is not null`),
    check(
      "job_dates_records",
      sql`${t.recordsProcessed} = ${t.recordsInserted} + ${t.recordsUpdated} + ${t.recordsUnchanged}`,
    ),
    index("job_dates_recent").on(t.jobId, t.finishedAt),
    index("job_dates_doubted").on(t.jobId).where(sql`${t.doubt} is not null`),
  ],
);

/** Where a resumed job starts. The row is deleted once the job is completed or cancelled. */
export const checkpoints = sqliteTable(
  "checkpoints",
  {
    jobId: text("job_id")
      .primaryKey()
      .references(() => jobLog.id),
    nextDate: text("next_date"),
    teamsProcessed: text("teams_processed").notNull(),
    timestamp: integer("timestamp").notNull(),
  },
  (t) => [check("checkpoints_teams", isJson(t.teamsProcessed))],
);

/** Everything that happened to a job, in the order of commits. The id is the cursor of a subscription. */
export const jobEvents = sqliteTable(
  "job_events",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    jobId: text("job_id")
      .notNull()
      .references(() => jobLog.id),
    type: text("type", { enum: JOB_EVENT_TYPES }).notNull(),
    at: integer("at").notNull(),
    date: text("date"),
    message: text("message").notNull(),
    data: text("data"),
    /** The name of the token that requested the action; null if the ledger acted by itself. */
    by: text("by"),
  },
  (t) => [
    check("job_events_type", oneOf(t.type, JOB_EVENT_TYPES)),
    check("job_events_data", sql`${t.data} is null or ${isJson(t.data)}`),
    index("job_events_by_job").on(t.jobId, t.id),
  ],
);

/** The findings of verifications, kept forever. */
export const jobFindings = sqliteTable(
  "job_findings",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    jobId: text("job_id")
      .notNull()
      .references(() => jobLog.id),
    severity: text("severity", { enum: FINDING_SEVERITIES }).notNull(),
    code: text("code").notNull(),
    message: text("message").notNull(),
    /** Null when the finding concerns no single date, but a job, a player or a league. */
    date: text("date"),
    teamKey: text("team_key"),
    playerId: text("player_id"),
    /** 1 when the verification has repaired the data, or has marked the data as unknown and due for the next update. */
    mended: integer("mended").notNull().default(0),
  },
  (t) => [
    check("job_findings_severity", oneOf(t.severity, FINDING_SEVERITIES)),
    check("job_findings_mended", isFlag(t.mended)),
    index("job_findings_by_job").on(t.jobId, t.severity, t.date, t.id),
  ],
);
