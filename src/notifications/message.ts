import type { Notification, Webhook } from "../db/notifications.ts";
import { base64 } from "../hash.ts";

/** A notification in the form that is sent: one line for people to read, and all known data for programs. */
export type Sent = { headers: Record<string, string>; body: string };

const JSON_TYPE = { "content-type": "application/json", "user-agent": "lineup-ledger" };

/**
 * Formats a notification for a webhook. The signed JSON follows the specification Standard Webhooks: `webhook-signature` is `v1,` and the
 * base64 of HMAC-SHA256 over `id.timestamp.body`.
 */
export async function messageOf(
  { format }: Pick<Webhook, "format">,
  notification: Pick<Notification, "id" | "kind" | "payload" | "createdAt">,
  { secret, now }: { secret: string; now: number },
): Promise<Sent> {
  const { id, kind, payload, createdAt } = notification;
  const text = String(payload.text ?? kind);
  switch (format) {
    case "DISCORD":
      // Keep a league's name from mentioning somebody on Discord.
      return {
        headers: JSON_TYPE,
        body: JSON.stringify({ content: text.slice(0, 2_000), allowed_mentions: { parse: [] } }),
      };
    case "SLACK":
      return { headers: JSON_TYPE, body: JSON.stringify({ text: text.replace(/[&<>]/g, (c) => ESCAPES[c] ?? c) }) };
    case "HEARTBEAT":
      return { headers: { ...JSON_TYPE, "content-type": "text/plain" }, body: text };
    case "JSON": {
      const messageId = `notification_${id}`;
      const body = JSON.stringify({
        id: messageId,
        kind,
        at: new Date(createdAt).toISOString(),
        ...payload,
      });
      const timestamp = String(Math.floor(now / 1000));
      const signature = await sign(secret, `${messageId}.${timestamp}.${body}`);
      return {
        headers: {
          ...JSON_TYPE,
          "webhook-id": messageId,
          "webhook-timestamp": timestamp,
          "webhook-signature": `v1,${signature}`,
        },
        body,
      };
    }
  }
}

/** Characters that Slack reads as markup. */
const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

async function sign(secret: string, text: string): Promise<string> {
  const key = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text)));
  return base64(mac);
}
