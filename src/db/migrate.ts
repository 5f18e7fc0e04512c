import { sql } from "drizzle-orm";
import journal from "../../drizzle/meta/_journal.json" with { type: "json" };
import { sha256Hex } from "../hash.ts";
import type { Db } from "./client.ts";

/** One generated file of `drizzle/`: name, time of generation (milliseconds since 1970), text and former versions. */
export type Migration = { tag: string; when: number; text: string; former: readonly Former[] };

/** A former version of an edited migration. `mend` is the SQL that upgrades a database in which the former version was applied. */
export type Former = { when: number; hash: string; mend: string };

/** The database was written by a newer version than this one. */
export class NewerDatabaseError extends Error {
  override name = "NewerDatabaseError";
}

/** A migration was edited after this database had applied it, so the database's schema is unknown. */
export class EditedMigrationError extends Error {
  override name = "EditedMigrationError";
}

/** Separates the statements of a generated file. */
const BREAKPOINT = "--> statement-breakpoint";

/**
 * The table and its columns are drizzle's own, because `drizzle-kit` expects them. The unique index lets only one process insert the row
 * of a migration.
 */
const MIGRATIONS_TABLE = [
  sql`create table if not exists __drizzle_migrations (id serial primary key, hash text not null, created_at numeric)`,
  sql`create unique index if not exists __drizzle_migrations_once on __drizzle_migrations (created_at)`,
];

/**
 * Brings the database up to date and returns the names of the migrations that it applied.
 *
 * Any number of processes may migrate at once. A migration and its row in the migrations table are written in one transaction,
 * and the table's unique index admits only one process. Drizzle's own `migrate()` fails if several processes run it at once
 * (drizzle-orm#874).
 * Throws a {@link NewerDatabaseError} when the database has a migration that this version does not know, and an
 * {@link EditedMigrationError} when an applied migration was edited since.
 */
export async function migrate(db: Db, migrations: readonly Migration[]): Promise<string[]> {
  if (await isCurrent(db, migrations)) return [];
  await refuseForeign(db);
  await db.useWal();
  await db.write(MIGRATIONS_TABLE, { repeatable: true });

  const newest = Math.max(0, ...migrations.map(({ when }) => when));
  const unknown = (await applied(db)).filter(({ when }) => when > newest);
  if (unknown.length > 0) {
    throw new NewerDatabaseError(
      `Cannot open the database: it was written by a newer version of Lineup Ledger. The database has ${unknown.length} migration(s) newer than ` +
        `${new Date(newest).toISOString()}, the newest migration that this version knows. Update Lineup Ledger, or set another DATABASE_URL.`,
    );
  }

  const inOrder = [...migrations].sort((a, b) => a.when - b.when);
  for (const migration of inOrder) for (const former of migration.former) await mend(db, migration, former);
  await refuseEdited(db, inOrder);
  const done: string[] = [];
  for (const migration of inOrder) if (await apply(db, migration)) done.push(migration.tag);
  return done;
}

/**
 * Returns whether exactly these migrations are applied and none of them was edited. At nearly every start, the database is current, and
 * `migrate` only checks.
 */
async function isCurrent(db: Db, migrations: readonly Migration[]): Promise<boolean> {
  const [list] = await db.orm.all(sql`select 1 from sqlite_master where name = '__drizzle_migrations_once'`);
  if (!list) return false;
  const rows = new Map((await applied(db)).map(({ when, hash }) => [when, hash]));
  if (rows.size !== migrations.length) return false;
  const own = await Promise.all(migrations.map(({ text }) => hashOf(text)));
  return migrations.every(({ when }, i) => rows.get(when) === own[i]);
}

/** Throws when the database belongs to another program, that is, has tables but no migrations table. */
async function refuseForeign(db: Db): Promise<void> {
  const rows = await db.orm.all<{ name: string }>(
    sql`select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like 'libsql_%'`,
  );
  const names = rows.map(({ name }) => name);
  if (names.length === 0 || names.includes("__drizzle_migrations")) return;
  throw new Error(
    `it belongs to another program: it has the tables ${names.slice(0, 5).join(", ")}. Set another DATABASE_URL`,
  );
}

/** Throws an {@link EditedMigrationError} when an applied migration's text has changed since. */
async function refuseEdited(db: Db, migrations: readonly Migration[]): Promise<void> {
  const rows = new Map((await applied(db)).map(({ when, hash }) => [when, hash]));
  for (const { tag, when, text } of migrations) {
    const [stored, own] = [rows.get(when), await hashOf(text)];
    if (stored === undefined || stored === own) continue;
    throw new EditedMigrationError(
      `Cannot open the database: migration ${tag} was edited after it had been applied. The migration's hash is ${stored.slice(0, 12)}… in the database ` +
        `and ${own.slice(0, 12)}… in this version. Open the database with the version that wrote it, or restore drizzle/${tag}.sql`,
    );
  }
}

/** Upgrades, in one transaction, a database in which a former version of the migration was applied. */
async function mend(db: Db, { tag, when, text }: Migration, former: Former): Promise<void> {
  const isFormer = async () => (await applied(db)).some((row) => row.when === former.when && row.hash === former.hash);
  if (!(await isFormer())) return;
  const hash = await hashOf(text);
  try {
    await db.write([
      // If another process was faster, the migration's row already has the current hash, and this insert violates the unique index.
      sql`insert into __drizzle_migrations (hash, created_at)
          select hash, created_at from __drizzle_migrations where created_at = ${when} and hash = ${hash}`,
      ...statementsOf(former.mend),
      sql`update __drizzle_migrations set hash = ${hash}, created_at = ${when} where created_at = ${former.when} and hash = ${former.hash}`,
    ]);
  } catch (error) {
    if (!(await isFormer())) return;
    throw cannot("mend", tag, error);
  }
}

async function apply(db: Db, { tag, when, text }: Migration): Promise<boolean> {
  const isApplied = async () => (await applied(db)).some((row) => row.when === when);
  if (await isApplied()) return false;
  try {
    await db.write([
      sql`insert into __drizzle_migrations (hash, created_at) values (${await hashOf(text)}, ${when})`,
      ...statementsOf(text),
    ]);
    return true;
  } catch (error) {
    // An existing row shows that another process was faster and has committed the whole migration.
    if (await isApplied()) return false;
    throw cannot("apply", tag, error);
  }
}

const cannot = (verb: string, tag: string, error: unknown) =>
  new Error(`Cannot ${verb} migration ${tag}: ${error instanceof Error ? error.message : error}`, { cause: error });

const statementsOf = (text: string) =>
  text
    .split(BREAKPOINT)
    .map((statement) => statement.trim())
    .filter(Boolean)
    .map((statement) => sql.raw(statement));

/** Returns a hash that ignores line endings, because git may change them. */
const hashOf = (text: string): Promise<string> => sha256Hex(text.replaceAll("\r\n", "\n"));

async function applied(db: Db): Promise<{ when: number; hash: string }[]> {
  const rows = await db.orm.all<{ when: number; hash: string }>(
    sql`select created_at as "when", hash from __drizzle_migrations`,
  );
  return rows.map(({ when, hash }) => ({ when: Number(when), hash }));
}

type Newest = Pick<Migration, "tag" | "when">;

/** The newest migration that this version knows, from `drizzle/meta/_journal.json`. */
const newest = [...journal.entries].sort((a, b) => b.when - a.when)[0] as Newest;

/**
 * Returns why this version cannot use the database yet; null when this version can. Meant for callers that cannot migrate the database.
 * The database may already have the migrations of a newer version: migrations are applied before their version is deployed, and only add
 * to the database.
 */
export async function pendingMigration(db: Db, { tag, when }: Newest = newest): Promise<string | null> {
  const [list] = await db.orm.all<{ n: number }>(
    sql`select count(*) as n from sqlite_master where name = '__drizzle_migrations'`,
  );
  const what = `this version requires migration ${tag}. Run \`npm run db:migrate\` with its DATABASE_URL`;
  if (!list?.n) return `The database is empty: ${what}`;
  const [row] = await db.orm.all<{ newest: number }>(sql`select max(created_at) as newest from __drizzle_migrations`);
  return Number(row?.newest ?? 0) < when ? `The database is out of date: ${what}` : null;
}
