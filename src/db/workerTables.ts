import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { isFlag, oneOf } from "./columns.ts";
import { jobLog } from "./tables.ts";

export const RUNTIMES = ["NODE", "DENO", "CLOUDFLARE"] as const;

/** Who works and serves on this database: processes, and the runs of an engine that carries one job each. */
export const workers = sqliteTable(
  "workers",
  {
    id: text("id").primaryKey(),
    runtime: text("runtime", { enum: RUNTIMES }).notNull(),
    /** It answers GraphQL. */
    serves: integer("serves").notNull(),
    /** It works on jobs. */
    works: integer("works").notNull(),
    /** The one job that a run of an engine carries; processes take up whatever there is. */
    jobId: text("job_id").references(() => jobLog.id),
    since: integer("since").notNull(),
    /** By the database's clock. */
    heardAt: integer("heard_at").notNull(),
    /** When it said that it ends, or was found to have ended, by the database's clock. */
    endedAt: integer("ended_at"),
  },
  (t) => [
    check("workers_runtime", oneOf(t.runtime, RUNTIMES)),
    check("workers_flags", sql`${isFlag(t.serves)} and ${isFlag(t.works)}`),
    // A job has one living run at a time, however many reconcile.
    uniqueIndex("workers_run").on(t.jobId).where(sql`${t.jobId} is not null and ${t.endedAt} is null`),
    index("workers_by_job").on(t.jobId),
  ],
);

/** What all processes that use one credential of a source share: when the next request may be made. */
export const sourceBudgets = sqliteTable("source_budgets", {
  credential: text("credential").primaryKey(),
  /** All times by the database's clock. */
  nextAt: integer("next_at").notNull(),
  /** The source wants no request before. */
  blockedUntil: integer("blocked_until").notNull(),
  /** After a block one request goes ahead: its id, or `none` while there is none. Null while there is no doubt. */
  probeId: text("probe_id"),
  /** Until it is answered, or this has come, no other request is made. */
  probeUntil: integer("probe_until"),
});

/** Requests that wait for their turn or are under way, over all processes; one that is not ended by its process is forgotten after a while. */
export const sourceRequests = sqliteTable(
  "source_requests",
  {
    credential: text("credential")
      .notNull()
      .references(() => sourceBudgets.credential),
    id: text("id").notNull(),
    /** Whoever asked first is next. */
    askedAt: integer("asked_at").notNull(),
    until: integer("until").notNull(),
    /** When it may be made; null while it waits for its turn. */
    startAt: integer("start_at"),
  },
  (t) => [primaryKey({ columns: [t.credential, t.id] })],
);
