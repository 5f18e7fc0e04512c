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
 * Opens the database, migrates it, and stores the demo league. Creates the folder of a database file. If the database fails later, logs an
 * error. Throws an error that says which database could not be opened, and why.
 * @returns `localKey` is a function that reads the key from the file beside the database file, such as `ledger.db.key`. The first call
 * creates the key. `localKey` is undefined for a database without a file.
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
        "Cannot check whether the database file has been deleted or replaced. Allow this process to read the file",
        { path },
      );
    if (path !== null) await createFolder(dirname(path));
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
    throw new Error(`Cannot use the database of DATABASE_URL, ${withoutPassword(database.url)}: ${reason(error)}`, {
      cause: error,
    });
  }
}

/**
 * Creates a folder and its parents. Does not use the option `recursive` of Node's `mkdir`, because with this option `mkdir` never returns
 * on a file system that refuses folders with ENOENT, such as /proc.
 */
async function createFolder(path: string): Promise<void> {
  const create = () =>
    mkdir(path).catch((error) => {
      if (error.code !== "EEXIST") throw error;
    });
  await create().catch(async (error) => {
    if (error.code !== "ENOENT" || dirname(path) === path) throw error;
    await createFolder(dirname(path));
    await create();
  });
}

const UNUSUAL_MODE: Readonly<Record<string, string>> = {
  memory: "The database is in memory and is lost when this process ends",
};
const NO_WAL =
  "The database's file system cannot share memory between processes (no WAL mode): reads and writes wait for each other and are slower";

/**
 * Reads the key from a file. If the file does not exist, creates it, readable only by its owner. Processes that create the file at the same
 * time all get the same key.
 */
async function readOrMakeKey(path: string): Promise<string> {
  const read = async () => {
    const key = (await readFile(path, "utf8")).trim();
    if (isKey(key)) return key;
    throw new Error(`${path} does not contain a key. Restore it from a backup, or delete it and log in again`);
  };
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  const made = `${path}.${crypto.randomUUID()}`;
  await writeFile(made, `${newKey()}\n`, { mode: 0o600, flag: "wx" });
  try {
    // Creating a link is atomic and never overwrites another file.
    await link(made, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    await rm(made, { force: true });
  }
  return read();
}

/** Returns the path of a database file; null for a remote database or a database in memory. */
function pathOf(url: string): string | null {
  if (!url.startsWith("file:") || /^file:(\/\/)?:memory:|[?&]mode=memory\b/.test(url)) return null;
  const plain = url.replace(/[?#].*$/, "");
  return plain.startsWith("file:/")
    ? fileURLToPath(plain.replace(/^file:\/*/, "file:///"))
    : decodeURIComponent(plain.slice("file:".length));
}

/** Whether this process can look at the file; Deno's permissions may forbid it. */
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

/** Returns a file's device and inode, which no other file on this machine has; null if the file does not exist. */
function nameOf(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found ? `${found.dev}:${found.ino}` : null;
}

/** Returns the message of the innermost error, because the messages of the outer errors repeat the statement. */
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
