import type { Command } from "commander";
import { parseConfig } from "../config/config.ts";
import type { Io } from "./io.ts";
import { wholeNumber } from "./options.ts";

type Options = { port?: number; host?: string; worker: boolean; json?: true };

/** Adds `serve`, which does what `npm start` does. */
export function serveCommand(program: Command, io: Io): void {
  program
    .command("serve")
    .description("Serve the dashboard and the GraphQL API, and work on jobs, until Ctrl+C")
    .option("--port <n>", "port to listen on (default: PORT, or 4000); 0 picks a free one", wholeNumber(0, 65_535))
    .option("--host <address>", "address to listen on (default: HOST, or 127.0.0.1)")
    .option("--no-worker", "serve only, and leave the work to other processes")
    .option("--json", "print lines of JSON: the address once it answers, and the result at the end")
    .addHelpText("after", "\nExamples:\n  lineups serve --port 4100\n")
    .action(async ({ port, host, worker, json }: Options) => {
      const given = {
        ...(port === undefined ? {} : { PORT: String(port) }),
        ...(host === undefined ? {} : { HOST: host }),
        ...(worker ? {} : { WORKER: "off" }),
      };
      const { serve } = await import("../runtimes/serve.ts");
      const config = parseConfig({ ...io.env, ...given });
      const onStop = (stop: () => void) => void io.onInterrupt(stop);
      if (!json) return serve(config, onStop);
      const say = (line: unknown) => io.out(`${JSON.stringify(line)}\n`);
      let address: string | null = null;
      await serve(config, onStop, (url) => {
        address = url;
        void say({ event: { type: "SERVING", url } });
      });
      await say({ result: { url: address, stopped: true } });
    });
}
