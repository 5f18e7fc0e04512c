import type { Command } from "commander";
import { plural } from "../text.ts";
import type { Context } from "./context.ts";
import { EXIT, type Exit } from "./io.ts";
import { type CommandFactory, command } from "./options.ts";
import { ID_DIGITS, instantCell } from "./text.ts";

/** Adds `workers`. */
export function workersCommand(program: Command, does: CommandFactory): void {
  command(program, "workers", "List the servers and workers of the ledger, each with its jobs")
    .addHelpText("after", "\nExamples:\n  lineups workers\n")
    .action(does(workers));
}

type Worker = {
  id: string;
  runtime: string;
  serves: boolean;
  works: boolean;
  since: string;
  lastHeartbeat: string;
  isAlive: boolean;
  jobs: { id: string }[];
};

async function workers(ctx: Context): Promise<Exit> {
  const { workers: all } = await ctx.api.ask<{ workers: Worker[] }>(
    "{ workers { id runtime serves works since lastHeartbeat isAlive jobs { id } } }",
  );
  await ctx.show(
    ["Worker", "Runtime", "Does", "Alive", "Last heartbeat", "Jobs"],
    all.map((worker) => [
      worker.id,
      worker.runtime,
      [worker.serves ? "serves" : "", worker.works ? "works" : ""].filter(Boolean).join(", "),
      worker.isAlive ? "yes" : "no",
      instantCell(worker.lastHeartbeat),
      worker.jobs.map(({ id }) => id.slice(-ID_DIGITS)).join(", "),
    ]),
  );
  await ctx.say(
    all.length === 0
      ? "No server or worker is running. `lineups serve` starts a server with a worker; other commands work on their own jobs only"
      : plural(all.length, "worker"),
  );
  await ctx.emit({ result: all });
  return EXIT.ok;
}
