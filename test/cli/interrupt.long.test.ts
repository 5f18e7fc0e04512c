import { describe, expect, it, onTestFinished } from "vitest";
import { datesBetween } from "../../src/calendar.ts";
import { systemClock } from "../../src/clock.ts";
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
  // `npm run proof:interrupts` repeats this test at least twenty times.
  it("causes neither lost records nor repeated dates if the user then runs the command that `collect` has printed", async () => {
    const season = madeSeason();
    const report = await interruptedCollection(season, { start: START, end: END, times: 2, folder: makeFolder() });
    expect(report.records).toEqual(expectedRecords(season, datesBetween(START, END)));
    expect(report.exits).toEqual([130, 130, 0]);
    // Completed dates are not requested again. Only a request in flight may be lost.
    expect(report.rosterRequests).toBeLessThanOrEqual(16 + 2 * 2);
    expect(report.jobs).toEqual(["COMPLETED"]);
  });

  it("pauses the new job at once if pressed while the job is being created", async () => {
    const yahoo = await startYahoo(madeSeason());
    onTestFinished(() => yahoo.close());
    const env = cliEnv(makeFolder(), { YAHOO_BASE_URL: yahoo.baseUrl, YAHOO_LOGIN_URL: yahoo.loginUrl });
    let interrupt = () => {};
    // The alias is resolved before the job exists.
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

  it("pauses the job, just as closing the output pipe does", async () => {
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

  it("stops `serve` at once if no job is running", async () => {
    const { child, ended, out } = spawnLineups(["serve", "--port", "0"], cliEnv(makeFolder()));
    await until("the server to print its address", () => out().includes("/graphql"));
    const pressedAt = Date.now();
    child.kill("SIGINT");
    expect((await ended).exit).toBe(0);
    // `serve` would wait 45 seconds for dates in flight. No date is in flight in this test, so `serve` does not wait.
    expect(Date.now() - pressedAt).toBeLessThan(30_000);
  });

  it("ends the command even if pressed before anything has started", async () => {
    const env = cliEnv(makeFolder());
    const { child, ended } = spawnLineups(["demo"], env);
    await new Promise((resolve) => setTimeout(resolve, 150));
    child.kill("SIGINT");
    // If Node does not handle the signal yet, the signal itself ends the process.
    expect([130, -1]).toContain((await ended).exit);
  });
});
