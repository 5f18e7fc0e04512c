import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "turso",
  schema: [
    "./src/db/tables.ts",
    "./src/db/leagueTables.ts",
    "./src/db/lineupTables.ts",
    "./src/db/playerTables.ts",
    "./src/db/scheduleTables.ts",
    "./src/db/workerTables.ts",
  ],
  out: "./drizzle",
  dbCredentials: {
    url: process.env.DATABASE_URL ?? "file:data/ledger.db",
    authToken: process.env.DATABASE_AUTH_TOKEN ?? "",
  },
});
