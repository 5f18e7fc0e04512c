import type { Command } from "commander";
import type { Context } from "./context.ts";
import { EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command } from "./options.ts";

/** doctor: what works and what does not, with the line that mends it. */
export function doctorCommand(program: Command, does: CommandFactory): void {
  command(program, "doctor", "Look at clock, database, workers and sources, and say what mends what is wrong")
    .addHelpText("after", "\nExamples:\n  lineups doctor\n")
    .action(does(doctor));
}

type Check = { name: string; status: "OK" | "WARNING" | "FAILURE"; message: string; remedy: string | null };
const WORDS = { OK: "ok", WARNING: "warning", FAILURE: "FAILURE" } as const;

async function doctor(ctx: Context): Promise<Exit> {
  const { health } = await ctx.api.ask<{ health: { status: Check["status"]; checks: Check[] } }>(
    "{ health(probe: true) { status checks { name status message remedy at } } }",
  );
  await ctx.show(
    ["Check", "Is", "What", "Mend it with"],
    health.checks.map(({ name, status, message, remedy }) => [name, WORDS[status], message, remedy ?? ""]),
  );
  await ctx.emit({ result: health });
  if (ctx.options.quiet)
    for (const { name, status, message, remedy } of health.checks)
      if (status !== "OK") ctx.io.err(`${name}: ${message}${remedy === null ? "" : ` (${remedy})`}\n`);
  return health.status === "FAILURE" ? EXIT.failed : EXIT.ok;
}
