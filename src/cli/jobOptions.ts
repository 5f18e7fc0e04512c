import type { Command } from "commander";
import { wholeNumber } from "./options.ts";

/** Options of the commands that start a job and stay with it. */
export function followed(cmd: Command): Command {
  return cmd
    .option("--max-wait <seconds>", "sit out waits for the source up to this long", wholeNumber(0, 1_000_000), 900)
    .option("--detach", "start it, and leave the work to a running server")
    .option("--key <text>", "idempotency key: the same key starts the same job once");
}
