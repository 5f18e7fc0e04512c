import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { openDb } from "../../src/db/client.ts";
import { migrate } from "../../src/db/migrate.ts";
import { readMigrations } from "../../src/runtimes/migrations.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The path of a migrated, empty database file, which tests copy. */
    template: string;
  }
}

/** Migrates one database for all tests of a run, and removes it afterwards. */
export default async function setup({ provide }: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "lineup-ledger-template-"));
  const path = join(folder, "ledger.db");
  const db = openDb({ url: `file:${path}` });
  await migrate(db, await readMigrations());
  await db.close();
  provide("template", path);
  return () => rmSync(folder, { recursive: true, force: true });
}
