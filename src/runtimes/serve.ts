import { createServer as createHttpServer } from "node:http";
import { createServerAdapter } from "@whatwg-node/server";
import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { createLog } from "../log.ts";
import { demoMutation } from "../schema/playground.ts";
import { createServer, secretsOf } from "../server.ts";
import { openDatabase } from "./database.ts";

const SECOND = 1000;
/** How long a stopping server waits for the dates under way. */
const STOP_MS = 45 * SECOND;
/** … and then for clients to read what was sent. */
const LAST_ANSWERS_MS = 2 * SECOND;

/**
 * Serves, and works unless the configuration says otherwise, until it is told to stop; resolves once all is put away.
 * Throws when the database cannot be opened, or the address not be listened on.
 * @param onStop Called with what stops it.
 * @param announce Called once with the address of its GraphQL, as soon as it answers there.
 */
export async function serve(
  config: Config,
  onStop: (stop: () => void) => void,
  announce: (url: string) => void = greet,
): Promise<void> {
  const log = createLog(config.logLevel, (line) => process.stderr.write(`${line}\n`), secretsOf(config));
  const { db } = await openDatabase(config);
  const server = createServer(config, { db, log });

  // A client that sends slowly holds a connection for half a minute at most.
  const http = createHttpServer(
    { requestTimeout: 30 * SECOND, headersTimeout: 15 * SECOND, connectionsCheckingInterval: 5 * SECOND },
    createServerAdapter((request: Request) => server.fetch(request)),
  );
  await new Promise<void>((resolve, reject) =>
    http
      .once("error", (error) => reject(new Error(`${error.message}. Set HOST and PORT to where it may listen`)))
      .listen(config.port, config.host, resolve),
  );
  const address = http.address();
  const port = typeof address === "object" && address ? address.port : config.port;
  const host = config.host.includes(":") ? `[${config.host}]` : config.host;
  announce(`http://${host}:${port}/graphql`);

  const stopping = new AbortController();
  const working = config.worker ? server.work(stopping.signal) : Promise.resolve();
  await new Promise<void>((resolve) => onStop(resolve));
  stopping.abort();
  const closed = new Promise((resolve) => http.close(resolve));
  const over = new AbortController();
  await Promise.race([working, systemClock.sleep(STOP_MS, over.signal)]);
  await server.close();
  // What is left are connections that have their last answer, or are about to read it.
  const idle = setInterval(() => http.closeIdleConnections(), 20);
  await Promise.race([closed, systemClock.sleep(LAST_ANSWERS_MS, over.signal)]);
  clearInterval(idle);
  over.abort();
  http.closeAllConnections();
}

function greet(url: string): void {
  process.stdout.write(
    `Lineup Ledger: ${url}\n\nTo begin, press play there, or send:\n\n${demoMutation(systemClock.now())}\n`,
  );
}
