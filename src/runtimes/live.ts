import { SECOND, systemClock } from "../clock.ts";
import type { Config } from "../config/config.ts";
import { demoMutation } from "../http/playground.ts";
import { createLog } from "../log.ts";
import { createServer, type Server, secretsOf } from "../server.ts";
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
  /** Called once with the address of its GraphQL, as soon as it answers there; null where it does not listen. */
  announce(url: string | null): void;
};

/**
 * The life of a process: serves and works, as the configuration says, until it is told to stop; resolves once all is put away.
 * Throws when the database cannot be opened, or the address not be listened on.
 */
export async function live(config: Config, { runtime, listen, writeLog, onStop, announce }: Host): Promise<void> {
  const secrets = secretsOf(config);
  const log = createLog(config.logLevel, writeLog, secrets);
  const { db, localKey } = await openDatabase(config, log);
  const worker = { id: workerId(runtime), runtime: runtime === "node" ? ("NODE" as const) : ("DENO" as const) };
  const server = createServer(config, { db, localKey, log, secrets, worker, web: webFiles() });
  if (config.serves) await server.ready();
  const http = config.serves
    ? await listen(server).catch((error) => {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`${reason}. Set HOST and PORT to where it may listen; given: ${config.host}:${config.port}`);
      })
    : null;
  announce(http?.url ?? null);

  const stopping = new AbortController();
  const working = Promise.all([
    config.works ? server.work(stopping.signal) : undefined,
    server.heartbeat(config, stopping.signal),
  ]);
  await new Promise<void>((resolve) => onStop(resolve));
  stopping.abort();
  const over = new AbortController();
  const closed = http?.close();
  await Promise.race([working, systemClock.sleep(STOP_MS, over.signal)]);
  await server.close();
  await Promise.race([closed, systemClock.sleep(LAST_ANSWERS_MS, over.signal)]);
  over.abort();
  http?.abandon();
}

/** What a process says when it has started. */
export function greeting(url: string | null): string {
  if (url === null) return "Lineup Ledger: works, and does not listen\n";
  return `Lineup Ledger: ${new URL("/", url)}\nGraphQL, and a playground: ${url}\n\nTo begin, open the first address and press the button, or send to the second:\n\n${demoMutation(systemClock.now())}\n`;
}

/** The address as a person types it. */
export const graphqlUrl = (host: string, port: number): string =>
  `http://${host.includes(":") ? `[${host}]` : host}:${port}/graphql`;
