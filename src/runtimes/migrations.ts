import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Migration } from "../db/migrate.ts";

const FOLDER = new URL("../../drizzle/", import.meta.url);

/** The migrations that come with this version, from `drizzle/`. */
export async function readMigrations(): Promise<Migration[]> {
  const journal = JSON.parse(await readFile(new URL("meta/_journal.json", FOLDER), "utf8")) as {
    entries: { tag: string; when: number }[];
  };
  return Promise.all(
    journal.entries.map(async ({ tag, when }) => ({
      tag,
      when,
      text: await readFile(new URL(`${tag}.sql`, FOLDER), "utf8"),
    })),
  );
}

/** A file database's folder is made; SQLite makes the file. */
export async function makeFolderOf(url: string): Promise<void> {
  if (!url.startsWith("file:")) return;
  const path = url.startsWith("file:/")
    ? fileURLToPath(url.replace(/^file:\/*/, "file:///"))
    : decodeURIComponent(url.slice("file:".length));
  await mkdir(dirname(path), { recursive: true });
}
