import process from "node:process";
import packageJson from "../../package.json" with { type: "json" };
import { SECOND, systemClock } from "../clock.ts";
import type { Config } from "../config/config.ts";
import { gauge } from "../http/metrics.ts";
import { demoMutation } from "../http/playground.ts";
import { createLog } from "../log.ts";
import type { Post } from "../notifications/post.ts";
import { secretsOf } from "../secrets.ts";
import { createServer, type Server } from "../server.ts";
import { openDatabase } from "./database.ts";
import { webFiles } from "./webFiles.ts";
import { workerId } from "./workerId.ts";

/** How long a stopping server waits for the dates under way. */
const STOP_MS = 45 * SECOND;
/** … and then for clients to read what was sent. */
const LAST_ANSWERS_MS = 2 * SECOND;

/** A socket that listens, as its runtime has it. */
export type Listening = {
  /** Where GraphQL is answered. */
  url: string;
  /** Takes no new connection; resolves when the last one has its answer. */
  close(): Promise<void>;
  /** Breaks off what is left. */
  abandon(): void;
};

/** What a runtime brings along. */
export type Host = {
  runtime: "node" | "deno";
  listen(server: Server): Promise<Listening>;
  /** Where the log goes, a line each. */
  writeLog(line: string): void;
  /** Called with what stops it. */
  onStop(stop: () => void): void;
  /** Sends what webhooks are told, where it has a better way than its fetch. */
  post?: Post;
  /** Called once with the address of its GraphQL, as soon as it answers there; null where it does not listen. */
  announce(url: string | null): void;
};

/**
 * The life of a process: serves and works, as the configuration says, until it is told to stop; resolves once all is put away.
 * Throws when the database cannot be opened, or the address not be listened on.
 */
export async function live(config: Config, { runtime, listen, writeLog, onStop, announce, post }: Host): Promise<void> {
  const secrets = secretsOf(config);
  const log = createLog(config.logLevel, writeLog, secrets);
  const { db, localKey } = await openDatabase(config, log);
  const worker = { id: workerId(runtime), runtime: runtime === "node" ? ("NODE" as const) : ("DENO" as const) };
  const loop = watchEventLoop();
  const gauges = () => [
    gauge(
      "event_loop_delay_seconds",
      "How late timers of this process were, at the most of late.",
      loop.delayMs() / SECOND,
    ),
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
  if (config.serves) await server.ready();
  const http = config.serves
    ? await listen(server).catch((error) => {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`${reason}. Set HOST and PORT to where it may listen; given: ${config.host}:${config.port}`);
      })
    : null;
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

/** How often timers are looked at. */
const LOOK_MS = SECOND / 2;

/** How late timers come: what keeps a process busy keeps everything else waiting. The most of late counts, and fades. */
function watchEventLoop(): { delayMs(): number; stop(): void } {
  let [delay, last] = [0, performance.now()];
  const timer = setInterval(() => {
    const now = performance.now();
    delay = Math.max(delay * 0.9, now - last - LOOK_MS, 0);
    last = now;
  }, LOOK_MS);
  return { delayMs: () => delay, stop: () => clearInterval(timer) };
}

/** What a process says when it has started. */
export function greeting(url: string | null): string {
  if (url === null) return "Lineup Ledger: works, and does not listen\n";
  return `Lineup Ledger: ${new URL("/", url)}\nGraphQL, and a playground: ${url}\n\nTo begin, open the first address and press the button, or send to the second:\n\n${demoMutation(systemClock.now())}\n`;
}

/** The address as a person types it. */
export const graphqlUrl = (host: string, port: number): string =>
  `http://${host.includes(":") ? `[${host}]` : host}:${port}/graphql`;
