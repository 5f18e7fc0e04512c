import type { Command } from "commander";
import { parseConfig } from "../config.ts";
import type { Io } from "./io.ts";
import { wholeNumber } from "./options.ts";

/** serve: what `npm start` does. */
export function serveCommand(program: Command, io: Io): void {
  program
    .command("serve")
    .description("Serve GraphQL and the playground, and work, until Ctrl+C")
    .option("--port <n>", "where to listen (default: PORT, or 4000); 0 picks a free one", wholeNumber(0, 65_535))
    .option("--host <address>", "on which address (default: HOST, or 127.0.0.1)")
    .option("--no-worker", "serve only, and leave the work to others")
    .addHelpText("after", "\nExamples:\n  lineups serve --port 4100\n")
    .action(async ({ port, host, worker }: { port?: number; host?: string; worker: boolean }) => {
      const given = {
        ...(port === undefined ? {} : { PORT: String(port) }),
        ...(host === undefined ? {} : { HOST: host }),
        ...(worker ? {} : { WORKER: "off" }),
      };
      const { serve } = await import("../runtimes/serve.ts");
      await serve(parseConfig({ ...io.env, ...given }), (stop) => void io.onInterrupt(stop));
    });
}
