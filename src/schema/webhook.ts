import * as v from "valibot";
import { listWebhooks, type Notification, newestNotifications, type Webhook } from "../db/notifications.ts";
import type { NotificationKind, WebhookFormat } from "../db/tables/values.ts";
import { addWebhook, removeWebhook, testWebhook } from "../notifications/webhooks.ts";
import { builder, describedEnum } from "./builder.ts";
import { list } from "./costs.ts";
import { wholeNumber } from "./input.ts";

/**
 * Assumed number of webhooks, larger than that of any installation. The cost of the list is computed from the assumed number of webhooks.
 */
const MANY = 50;
const MAX_SHOWN = 100;

const KindEnum = describedEnum<NotificationKind>("NotificationKind", "What a notification is about.", {
  JOB_COMPLETED: "A PRODUCTION job has completed.",
  JOB_FAILED: "A PRODUCTION job has failed: some of its dates could not be collected.",
  JOB_NEEDS_LOGIN: "A PRODUCTION job is paused because its source requires new credentials.",
  LEAGUE_STALE:
    "A league in season has fallen behind: its newest final date is two or more days older than it could be. " +
    "The notification is not sent again until the league has caught up.",
  TEST: "A test, sent by `testWebhook`.",
});
const FormatEnum = describedEnum<WebhookFormat>("WebhookFormat", "The format of a webhook's messages.", {
  JSON: "Signed JSON, following Standard Webhooks.",
  DISCORD: "A message in a Discord channel.",
  SLACK: "A message in a Slack channel.",
  HEARTBEAT: "A bare ping after each completed job, for services that raise an alarm when the pings stop.",
});

const NotificationRef = builder.objectRef<Notification>("Notification").implement({
  description: "A message to a webhook, sent or still to be sent.",
  fields: (t) => ({
    id: t.id({
      resolve: ({ id }) => `notification_${id}`,
      description: "Unique in the ledger. A JSON message carries the notification's id in the header `webhook-id`.",
    }),
    kind: t.expose("kind", { type: KindEnum, description: "What the message is about." }),
    text: t.string({
      description: "The message, for people to read.",
      resolve: ({ payload }) => String(payload.text ?? ""),
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When the event happened." }),
    attempts: t.exposeInt("attempts", { description: "Number of attempts to send the message." }),
    deliveredAt: t.expose("deliveredAt", {
      type: "DateTime",
      nullable: true,
      description: "When the receiver accepted the message; null until then.",
    }),
    nextAttemptAt: t.expose("nextAt", {
      type: "DateTime",
      nullable: true,
      description:
        "When the next attempt is due; null once the message is delivered or given up. " +
        "A message is given up after three days, or when the webhook is removed.",
    }),
    lastError: t.exposeString("lastError", {
      nullable: true,
      description: "Why the last attempt failed; null if it succeeded or if there was no attempt.",
    }),
  }),
});

const WebhookRef = builder.objectRef<Webhook>("Webhook").implement({
  description: "An address that receives notifications. The address itself is stored encrypted and never shown.",
  fields: (t) => ({
    id: t.exposeID("id", { description: "The webhook's id, unique in the ledger." }),
    name: t.exposeString("name", { description: "The webhook's name; the host of its address if no name was given." }),
    host: t.exposeString("host", {
      description: "The host of the webhook's address, with the port if it is not the default port.",
    }),
    format: t.expose("format", { type: FormatEnum, description: "The format of the webhook's messages." }),
    kinds: t.field({
      type: [KindEnum],
      description: "The kinds of notifications that the webhook receives.",
      resolve: ({ kinds }) => [...kinds],
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When the webhook was added." }),
    createdBy: t.exposeString("createdBy", { description: "The name of the token that added the webhook." }),
    notifications: t.field({
      type: [NotificationRef],
      args: {
        first: t.arg.int({
          required: true,
          defaultValue: 20,
          validate: wholeNumber(1, MAX_SHOWN),
          description: "Number of notifications to return, 1 to 100.",
        }),
      },
      complexity: ({ first }) => list(first),
      description: "The webhook's notifications, newest first.",
      resolve: ({ id }, { first }, { deps }) => newestNotifications(deps.db, id, first),
    }),
  }),
});

const AddedRef = builder.objectRef<{ webhook: Webhook; secret: string }>("AddWebhookPayload").implement({
  description: "The webhook that was added, and its secret.",
  fields: (t) => ({
    webhook: t.expose("webhook", { type: WebhookRef, description: "The webhook." }),
    secret: t.exposeString("secret", {
      description:
        "The key that signs the webhook's JSON messages. The key is shown only this once. " +
        "docs/notifications.md shows twenty lines of code that check a signature.",
    }),
  }),
});

const AddInput = builder.inputType("AddWebhookInput", {
  description: "An address, and the kinds of notifications to send to the address.",
  fields: (t) => ({
    url: t.string({
      required: true,
      validate: v.pipe(v.string(), v.maxLength(1_000, "expected at most 1000 characters")),
      description: "A public https address. With WEBHOOKS_PRIVATE=on, private addresses and http are allowed too.",
    }),
    name: t.string({
      validate: v.nullish(
        v.pipe(
          v.string(),
          v.minLength(1, "expected 1 to 100 characters"),
          v.maxLength(100, "expected 1 to 100 characters"),
        ),
      ),
      description: "The webhook's name, 1 to 100 characters. Default: the host of `url`.",
    }),
    format: t.field({
      type: FormatEnum,
      required: true,
      defaultValue: "JSON",
      description: "The format of the webhook's messages.",
    }),
    kinds: t.field({
      type: [KindEnum],
      required: true,
      defaultValue: ["JOB_FAILED", "JOB_NEEDS_LOGIN", "LEAGUE_STALE"],
      description:
        "The kinds of notifications to send. " +
        "A webhook of the format HEARTBEAT ignores `kinds` and sends a ping for JOB_COMPLETED only.",
    }),
  }),
});

builder.queryField("webhooks", (t) =>
  t.field({
    type: [WebhookRef],
    authScopes: { admin: true },
    complexity: list(MANY),
    description: "All webhooks, newest first.",
    resolve: (_, __, { deps }) => listWebhooks(deps.db),
  }),
);

builder.mutationFields((t) => ({
  addWebhook: t.field({
    type: AddedRef,
    authScopes: { admin: true },
    description: "Adds a webhook. Fails with BAD_USER_INPUT, or with ILLEGAL_STATE if no ENCRYPTION_KEY is set.",
    args: { input: t.arg({ type: AddInput, required: true, description: "The webhook to add." }) },
    resolve: (_, { input: { name, url, format, kinds } }, { deps, caller }) =>
      addWebhook(
        deps,
        { name: name ?? null, url, format: format as WebhookFormat, kinds: kinds as NotificationKind[] },
        caller.name,
      ),
  }),
  removeWebhook: t.field({
    type: WebhookRef,
    authScopes: { admin: true },
    description: "Removes a webhook and gives up its undelivered notifications. Fails with NOT_FOUND.",
    args: { id: t.arg.id({ required: true, description: "The webhook's id." }) },
    resolve: (_, { id }, { deps }) => removeWebhook(deps, id),
  }),
  testWebhook: t.field({
    type: WebhookRef,
    authScopes: { admin: true },
    description:
      "Sends a test message, whatever the webhook's `kinds` are. The webhook's `notifications` show whether the " +
      "message arrived. Fails with NOT_FOUND.",
    args: { id: t.arg.id({ required: true, description: "The webhook's id." }) },
    resolve: (_, { id }, { deps, caller }) => testWebhook(deps, id, caller.name),
  }),
}));
