import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { isJson, oneOf } from "./columns.ts";
import { NOTIFICATION_KINDS, WEBHOOK_FORMATS } from "./values.ts";

/**
 * Addresses that receive notifications. The address and its secret are encrypted, because anybody who knows them can pose as the ledger.
 */
export const webhooks = sqliteTable(
  "webhooks",
  {
    id: text("id").primaryKey(),
    /** The name that people gave the webhook, by default its host. */
    name: text("name").notNull(),
    host: text("host").notNull(),
    format: text("format", { enum: WEBHOOK_FORMATS }).notNull(),
    /** JSON list of {@link NOTIFICATION_KINDS}. */
    kinds: text("kinds").notNull(),
    sealed: text("sealed").notNull(),
    createdAt: integer("created_at").notNull(),
    createdBy: text("created_by").notNull(),
    deletedAt: integer("deleted_at"),
  },
  (t) => [check("webhooks_format", oneOf(t.format, WEBHOOK_FORMATS)), check("webhooks_kinds", isJson(t.kinds))],
);

/** The outbox: notifications for webhooks, written in the transaction of the event that they report. */
export const notifications = sqliteTable(
  "notifications",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    webhookId: text("webhook_id")
      .notNull()
      .references(() => webhooks.id),
    kind: text("kind", { enum: NOTIFICATION_KINDS }).notNull(),
    /** Identifies the event: for example, a job's new state, or a league that has fallen behind. Each event is reported once. */
    occasion: text("occasion").notNull(),
    payload: text("payload").notNull(),
    createdAt: integer("created_at").notNull(),
    attempts: integer("attempts").notNull().default(0),
    /** When the notification is sent next; null once it is delivered or given up. */
    nextAt: integer("next_at"),
    deliveredAt: integer("delivered_at"),
    lastError: text("last_error"),
  },
  (t) => [
    check("notifications_kind", oneOf(t.kind, NOTIFICATION_KINDS)),
    check("notifications_payload", isJson(t.payload)),
    uniqueIndex("notifications_once").on(t.webhookId, t.occasion),
    index("notifications_due").on(t.nextAt).where(sql`${t.nextAt} is not null`),
  ],
);

/** Leagues that were reported as behind. A league's row is deleted once the league has caught up, so the league can be reported again. */
export const staleLeagues = sqliteTable(
  "stale_leagues",
  { leagueKey: text("league_key").notNull(), since: integer("since").notNull() },
  (t) => [primaryKey({ columns: [t.leagueKey] })],
);
