import { readFile } from "node:fs/promises";
import type { Migration } from "../db/migrate.ts";

const FOLDER = new URL("../../drizzle/", import.meta.url);

const read = (name: string): Promise<string> => readFile(new URL(name, FOLDER), "utf8");

/**
 * Reads the migrations of this version from `drizzle/`. If the text of a migration has changed, also reads from `drizzle/mend/` how to
 * upgrade a database that was migrated with the former text.
 */
export async function readMigrations(): Promise<Migration[]> {
  const journal = JSON.parse(await read("meta/_journal.json")) as { entries: { tag: string; when: number }[] };
  const former = JSON.parse(await read("mend/former.json")) as {
    tag: string;
    when: number;
    hash: string;
    mend: string;
  }[];
  return Promise.all(
    journal.entries.map(async ({ tag, when }) => ({
      tag,
      when,
      text: await read(`${tag}.sql`),
      former: await Promise.all(
        former.filter((each) => each.tag === tag).map(async (each) => ({ ...each, mend: await read(each.mend) })),
      ),
    })),
  );
}
