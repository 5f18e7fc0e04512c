import process from "node:process";
import packageJson from "../../package.json" with { type: "json" };
import { SECOND, systemClock } from "../clock.ts";
import type { Config } from "../config/config.ts";
import { gauge } from "../http/metrics.ts";
import { createLog } from "../log.ts";
import type { Post } from "../notifications/post.ts";
import { secretsOf } from "../secrets.ts";
import { createServer, type Server } from "../server.ts";
import { openDatabase } from "./database.ts";
import { webFiles } from "./webFiles.ts";
import { workerId } from "./workerId.ts";

/** How long a stopping server waits for dates that are still being collected. */
const STOP_MS = 45 * SECOND;
/** When the work has ended or `STOP_MS` has passed, a stopping server waits this long for clients to read their answers. */
const LAST_ANSWERS_MS = 2 * SECOND;

/** A listening socket of a runtime. */
export type Listening = {
  /** The address of GraphQL. */
  url: string;
  /** Stops accepting connections. Resolves when the last open connection has received its answer. */
  close(): Promise<void>;
  /** Closes the remaining connections at once. */
  abandon(): void;
};

/** What a runtime provides. */
export type Host = {
  runtime: "node" | "deno";
  listen(server: Server): Promise<Listening>;
  /** Writes a line of the log. */
  writeLog(line: string): void;
  /** Called with the function that stops the process. */
  onStop(stop: () => void): void;
  /** Posts to webhooks, if the runtime has a better way to do so than `fetch`. */
  post?: Post;
  /**
   * Called once with the address of GraphQL, as soon as the server answers at that address. Called with null if the process does not
   * listen.
   */
  announce(url: string | null): void;
};

/**
 * Serves requests, works on jobs, or does both, as the configuration says, until the process is told to stop. Resolves when everything is
 * closed. Throws when the database cannot be opened, or when the process cannot listen on the address.
 */
export async function live(config: Config, { runtime, listen, writeLog, onStop, announce, post }: Host): Promise<void> {
  const secrets = secretsOf(config);
  const log = createLog(config.logLevel, writeLog, secrets);
  const { db, localKey } = await openDatabase(config, log);
  const worker = { id: workerId(runtime), runtime: runtime === "node" ? ("NODE" as const) : ("DENO" as const) };
  const loop = watchEventLoop();
  const gauges = () => [
    gauge("event_loop_delay_seconds", "Longest recent delay of this process's timers.", loop.delayMs() / SECOND),
    gauge("process_resident_bytes", "Memory of this process.", process.memoryUsage().rss),
  ];
  const server = createServer(config, {
    db,
    localKey,
    log,
    secrets,
    worker,
    gauges,
    web: webFiles(),
    ...(post ? { post } : {}),
  });
  let http: Listening | null = null;
  try {
    if (config.serves) await server.ready();
    if (config.serves) http = await listen(server).catch((error) => Promise.reject(cannotListen(config, error)));
  } catch (error) {
    // Stop the timer and close the database, because they would keep the failed command alive.
    loop.stop();
    await server.close();
    throw error;
  }
  announce(http?.url ?? null);
  log.info("Started", { version: packageJson.version, url: http?.url ?? null, worker: worker.id, works: config.works });

  const stopping = new AbortController();
  const working = Promise.all([
    config.works ? server.work(stopping.signal) : undefined,
    server.heartbeat(config, stopping.signal),
  ]);
  await new Promise<void>((resolve) => onStop(resolve));
  log.info("Stopping", { worker: worker.id });
  stopping.abort();
  loop.stop();
  const over = new AbortController();
  const closed = http?.close();
  await Promise.race([working, systemClock.sleep(STOP_MS, over.signal)]);
  await server.close();
  await Promise.race([closed, systemClock.sleep(LAST_ANSWERS_MS, over.signal)]);
  over.abort();
  http?.abandon();
  log.info("Stopped", { worker: worker.id });
}

function cannotListen({ host, port }: Config, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(`Cannot listen on ${host}:${port}: ${reason}. Set HOST and PORT to a free address`);
}

/** How often the delay of timers is measured. */
const LOOK_MS = SECOND / 2;

/**
 * Measures how late timers fire. The delay shows how long the process was blocked by other work. Returns the longest recent delay; the
 * older a delay is, the less it counts.
 */
function watchEventLoop(): { delayMs(): number; stop(): void } {
  let [delay, last] = [0, performance.now()];
  const timer = setInterval(() => {
    const now = performance.now();
    delay = Math.max(delay * 0.9, now - last - LOOK_MS, 0);
    last = now;
  }, LOOK_MS);
  return { delayMs: () => delay, stop: () => clearInterval(timer) };
}

/** Returns what a process prints when it has started. */
export function greeting(url: string | null): string {
  if (url === null) return "Lineup Ledger works on jobs and does not listen for requests\n";
  return `Lineup Ledger is running. Ctrl+C stops it.

Dashboard:              ${new URL("/", url)}
GraphQL and playground: ${url}

To begin, open the dashboard. The dashboard's first button collects a demo league.
`;
}

/** Returns the address of GraphQL as a person types it. */
export const graphqlUrl = (host: string, port: number): string =>
  `http://${host.includes(":") ? `[${host}]` : host}:${port}/graphql`;
