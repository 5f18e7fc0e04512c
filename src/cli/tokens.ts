import { type Command, InvalidArgumentError } from "commander";
import { DAY } from "../clock.ts";
import { ROLES } from "../config/roles.ts";
import { plural } from "../text.ts";
import type { Context } from "./context.ts";
import { namedOrThrow } from "./find.ts";
import { EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command, group, oneOf } from "./options.ts";
import { idCell, instantCell } from "./text.ts";

/** Adds `tokens list`, `create` and `revoke`. */
export function tokenCommands(program: Command, does: CommandFactory): void {
  const tokens = group(program, "tokens", "List, create and revoke tokens for a server's API");
  command(
    tokens,
    "list",
    "List the tokens created on the command line or through the API, each with the time of its last use",
  )
    .addHelpText("after", "\nExamples:\n  lineups tokens list\n")
    .action(does(list));
  command(tokens, "create", "Create a token, and show it only once")
    .argument("<name>", "name of the caller in job events and changes")
    .option("--role <role>", `what the token may do: ${ROLES.join(", ")}`, oneOf(ROLES), "viewer")
    .option("--expires <days>", "days until it expires, such as 90d (default: never)", daysOf)
    .addHelpText(
      "after",
      "\nOnly servers with API_TOKENS require a token.\n\n" +
        "Examples:\n  lineups tokens create dashboard-at-home --role operator --expires 90d\n",
    )
    .action(does(create));
  command(tokens, "revoke", "Revoke a token")
    .argument("<token>", "name, id, or the last six digits of the id")
    .addHelpText("after", "\nExamples:\n  lineups tokens revoke dashboard-at-home\n")
    .action(does(revoke));
}

function daysOf(text: string): number {
  const [, days] = /^(\d{1,4})d?$/.exec(text.trim()) ?? [];
  if (days === undefined || Number(days) < 1) throw new InvalidArgumentError("Allowed: 1d to 9999d.");
  return Number(days);
}

type Token = {
  id: string;
  name: string;
  role: string;
  createdAt: string;
  createdBy: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  revokedAt: string | null;
};
const FIELDS = "id name role createdAt createdBy expiresAt lastUsedAt revokedAt revokedBy";

async function list(ctx: Context): Promise<Exit> {
  const { apiTokens } = await ctx.api.ask<{ apiTokens: Token[] }>(`{ apiTokens { ${FIELDS} } }`);
  await ctx.show(
    ["Token", "Name", "Role", "Created", "By", "Used", "Expires", "Revoked"],
    apiTokens.map((token) => [
      idCell(token.id),
      token.name,
      token.role.toLowerCase(),
      instantCell(token.createdAt),
      token.createdBy,
      instantCell(token.lastUsedAt),
      instantCell(token.expiresAt),
      instantCell(token.revokedAt),
    ]),
  );
  await ctx.say(plural(apiTokens.length, "token"));
  await ctx.emit({ result: apiTokens });
  return EXIT.ok;
}

async function create(
  ctx: Context,
  { role, expires }: { role: string; expires?: number },
  name: string,
): Promise<Exit> {
  const expiresAt = expires === undefined ? null : new Date(ctx.io.clock.now() + expires * DAY).toISOString();
  const { createApiToken } = await ctx.api.ask<{ createApiToken: { token: string; apiToken: Token } }>(
    `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { token apiToken { ${FIELDS} } } }`,
    { input: { name, role: role.toUpperCase(), expiresAt } },
  );
  await ctx.say(
    `${createApiToken.token}\n\nThis token is shown only once: the ledger keeps its hash. Send it as Authorization: Bearer TOKEN.`,
  );
  await ctx.emit({ result: createApiToken });
  return EXIT.ok;
}

async function revoke(ctx: Context, _: object, which: string): Promise<Exit> {
  const { apiTokens } = await ctx.api.ask<{ apiTokens: Token[] }>(`{ apiTokens { ${FIELDS} } }`);
  const { id } = namedOrThrow("token", { all: apiTokens, isNamed: ({ revokedAt }) => revokedAt === null, which });
  const { revokeApiToken } = await ctx.api.ask<{ revokeApiToken: Token }>(
    `mutation ($id: ID!) { revokeApiToken(id: $id) { ${FIELDS} } }`,
    { id },
  );
  await ctx.say(`${revokeApiToken.name} is revoked; other processes accept it for at most five more seconds`);
  await ctx.emit({ result: revokeApiToken });
  return EXIT.ok;
}
