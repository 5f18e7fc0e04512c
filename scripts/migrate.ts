import { parseConfig } from "../src/config.ts";
import { openDatabase } from "../src/runtimes/database.ts";

// Brings the database of DATABASE_URL up to date, from this machine or from CI: a Worker cannot do it for itself.

try {
  const { db, applied } = await openDatabase(parseConfig(process.env));
  console.log(applied.length === 0 ? "Up to date" : `Applied ${applied.join(", ")}`);
  await db.close();
} catch (error) {
  console.error(`Cannot migrate: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
