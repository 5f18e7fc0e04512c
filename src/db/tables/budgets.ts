import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

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

/** How many requests were made in each minute, over all processes of a credential: what is counted against its windows. */
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
