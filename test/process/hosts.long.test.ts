import { connect } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { makeFolder } from "../support/ledger.ts";
import { startServer } from "../support/process.ts";

/** Sends raw bytes and returns the whole answer. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.end(text));
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.once("error", reject).once("close", () => resolve(answer));
  });
}

it("the server answers a malformed Host header with status 400 and no stack trace, and keeps running", async () => {
  const server = await startServer({ DATABASE_URL: `file:${join(makeFolder(), "hosts.db")}`, WORKER: "off" });
  onTestFinished(async () => void (await server.kill("SIGKILL")));
  const port = Number(new URL(server.url).port);
  const get = (headers: string, target = "/graphql") =>
    raw(port, `GET ${target} HTTP/1.1\r\n${headers}connection: close\r\n\r\n`);
  for (const headers of [
    "Host: a b\r\n",
    "Host: [\r\n",
    "Host: \r\n",
    "Host: localhost:99999\r\n",
    "Host: localhost@evil.example\r\n",
    "Host: localhost\r\nHost: evil.example\r\n",
    "",
  ]) {
    const answer = await get(headers);
    expect(answer, headers).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer, headers).not.toMatch(/node_modules|\.ts|\.js|\bat /);
  }
  expect(await get("Host: localhost\r\n", "http://evil.example/graphql")).toMatch(/^HTTP\/1\.1 400 /);
  expect(await get("Host: evil.example\r\n")).toMatch(/^HTTP\/1\.1 403 /);
  expect(await get("Host: localhost\r\n", "/health")).toMatch(/^HTTP\/1\.1 200 /);
  expect(server.logged.filter((line) => !line.includes('"level":"info"'))).toEqual([]);
});
