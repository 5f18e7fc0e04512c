import type { Command } from "commander";
import { wholeNumber } from "./options.ts";

/** Adds the options of commands that start a job and follow it. */
export function followed(cmd: Command): Command {
  return cmd
    .option(
      "--max-wait <seconds>",
      "stop following when the source asks for a longer wait",
      wholeNumber(0, 1_000_000),
      900,
    )
    .option("--detach", "start the job, and leave the work to a running server")
    .option("--key <text>", "idempotency key: repeating a key starts no second job");
}
