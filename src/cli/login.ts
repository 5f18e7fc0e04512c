import type { Command } from "commander";
import { plural } from "../text.ts";
import type { Context } from "./context.ts";
import { CliError, EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command, group } from "./options.ts";

type Options = { answer?: string };

/** login yahoo, and logout yahoo. */
export function loginCommands(program: Command, does: CommandFactory): void {
  const login = group(program, "login", "Let the ledger read your leagues at a source");
  command(login, "yahoo", "Log in to Yahoo, once: the ledger keeps the tokens, encrypted")
    .option("--answer <address>", "the address that Yahoo has led to, or the code that it has shown")
    .addHelpText("after", "\nExamples:\n  lineups login yahoo\n")
    .action(does(loginYahoo));
  const logout = group(program, "logout", "Make the ledger forget what it reads a source with");
  command(logout, "yahoo", "Forget the tokens of Yahoo; what was collected stays")
    .addHelpText("after", "\nExamples:\n  lineups logout yahoo\n")
    .action(does(logoutYahoo));
}

type Payload = {
  authorizationUrl: string | null;
  expiresAt: string | null;
  account: { state: string; connectedAt: string | null };
  fault: { code: string; message: string } | null;
  resumedJobs: { id: string }[];
};
const CONNECT = `mutation ($answer: String) { connectYahoo(answer: $answer) {
  authorizationUrl expiresAt account { state connectedAt } fault { code message } resumedJobs { id } } }`;

async function loginYahoo(ctx: Context, options: Options): Promise<Exit> {
  const connect = async (answer?: string) =>
    (await ctx.api.ask<{ connectYahoo: Payload }>(CONNECT, { answer: answer ?? null })).connectYahoo;
  let { answer } = options;
  if (answer === undefined) {
    const { authorizationUrl, expiresAt } = await connect();
    await ctx.say(
      `Open this address in a browser, log in, and allow the ledger to read your leagues:\n\n  ${authorizationUrl}\n\nThen paste here the address that Yahoo leads to, even if that page cannot be shown, or the code that it shows.\n`,
    );
    const typed = await ctx.io.ask("Address or code: ");
    if (typed === null) {
      await ctx.say(`Within ten minutes, go on with: npx lineups login yahoo --answer 'ADDRESS OR CODE'${ctx.hint}`);
      await ctx.emit({ result: { authorizationUrl, expiresAt } });
      return EXIT.login;
    }
    answer = typed;
  }
  const { account, fault, resumedJobs } = await connect(answer);
  await ctx.emit({ result: { account, fault, resumedJobs } });
  if (fault)
    throw new CliError(`The ledger has its tokens, and Yahoo does not answer: ${fault.message}`, {
      exit: EXIT.login,
      code: fault.code,
    });
  await ctx.say("The ledger may read your leagues at Yahoo.");
  if (resumedJobs.length > 0)
    await ctx.say(
      `${plural(resumedJobs.length, "job")} that waited for it can go on: ${resumedJobs.map(({ id }) => id).join(", ")}`,
    );
  return EXIT.ok;
}

async function logoutYahoo(ctx: Context): Promise<Exit> {
  const { disconnectYahoo } = await ctx.api.ask<{ disconnectYahoo: { state: string } }>(
    "mutation { disconnectYahoo { state } }",
  );
  await ctx.say(
    disconnectYahoo.state === "CONNECTED"
      ? "The tokens are forgotten; YAHOO_REFRESH_TOKEN is still set, and is used from now on"
      : "The tokens of Yahoo are forgotten",
  );
  await ctx.emit({ result: disconnectYahoo });
  return EXIT.ok;
}
