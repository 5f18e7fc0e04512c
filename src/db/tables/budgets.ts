import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** The request limits of each credential of a source, shared by all processes. */
export const sourceBudgets = sqliteTable("source_budgets", {
  credential: text("credential").primaryKey(),
  /** When the next request may start. All times are in milliseconds by the database's clock. */
  nextAt: integer("next_at").notNull(),
  /** The source takes no requests before this time. */
  blockedUntil: integer("blocked_until").notNull(),
  /** Id of the probe request after a block; `none` until the probe is sent. Null while the source is known to take requests. */
  probeId: text("probe_id"),
  /** While the probe request has no answer, no other request starts before this time. */
  probeUntil: integer("probe_until"),
});

/** All processes' requests that are queued or under way. A request expires if its process neither renews nor ends it. */
export const sourceRequests = sqliteTable(
  "source_requests",
  {
    credential: text("credential")
      .notNull()
      .references(() => sourceBudgets.credential),
    id: text("id").notNull(),
    /** When the request was queued. The oldest request is next. */
    askedAt: integer("asked_at").notNull(),
    until: integer("until").notNull(),
    /** When the request may start; null while it is queued. */
    startAt: integer("start_at"),
  },
  (t) => [primaryKey({ columns: [t.credential, t.id] })],
);

/** Number of requests that all processes together made with a credential in each minute. */
export const sourceUsage = sqliteTable(
  "source_usage",
  {
    credential: text("credential").notNull(),
    /** In minutes since 1970, by the database's clock. */
    minute: integer("minute").notNull(),
    requests: integer("requests").notNull(),
  },
  (t) => [primaryKey({ columns: [t.credential, t.minute] })],
);
