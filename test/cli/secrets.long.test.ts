import { sql } from "drizzle-orm";
import { describe, expect, it, onTestFinished } from "vitest";
import { openDb } from "../../src/db/client.ts";
import { CANARIES, ENV, FAULTS } from "../support/canaries.ts";
import { lineups } from "../support/cli.ts";
import { makeDatabase } from "../support/ledger.ts";
import { madeSeason } from "../support/season.ts";
import { until } from "../support/waiter.ts";
import { startYahoo, yahooEnv } from "../support/yahoo.ts";

describe("secret redaction", () => {
  // The command uses the system clock, so a hanging request would take too long.
  const ANSWERS = FAULTS.filter(([, fault]) => fault !== "hang");
  it.each(ANSWERS)("covers the output of commands with --verbose when Yahoo answers with %s", async (_, fault) => {
    const yahoo = await startYahoo(madeSeason());
    onTestFinished(() => yahoo.close());
    yahoo.fault = () => fault;
    const env = {
      ...ENV,
      ...yahooEnv(yahoo),
      YAHOO_CLIENT_SECRET: "canary-client-secret",
      DATABASE_URL: await makeDatabase(),
    };
    const db = openDb({ url: env.DATABASE_URL });
    onTestFinished(() => db.close());
    const range = ["--start", "2025-04-01", "--end", "2025-04-01"];
    let isOver = false;
    let watched: Promise<unknown> | undefined;
    const ran = await lineups(["collect", "--league", "458.l.100", ...range, "--verbose", "--json"], env, {
      // A waiting job would wait for minutes, so the test ends the command with Ctrl+C.
      onStart(interrupt) {
        watched = until("the job to wait or to end", async () => {
          const [job] = await db.orm.all<{ status: string }>(sql`select status from job_log`);
          if (job?.status === "WAITING") interrupt();
          return isOver || job?.status === "WAITING";
        });
      },
    });
    isOver = true;
    await watched;
    expect(ran.exit).not.toBe(0);
    expect(ran.err).toContain('"message":"A session on a job begins"');
    const status = await lineups(["status", "--verbose"], env);
    for (const canary of [...CANARIES, "canary-clie"])
      expect(`${ran.out}${ran.err}${status.out}${status.err}`).not.toContain(canary);
  });
});
