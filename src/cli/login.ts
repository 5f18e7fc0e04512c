import type { Command } from "commander";
import { plural } from "../text.ts";
import type { Context } from "./context.ts";
import { CliError, EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command, group } from "./options.ts";

type Options = { answer?: string };

/** Adds `login yahoo` and `logout yahoo`. */
export function loginCommands(program: Command, does: CommandFactory): void {
  const login = group(program, "login", "Let the ledger read your leagues at a source");
  command(login, "yahoo", "Log in to Yahoo once; the ledger keeps the tokens, encrypted")
    .option("--answer <address>", "the address that Yahoo redirected to, or the code that it showed")
    .addHelpText("after", "\nExamples:\n  lineups login yahoo\n")
    .action(does(loginYahoo));
  const logout = group(program, "logout", "Make the ledger forget its login at a source");
  command(logout, "yahoo", "Forget the Yahoo tokens; collected data is kept")
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
      `Open this address in a browser, log in, and allow the ledger to read your leagues:\n\n  ${authorizationUrl}\n\n` +
        "Then paste the address to which Yahoo redirects the browser, even if the page at that address does not load. " +
        "If Yahoo shows a code instead, paste the code.\n",
    );
    const typed = await ctx.io.ask("Address or code: ");
    if (typed === null) {
      await ctx.say(`Continue within ten minutes with: npx lineups login yahoo --answer 'ADDRESS OR CODE'${ctx.hint}`);
      await ctx.emit({ result: { authorizationUrl, expiresAt } });
      return EXIT.login;
    }
    answer = typed;
  }
  const { account, fault, resumedJobs } = await connect(answer);
  await ctx.emit({ result: { account, fault, resumedJobs } });
  if (fault)
    throw new CliError(`The login is stored, but Yahoo does not answer: ${fault.message}`, {
      exit: EXIT.login,
      code: fault.code,
    });
  await ctx.say("The ledger can now read your leagues at Yahoo.");
  if (resumedJobs.length > 0)
    await ctx.say(
      `Resumed ${plural(resumedJobs.length, "job")} that waited for the login: ${resumedJobs.map(({ id }) => id).join(", ")}`,
    );
  return EXIT.ok;
}

async function logoutYahoo(ctx: Context): Promise<Exit> {
  const { disconnectYahoo } = await ctx.api.ask<{ disconnectYahoo: { state: string } }>(
    "mutation { disconnectYahoo { state } }",
  );
  await ctx.say(
    disconnectYahoo.state === "CONNECTED"
      ? "The stored Yahoo tokens are forgotten; YAHOO_REFRESH_TOKEN is still set and is used from now on"
      : "The Yahoo tokens are forgotten",
  );
  await ctx.emit({ result: disconnectYahoo });
  return EXIT.ok;
}
