import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What a line does to a request: carry it, refuse it as a full server does, break before it arrives or before its answer does, or stay silent. */
export type LineFault = "carry" | "full" | "break" | "lose-answer" | "hang";

export type BadLine = {
  url: string;
  /** Decides what becomes of each request, by its body. */
  fault(body: string): LineFault;
  /** What became of the requests so far. */
  faults: LineFault[];
  close(): Promise<void>;
};

/** A line to a database that breaks when it is told to: what is carried reaches the real one. */
export async function startBadLine(target: string): Promise<BadLine> {
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
