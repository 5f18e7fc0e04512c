import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { isFlag, oneOf } from "./columns.ts";
import { jobLog } from "./jobs.ts";
import { RUNTIMES } from "./values.ts";

/** Who works and serves on this database: processes, and workflow runs, of one job each. */
export const workers = sqliteTable(
  "workers",
  {
    id: text("id").primaryKey(),
    runtime: text("runtime", { enum: RUNTIMES }).notNull(),
    /** It answers GraphQL. */
    serves: integer("serves").notNull(),
    /** It works on jobs. */
    works: integer("works").notNull(),
    /** The single job of a workflow run; null for a process, which works on any. */
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
