import { type Command, InvalidArgumentError, Option } from "commander";
import type { Context } from "./context.ts";
import { type Exit, usage } from "./io.ts";

/** Turns a handler that needs an open ledger into an action for the library Commander. */
export type CommandFactory = <Options, Args extends unknown[]>(
  handler: (ctx: Context, options: Options, ...args: Args) => Promise<Exit>,
) => (...all: unknown[]) => Promise<void>;

const ENVIRONMENTS = ["production", "test"] as const;

/** Adds a command with the options that all commands share. */
export function command(parent: Command, name: string, description: string): Command {
  const env = new Option("--env <name>", "environment (default: `config set env`, or production)").choices(
    ENVIRONMENTS,
  );
  return parent
    .command(name)
    .description(description)
    .option(
      "--league <key>",
      "league key, such as espn.flb.2025.12345, mlb.l.6966 or demo.l.1 (default: LINEUPS_LEAGUE, `config set league`, or the only league besides the demo league)",
    )
    .addOption(env)
    .option(
      "--url <address>",
      "use this server instead of the local database (default: LINEUPS_URL, or `config set url`)",
    )
    .option("--token <token>", "the server's token (default: LINEUPS_TOKEN)")
    .option("--json", "print lines of JSON; the last one is the result")
    .option("--quiet", "print errors only")
    .option("--verbose", "log to standard error");
}

/**
 * The options of a command about a range of dates. Without `start`, the range begins with the season. Without `end`, the range ends
 * today, or on the season's last day if that is earlier.
 */
export type DateOptions = { start?: string; end?: string };

/** Adds --first to a command that shows a list. @param usual Default of --first. @param most Maximum of --first. */
export const firstOption = (cmd: Command, usual: number, most = 100): Command =>
  cmd.option("--first <n>", `how many to show, 1 to ${most}`, wholeNumber(1, most), usual);

export const dated = (cmd: Command): Command =>
  cmd
    .option(
      "--start <date>",
      "first date, such as 2025-04-01, 7d, 3w, mon or opening-day (default: the season's first)",
    )
    .option("--end <date>", "last date (default: today, or the season's last)");

/** Adds a command that has subcommands. */
export const group = (program: Command, name: string, description: string): Command =>
  program.command(name).description(description);

/** Returns a parser of whole numbers. If the text is not a number in the range, the parser throws an error that names the range. */
export const wholeNumber = (min: number, max: number) => (text: string) => {
  const n = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (n >= min && n <= max) return n;
  throw new InvalidArgumentError(`Allowed: a whole number from ${min} to ${max}.`);
};

/** Returns a parser that accepts any of the known words, in upper or lower case. */
export const oneOf =
  <Word extends string>(known: readonly Word[]) =>
  (text: string): Word => {
    const word = known.find((each) => each.toLowerCase() === text.trim().toLowerCase());
    if (word !== undefined) return word;
    throw new InvalidArgumentError(`Allowed: ${known.map((each) => each.toLowerCase()).join(", ")}.`);
  };

/** Returns a parser of comma-separated words. The words are returned in capitals, as in the API. @param flag The option, for the error. */
export const severalOf = (flag: string, known: readonly string[]) => (text: string) => {
  const given = text.split(",").map((each) => each.trim().toLowerCase());
  const unknown = given.find((each) => !known.includes(each));
  if (unknown === undefined) return given.map((each) => each.toUpperCase());
  throw usage(`${flag} has ${JSON.stringify(unknown)}; allowed: ${known.join(", ")}`);
};

export const concurrency = wholeNumber(1, 4);

export const years = (text: string): number[] => text.split(",").map((part) => wholeNumber(1990, 2100)(part.trim()));

/** Returns every command of a program, the program included. */
export const allCommands = (program: Command): Command[] => [program, ...program.commands.flatMap(allCommands)];
