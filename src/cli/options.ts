import { type Command, InvalidArgumentError, Option } from "commander";
import type { Context } from "./context.ts";
import { type Exit, usage } from "./io.ts";

/** Makes a commander action of what a command does once the ledger is open. */
export type CommandFactory = <Options, Args extends unknown[]>(
  handler: (ctx: Context, options: Options, ...args: Args) => Promise<Exit>,
) => (...all: unknown[]) => Promise<void>;

const ENVIRONMENTS = ["production", "test"] as const;

/** A command with the options that all have. */
export function command(parent: Command, name: string, description: string): Command {
  const env = new Option("--env <name>", "environment (default: production)").choices(ENVIRONMENTS);
  return parent
    .command(name)
    .description(description)
    .option(
      "--league <key>",
      "as espn.flb.2025.12345, mlb.l.6966 or demo.l.1 (default: LINEUPS_LEAGUE, `config set league`, or the only one)",
    )
    .addOption(env)
    .option("--url <address>", "use the server there instead of the database here (default: LINEUPS_URL)")
    .option("--token <token>", "the server's token (default: LINEUPS_TOKEN)")
    .option("--json", "lines of JSON, the last one the result")
    .option("--quiet", "say nothing but errors")
    .option("--verbose", "log what happens, on standard error");
}

/** The options of a command that looks at a range of dates; what is left out is the season so far. */
export type DateOptions = { start?: string; end?: string };

/** The option of a command that shows a list. @param usual How many it shows where nobody says. */
export const firstOption = (cmd: Command, usual: number, most = 100): Command =>
  cmd.option("--first <n>", `how many, 1 to ${most}`, wholeNumber(1, most), usual);

export const dated = (cmd: Command): Command =>
  cmd
    .option("--start <date>", "first date, as 2025-04-01, 7d, 3w, mon or opening-day (default: the season's first)")
    .option("--end <date>", "last date (default: today, or the season's last)");

/** A command that has commands of its own. */
export const group = (program: Command, name: string, description: string): Command =>
  program.command(name).description(description);

/** A whole number from a range, or an error that says which. */
export const wholeNumber = (min: number, max: number) => (text: string) => {
  const n = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (n >= min && n <= max) return n;
  throw new InvalidArgumentError(`Allowed: a whole number from ${min} to ${max}.`);
};

/** One of some words, however it is written. */
export const oneOf =
  <Word extends string>(known: readonly Word[]) =>
  (text: string): Word => {
    const word = known.find((each) => each.toLowerCase() === text.trim().toLowerCase());
    if (word !== undefined) return word;
    throw new InvalidArgumentError(`Allowed: ${known.map((each) => each.toLowerCase()).join(", ")}.`);
  };

/** Several of some words, with commas, as the API writes them: in capitals. @param flag The option's name, for the error. */
export const severalOf = (flag: string, known: readonly string[]) => (text: string) => {
  const given = text.split(",").map((each) => each.trim().toLowerCase());
  const unknown = given.find((each) => !known.includes(each));
  if (unknown === undefined) return given.map((each) => each.toUpperCase());
  throw usage(`${flag} has ${JSON.stringify(unknown)}; allowed: ${known.join(", ")}`);
};

export const concurrency = wholeNumber(1, 4);

export const years = (text: string): number[] => text.split(",").map((part) => wholeNumber(1990, 2100)(part.trim()));

/** Commander's own: every command of a program, itself included. */
export const allCommands = (program: Command): Command[] => [program, ...program.commands.flatMap(allCommands)];
