import { statSync } from "node:fs";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type Clock, systemClock } from "../clock.ts";
import type { Config } from "../config/config.ts";
import { type Db, openDb } from "../db/client.ts";
import type { FileIdentity } from "../db/file.ts";
import { migrate } from "../db/migrate.ts";
import { storeDemoLeague } from "../leagues/demo.ts";
import type { Log } from "../log.ts";
import { isKey, newKey } from "../source/credentials/seal.ts";
import { readMigrations } from "./migrations.ts";

/**
 * Opens the database and brings it up to date, with the demo league in it; a file's folder is made. What is wrong with it later is logged as an error.
 * Throws an error that says which database could not be opened, and why.
 * `localKey` reads the key that lies beside a file, `ledger.db.key`, and makes it the first time; undefined for other databases.
 */
export async function openDatabase(
  { database }: Pick<Config, "database">,
  log: Pick<Log, "error" | "warn" | "info">,
  clock: Clock = systemClock,
): Promise<{ db: Db; applied: string[]; localKey: (() => Promise<string>) | undefined }> {
  try {
    const path = pathOf(database.url);
    const canLook = path !== null && isReadable(path);
    if (path !== null && !canLook)
      log.warn(
        "The database file cannot be looked at, so that nobody notices when it is deleted or replaced: allow this process to read it",
        { path },
      );
    if (path !== null) await mkdir(dirname(path), { recursive: true });
    const db = openDb({
      ...database,
      identity: canLook ? () => identityOf(path) : undefined,
      onTrouble: (trouble) =>
        trouble
          ? log.error(trouble.message, { code: trouble.code, error: trouble })
          : log.info("The database works again"),
    });
    const applied = await migrate(db, await readMigrations());
    await storeDemoLeague({ db, clock });
    const journalMode = await db.useWal();
    if (db.isFile && journalMode !== "wal") log.warn(UNUSUAL_MODE[journalMode] ?? NO_WAL, { journalMode });
    return { db, applied, localKey: path === null ? undefined : () => readOrMakeKey(`${path}.key`) };
  } catch (error) {
    throw new Error(`the database of DATABASE_URL, ${withoutPassword(database.url)}: ${reason(error)}`, {
      cause: error,
    });
  }
}

const UNUSUAL_MODE: Readonly<Record<string, string>> = {
  memory: "The database is kept in memory: all of it is gone when this process ends",
};
const NO_WAL =
  "The database's file system cannot share memory between processes (no WAL mode): reading and writing wait for each other, and it is slower";

/** The key of a file; only its owner may read it. Of processes that make it at once, all get the first one's. */
async function readOrMakeKey(path: string): Promise<string> {
  const read = async () => {
    const key = (await readFile(path, "utf8")).trim();
    if (isKey(key)) return key;
    throw new Error(`${path} holds no key: restore it from where it was kept, or delete it and log in again`);
  };
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  const made = `${path}.${crypto.randomUUID()}`;
  await writeFile(made, `${newKey()}\n`, { mode: 0o600, flag: "wx" });
  try {
    // Whole as soon as it is there, and never over another one.
    await link(made, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    await rm(made, { force: true });
  }
  return read();
}

/** Where a file database lies; null for a remote one, or one in memory. */
function pathOf(url: string): string | null {
  if (!url.startsWith("file:") || /^file:(\/\/)?:memory:|[?&]mode=memory\b/.test(url)) return null;
  const plain = url.replace(/[?#].*$/, "");
  return plain.startsWith("file:/")
    ? fileURLToPath(plain.replace(/^file:\/*/, "file:///"))
    : decodeURIComponent(plain.slice("file:".length));
}

/** Deno may have been told not to let it. */
function isReadable(path: string): boolean {
  try {
    identityOf(path);
    return true;
  } catch {
    return false;
  }
}

function identityOf(path: string): FileIdentity {
  return {
    database: nameOf(path),
    log: nameOf(`${path}-wal`),
    bytes: statSync(path, { throwIfNoEntry: false })?.size ?? 0,
  };
}

/** A name that no other file of the machine has; null where there is none. */
function nameOf(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found ? `${found.dev}:${found.ino}` : null;
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
