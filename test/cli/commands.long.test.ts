import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { openDb } from "../../src/db/client.ts";
import { cliEnv, hurriedClock, lineups, NOW, spawnLineups } from "../support/cli.ts";
import { KEY, withYahoo } from "../support/commands.ts";
import { makeFolder } from "../support/ledger.ts";
import { startServer } from "../support/process.ts";
import { madeSeason } from "../support/season.ts";
import { until } from "../support/waiter.ts";
import { startYahoo } from "../support/yahoo.ts";

describe("command that uses a remote server", () => {
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

  it("prints the same output as with direct access to the server's database", async () => {
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

    // A collection that runs in this process can be watched through the server.
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

  it("prints every event once even if the server restarts during the job", async () => {
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

  it("names the problem if the token is missing, if the token is a viewer's, or if the server's address is malformed or unreachable", async () => {
    const { url } = await serve();
    const ask = async (args: string[]) => lineups(["jobs", "list", ...args], {});
    expect(await ask(["--url", url])).toMatchObject({
      exit: 4,
      err: expect.stringMatching(/^Authentication required: .+--token TOKEN or LINEUPS_TOKEN/),
    });
    expect(await ask(["--url", "http://127.0.0.1:1"])).toMatchObject({
      exit: 1,
      err: expect.stringMatching(/^Cannot reach http:\/\/127.0.0.1:1: .+`lineups serve` starts a server/),
    });
    expect(await ask(["--url", "localhost:4000"])).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/--url is "localhost:4000"; allowed: /),
    });
    const viewer = await lineups(["collect", ...range], { LINEUPS_URL: url, LINEUPS_TOKEN: "viewer-token-0123456789" });
    expect(viewer).toMatchObject({
      exit: 1,
      err: expect.stringMatching(
        /Cannot do this as guest, whose role is viewer\. Use a token with the role operator\./,
      ),
    });
  });
});

describe("exit code", () => {
  it("is 1 when `validate` finds errors", async () => {
    const { env, collect } = await withYahoo();
    await collect();
    const range = ["--league", KEY, "--start", "2025-04-01"];
    expect(await lineups(["validate", ...range, "--end", "2025-04-04"], env)).toMatchObject({ exit: 0 });
    expect(await lineups(["validate", ...range, "--end", "2025-04-06"], env)).toMatchObject({
      exit: 1,
      out: expect.stringMatching(/MISSING_DATE[\s\S]+not valid; \d+ errors?/),
    });
  });

  it("is 1 when `verify` finds damage, 3 once `verify --mend` has marked the damage, and 0 after the next update", async () => {
    const { env, folder, collect } = await withYahoo();
    await collect();
    expect(await lineups(["verify", "--league", KEY], env)).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/0 errors, 0 warnings in 4 dates, 48 lineups, 1,248 records/),
    });
    const db = openDb({ url: `file:${join(folder, "cli.db")}` });
    await db.write([sql`delete from daily_lineups where date = '2025-04-02' and team_key = '458.l.100.t.5'`]);
    await db.close();
    expect(await lineups(["verify", "--league", KEY], env)).toMatchObject({
      exit: 1,
      out: expect.stringMatching(/ERROR +RECORDS_DAMAGED +2025-04-02 +458\.l\.100\.t\.5/),
    });
    // This verification runs a minute after the earlier verifications, so that it is the newest.
    const later = { clock: hurriedClock(NOW + 60_000) };
    expect(await lineups(["verify", "--league", KEY, "--mend"], env, later)).toMatchObject({
      exit: 3,
      out: expect.stringMatching(
        /marked[\s\S]+Collect the marked dates again with: npx lineups update --league 458\.l\.100/,
      ),
    });
    expect(await lineups(["verify", "--report", "latest"], env, later)).toMatchObject({ exit: 3 });
    await lineups(["update", "--league", KEY], env, later);
    const after = await lineups(["verify", "--league", KEY], env, later);
    expect(after.out).toMatch(/0 errors, 0 warnings/);
    expect(after.exit).toBe(0);
  });
});

describe("commands", () => {
  it("show the demo league from the start, but use the demo league as the default only after somebody has collected it", async () => {
    const env = cliEnv(makeFolder());
    const { lines } = await lineups(["leagues", "show", "demo.l.1", "--json"], env);
    expect(lines.at(-1)?.result).toMatchObject({ key: "demo.l.1", source: "DEMO", coverage: { percent: 0 } });
    expect(lines.at(-1)?.result.teams).toHaveLength(12);
    expect(await lineups(["collect", "--start", "yesterday"], env)).toMatchObject({
      exit: 2,
      err: "The ledger has no league yet. Name a league, such as --league demo.l.1 or --league 458.l.6966\n",
    });
    expect((await lineups(["collect", "--start", "yesterday", "--league", "demo.l.1"], env)).exit).toBe(0);
    expect((await lineups(["collect", "--start", "2d"], env)).exit).toBe(0);
  });
});

it("`serve` prints the reason and ends with exit code 1 when another program uses the port", async () => {
  const taken = createServer();
  onTestFinished(() => void taken.close());
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  const { exit, err } = await spawnLineups(["serve", "--port", String(port)], cliEnv(makeFolder())).ended;
  expect({ exit, err }).toEqual({
    exit: 1,
    err: expect.stringContaining(`Cannot listen on 127.0.0.1:${port}: listen EADDRINUSE`),
  });
});
