import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { isFlag, isJson, oneOf } from "./columns.ts";
import { jobLog } from "./jobs.ts";
import {
  CATCH_UP_POLICIES,
  ENVIRONMENTS,
  OVERLAP_POLICIES,
  SCHEDULE_CHANGE_KINDS,
  SCHEDULE_KINDS,
  SCHEDULE_OUTCOMES,
  SCHEDULE_TRIGGERS,
} from "./values.ts";
/** A row says when to update or verify a league automatically, and up to which instant the due times are decided. */
export const schedules = sqliteTable(
  "schedules",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    /** The kind of job that the schedule starts. */
    kind: text("kind", { enum: SCHEDULE_KINDS }).notNull().default("UPDATE"),
    /** Whether a verification mends what it finds. */
    mend: integer("mend", { mode: "boolean" }).notNull().default(false),
    environment: text("environment", { enum: ENVIRONMENTS }).notNull(),
    /** The key or alias as it was given. An alias is stored unresolved, so the schedule continues with the next season. */
    leagueKey: text("league_key").notNull(),
    cron: text("cron").notNull(),
    /** IANA name. */
    timezone: text("timezone").notNull(),
    lookbackDays: integer("lookback_days").notNull(),
    enabled: integer("enabled", { mode: "boolean" }).notNull(),
    overlap: text("overlap", { enum: OVERLAP_POLICIES }).notNull(),
    catchUp: text("catch_up", { enum: CATCH_UP_POLICIES }).notNull(),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    /** When the schedule was deleted; null otherwise. Deleted schedules stay in the table, because their decisions are kept. */
    deletedAt: integer("deleted_at"),

    /** Version for optimistic locking, incremented by every write. A decision based on an older version is not written. */
    version: integer("version").notNull().default(1),
    /**
     * How many times the schedule was started over. If a clock that ran ahead has decided due times far in the future, the schedule starts
     * over when a person enables it, disables it, or changes its pattern or time zone.
     */
    epoch: integer("epoch").notNull().default(0),
    /** Every due time up to this instant is decided, except due times before the schedule's cron pattern took effect. */
    watermark: integer("decided_until").notNull(),
    /** The next due time, indexed to find schedules that are due; null when there is none or the schedule is disabled. */
    nextDueAt: integer("next_due_at"),
    /** The due time that is queued, and the job that has to end first; null when no due time is queued. */
    queuedFor: integer("queued_for"),
    queuedBehind: text("queued_behind").references(() => jobLog.id),
    lastRunAt: integer("last_run_at"),
    lastJobId: text("last_job_id").references(() => jobLog.id),
  },
  (t) => [
    check("schedules_environment", oneOf(t.environment, ENVIRONMENTS)),
    check("schedules_lookback", sql`${t.lookbackDays} between 1 and 30`),
    check("schedules_enabled", isFlag(t.enabled)),
    check("schedules_overlap", oneOf(t.overlap, OVERLAP_POLICIES)),
    check("schedules_catch_up", oneOf(t.catchUp, CATCH_UP_POLICIES)),
    check("schedules_due", sql`${t.nextDueAt} is null or (${t.enabled} = 1 and ${t.nextDueAt} > ${t.watermark})`),
    check(
      "schedules_queued",
      sql`(${t.queuedFor} is null) = (${t.queuedBehind} is null) and (${t.queuedFor} is null or ${t.enabled} = 1)`,
    ),
    check("schedules_deleted", sql`${t.deletedAt} is null or ${t.enabled} = 0`),
    check("schedules_last", sql`${t.lastJobId} is null or ${t.lastRunAt} is not null`),
    index("schedules_by_name").on(t.environment, t.name, t.id).where(sql`${t.deletedAt} is null`),
    index("schedules_due_next").on(t.nextDueAt).where(sql`${t.nextDueAt} is not null`),
    index("schedules_decided").on(t.watermark).where(sql`${t.enabled} = 1`),
    index("schedules_waiting").on(t.queuedFor).where(sql`${t.queuedFor} is not null`),
  ],
);

/** The decision on each due time. The primary key lets only one process decide a due time. */
export const scheduleDecisions = sqliteTable(
  "schedule_decisions",
  {
    scheduleId: text("schedule_id")
      .notNull()
      .references(() => schedules.id),
    scheduledFor: integer("scheduled_for").notNull(),
    trigger: text("trigger", { enum: SCHEDULE_TRIGGERS }).notNull(),
    /**
     * The schedule's epoch at the decision. Due times that were decided too early, because a clock ran ahead, are decided again in the next
     * epoch.
     */
    epoch: integer("epoch").notNull().default(0),
    /** The last due time of a row that covers many missed due times; null for a single due time. */
    scheduledUntil: integer("scheduled_until"),
    decidedAt: integer("decided_at").notNull(),
    outcome: text("outcome", { enum: SCHEDULE_OUTCOMES }).notNull(),
    jobId: text("job_id").references(() => jobLog.id),
    reason: text("reason").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.scheduleId, t.scheduledFor, t.trigger, t.epoch] }),
    check("schedule_decisions_trigger", oneOf(t.trigger, SCHEDULE_TRIGGERS)),
    check("schedule_decisions_outcome", oneOf(t.outcome, SCHEDULE_OUTCOMES)),
    check("schedule_decisions_started", sql`${t.outcome} <> 'STARTED' or ${t.jobId} is not null`),
    check(
      "schedule_decisions_range",
      sql`${t.scheduledUntil} is null or (${t.outcome} = 'SKIPPED_MISSED' and ${t.scheduledUntil} > ${t.scheduledFor})`,
    ),
  ],
);

/** Who created, changed and deleted schedules. A row is appended in the transaction that changes the schedule, and is never altered. */
export const scheduleChanges = sqliteTable(
  "schedule_changes",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    scheduleId: text("schedule_id")
      .notNull()
      .references(() => schedules.id),
    kind: text("kind", { enum: SCHEDULE_CHANGE_KINDS }).notNull(),
    at: integer("at").notNull(),
    by: text("by").notNull(),
    /** The fields that were set, as JSON. */
    fields: text("fields").notNull(),
  },
  (t) => [
    check("schedule_changes_kind", oneOf(t.kind, SCHEDULE_CHANGE_KINDS)),
    check("schedule_changes_fields", isJson(t.fields)),
    index("schedule_changes_by_schedule").on(t.scheduleId, t.id),
  ],
);
