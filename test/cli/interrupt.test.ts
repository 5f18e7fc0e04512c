import { sql } from "drizzle-orm";
import { describe, expect, it, onTestFinished } from "vitest";
import { datesBetween } from "../../src/calendar.ts";
import { systemClock } from "../../src/clock.ts";
import { openDb } from "../../src/db/client.ts";
import { cliEnv, lineups, spawnLineups } from "../support/cli.ts";
import { interruptedCollection } from "../support/interrupts.ts";
import { expectedRecords } from "../support/kills.ts";
import { makeFolder } from "../support/ledger.ts";
import { madeSeason } from "../support/season.ts";
import { until } from "../support/waiter.ts";
import { startYahoo } from "../support/yahoo.ts";

const START = "2025-04-01";
const END = "2025-04-16";

describe("Ctrl+C", () => {
  // `npm run proof:interrupts` does so twenty times and more.
  it("at random moments of `collect`, gone on with by the command that it prints, loses and repeats nothing", async () => {
    const season = madeSeason();
    const report = await interruptedCollection(season, { start: START, end: END, times: 2, folder: makeFolder() });
    expect(report.records).toEqual(expectedRecords(season, datesBetween(START, END)));
    expect(report.exits).toEqual([130, 130, 0]);
    // What was done is not asked for again: only a request in flight may be lost.
    expect(report.rosterRequests).toBeLessThanOrEqual(16 + 2 * 2);
    expect(report.jobs).toEqual(["COMPLETED"]);
  });

  it("twice leaves at once, with the date in flight lost as a whole and the rest kept", async () => {
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
    await until("the pause to be told", () => first.err().includes("Pausing: the date in flight is finished first"));
    // Two within a tenth of a second are one press.
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

  it("while the job is asked for pauses it as soon as it is there", async () => {
    const yahoo = await startYahoo(madeSeason());
    onTestFinished(() => yahoo.close());
    const env = cliEnv(makeFolder(), { YAHOO_BASE_URL: yahoo.baseUrl, YAHOO_LOGIN_URL: yahoo.loginUrl });
    let interrupt = () => {};
    // The alias has to be resolved before there is a job.
    yahoo.fault = (path, nth) => {
      if (path === "/league/mlb.l.100/settings" && nth === 1) interrupt();
      return null;
    };
    const args = ["collect", "--league", "mlb.l.100", "--start", "2025-04-01", "--end", "2025-04-25"];
    const ran = await lineups(args, env, {
      onStart: (how) => {
        interrupt = how;
      },
    });
    expect(ran).toMatchObject({
      exit: 130,
      out: expect.stringMatching(/is PAUSED[\s\S]+Go on with: npx lineups collect --resume lineup_/),
    });
    expect(yahoo.requests.filter((path) => path.includes("/roster;")).length).toBeLessThan(4);
  });

  it("is what a reader that goes away counts as: the job is paused, not left behind", async () => {
    const yahoo = await startYahoo(madeSeason());
    yahoo.delayMs = 10;
    onTestFinished(() => yahoo.close());
    const env = cliEnv(makeFolder(), { YAHOO_BASE_URL: yahoo.baseUrl, YAHOO_LOGIN_URL: yahoo.loginUrl });
    const args = ["collect", "--league", "458.l.100", "--start", "2025-04-01", "--end", "2025-05-20", "--json"];
    const { child, ended } = spawnLineups(args, env);
    child.stdout.once("data", () => child.stdout.destroy());
    expect((await ended).exit).toBe(130);
    const { lines } = await lineups(["jobs", "status", "--json"], env, { clock: systemClock });
    expect(lines.at(-1)?.result.status).toBe("PAUSED");
  });

  it("stops `serve` at once while it has nothing to do", async () => {
    const { child, ended, out } = spawnLineups(["serve", "--port", "0"], cliEnv(makeFolder()));
    await until("the server to say where it listens", () => out().includes("/graphql"));
    const pressedAt = Date.now();
    child.kill("SIGINT");
    expect((await ended).exit).toBe(0);
    // It waits 45 seconds for dates under way, of which there are none.
    expect(Date.now() - pressedAt).toBeLessThan(30_000);
  });

  it("before anything was started leaves with 130 and nothing behind", async () => {
    const env = cliEnv(makeFolder());
    const { child, ended } = spawnLineups(["demo"], env);
    await new Promise((resolve) => setTimeout(resolve, 150));
    child.kill("SIGINT");
    // Before Node has come so far as to listen, the signal itself ends it.
    expect([130, -1]).toContain((await ended).exit);
  });
});
