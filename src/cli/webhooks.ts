import type { Command } from "commander";
import { NOTIFICATION_KINDS, WEBHOOK_FORMATS } from "../db/tables/values.ts";
import { plural } from "../text.ts";
import type { Context } from "./context.ts";
import { namedOrThrow } from "./find.ts";
import { EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command, group, oneOf, severalOf } from "./options.ts";
import { idCell, instantCell } from "./text.ts";

const FORMATS = WEBHOOK_FORMATS.map((each) => each.toLowerCase());
/** What it may be told of; TEST is what `test` sends. */
const KINDS = NOTIFICATION_KINDS.filter((each) => each !== "TEST").map((each) => each.toLowerCase());

/** webhooks list, add, test and remove. */
export function webhookCommands(program: Command, does: CommandFactory): void {
  const webhooks = group(program, "webhooks", "Look after the addresses that are told of what happens");
  command(webhooks, "list", "Webhooks, each with its last message and whether that arrived")
    .addHelpText("after", "\nExamples:\n  lineups webhooks list\n")
    .action(does(list));
  command(webhooks, "add", "Add an address, and show this once the secret that signs its messages")
    .argument("<address>", "an https address that the internet can reach")
    .option("--format <format>", `how it is told: ${FORMATS.join(", ")}`, oneOf(WEBHOOK_FORMATS), "JSON")
    .option("--kinds <kinds>", `what it is told of, with commas: ${KINDS.join(", ")}`, severalOf("--kinds", KINDS))
    .option("--name <name>", "what people call it (default: its host)")
    .addHelpText(
      "after",
      "\nIt is told by servers and workers; docs/notifications.md checks a signature.\n\nExamples:\n  lineups webhooks add https://discord.com/api/webhooks/1/x --format discord\n  lineups webhooks add https://hc-ping.com/x --format heartbeat\n",
    )
    .action(does(add));
  command(webhooks, "test", "Send a test message")
    .argument("<webhook>", "its name, or its id")
    .addHelpText("after", "\nExamples:\n  lineups webhooks test discord.com\n")
    .action(does(test));
  command(webhooks, "remove", "Remove a webhook: nothing more is sent to it")
    .argument("<webhook>", "its name, or its id")
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
    ["Webhook", "Name", "Format", "Told of", "By", "Last", "What became of it"],
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
  await ctx.say(`${webhook.name} is told of ${webhook.kinds.join(", ").toLowerCase()}`);
  if (webhook.format === "JSON") await ctx.say(`${secret}\n\nIt is shown this once: messages are signed with it.`);
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
    `${testWebhook.name} is told as soon as a server or a worker runs; \`lineups webhooks list\` says what became of it`,
  );
  await ctx.emit({ result: testWebhook });
  return EXIT.ok;
}

async function remove(ctx: Context, _: object, which: string): Promise<Exit> {
  const { id, name } = await find(ctx, which);
  await ctx.api.ask("mutation ($id: ID!) { removeWebhook(id: $id) { id } }", { id });
  await ctx.say(`${name} is told nothing more`);
  await ctx.emit({ result: { id, name } });
  return EXIT.ok;
}

const find = async (ctx: Context, which: string): Promise<Webhook> =>
  namedOrThrow("webhook", { all: await all(ctx), which });
