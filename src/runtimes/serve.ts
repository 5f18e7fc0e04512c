import { createServer as createHttpServer } from "node:http";
import { createServerAdapter } from "@whatwg-node/server";
import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { createLog } from "../log.ts";
import { demoMutation } from "../schema/playground.ts";
import { createServer, type Server, secretsOf } from "../server.ts";
import { openDatabase } from "./database.ts";
import { workerId } from "./workerId.ts";

const SECOND = 1000;
/** How long a stopping server waits for the dates under way. */
const STOP_MS = 45 * SECOND;
/** … and then for clients to read what was sent. */
const LAST_ANSWERS_MS = 2 * SECOND;

/**
 * Serves and works, as the configuration says, until it is told to stop; resolves once all is put away.
 * Throws when the database cannot be opened, or the address not be listened on.
 * @param onStop Called with what stops it.
 * @param announce Called once with the address of its GraphQL, as soon as it answers there; null where it does not listen.
 */
export async function serve(
  config: Config,
  onStop: (stop: () => void) => void,
  announce: (url: string | null) => void = greet,
): Promise<void> {
  const log = createLog(config.logLevel, (line) => process.stderr.write(`${line}\n`), secretsOf(config));
  const { db } = await openDatabase(config);
  const server = createServer(config, { db, log, worker: { id: workerId("node"), runtime: "NODE" } });
  const http = config.serves ? await listen(server, config) : null;
  announce(http?.url ?? null);

  const stopping = new AbortController();
  const working = Promise.all([
    config.works ? server.work(stopping.signal) : undefined,
    server.attend(config, stopping.signal),
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

type Listening = { url: string; close(): Promise<void>; abandon(): void };

async function listen(server: Server, { host, port }: Config): Promise<Listening> {
  // A client that sends slowly holds a connection for half a minute at most.
  const http = createHttpServer(
    { requestTimeout: 30 * SECOND, headersTimeout: 15 * SECOND, connectionsCheckingInterval: 5 * SECOND },
    createServerAdapter((request: Request) => server.fetch(request)),
  );
  await new Promise<void>((resolve, reject) =>
    http
      .once("error", (error) => reject(new Error(`${error.message}. Set HOST and PORT to where it may listen`)))
      .listen(port, host, resolve),
  );
  const address = http.address();
  const heard = typeof address === "object" && address ? address.port : port;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${heard}/graphql`,
    async close() {
      const closed = new Promise((resolve) => http.close(resolve));
      // What is left then are connections that have their last answer, or are about to read it.
      const idle = setInterval(() => http.closeIdleConnections(), 20);
      await closed;
      clearInterval(idle);
    },
    abandon: () => http.closeAllConnections(),
  };
}

function greet(url: string | null): void {
  process.stdout.write(
    url === null
      ? "Lineup Ledger: works, and does not listen\n"
      : `Lineup Ledger: ${url}\n\nTo begin, press play there, or send:\n\n${demoMutation(systemClock.now())}\n`,
  );
}
