import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { isFlag, oneOf } from "./columns.ts";
import { jobLog } from "./jobs.ts";
import { RUNTIMES } from "./values.ts";

/** The workers and servers of this database. Each is a process, or a workflow run for a single job. */
export const workers = sqliteTable(
  "workers",
  {
    id: text("id").primaryKey(),
    runtime: text("runtime", { enum: RUNTIMES }).notNull(),
    /** 1 when the worker serves GraphQL. */
    serves: integer("serves").notNull(),
    /** 1 when the worker processes jobs. */
    works: integer("works").notNull(),
    /** The single job of a workflow run; null for a process, which works on any job. */
    jobId: text("job_id").references(() => jobLog.id),
    since: integer("since").notNull(),
    /** When the last heartbeat came, by the database's clock. */
    heardAt: integer("heard_at").notNull(),
    /** When the worker reported its end, or when its end was noticed, by the database's clock; null until then. */
    endedAt: integer("ended_at"),
  },
  (t) => [
    check("workers_runtime", oneOf(t.runtime, RUNTIMES)),
    check("workers_flags", sql`${isFlag(t.serves)} and ${isFlag(t.works)}`),
    // A job has at most one active run, even when many processes start runs at once.
    uniqueIndex("workers_run").on(t.jobId).where(sql`${t.jobId} is not null and ${t.endedAt} is null`),
    index("workers_by_job").on(t.jobId),
  ],
);
