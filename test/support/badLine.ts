import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { type Sqld, startSqld } from "./sqld.ts";

/** What the proxy does with a request: forward it, refuse it with 429, close the connection, lose the answer, or never answer. */
export type LineFault = "carry" | "full" | "break" | "lose-answer" | "hang";

export type BadLine = {
  url: string;
  /** Returns the fault for a request with this body. */
  fault(body: string): LineFault;
  /** The faults of the requests so far, in order. */
  faults: LineFault[];
  close(): Promise<void>;
};

/** Starts a proxy that fails on demand, in front of a database server. Requests with the fault `lose-answer` reach the server too. */
async function startBadLine(target: string): Promise<BadLine> {
  const server = createServer(async (request, response) => {
    const body = await read(request);
    const fault = line.fault(body);
    line.faults.push(fault);
    if (fault === "hang") return;
    if (fault === "break") return void request.socket.destroy();
    if (fault === "full") return void response.writeHead(429, { "retry-after": "0" }).end();
    const answer = await fetch(`${target}${request.url}`, {
      method: "POST",
      headers: { "content-type": request.headers["content-type"] ?? "" },
      body,
    });
    const text = await answer.text();
    if (fault === "lose-answer") return void request.socket.destroy();
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const line: BadLine = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fault: () => "carry",
    faults: [],
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return line;
}

async function read(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}

/** Starts sqld for the tests of a file. @returns a function that starts a proxy to sqld: see {@link startBadLine} */
export function useBadLines() {
  let sqld: Sqld | undefined;
  beforeAll(async () => {
    sqld = await startSqld();
  });
  afterAll(() => sqld?.close());
  return {
    url: () => sqld?.url ?? "",
    /** Starts a proxy that applies the faults in order, one to each request whose body matches, and forwards all other requests. */
    async faulty(matching: RegExp, ...faults: LineFault[]): Promise<BadLine> {
      const line = await startBadLine(sqld?.url ?? "");
      onTestFinished(() => line.close());
      line.fault = (body) => (matching.test(body) ? (faults.shift() ?? "carry") : "carry");
      return line;
    },
  };
}
