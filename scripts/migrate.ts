import { parseConfig } from "../src/config/config.ts";
import { openDatabase } from "../src/runtimes/database.ts";

// Applies pending migrations to the database of DATABASE_URL, from this machine or from CI. A Worker cannot migrate its own database.
// With --remote, refuses a database file.
//
//   npm run db:migrate [-- --remote]

try {
  const config = parseConfig(process.env);
  if (
    ["--remote", "--elsewhere"].some((flag) => process.argv.includes(flag)) &&
    config.database.url.startsWith("file:")
  )
    throw new Error(
      `DATABASE_URL is ${process.env.DATABASE_URL ? "a file" : "not set"}. Set it to the Worker's database, libsql:// or https://.`,
    );
  const { db, applied } = await openDatabase(config, { error: console.error, warn: console.warn, info: console.log });
  console.log(applied.length === 0 ? "Up to date" : `Applied ${applied.join(", ")}`);
  await db.close();
} catch (error) {
  console.error(`Cannot migrate: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
