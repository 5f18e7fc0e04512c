import type { Command } from "commander";
import { NOTIFICATION_KINDS, WEBHOOK_FORMATS } from "../db/tables/values.ts";
import { plural } from "../text.ts";
import type { Context } from "./context.ts";
import { namedOrThrow } from "./find.ts";
import { EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command, group, oneOf, severalOf } from "./options.ts";
import { idCell, instantCell } from "./text.ts";

const FORMATS = WEBHOOK_FORMATS.map((each) => each.toLowerCase());
/** Kinds of notifications that a webhook may receive. TEST is left out, because only the command `test` sends a TEST notification. */
const KINDS = NOTIFICATION_KINDS.filter((each) => each !== "TEST").map((each) => each.toLowerCase());

/** Adds `webhooks list`, `add`, `test` and `remove`. */
export function webhookCommands(program: Command, does: CommandFactory): void {
  const webhooks = group(program, "webhooks", "List, add, test and remove webhooks for notifications");
  command(webhooks, "list", "List webhooks; each row shows the last message, and whether the message arrived")
    .addHelpText("after", "\nExamples:\n  lineups webhooks list\n")
    .action(does(list));
  command(
    webhooks,
    "add",
    "Add a webhook, and show the secret that signs its messages; the secret is shown only this once",
  )
    .argument("<address>", "an https address that the internet can reach")
    .option("--format <format>", `format of the messages: ${FORMATS.join(", ")}`, oneOf(WEBHOOK_FORMATS), "JSON")
    .option(
      "--kinds <kinds>",
      `notifications to send, comma-separated: ${KINDS.join(", ")} (default: all but job_completed)`,
      severalOf("--kinds", KINDS),
    )
    .option("--name <name>", "name of the webhook (default: its host)")
    .addHelpText(
      "after",
      "\nServers and workers send the messages; docs/notifications.md shows how to check a signature.\n\n" +
        "Examples:\n  lineups webhooks add https://discord.com/api/webhooks/1/x --format discord\n" +
        "  lineups webhooks add https://hc-ping.com/x --format heartbeat\n",
    )
    .action(does(add));
  command(webhooks, "test", "Send a test message")
    .argument("<webhook>", "name, id, or the last six digits of the id")
    .addHelpText("after", "\nExamples:\n  lineups webhooks test discord.com\n")
    .action(does(test));
  command(webhooks, "remove", "Remove a webhook; it gets no more messages")
    .argument("<webhook>", "name, id, or the last six digits of the id")
    .addHelpText("after", "\nExamples:\n  lineups webhooks remove discord.com\n")
    .action(does(remove));
}

type Webhook = {
  id: string;
  name: string;
  host: string;
  format: string;
  kinds: string[];
  createdAt: string;
  createdBy: string;
  notifications: { kind: string; createdAt: string; deliveredAt: string | null; lastError: string | null }[];
};
const FIELDS =
  "id name host format kinds createdAt createdBy notifications(first: 1) { id kind text createdAt attempts deliveredAt nextAttemptAt lastError }";

const all = async (ctx: Context): Promise<Webhook[]> =>
  (await ctx.api.ask<{ webhooks: Webhook[] }>(`{ webhooks { ${FIELDS} } }`)).webhooks;

async function list(ctx: Context): Promise<Exit> {
  const webhooks = await all(ctx);
  await ctx.show(
    ["Webhook", "Name", "Format", "Kinds", "By", "Last message", "Delivery"],
    webhooks.map((webhook) => {
      const [last] = webhook.notifications;
      return [
        idCell(webhook.id),
        webhook.name,
        webhook.format.toLowerCase(),
        webhook.kinds.join(", ").toLowerCase(),
        webhook.createdBy,
        instantCell(last?.createdAt),
        last ? (last.deliveredAt ? "delivered" : (last.lastError ?? "not sent yet")) : null,
      ];
    }),
  );
  await ctx.say(plural(webhooks.length, "webhook"));
  await ctx.emit({ result: webhooks });
  return EXIT.ok;
}

async function add(
  ctx: Context,
  { format, kinds, name }: { format: string; kinds?: string[]; name?: string },
  url: string,
): Promise<Exit> {
  const { addWebhook } = await ctx.api.ask<{ addWebhook: { secret: string; webhook: Webhook } }>(
    `mutation ($input: AddWebhookInput!) { addWebhook(input: $input) { secret webhook { ${FIELDS} } } }`,
    { input: { url, format, ...(kinds ? { kinds } : {}), ...(name === undefined ? {} : { name }) } },
  );
  const { secret, webhook } = addWebhook;
  await ctx.say(`${webhook.name} gets messages about ${webhook.kinds.join(", ").toLowerCase()}`);
  if (webhook.format === "JSON")
    await ctx.say(`${secret}\n\nThis secret, which signs the messages, is shown only once.`);
  await ctx.emit({ result: addWebhook });
  return EXIT.ok;
}

async function test(ctx: Context, _: object, which: string): Promise<Exit> {
  const { id } = await find(ctx, which);
  const { testWebhook } = await ctx.api.ask<{ testWebhook: Webhook }>(
    `mutation ($id: ID!) { testWebhook(id: $id) { ${FIELDS} } }`,
    { id },
  );
  await ctx.say(
    `${testWebhook.name} gets the message as soon as a server or a worker runs. \`lineups webhooks list\` shows whether it arrived`,
  );
  await ctx.emit({ result: testWebhook });
  return EXIT.ok;
}

async function remove(ctx: Context, _: object, which: string): Promise<Exit> {
  const { id, name } = await find(ctx, which);
  await ctx.api.ask("mutation ($id: ID!) { removeWebhook(id: $id) { id } }", { id });
  await ctx.say(`${name} is removed and gets no more messages`);
  await ctx.emit({ result: { id, name } });
  return EXIT.ok;
}

const find = async (ctx: Context, which: string): Promise<Webhook> =>
  namedOrThrow("webhook", { all: await all(ctx), which });
