import * as v from "valibot";
import { listWebhooks, type Notification, newestNotifications, type Webhook } from "../db/notifications.ts";
import type { NotificationKind, WebhookFormat } from "../db/tables/values.ts";
import { addWebhook, removeWebhook, testWebhook } from "../notifications/webhooks.ts";
import { builder, describedEnum } from "./builder.ts";
import { list } from "./costs.ts";
import { wholeNumber } from "./input.ts";

/** More than an installation has. */
const MANY = 50;
const MAX_SHOWN = 100;

const KindEnum = describedEnum<NotificationKind>("NotificationKind", "What a webhook is told of.", {
  JOB_COMPLETED: "A job of production has completed.",
  JOB_FAILED: "A job of production has failed: some of its dates could not be had.",
  JOB_NEEDS_LOGIN: "A job of production is paused, as its source wants new credentials.",
  LEAGUE_STALE:
    "The newest final date of a league in season is two days older than it could be; told once, until it is no longer so.",
  TEST: "Somebody wanted to see whether it works.",
});
const FormatEnum = describedEnum<WebhookFormat>("WebhookFormat", "How a webhook is told.", {
  JSON: "As signed JSON, after Standard Webhooks.",
  DISCORD: "As a message of a Discord channel.",
  SLACK: "As a message of a Slack channel.",
  HEARTBEAT: "By a bare ping after each job that completes, for services that miss it when it does not come.",
});

const NotificationRef = builder.objectRef<Notification>("Notification").implement({
  description: "Something that a webhook is told, or was.",
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => `notification_${id}`, description: "As the header `webhook-id` has it." }),
    kind: t.expose("kind", { type: KindEnum, description: "What it tells of." }),
    text: t.string({ description: "The same for people.", resolve: ({ payload }) => String(payload.text ?? "") }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When that happened." }),
    attempts: t.exposeInt("attempts", { description: "How often it was sent." }),
    deliveredAt: t.expose("deliveredAt", {
      type: "DateTime",
      nullable: true,
      description: "When the receiver took it; null while it has not.",
    }),
    nextAttemptAt: t.expose("nextAt", {
      type: "DateTime",
      nullable: true,
      description: "When it is sent next; null once it was delivered, or given up after three days.",
    }),
    lastError: t.exposeString("lastError", { nullable: true, description: "Why the last attempt failed." }),
  }),
});

const WebhookRef = builder.objectRef<Webhook>("Webhook").implement({
  description: "An address that is told of what happens. The address itself is kept encrypted, and is not shown.",
  fields: (t) => ({
    id: t.exposeID("id"),
    name: t.exposeString("name", { description: "What people call it; its host where nobody has said." }),
    host: t.exposeString("host", { description: "Of its address." }),
    format: t.expose("format", { type: FormatEnum, description: "How it is told." }),
    kinds: t.field({ type: [KindEnum], description: "What it is told of.", resolve: ({ kinds }) => [...kinds] }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    createdBy: t.exposeString("createdBy", { description: "Who added it." }),
    notifications: t.field({
      type: [NotificationRef],
      args: {
        first: t.arg.int({
          required: true,
          defaultValue: 20,
          validate: wholeNumber(1, MAX_SHOWN),
          description: "How many: 1 to 100.",
        }),
      },
      complexity: ({ first }) => list(first),
      description: "What it was told, the newest first.",
      resolve: ({ id }, { first }, { deps }) => newestNotifications(deps.db, id, first),
    }),
  }),
});

const AddedRef = builder.objectRef<{ webhook: Webhook; secret: string }>("AddWebhookPayload").implement({
  description: "A webhook that was added.",
  fields: (t) => ({
    webhook: t.expose("webhook", { type: WebhookRef, description: "The webhook." }),
    secret: t.exposeString("secret", {
      description:
        "What its JSON is signed with; it is shown this once. docs/notifications.md checks a signature in twenty lines.",
    }),
  }),
});

const AddInput = builder.inputType("AddWebhookInput", {
  description: "Which address to tell of what.",
  fields: (t) => ({
    url: t.string({
      required: true,
      validate: v.pipe(v.string(), v.maxLength(1_000, "expected at most 1000 characters")),
      description: "An https address that the internet can reach; with WEBHOOKS_PRIVATE=on any.",
    }),
    name: t.string({
      validate: v.nullish(
        v.pipe(
          v.string(),
          v.minLength(1, "expected 1 to 100 characters"),
          v.maxLength(100, "expected 1 to 100 characters"),
        ),
      ),
      description: "What people call it.",
    }),
    format: t.field({ type: FormatEnum, required: true, defaultValue: "JSON", description: "How it is told." }),
    kinds: t.field({
      type: [KindEnum],
      required: true,
      defaultValue: ["JOB_FAILED", "JOB_NEEDS_LOGIN", "LEAGUE_STALE"],
      description: "What it is told of; a HEARTBEAT always of JOB_COMPLETED alone.",
    }),
  }),
});

builder.queryField("webhooks", (t) =>
  t.field({
    type: [WebhookRef],
    authScopes: { admin: true },
    complexity: list(MANY),
    description: "Addresses that are told of what happens, the newest first.",
    resolve: (_, __, { deps }) => listWebhooks(deps.db),
  }),
);

builder.mutationFields((t) => ({
  addWebhook: t.field({
    type: AddedRef,
    authScopes: { admin: true },
    description:
      "Adds an address that is told of what happens. Errors: BAD_USER_INPUT, ILLEGAL_STATE without an ENCRYPTION_KEY.",
    args: { input: t.arg({ type: AddInput, required: true }) },
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
    description: "Nothing more is sent to it; what was not delivered yet is given up. Errors: NOT_FOUND.",
    args: { id: t.arg.id({ required: true, description: "Its id." }) },
    resolve: (_, { id }, { deps }) => removeWebhook(deps, id),
  }),
  testWebhook: t.field({
    type: WebhookRef,
    authScopes: { admin: true },
    description:
      "Tells it something, so that somebody sees whether that arrives: `notifications` says. Errors: NOT_FOUND.",
    args: { id: t.arg.id({ required: true, description: "Its id." }) },
    resolve: (_, { id }, { deps, caller }) => testWebhook(deps, id, caller.name),
  }),
}));
