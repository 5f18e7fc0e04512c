import { deleteWebhook, findWebhook, insertWebhook, notifyOne, type Webhook } from "../db/notifications.ts";
import type { NotificationKind, WebhookFormat } from "../db/tables/values.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import { base64, newId } from "../hash.ts";
import type { Sealer } from "../source/credentials/seal.ts";
import { addressFault } from "./address.ts";
import type { Post } from "./post.ts";

/** Dependencies for storing and notifying webhooks. */
export type WebhookParts = Pick<Deps, "db" | "clock" | "log" | "notifier" | "redact"> & {
  sealer: () => Promise<Sealer | undefined>;
  post: Post;
  /** Whether receivers may be in the server's own network. */
  allowsPrivate: boolean;
};

export type NewWebhook = {
  name: string | null;
  url: string;
  format: WebhookFormat;
  kinds: readonly NotificationKind[];
};

export const placeOf = (id: string): string => `webhooks|${id}`;

/**
 * Adds a webhook and returns its secret, which is not shown again. Throws BAD_USER_INPUT for an address that is not allowed, and
 * ILLEGAL_STATE if there is no encryption key.
 */
export async function addWebhook(
  { db, clock, sealer, allowsPrivate }: WebhookParts,
  { name, url, format, kinds }: NewWebhook,
  by: string,
): Promise<{ webhook: Webhook; secret: string }> {
  const fault = addressFault(url, allowsPrivate);
  if (fault !== null)
    throw new LedgerError(
      "BAD_USER_INPUT",
      `Cannot add the webhook: ${fault}. To allow receivers in the server's own network, set WEBHOOKS_PRIVATE=on`,
    );
  const seal = await sealer();
  if (!seal)
    throw new LedgerError(
      "ILLEGAL_STATE",
      "Cannot store the webhook: there is no key to encrypt it. Set ENCRYPTION_KEY",
    );
  const id = newId("webhook");
  const secret = `whsec_${base64(crypto.getRandomValues(new Uint8Array(24)))}`;
  const { host } = new URL(url);
  const webhook: Webhook = {
    ...{ id, host, format, createdAt: clock.now(), createdBy: by },
    name: name ?? host,
    // A ping means that a run succeeded, so a HEARTBEAT webhook is notified only of completed jobs.
    kinds: format === "HEARTBEAT" ? ["JOB_COMPLETED"] : kinds,
    sealed: await seal.seal(JSON.stringify({ url, secret }), placeOf(id)),
  };
  await insertWebhook(db, webhook);
  return { webhook, secret };
}

/** Finds a webhook. Throws NOT_FOUND. */
async function theWebhook({ db }: Pick<WebhookParts, "db">, id: string): Promise<Webhook> {
  const found = await findWebhook(db, id);
  if (!found) throw new LedgerError("NOT_FOUND", `The ledger has no webhook ${id}`);
  return found;
}

/** Deletes a webhook; nothing more is sent to it. Throws NOT_FOUND. */
export async function removeWebhook(parts: WebhookParts, id: string): Promise<Webhook> {
  const webhook = await theWebhook(parts, id);
  await deleteWebhook(parts.db, id, parts.clock.now());
  return webhook;
}

/** Queues a test notification for a webhook. Throws NOT_FOUND. */
export async function testWebhook(parts: WebhookParts, id: string, by: string): Promise<Webhook> {
  const webhook = await theWebhook(parts, id);
  const now = parts.clock.now();
  const payload = { text: `Lineup Ledger: a test requested by ${by}` };
  await notifyOne(parts.db, id, { kind: "TEST", occasion: `test ${now} ${crypto.randomUUID()}`, payload, now });
  return webhook;
}
