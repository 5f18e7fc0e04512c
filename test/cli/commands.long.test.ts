import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { lineups, spawnLineups } from "../support/cli.ts";
import { makeFolder } from "../support/ledger.ts";
import { startServer } from "../support/process.ts";
import { madeSeason } from "../support/season.ts";
import { until } from "../support/waiter.ts";
import { startYahoo } from "../support/yahoo.ts";

const KEY = "458.l.100";

describe("remote server", () => {
  const TOKEN = "operator-token-0123456789";
  const serve = async () => {
    const yahoo = await startYahoo(madeSeason());
    const folder = makeFolder();
    const databaseUrl = `file:${join(folder, "served.db")}`;
    const server = await startServer({
      DATABASE_URL: databaseUrl,
      YAHOO_BASE_URL: yahoo.baseUrl,
      YAHOO_LOGIN_URL: yahoo.loginUrl,
      API_TOKENS: `me:operator:${TOKEN},guest:viewer:viewer-token-0123456789`,
    });
    onTestFinished(async () => {
      await server.kill("SIGKILL");
      await yahoo.close();
    });
    return { yahoo, server, databaseUrl, url: new URL(server.url).origin };
  };
  const range = ["--league", KEY, "--start", "2025-04-01", "--end", "2025-04-04"];

  it("gives the same output as direct access to its database", async () => {
    const { yahoo, server, databaseUrl, url } = await serve();
    const env = { LINEUPS_URL: url, LINEUPS_TOKEN: TOKEN };
    const real = { clock: systemClock };
    const far = await lineups(["collect", ...range], env, real);
    expect(far).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/is COMPLETED\n {2}458.l.100, 2025-04-01 to 2025-04-04: 4 of 4 dates\n/),
    });
    const near = {
      DATABASE_URL: databaseUrl,
      YAHOO_BASE_URL: yahoo.baseUrl,
      YAHOO_LOGIN_URL: yahoo.loginUrl,
      REQUESTS_PER_SECOND: "0",
    };
    for (const command of [
      ["jobs", "list"],
      ["lineup", "1", "2025-04-01"],
      ["missing", ...range],
      ["export", ...range],
      ["leagues", "list", "--json"],
    ])
      expect(await lineups(command, env, real)).toEqual(await lineups(command, near, real));

    // A collection of this process can be watched through the server.
    const collecting = lineups(
      ["collect", "--league", KEY, "--start", "2025-04-05", "--end", "2025-04-12"],
      near,
      real,
    );
    const watched = await until("the job to be seen by the server", async () => {
      const { lines } = await lineups(["jobs", "list", "--json"], env, real);
      return lines.at(-1)?.result.nodes[0].startDate === "2025-04-05";
    });
    expect(watched).toBe(true);
    expect(await lineups(["jobs", "watch"], env, real)).toMatchObject({
      exit: 0,
      out: expect.stringContaining("8 of 8 dates"),
    });
    expect((await collecting).exit).toBe(0);
    expect(server.logged.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  it("can restart while a command follows its job: the command continues after the last event", async () => {
    const { yahoo, server, databaseUrl, url } = await serve();
    yahoo.delayMs = 60;
    const { child, ended, err } = spawnLineups(["collect", ...range, "--end", "2025-04-20", "--json"], {
      LINEUPS_URL: url,
      LINEUPS_TOKEN: TOKEN,
    });
    await until(
      "requests for some dates",
      () => yahoo.requests.filter((path) => path.includes("/roster;")).length >= 4,
    );
    await server.kill("SIGTERM");
    const again = await startServer({
      DATABASE_URL: databaseUrl,
      YAHOO_BASE_URL: yahoo.baseUrl,
      YAHOO_LOGIN_URL: yahoo.loginUrl,
      API_TOKENS: `me:operator:${TOKEN}`,
      PORT: new URL(url).port,
    });
    onTestFinished(async () => void (await again.kill("SIGKILL")));
    const { exit, out } = await ended;
    expect({ exit, err: err() }).toMatchObject({ exit: 0 });
    const events = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .flatMap(({ event }) => (event ? [event] : []));
    const cursors = events.map(({ cursor }) => Number(cursor));
    expect(cursors).toEqual([...new Set(cursors)].sort((a, b) => a - b));
    expect(events.filter(({ type }) => type === "DATE_COMPLETED")).toHaveLength(20);
    expect(child.exitCode).toBe(0);
  });
});
