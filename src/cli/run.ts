import { Command, CommanderError } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { ConfigError } from "../config/config.ts";
import { backfillCommand, demoCommand } from "./backfill.ts";
import { collectCommands } from "./collect.ts";
import { completionCommand } from "./completion.ts";
import { configCommands } from "./config.ts";
import { type Given, open } from "./context.ts";
import { correctionsCommand } from "./corrections.ts";
import { doctorCommand } from "./doctor.ts";
import { eventsCommand } from "./events.ts";
import { exportCommand } from "./export.ts";
import { CliError, EXIT, type Exit, type Io } from "./io.ts";
import { jobCommands } from "./jobs.ts";
import { leagueCommands } from "./leagues.ts";
import { lineupCommands } from "./lineups.ts";
import { loginCommands } from "./login.ts";
import { missingCommand } from "./missing.ts";
import { movesCommand } from "./moves.ts";
import { allCommands, type CommandFactory } from "./options.ts";
import { playerCommands } from "./players.ts";
import { scheduleCommands } from "./schedules.ts";
import { serveCommand } from "./serve.ts";
import { teamCommands } from "./teams.ts";
import { plain } from "./text.ts";
import { tokenCommands } from "./tokens.ts";
import { validateCommand } from "./validate.ts";
import { verifyCommand } from "./verify.ts";
import { waiveCommand } from "./waive.ts";
import { webhookCommands } from "./webhooks.ts";
import { workersCommand } from "./workers.ts";

/** The text shown for `lineups` without arguments: the first steps, and where to find the rest. */
const FIRST_STEPS = `Lineup Ledger records every daily lineup of a fantasy league: who was started, benched or injured.

  npx lineups demo                 collect the demo league, without an account or a network
  npx lineups lineups yesterday    show its lineups
  npx lineups serve                start the dashboard and the GraphQL API
  npx lineups collect --league espn.flb.12345 --start 7d
                                   collect the last week of a public ESPN league

npx lineups --help lists all commands. npx lineups COMMAND --help explains one.
`;

const AFTERWORD = `
Examples:
  lineups demo
  lineups collect --league demo.l.1 --start 7d
  lineups jobs list

Run npx lineups if your shell does not find lineups. lineups COMMAND --help explains a command and shows examples.
Lineups are stored in the database that DATABASE_URL names, by default data/ledger.db in the current folder.

Exit codes: 0 success, 1 failure, 2 wrong usage, 3 partly done, 4 login needed, 5 the source asks for a longer wait than --max-wait, 130 interrupted.
`;

/** Runs one command and returns the exit code. Opens the ledger only after the arguments are parsed. */
export async function run(argv: readonly string[], io: Io): Promise<Exit> {
  if (argv.length === 0) {
    io.err(FIRST_STEPS);
    return EXIT.usage;
  }
  let exit: Exit = EXIT.ok;
  const does: CommandFactory =
    (handler) =>
    async (...all) => {
      // The library Commander passes the arguments, then the options, then the command.
      const [given, args] = [all.at(-2) as Given, all.slice(0, -2)];
      const ctx = await open(io, given);
      try {
        exit = await handler({ ...ctx }, ctx.options as never, ...(args as never));
      } finally {
        await ctx.api.close();
      }
    };
  const json = argv.includes("--json");
  const program = build(does, io, json);
  try {
    await program.parseAsync(withList(argv), { from: "user" });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    const { code, message, exit: failure } = describe(error);
    if (json) await io.out(`${JSON.stringify({ error: { code, message } })}\n`);
    else if (!(error instanceof CommanderError)) io.err(`${message.split("\n").map(plain).join("\n")}\n`);
    if (argv.includes("--verbose") && error instanceof Error) io.err(`${error.stack}\n`);
    return failure;
  }
}

/** Groups of commands. If a group is given without a command, its command `list` runs. */
const LISTS: readonly string[] = ["jobs", "leagues", "schedules", "tokens", "webhooks", "config"];

function withList(argv: readonly string[]): string[] {
  const [group = "", next] = argv;
  const isAlone = next === undefined || (next.startsWith("-") && !/^(-h|--help)$/.test(next));
  return LISTS.includes(group) && isAlone ? [group, "list", ...argv.slice(1)] : [...argv];
}

function build(does: CommandFactory, io: Io, json: boolean): Command {
  const program = new Command("lineups")
    .description("Every daily fantasy lineup, collected once, traceable for ever.")
    .version(packageJson.version)
    .addHelpText("after", AFTERWORD);
  const heading = (text: string) => program.commandsGroup(`${text}:`);
  heading("Start");
  demoCommand(program, does);
  serveCommand(program, io);
  loginCommands(program, does);
  leagueCommands(program, does);
  heading("Collect");
  collectCommands(program, does);
  backfillCommand(program, does);
  scheduleCommands(program, does);
  heading("Read");
  lineupCommands(program, does);
  teamCommands(program, does);
  playerCommands(program, does);
  movesCommand(program, does);
  correctionsCommand(program, does);
  exportCommand(program, does, io);
  heading("Check");
  missingCommand(program, does);
  validateCommand(program, does);
  verifyCommand(program, does);
  waiveCommand(program, does);
  heading("Jobs");
  jobCommands(program, does);
  eventsCommand(program, does);
  workersCommand(program, does);
  heading("Administration");
  program.helpCommand("help [command]", "Show the help of a command");
  doctorCommand(program, does);
  configCommands(program, io);
  tokenCommands(program, does);
  webhookCommands(program, does);
  completionCommand(program, io);
  for (const each of allCommands(program)) {
    each
      .exitOverride()
      .showSuggestionAfterError()
      .configureOutput({
        writeOut: (text) => void io.out(text),
        writeErr: (text) => void (json || io.err(text)),
        getOutHelpWidth: () => io.columns() ?? 100,
        getErrHelpWidth: () => io.columns() ?? 100,
        getOutHasColors: () => io.hasColor,
        getErrHasColors: () => false,
        outputError: (text, write) =>
          write(
            `${text
              .trimEnd()
              .replace(/^error: /, "")
              .split("\n")
              .map(plain)
              .join(
                "\n",
              )}\n${isUnquotedCron(each, text) ? "Put the cron pattern in quotes: '0 6 * * *'\n" : ""}See: lineups${pathOf(each)} --help\n`,
          ),
      });
  }
  return program;
}

/** A shell splits an unquoted cron pattern into words. */
const isUnquotedCron = ({ registeredArguments }: Command, error: string): boolean =>
  /too many arguments.* got \d+: [^\s,]+,/.test(error) &&
  registeredArguments.some((argument) => argument.name() === "cron");

/**
 * Returns every command as a list of its words. The program itself comes first, and each group comes before its commands. Runs no
 * command.
 */
export const commandPaths = (io: Io): string[][] =>
  allCommands(build(() => async () => {}, io, false)).map((command) => pathOf(command).split(" ").filter(Boolean));

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : "";
}

function describe(error: unknown): { code: string; message: string; exit: Exit } {
  if (error instanceof CliError) return error;
  if (error instanceof CommanderError)
    return { code: "BAD_USER_INPUT", message: error.message.replace(/^error: /, ""), exit: EXIT.usage };
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ConfigError) return { code: "BAD_USER_INPUT", message, exit: EXIT.usage };
  return { code: "FAILED", message, exit: EXIT.failed };
}
