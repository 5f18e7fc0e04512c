import type { Command } from "commander";
import { ConfigError } from "../config/config.ts";
import type { Context } from "./context.ts";
import { CliError, EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command } from "./options.ts";

/** Adds `doctor`, which shows what works, what does not, and how to fix it. */
export function doctorCommand(program: Command, does: CommandFactory): void {
  command(program, "doctor", "Check the clock, the database, workers and sources, and show how to fix what is wrong")
    .addHelpText("after", "\nExamples:\n  lineups doctor\n")
    .action(async (...all: unknown[]) => {
      try {
        await does(doctor)(...all);
      } catch (error) {
        // Report a database that cannot be opened as a failed check.
        if (error instanceof CliError || error instanceof ConfigError || !(error instanceof Error)) throw error;
        throw new CliError(
          `database  FAILURE  ${error.message}\nFix: set DATABASE_URL to a database, and let this user write its folder`,
        );
      }
    });
}

type Check = { name: string; status: "OK" | "WARNING" | "FAILURE"; message: string; remedy: string | null };
const WORDS = { OK: "ok", WARNING: "warning", FAILURE: "FAILURE" } as const;

async function doctor(ctx: Context): Promise<Exit> {
  const { health } = await ctx.api.ask<{ health: { status: Check["status"]; checks: Check[] } }>(
    "{ health(probe: true) { status checks { name status message remedy at } } }",
  );
  await ctx.show(
    ["Check", "Status", "Details", "Remedy"],
    health.checks.map(({ name, status, message, remedy }) => [name, WORDS[status], message, remedy ?? ""]),
  );
  await ctx.emit({ result: health });
  if (ctx.options.quiet)
    for (const { name, status, message, remedy } of health.checks)
      if (status !== "OK") ctx.io.err(`${name}: ${message}${remedy === null ? "" : ` (${remedy})`}\n`);
  return health.status === "FAILURE" ? EXIT.failed : EXIT.ok;
}
