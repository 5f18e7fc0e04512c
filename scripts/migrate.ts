import { parseConfig } from "../src/config.ts";
import { openDb } from "../src/db/client.ts";
import { migrate } from "../src/db/migrate.ts";
import { makeFolderOf, readMigrations } from "../src/runtimes/migrations.ts";

// Brings the database of DATABASE_URL up to date, from this machine or from CI: a Worker cannot do it for itself.

const { database } = parseConfig(process.env);
await makeFolderOf(database.url);
const db = openDb(database);
const applied = await migrate(db, await readMigrations());
console.log(applied.length === 0 ? "Up to date" : `Applied ${applied.join(", ")}`);
await db.close();
