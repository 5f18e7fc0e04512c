import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";

/** The newest migration that this version knows, from `drizzle/meta/_journal.json`. */
export type Newest = { tag: string; when: number };

/**
 * Why this version cannot work with the database yet, for those who cannot migrate it themselves; null when it can.
 * A newer database is fine: it is migrated before the newer version is there, and migrations only add.
 */
export async function outdated(db: Db, { tag, when }: Newest): Promise<string | null> {
  const [list] = await db.orm.all<{ n: number }>(
    sql`select count(*) as n from sqlite_master where name = '__drizzle_migrations'`,
  );
  const what = `this version wants migration ${tag}: run \`npm run db:migrate\` with its DATABASE_URL`;
  if (!list?.n) return `The database is empty, and ${what}`;
  const [row] = await db.orm.all<{ newest: number }>(sql`select max(created_at) as newest from __drizzle_migrations`);
  return Number(row?.newest ?? 0) < when ? `The database is older than its program, and ${what}` : null;
}
