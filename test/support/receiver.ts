import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

type Received = { path: string; headers: IncomingHttpHeaders; body: string };

/** Starts a receiver of webhooks. The receiver answers with `status`, and keeps messages while `status` is below 300. */
export async function startReceiver() {
  const received: Received[] = [];
  const receiver = { received, status: 204, url: "" };
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    if (receiver.status < 300) received.push({ path: request.url ?? "", headers: request.headers, body });
    response.writeHead(receiver.status, { location: "http://127.0.0.1:1/" }).end("whatever it says");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return receiver;
}
