import { Command, CommanderError } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { ConfigError } from "../config/config.ts";
import { backfillCommands } from "./backfill.ts";
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

const EXITS = `
Exit codes: 0 fine, 1 failed, 2 used wrongly, 3 partly done, 4 login needed, 5 held up by the source's rate limit, 130 interrupted.

Examples:
  lineups demo
  lineups collect --league demo.l.1 --start 7d
  lineups jobs list
`;

/** Runs one command; answers the exit code. Nothing is opened before the command is understood. */
export async function run(argv: readonly string[], io: Io): Promise<Exit> {
  let exit: Exit = EXIT.ok;
  const does: CommandFactory =
    (handler) =>
    async (...all) => {
      // Commander hands over the arguments, the options and the command.
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

/** Groups of commands that list what there is when nothing is said of it. */
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
    .addHelpText("after", EXITS);
  collectCommands(program, does);
  backfillCommands(program, does);
  validateCommand(program, does);
  verifyCommand(program, does);
  missingCommand(program, does);
  waiveCommand(program, does);
  lineupCommands(program, does);
  teamCommands(program, does);
  movesCommand(program, does);
  correctionsCommand(program, does);
  playerCommands(program, does);
  exportCommand(program, does, io);
  jobCommands(program, does);
  eventsCommand(program, does);
  scheduleCommands(program, does);
  workersCommand(program, does);
  leagueCommands(program, does);
  loginCommands(program, does);
  tokenCommands(program, does);
  webhookCommands(program, does);
  doctorCommand(program, does);
  configCommands(program, io);
  serveCommand(program, io);
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
              .join("\n")}\nSee: lineups${pathOf(each)} --help\n`,
          ),
      });
  }
  return program;
}

/** Every command by its words, the program itself first, groups before what is in them; none of them is run. */
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
