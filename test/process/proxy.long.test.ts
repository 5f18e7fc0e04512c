import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeFolder } from "../support/ledger.ts";
import { freePort } from "../support/ports.ts";
import { startServer } from "../support/process.ts";
import { START } from "../support/queries.ts";
import { read } from "../support/stream.ts";
import { until } from "../support/waiter.ts";

const NGINX = "/usr/sbin/nginx";

describe.skipIf(!existsSync(NGINX))("subscription behind nginx with default settings", () => {
  it("delivers events without delay, and is allowed for pages whose origin is PUBLIC_URL", async () => {
    const folder = makeFolder();
    const port = await freePort();
    const server = await startServer({
      DATABASE_URL: `file:${join(folder, "proxy.db")}`,
      WORKER: "off",
      PUBLIC_URL: `http://127.0.0.1:${port}`,
    });
    const config = join(folder, "nginx.conf");
    const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    writeFileSync(
      config,
      `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log; events {}
       http { access_log off; ${temp.join(" ")}
         server { listen 127.0.0.1:${port}; location / { proxy_pass ${new URL(server.url).origin}; } } }`,
    );
    const nginx = spawn(NGINX, ["-p", folder, "-c", config], { stdio: "ignore" });
    onTestFinished(async () => {
      nginx.kill("SIGKILL");
      await server.kill("SIGKILL");
    });
    const isListening = () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(port, "127.0.0.1", () => {
          socket.destroy();
          resolve(true);
        }).once("error", () => resolve(false));
      });
    await until("nginx to listen", isListening);

    const subscribe = (origin: string) =>
      fetch(`http://127.0.0.1:${port}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "text/event-stream", origin },
        body: JSON.stringify({ query: "subscription { jobEvents { type } }" }),
      });
    // nginx replaces the Host header, so only PUBLIC_URL tells the server which origin is its own.
    expect((await subscribe("https://evil.example")).status).toBe(403);
    const events = read((await subscribe(`http://127.0.0.1:${port}`)).body as ReadableStream<Uint8Array>);
    await server.data(START, { input: { leagueKey: "demo.l.1", start: "2025-04-01", end: "2025-04-01" } });
    // No worker takes the job. No event follows CREATED, so no later event can push CREATED out of the buffer of nginx.
    expect(await events.next()).toMatchObject({ type: "CREATED" });
    await events.leave();
  });
});
