import { SECOND } from "../clock.ts";
import { ConfigError, parseConfig } from "../config/config.ts";
import { createServer } from "../server.ts";
import type { SourceKind } from "../source/source.ts";
import { SOURCES } from "../worker/loop.ts";
import { graphqlUrl, greeting, live } from "./live.ts";
import { workerId } from "./workerId.ts";

/** The parts of Deno's API that this module uses and that Node's types lack. */
declare const Deno: {
  env: { toObject(): Record<string, string> };
  exit(code: number): never;
  serve(
    options: { hostname: string; port: number; onListen: () => void },
    handler: (request: Request, info: { remoteAddr: { hostname: string } }) => Promise<Response>,
  ): { addr: { port: number }; shutdown(): Promise<void> };
  addSignalListener(signal: "SIGINT" | "SIGTERM", listener: () => void): void;
  cron?(name: string, schedule: string, handler: () => Promise<void>): Promise<void>;
};

const env = Deno.env.toObject();
const isOnDeploy = Boolean(env.DENO_DEPLOYMENT_ID ?? env.DENO_DEPLOY);
/**
 * Length of a tick. An instance of Deno Deploy falls asleep when no requests come; a tick every minute keeps the instance awake while there
 * is work.
 */
const TICK_MS = 50 * SECOND;

try {
  const config = parseConfig(env, isOnDeploy ? "Deno Deploy" : undefined);
  // Branches and previews have their own instances, but only the instance of production runs ticks.
  if (isOnDeploy && config.works && (env.DENO_TIMELINE ?? "production") === "production") {
    const ticking = createServer(config, { worker: { id: workerId("deno"), runtime: "DENO" } });
    void Deno.cron?.("tick", "* * * * *", async () => {
      const end = Date.now() + TICK_MS;
      // Work on the sources in parallel, so that a source that hangs holds up only its own jobs.
      const work = async (source: SourceKind) => {
        while (Date.now() < end && (await ticking.tick({ budgetMs: end - Date.now(), source })));
      };
      await Promise.all([...SOURCES.map(work), ticking.notify()]);
    });
  }
  await live(config, {
    runtime: "deno",
    async listen(server) {
      const options = { hostname: config.host, port: config.port, onListen: () => {} };
      const http = Deno.serve(options, (request, { remoteAddr }) => server.fetch(request, remoteAddr.hostname));
      const url = graphqlUrl(config.host, http.addr.port);
      // The remaining connections are closed when the process ends.
      return { url, close: () => http.shutdown(), abandon: () => {} };
    },
    writeLog: (line) => console.error(line),
    onStop(stop) {
      let presses = 0;
      for (const signal of ["SIGTERM", "SIGINT"] as const)
        Deno.addSignalListener(signal, () => (presses++ === 0 ? stop() : Deno.exit(1)));
    },
    announce: (url) => console.log(greeting(url)),
  });
  Deno.exit(0);
} catch (error) {
  console.error(
    error instanceof ConfigError ? error.message : `Cannot start: ${error instanceof Error ? error.message : error}`,
  );
  Deno.exit(1);
}
