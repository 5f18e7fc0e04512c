import { sql } from "drizzle-orm";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { openDb } from "../../src/db/client.ts";
import { cliEnv, lineups, spawnLineups } from "../support/cli.ts";
import { makeFolder } from "../support/ledger.ts";
import { madeSeason } from "../support/season.ts";
import { until } from "../support/waiter.ts";
import { startYahoo } from "../support/yahoo.ts";

describe("Ctrl+C", () => {
  it("ends the command at once if pressed twice, and only the date in flight is lost", async () => {
    const season = madeSeason();
    const yahoo = await startYahoo(season);
    const env = cliEnv(makeFolder(), {
      YAHOO_BASE_URL: yahoo.baseUrl,
      YAHOO_LOGIN_URL: yahoo.loginUrl,
      LEASE_SECONDS: "0.5",
    });
    onTestFinished(() => yahoo.close());
    yahoo.fault = (path) => (path.endsWith("2025-04-04") ? "hang" : null);
    const args = [
      "collect",
      "--league",
      season.league.key,
      "--start",
      "2025-04-01",
      "--end",
      "2025-04-06",
      "--concurrency",
      "1",
    ];
    const first = spawnLineups(args, env);
    await until("the request that hangs", () => yahoo.requests.some((path) => path.endsWith("2025-04-04")));
    first.child.kill("SIGINT");
    await until("the pause message", () => first.err().includes("Pausing after the date in flight"));
    // Two signals within a tenth of a second count as one press.
    await new Promise((resolve) => setTimeout(resolve, 150));
    first.child.kill("SIGINT");
    expect((await first.ended).exit).toBe(130);

    const db = openDb({ url: env.DATABASE_URL ?? "" });
    onTestFinished(() => db.close());
    const dates = await db.orm.all<{ date: string }>(sql`select distinct date from daily_lineups order by date`);
    expect(dates.map(({ date }) => date)).toEqual(["2025-04-01", "2025-04-02", "2025-04-03"]);
    yahoo.fault = () => null;
    const resumed = await lineups(["collect", "--resume", "latest"], env, { clock: systemClock });
    expect(resumed).toMatchObject({ exit: 0, out: expect.stringContaining("6 of 6 dates") });
    expect(yahoo.requests.filter((path) => path.endsWith("2025-04-02"))).toHaveLength(1);
  });
});
