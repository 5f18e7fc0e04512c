import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import type { NotificationKind, WebhookFormat } from "./tables/values.ts";

/** An address that receives notifications. Times are in milliseconds since 1970. */
export type Webhook = {
  id: string;
  name: string;
  host: string;
  format: WebhookFormat;
  kinds: readonly NotificationKind[];
  /** The address and its secret, encrypted. */
  sealed: string;
  createdAt: number;
  createdBy: string;
};

/** A notification for a webhook, pending or settled. */
export type Notification = {
  id: number;
  webhookId: string;
  kind: NotificationKind;
  payload: Readonly<Record<string, unknown>>;
  createdAt: number;
  attempts: number;
  nextAt: number | null;
  deliveredAt: number | null;
  lastError: string | null;
};

type WebhookRow = Omit<Webhook, "kinds"> & { kinds: string };
const parsed = ({ kinds, ...row }: WebhookRow): Webhook => ({ ...row, kinds: JSON.parse(kinds) });
const WEBHOOK = sql`id, name, host, format, kinds, sealed, created_at as "createdAt", created_by as "createdBy"`;

export async function listWebhooks(db: Db): Promise<Webhook[]> {
  const rows = await db.orm.all<WebhookRow>(
    sql`select ${WEBHOOK} from webhooks where deleted_at is null order by created_at desc, id`,
  );
  return rows.map(parsed);
}

export async function findWebhook(db: Db, id: string): Promise<Webhook | undefined> {
  const [row] = await db.orm.all<WebhookRow>(
    sql`select ${WEBHOOK} from webhooks where id = ${id} and deleted_at is null`,
  );
  return row && parsed(row);
}

export async function insertWebhook(db: Db, webhook: Webhook): Promise<void> {
  await db.write(
    [
      sql`insert into webhooks (id, name, host, format, kinds, sealed, created_at, created_by)
          values (${webhook.id}, ${webhook.name}, ${webhook.host}, ${webhook.format}, ${JSON.stringify(webhook.kinds)}, ${webhook.sealed},
            ${webhook.createdAt}, ${webhook.createdBy}) on conflict (id) do nothing`,
    ],
    { repeatable: true },
  );
}

/** Deletes a webhook and gives up its undelivered notifications. */
export async function deleteWebhook(db: Db, id: string, now: number): Promise<void> {
  await db.write(
    [
      sql`update webhooks set deleted_at = ${now}, sealed = '' where id = ${id} and deleted_at is null`,
      sql`update notifications set next_at = null, last_error = 'The webhook was deleted' where webhook_id = ${id} and next_at is not null`,
    ],
    { repeatable: true },
  );
}

/**
 * Builds the statement that queues a notification for each webhook that receives this kind. Run this statement in the event's own
 * transaction.
 * @param occasion Identifies the event: a webhook is notified once per occasion. @param condition Whether the event happened.
 */
export const notifyOf = (
  kind: NotificationKind,
  { occasion, payload, now }: { occasion: string; payload: Readonly<Record<string, unknown>>; now: number },
  condition: SQL = sql`true`,
): SQL =>
  sql`insert into notifications (webhook_id, kind, occasion, payload, created_at, next_at)
      select id, ${kind}, ${occasion}, ${JSON.stringify(payload)}, ${now}, ${now} from webhooks
      where deleted_at is null and exists (select 1 from json_each(kinds) where value = ${kind}) and ${condition}
      on conflict (webhook_id, occasion) do nothing`;

/** Queues a notification for one webhook, regardless of the kinds that were chosen for the webhook. */
export async function notifyOne(
  db: Db,
  webhookId: string,
  { kind, occasion, payload, now }: { kind: NotificationKind; occasion: string; payload: object; now: number },
): Promise<void> {
  await db.write(
    [
      sql`insert into notifications (webhook_id, kind, occasion, payload, created_at, next_at)
          values (${webhookId}, ${kind}, ${occasion}, ${JSON.stringify(payload)}, ${now}, ${now}) on conflict do nothing`,
    ],
    { repeatable: true },
  );
}

type Row = Omit<Notification, "payload"> & { payload: string };
const NOTIFICATION = sql`id, webhook_id as "webhookId", kind, payload, created_at as "createdAt", attempts, next_at as "nextAt",
  delivered_at as "deliveredAt", last_error as "lastError"`;
const read = ({ payload, ...row }: Row): Notification => ({ ...row, payload: JSON.parse(payload) });

/** Returns up to `limit` due notifications, earliest due time first. */
export async function dueNotifications(db: Db, now: number, limit: number): Promise<Notification[]> {
  const rows = await db.orm.all<Row>(
    sql`select ${NOTIFICATION} from notifications where next_at <= ${now} order by next_at, id limit ${limit}`,
  );
  return rows.map(read);
}

/** Returns a webhook's newest notifications, newest first. */
export async function newestNotifications(db: Db, webhookId: string, limit: number): Promise<Notification[]> {
  const rows = await db.orm.all<Row>(
    sql`select ${NOTIFICATION} from notifications where webhook_id = ${webhookId} order by id desc limit ${limit}`,
  );
  return rows.map(read);
}

/** Claims a notification for sending; false if another process was faster. An unsettled notification is due again at `until`. */
export async function takeNotification(
  db: Db,
  { id, nextAt, attempts }: Notification,
  until: number,
): Promise<boolean> {
  const [taken] = await db.write([
    sql`update notifications set attempts = attempts + 1, next_at = ${until} where id = ${id} and next_at = ${nextAt} and attempts = ${attempts}`,
  ]);
  return taken?.rowsAffected === 1;
}

/** Stores the outcome of an attempt. @param nextAt When to send the notification again; null if it was delivered or given up. */
export async function settleNotification(
  db: Db,
  id: number,
  { deliveredAt, nextAt, error }: { deliveredAt: number | null; nextAt: number | null; error: string | null },
): Promise<void> {
  await db.write(
    [
      sql`update notifications set delivered_at = ${deliveredAt}, next_at = ${nextAt}, last_error = ${error}
          where id = ${id} and delivered_at is null`,
    ],
    { repeatable: true },
  );
}

/** Stores which leagues are behind. When a league has newly fallen behind, also notifies the webhooks, in the same transaction. */
export async function noteStaleLeagues(
  db: Db,
  leagues: readonly { league: string; days: number; payload: Readonly<Record<string, unknown>> }[],
  now: number,
): Promise<void> {
  const keys = JSON.stringify(leagues.map(({ league }) => league));
  await db.write(
    [
      sql`delete from stale_leagues where league_key not in (select value from json_each(${keys}))`,
      ...leagues.flatMap(({ league, payload }) => [
        notifyOf(
          "LEAGUE_STALE",
          { occasion: `stale ${league} ${now}`, payload, now },
          sql`not exists (select 1 from stale_leagues where league_key = ${league})`,
        ),
        sql`insert into stale_leagues (league_key, since) values (${league}, ${now}) on conflict do nothing`,
      ]),
    ],
    { repeatable: true },
  );
}

/** Returns whether there is any webhook. */
export async function hasWebhooks(db: Db): Promise<boolean> {
  const [row] = await db.orm.all(sql`select 1 from webhooks where deleted_at is null limit 1`);
  return row !== undefined;
}
