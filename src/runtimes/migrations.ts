import { readFile } from "node:fs/promises";
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
