import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "turso",
  schema: [
    "./src/db/tables/jobs.ts",
    "./src/db/tables/leagues.ts",
    "./src/db/tables/lineups.ts",
    "./src/db/tables/players.ts",
    "./src/db/tables/schedules.ts",
    "./src/db/tables/workers.ts",
    "./src/db/tables/budgets.ts",
    "./src/db/tables/credentials.ts",
    "./src/db/tables/tokens.ts",
    "./src/db/tables/webhooks.ts",
  ],
  out: "./drizzle",
  dbCredentials: {
    url: process.env.DATABASE_URL ?? "file:data/ledger.db",
    authToken: process.env.DATABASE_AUTH_TOKEN ?? "",
  },
});
