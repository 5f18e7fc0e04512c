import { sql } from "drizzle-orm";
import { digest } from "../digest.ts";
import type { Db } from "./client.ts";

/** One generated file of `drizzle/`: its name, its place in time (milliseconds) and its text. */
export type Migration = { tag: string; when: number; text: string };

/** The database was written by a newer version than this one. */
export class NewerDatabaseError extends Error {
  override name = "NewerDatabaseError";
}

/** Between the statements of a generated file. */
const BREAKPOINT = "--> statement-breakpoint";

/** The table and columns are drizzle's own, so that `drizzle-kit` finds what it expects; the index makes each row a lock. */
const MIGRATIONS_TABLE = [
  sql`create table if not exists __drizzle_migrations (id serial primary key, hash text not null, created_at numeric)`,
  sql`create unique index if not exists __drizzle_migrations_once on __drizzle_migrations (created_at)`,
];

/**
 * Brings the database up to date, and says which migrations it applied.
 *
 * Any number of processes may do this at once: a migration and the row that says it is done are one transaction, and the
 * row's unique index lets one of them through (drizzle's own `migrate()` fails there, drizzle-orm#874).
 * Throws a {@link NewerDatabaseError} when the database has a migration that this version does not know.
 */
export async function migrate(db: Db, migrations: readonly Migration[]): Promise<string[]> {
  await refuseForeign(db);
  await db.useWal();
  await db.write(MIGRATIONS_TABLE, { repeatable: true });

  const newest = Math.max(0, ...migrations.map(({ when }) => when));
  const unknown = (await appliedTimes(db)).filter((when) => when > newest);
  if (unknown.length > 0) {
    throw new NewerDatabaseError(
      `Cannot open the database as it was written by a newer version of Lineup Ledger: it has ${unknown.length} migration(s) ` +
        `from after ${new Date(newest).toISOString()}, the newest that this version knows. Update Lineup Ledger, or use another DATABASE_URL.`,
    );
  }

  const done: string[] = [];
  for (const migration of [...migrations].sort((a, b) => a.when - b.when)) {
    if (await apply(db, migration)) done.push(migration.tag);
  }
  return done;
}

/** A database that has tables and no list of migrations is somebody else's: it is left as it is. */
async function refuseForeign(db: Db): Promise<void> {
  const rows = await db.orm.all<{ name: string }>(
    sql`select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like 'libsql_%'`,
  );
  const names = rows.map(({ name }) => name);
  if (names.length === 0 || names.includes("__drizzle_migrations")) return;
  throw new Error(`it is another program's database, with the tables ${names.slice(0, 5).join(", ")}`);
}

async function apply(db: Db, { tag, when, text }: Migration): Promise<boolean> {
  if ((await appliedTimes(db)).includes(when)) return false;
  const statements = text
    .split(BREAKPOINT)
    .map((statement) => statement.trim())
    .filter(Boolean);
  try {
    await db.write([
      sql`insert into __drizzle_migrations (hash, created_at) values (${await digest(text)}, ${when})`,
      ...statements.map((statement) => sql.raw(statement)),
    ]);
    return true;
  } catch (error) {
    // Somebody else was faster: then its row is there, with all that belongs to it.
    if ((await appliedTimes(db)).includes(when)) return false;
    throw new Error(`Cannot apply migration ${tag}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

async function appliedTimes(db: Db): Promise<number[]> {
  const rows = await db.orm.all<{ when: number }>(sql`select created_at as "when" from __drizzle_migrations`);
  return rows.map((row) => Number(row.when));
}
