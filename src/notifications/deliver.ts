import { HOUR, MINUTE, NEVER, orGiveUp, SECOND } from "../clock.ts";
import {
  dueNotifications,
  findWebhook,
  hasWebhooks,
  type Notification,
  noteStaleLeagues,
  settleNotification,
  takeNotification,
} from "../db/notifications.ts";
import { leagueLags } from "../jobs/metrics.ts";
import { plural } from "../text.ts";
import { messageOf } from "./message.ts";
import { placeOf, type WebhookParts } from "./webhooks.ts";

/** How long a receiver may take to answer. */
const ANSWER_MS = 10 * SECOND;
/** Time after which a notification is sent again if the process that sent the notification was killed. */
const TAKEN_MS = MINUTE;
/** Pauses before the retries of a delivery. The last pause is repeated until the delivery succeeds or is given up. */
const PAUSES_MS = [10 * SECOND, 30 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR];
/** Age at which the delivery of a notification is given up. */
const GIVE_UP_MS = 72 * HOUR;
const AT_ONCE = 20;
/** How often to check for due notifications (`LOOK_MS`) and for leagues that are behind (`LEAGUES_MS`). */
const LOOK_MS = 5 * SECOND;
const LEAGUES_MS = MINUTE;
/** A league is behind when its newest known final date is at least `STALE_DAYS` days older than the newest date that can be final. */
const STALE_DAYS = 2;

/** Sends due notifications, each at least once. @returns The number of notifications that were sent, whether they were delivered or not. */
async function deliver(parts: WebhookParts, signal: AbortSignal): Promise<number> {
  const due = await dueNotifications(parts.db, parts.clock.now(), AT_ONCE);
  await Promise.all(due.map((each) => deliverOne(parts, each, signal)));
  return due.length;
}

async function deliverOne(parts: WebhookParts, notification: Notification, stopping: AbortSignal): Promise<void> {
  const { db, clock, log, redact } = parts;
  if (!(await takeNotification(db, notification, clock.now() + TAKEN_MS))) return;
  const error = await send(parts, notification, stopping).then(
    () => null,
    (failure) => redact(failure instanceof Error ? failure.message : String(failure)),
  );
  const now = clock.now();
  if (error === null) return settleNotification(db, notification.id, { deliveredAt: now, nextAt: null, error: null });
  const pause = PAUSES_MS[Math.min(notification.attempts, PAUSES_MS.length - 1)] ?? HOUR;
  const isGivenUp = now - notification.createdAt >= GIVE_UP_MS;
  log.warn(isGivenUp ? "Giving up on a notification" : "Cannot deliver a notification; retrying later", {
    ...{ notification: notification.id, webhook: notification.webhookId, error },
  });
  await settleNotification(db, notification.id, { deliveredAt: null, nextAt: isGivenUp ? null : now + pause, error });
}

async function send(
  { db, clock, sealer, post }: WebhookParts,
  notification: Notification,
  stopping: AbortSignal,
): Promise<void> {
  const webhook = await findWebhook(db, notification.webhookId);
  const opened = webhook && (await (await sealer())?.open(webhook.sealed, placeOf(webhook.id)));
  if (!webhook || !opened)
    throw new Error("Cannot read the webhook's address: it was encrypted with another ENCRYPTION_KEY");
  const { url, secret } = JSON.parse(opened) as { url: string; secret: string };
  const { headers, body } = await messageOf(webhook, notification, { secret, now: clock.now() });
  const { status } = await orGiveUp(clock, ANSWER_MS, [stopping], {
    late: `no answer within ${ANSWER_MS / SECOND} seconds`,
    action: (signal) => post(url, { headers, body, signal }),
  });
  if (status < 200 || status > 299) throw new Error(`the receiver answered with status ${status}`);
}

/** Records which leagues are behind, and notifies webhooks when a league has newly fallen behind. */
async function tellOfStaleLeagues({ db, clock }: Pick<WebhookParts, "db" | "clock">): Promise<void> {
  const stale = (await leagueLags({ db, clock })).filter(({ days }) => days >= STALE_DAYS);
  const told = stale.map(({ league, days }) => ({
    ...{ league, days },
    payload: {
      text: `Lineup Ledger: league ${league} is ${plural(days, "day")} behind`,
      league: { key: league, lagDays: days },
    },
  }));
  await noteStaleLeagues(db, told, clock.now());
}

/** Checks for leagues that are behind, and delivers all due notifications. Does nothing if there is no webhook. */
export async function notify(parts: WebhookParts, signal: AbortSignal = NEVER): Promise<void> {
  if (await hasWebhooks(parts.db)) await lookAfter(parts, { looksAtLeagues: true, signal });
}

async function lookAfter(
  parts: WebhookParts,
  { looksAtLeagues, signal }: { looksAtLeagues: boolean; signal: AbortSignal },
): Promise<void> {
  if (looksAtLeagues) await tellOfStaleLeagues(parts);
  while (!signal.aborted && (await deliver(parts, signal)) > 0);
}

/** Delivers due notifications until the signal aborts, and checks the leagues once a minute. */
export async function notificationLoop(parts: WebhookParts, signal: AbortSignal): Promise<void> {
  const { db, clock, log, notifier } = parts;
  let leaguesAt = 0;
  while (!signal.aborted) {
    try {
      if (await hasWebhooks(db)) {
        const looksAtLeagues = clock.now() >= leaguesAt;
        await lookAfter(parts, { looksAtLeagues, signal });
        if (looksAtLeagues) leaguesAt = clock.now() + LEAGUES_MS;
      }
    } catch (error) {
      log.warn("Cannot process notifications; retrying", { error });
    }
    await notifier.wait(LOOK_MS, signal);
  }
}
