import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServerAdapter } from "@whatwg-node/server";
import { SECOND } from "../clock.ts";
import type { Config } from "../config/config.ts";
import { BAD_HOST, isHost, refusal } from "../http/guards.ts";
import type { Server } from "../server.ts";
import { graphqlUrl, greeting, type Host, type Listening, live } from "./live.ts";
import { nodePost } from "./nodePost.ts";

/**
 * Runs {@link live} on Node until the process is told to stop.
 * @param onStop Called with the function that stops the process.
 */
export function serve(
  config: Config,
  onStop: Host["onStop"],
  announce: Host["announce"] = (url) => void process.stdout.write(greeting(url)),
): Promise<void> {
  const writeLog = (line: string) => void process.stderr.write(`${line}\n`);
  const post = nodePost(config.webhooksPrivate);
  return live(config, {
    runtime: "node",
    post,
    listen: (server) => listen(server, config),
    writeLog,
    onStop,
    announce,
  });
}

/** Timeout for a client that sends its headers or its body slowly. */
const SLOW_MS = 10 * SECOND;

/** Whether a request has a single, valid `Host` header and a path as its target. In a request to a proxy, the target is a whole URL. */
function hasOneHost({ headers, rawHeaders, url }: IncomingMessage): boolean {
  const names = rawHeaders.filter((name, i) => i % 2 === 0 && /^host$/i.test(name));
  return (
    names.length === 1 && isHost(headers.host) && URL.canParse(url ?? "", `http://${headers.host}`) && url?.[0] === "/"
  );
}

async function refuse(response: ServerResponse, refused: Response): Promise<void> {
  response.writeHead(refused.status, Object.fromEntries(refused.headers)).end(await refused.text());
}

async function listen(server: Server, { host, port }: Config): Promise<Listening> {
  const answer = createServerAdapter<{ req: IncomingMessage }>((request, { req }) =>
    server.fetch(request, req.socket.remoteAddress),
  );
  const http = createHttpServer(
    { requestTimeout: SLOW_MS, headersTimeout: SLOW_MS, connectionsCheckingInterval: SECOND / 2 },
    (request, response) => {
      // Refuse a malformed request here, because it cannot be converted to a `Request`.
      if (!hasOneHost(request)) return void refuse(response, refusal(400, "BAD_USER_INPUT", BAD_HOST));
      void answer(request, response);
    },
  );
  await new Promise<void>((resolve, reject) => http.once("error", reject).listen(port, host, resolve));
  const address = http.address();
  return {
    url: graphqlUrl(host, typeof address === "object" && address ? address.port : port),
    async close() {
      const closed = new Promise((resolve) => http.close(resolve));
      // The clients of the remaining connections have read their last answer or are about to read it.
      const idle = setInterval(() => http.closeIdleConnections(), 20);
      await closed;
      clearInterval(idle);
    },
    abandon: () => http.closeAllConnections(),
  };
}
