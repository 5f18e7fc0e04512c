import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../config.ts";
import { type Db, openDb } from "../db/client.ts";
import { migrate } from "../db/migrate.ts";
import { readMigrations } from "./migrations.ts";

/**
 * Opens the database and brings it up to date; a file's folder is made.
 * Throws an error that says which database could not be opened, and why.
 */
export async function openDatabase({ database }: Pick<Config, "database">): Promise<{ db: Db; applied: string[] }> {
  try {
    await makeFolderOf(database.url);
    const db = openDb(database);
    return { db, applied: await migrate(db, await readMigrations()) };
  } catch (error) {
    throw new Error(`the database of DATABASE_URL, ${withoutPassword(database.url)}: ${reason(error)}`, {
      cause: error,
    });
  }
}

async function makeFolderOf(url: string): Promise<void> {
  if (!url.startsWith("file:")) return;
  const path = url.startsWith("file:/")
    ? fileURLToPath(url.replace(/^file:\/*/, "file:///"))
    : decodeURIComponent(url.slice("file:".length));
  await mkdir(dirname(path), { recursive: true });
}

/** What lies deepest says most: the outer ones repeat the statement. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reason(error.cause);
  if (/Unable to open connection/.test(error.message))
    return "it cannot be opened: is it a file, and may this user read and write it and its folder?";
  return error.message.replace(/^(SQLITE_\w+): \1: /, "$1: ");
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//").replace(/\?.*$/, "");
}
