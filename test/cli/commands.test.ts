import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { openDb } from "../../src/db/client.ts";
import { cliEnv, hurriedClock, lineups, NOW, spawnLineups } from "../support/cli.ts";
import { makeFolder } from "../support/ledger.ts";
import { startServer } from "../support/process.ts";
import { madeSeason } from "../support/season.ts";
import { until } from "../support/waiter.ts";
import { ANSWERS, type Fault, startYahoo } from "../support/yahoo.ts";

const KEY = "458.l.100";

/** A stand-in for Yahoo, and a database of one's own. */
async function withYahoo() {
  const yahoo = await startYahoo(madeSeason());
  onTestFinished(() => yahoo.close());
  const folder = makeFolder();
  const env = cliEnv(folder, { YAHOO_BASE_URL: yahoo.baseUrl, YAHOO_LOGIN_URL: yahoo.loginUrl });
  const collect = (...more: string[]) =>
    lineups(["collect", "--league", KEY, "--start", "2025-04-01", "--end", "2025-04-04", ...more], env);
  return { yahoo, folder, env, collect };
}
const rosterOf = (date: string, fault: Fault) => (path: string) => (path.endsWith(date) ? fault : null);

describe("the exit code", () => {
  it("is 0 for what is complete, and 3 while a part is missing, with the command that tries it again", async () => {
    const { yahoo, env, collect } = await withYahoo();
    yahoo.fault = rosterOf("2025-04-03", ANSWERS.serverError);
    const partly = await collect();
    expect(partly).toMatchObject({
      exit: 3,
      out: expect.stringMatching(/3 of 4 dates[\s\S]+2025-04-03 failed: SOURCE_UNAVAILABLE, /),
    });
    yahoo.fault = () => null;
    const [, id = ""] = /npx lineups collect --resume (\S+)\n/.exec(partly.out) ?? [];
    expect(await lineups(["collect", "--resume", id], env)).toMatchObject({
      exit: 0,
      out: expect.stringContaining("4 of 4 dates"),
    });
  });

  it("is 1 when nothing could be had", async () => {
    const { yahoo, collect } = await withYahoo();
    yahoo.fault = () => ANSWERS.privateLeague;
    expect(await collect()).toMatchObject({ exit: 1, out: expect.stringMatching(/is FAILED[\s\S]+Go on with: /) });
  });

  it("is 4 when somebody has to log in, and says so with --quiet, too", async () => {
    const { yahoo, collect } = await withYahoo();
    yahoo.fault = () => ANSWERS.tokenRefused;
    expect(await collect()).toMatchObject({
      exit: 4,
      out: expect.stringMatching(/is PAUSED[\s\S]+SOURCE_UNAUTHORIZED: /),
    });
    const { collect: another, yahoo: other } = await withYahoo();
    other.fault = () => ANSWERS.tokenRefused;
    expect(await another("--quiet")).toMatchObject({
      exit: 4,
      out: "",
      err: expect.stringMatching(/is PAUSED[\s\S]+SOURCE_UNAUTHORIZED: /),
    });
  });

  it("is 5 when the source wants to be left alone for longer than --max-wait, and the job goes on later", async () => {
    const { yahoo, env } = await withYahoo();
    yahoo.fault = rosterOf("2025-04-02", { ...ANSWERS.rateLimited, headers: { "retry-after": "3600" } });
    const range = ["--league", KEY, "--start", "2025-04-01", "--end", "2025-04-04"];
    const held = await lineups(["collect", ...range, "--max-wait", "60", "--concurrency", "1"], env, {
      clock: systemClock,
    });
    expect(held).toMatchObject({
      exit: 5,
      out: expect.stringMatching(/is WAITING[\s\S]+wants no requests for another (1 h|59 min \d+ s)\n/),
    });
    const json = await lineups(["jobs", "status", "--json"], env);
    expect(json.lines.at(-1)?.result).toMatchObject({ status: "WAITING", progress: { datesCompleted: 1 } });
  });

  it("is 1 for a validation that finds errors", async () => {
    const { env, collect } = await withYahoo();
    await collect();
    const range = ["--league", KEY, "--start", "2025-04-01"];
    expect(await lineups(["validate", ...range, "--end", "2025-04-04"], env)).toMatchObject({ exit: 0 });
    expect(await lineups(["validate", ...range, "--end", "2025-04-06"], env)).toMatchObject({
      exit: 1,
      out: expect.stringMatching(/MISSING_DATE[\s\S]+not valid; \d+ errors?/),
    });
  });

  it("is 3 when a date is doubted although all was collected, and the output says which and why", async () => {
    const season = madeSeason();
    const { yahoo, env, collect } = await withYahoo();
    yahoo.season = { ...season, lineups: (date) => (date === "2025-04-03" ? [] : season.lineups(date)) };
    expect(await collect()).toMatchObject({
      exit: 3,
      out: expect.stringMatching(
        /is COMPLETED[\s\S]+2025-04-03 is doubted: The source shows no lineups for 2025-04-03, and those of 2025-04-0\d are there/,
      ),
    });
    expect(await lineups(["jobs", "status"], env)).toMatchObject({ out: expect.stringMatching(/Doubted +1 date/) });
    const json = await lineups(
      ["collect", "--league", KEY, "--start", "2025-04-03", "--end", "2025-04-03", "--json"],
      env,
    );
    expect(json).toMatchObject({ exit: 3 });
    expect(json.lines.at(-1)?.result.job).toMatchObject({ datesSuspect: 1, doubted: [{ date: "2025-04-03" }] });
  });

  it("is 1 for a verification that finds damage, 3 once that is marked, and 0 after the next update", async () => {
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
    // A minute after the others: so it is the newest.
    const later = { clock: hurriedClock(NOW + 60_000) };
    expect(await lineups(["verify", "--league", KEY, "--mend"], env, later)).toMatchObject({
      exit: 3,
      out: expect.stringMatching(/marked[\s\S]+collected again by: npx lineups update --league 458\.l\.100/),
    });
    expect(await lineups(["verify", "--report", "latest"], env, later)).toMatchObject({ exit: 3 });
    await lineups(["update", "--league", KEY], env, later);
    const after = await lineups(["verify", "--league", KEY], env, later);
    expect(after.out).toMatch(/0 errors, 0 warnings/);
    expect(after.exit).toBe(0);
  });

  it("is 2 for settings that make no sense, each named", async () => {
    const ran = await lineups(["jobs", "list"], { DATABASE_URL: "nonsense", CONCURRENCY: "9" });
    expect(ran).toMatchObject({ exit: 2, out: "" });
    expect(ran.err).toMatch(/2 faults:\n {2}DATABASE_URL .*\n {2}CONCURRENCY is "9"/);
  });
});

describe("--quiet", () => {
  it("says nothing when all is well", async () => {
    const { collect } = await withYahoo();
    expect(await collect("--quiet")).toEqual({ exit: 0, out: "", err: "", lines: [] });
  });
});

describe("--json", () => {
  it("has the job's events in order, and the job in the last line", async () => {
    const { collect } = await withYahoo();
    const { lines, exit, err } = await collect("--json");
    expect(exit).toBe(0);
    expect(err).toBe("");
    expect(lines.map((line) => line.event?.type ?? Object.keys(line)[0])).toEqual([
      "CREATED",
      "STARTED",
      ...Array(4).fill("DATE_COMPLETED"),
      "COMPLETED",
      "result",
    ]);
    expect(lines.at(-1)?.result.job).toMatchObject({ status: "COMPLETED", recordsInserted: 4 * 12 * 26 });
  });
});

describe("a command", () => {
  it("means by `latest` the newest of its environment and league", async () => {
    const { env, collect } = await withYahoo();
    await collect();
    const elsewhere = ["--env", "test", "--league", "demo.l.1"];
    expect(await lineups(["jobs", "cancel", "latest", "--env", "test"], env)).toMatchObject({
      exit: 1,
      err: "There is no such job yet: `lineups demo` starts one\n",
    });
    await lineups(["collect", "--start", "yesterday", "--detach", ...elsewhere], env);
    for (const more of [elsewhere, ["--env", "test"]]) {
      const { lines } = await lineups(["jobs", "status", "--json", ...more], env);
      expect(lines.at(-1)?.result).toMatchObject({ leagueKey: "demo.l.1", status: "QUEUED" });
    }
    expect((await lineups(["jobs", "status", "--json", "--league", KEY], env)).lines.at(-1)?.result.leagueKey).toBe(
      KEY,
    );
    expect((await lineups(["collect", "--resume", "--league", KEY], env)).exit).toBe(2);
    expect((await lineups(["collect", "--resume", ...elsewhere], env)).exit).toBe(0);
  });

  it("finds the demo league before anything was collected, and means it only once it was", async () => {
    const env = cliEnv(makeFolder());
    const { lines } = await lineups(["leagues", "show", "demo.l.1", "--json"], env);
    expect(lines.at(-1)?.result).toMatchObject({ key: "demo.l.1", source: "DEMO", coverage: { percent: 0 } });
    expect(lines.at(-1)?.result.teams).toHaveLength(12);
    expect(await lineups(["collect", "--start", "yesterday"], env)).toMatchObject({
      exit: 2,
      err: "The ledger has no league yet: say which with --league, as --league demo.l.1 or --league 458.l.6966\n",
    });
    expect((await lineups(["collect", "--start", "yesterday", "--league", "demo.l.1"], env)).exit).toBe(0);
    expect((await lineups(["collect", "--start", "2d"], env)).exit).toBe(0);
  });

  it("says what becomes of a running job that is paused or cancelled", async () => {
    const { folder, env, collect } = await withYahoo();
    await collect("--detach");
    const db = openDb({ url: `file:${join(folder, "cli.db")}` });
    onTestFinished(() => db.close());
    await db.write([
      sql`update job_log set status = 'RUNNING', started_at = 1, lease_owner = 'another', lease_until = ${db.clock} + 3600000`,
    ]);
    const said = async (action: string) => (await lineups(["jobs", action, "latest"], env)).out;
    expect(await said("pause")).toMatch(/ is RUNNING; it will be paused after the date in flight\n$/);
    expect(await said("cancel")).toMatch(/ is RUNNING; it will be cancelled after the date in flight\n$/);
  });

  it("hands --workers on, and refuses options that are empty", async () => {
    const env = cliEnv(makeFolder());
    await lineups(["backfill", "--league", "demo.l.1", "--workers", "4", "--detach"], env);
    const query = ["jobs", "list", "--json"];
    const [job] = (await lineups(query, env)).lines.at(-1)?.result.nodes ?? [];
    const db = openDb({ url: env.DATABASE_URL ?? "" });
    onTestFinished(() => db.close());
    expect(await db.orm.all(sql`select concurrency as n from job_log where id = ${job.id}`)).toEqual([{ n: 4 }]);
    for (const option of ["--url", "--league", "--token"])
      expect(await lineups([...query, option, ""], env)).toMatchObject({
        exit: 2,
        lines: [{ error: { message: `${option} is empty: leave it out, or say which` } }],
      });
  });

  it("prints commands that reach the same ledger, and never the token", async () => {
    const { yahoo, env } = await withYahoo();
    yahoo.fault = () => ANSWERS.tokenRefused;
    const ran = await lineups(
      ["collect", "--league", KEY, "--start", "2025-04-01", "--end", "2025-04-01", "--env", "test"],
      env,
    );
    expect(ran.out).toMatch(/Go on with: npx lineups collect --resume lineup_collection_test_\S+ --env test\n/);
    const token = "secret token";
    expect(await lineups(["jobs", "list", "--url", "http://127.0.0.1:1", "--token", token], {})).toMatchObject({
      exit: 2,
      err: expect.not.stringContaining("secret"),
    });
  });

  it("works on its own job alone: those of others, and schedules, are left to a server", async () => {
    const { env, collect } = await withYahoo();
    const other = ["collect", "--league", KEY, "--start", "2025-04-10", "--end", "2025-04-12", "--detach"];
    expect(await lineups(other, env)).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/ is queued; `npx lineups jobs watch lineup_/),
    });
    await lineups(["schedules", "enable", "schedule_demo"], env);
    expect(
      await lineups(["collect", "--league", KEY, "--start", "2025-04-01", "--end", "2025-04-04"], env, {
        clock: hurriedClock(NOW + 3_600_000),
      }),
    ).toMatchObject({ exit: 0 });
    expect((await collect("--only-missing")).exit).toBe(0);
    const { lines } = await lineups(["jobs", "list", "--json"], env);
    expect(
      lines
        .at(-1)
        ?.result.nodes.map((job: { status: string }) => job.status)
        .sort(),
    ).toEqual(["COMPLETED", "COMPLETED", "QUEUED"]);
    const decided = await lineups(["schedules", "decisions", "schedule_demo", "--json"], env);
    expect(decided.lines.at(-1)?.result).toEqual([]);
  });
});

describe("text from upstream", () => {
  it("cannot steer the terminal, nor misalign a table", async () => {
    const season = madeSeason();
    const yahoo = await startYahoo({
      ...season,
      league: {
        ...season.league,
        teams: season.league.teams.map((team) => ({ ...team, name: `\u001b]0;pwned\u0007\u001b[31m${team.name}` })),
      },
      lineups: (date) =>
        season.lineups(date).map((team) => ({
          ...team,
          slots: team.slots.map((entry, i) =>
            i === 0 ? { ...entry, playerName: "\u001b[2J\u001b]0;pwned\u0007José 大谷\u202e翔平\r" } : entry,
          ),
        })),
    });
    onTestFinished(() => yahoo.close());
    const env = cliEnv(makeFolder(), { YAHOO_BASE_URL: yahoo.baseUrl, YAHOO_LOGIN_URL: yahoo.loginUrl });
    const date = ["--start", "2025-04-01", "--end", "2025-04-01"];
    expect((await lineups(["collect", "--league", KEY, ...date], env)).exit).toBe(0);
    const { out } = await lineups(["lineup", "1", "2025-04-01"], env);
    expect(out).toContain("大谷");
    expect(out.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
    const rows = (out.split("\n* not of that day")[0] ?? "").split("\n").slice(1);
    const { default: width } = await import("string-width");
    const idAt = width((rows[0] ?? "").split("Id")[0] ?? "");
    for (const row of rows.slice(1)) expect(width(/^(.*?)\d{4,}/.exec(row)?.[1] ?? "")).toBe(idAt);
  });
});

describe("a remote server", () => {
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

  it("is used with the same commands and the same output; its database, side by side, as well", async () => {
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

    // A collection of this process is watched there, and one of the server's from here.
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

  it("is told how it went wrong: no server, no ledger, no token, a viewer's, a mistyped address", async () => {
    const { url } = await serve();
    const ask = async (args: string[]) => lineups(["jobs", "list", ...args], {});
    expect(await ask(["--url", url])).toMatchObject({
      exit: 4,
      err: expect.stringMatching(/wants a token.+--token TOKEN, or LINEUPS_TOKEN/),
    });
    expect(await ask(["--url", "http://127.0.0.1:1"])).toMatchObject({
      exit: 1,
      err: expect.stringMatching(/^Cannot reach http:\/\/127.0.0.1:1: .+`lineups serve` starts one/),
    });
    expect(await ask(["--url", "localhost:4000"])).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/--url is "localhost:4000"; allowed: /),
    });
    const viewer = await lineups(["collect", ...range], { LINEUPS_URL: url, LINEUPS_TOKEN: "viewer-token-0123456789" });
    expect(viewer).toMatchObject({
      exit: 1,
      err: expect.stringMatching(/guest has the role viewer: this takes a token of role operator/),
    });
  });

  it.each(["{}", "[1]", '{"message":"Not Found"}', '{"error":"nope"}', '{"errors":"boom"}', '{"data":{}}', "<html>"])(
    "that answers %s is none, and that is said",
    async (body) => {
      const far = createServer((_, response) => void response.end(body));
      await new Promise<void>((resolve) => far.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void far.close());
      const url = `http://127.0.0.1:${(far.address() as AddressInfo).port}`;
      expect(await lineups(["jobs", "list", "--url", `${url}/below/`], {})).toMatchObject({
        exit: 1,
        err: `${url}/below answers with status 200, and not as a Lineup Ledger does: is it one?\n`,
      });
    },
  );

  it("that ends a stream while the job goes on is asked again: only the job's own state says that it rests", async () => {
    let streams = 0;
    const far = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const status = streams < 2 ? "RUNNING" : "COMPLETED";
      const job = {
        id: "j",
        status,
        leagueKey: KEY,
        startDate: "",
        endDate: "",
        resumeAt: null,
        error: null,
        failed: [],
        done: [],
        skipped: [],
      };
      const progress = { percent: 100, datesCompleted: 4, datesFailed: 0, datesTotal: 4, cursor: "9" };
      if (request.headers.accept === "text/event-stream") {
        streams++;
        response.writeHead(200, { "content-type": "text/event-stream" }).end("event: complete\ndata:\n\n");
      } else {
        const counts = {
          recordsProcessed: 0,
          recordsInserted: 0,
          recordsUpdated: 0,
          recordsUnchanged: 0,
          datesSuspect: 0,
          requests: 0,
        };
        response.end(body.includes("query") ? JSON.stringify({ data: { job: { ...job, ...counts, progress } } }) : "");
      }
    });
    await new Promise<void>((resolve) => far.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void far.close());
    const url = `http://127.0.0.1:${(far.address() as AddressInfo).port}`;
    const { exit, out, err } = await lineups(["jobs", "watch", "j", "--url", url], {});
    expect({ exit, streams }).toEqual({ exit: 0, streams: 2 });
    expect(out).toMatch(/^j is COMPLETED\n/);
    expect(err).toBe("Lost the connection (the server has ended the stream); trying again\n");
  });

  it("may be restarted while its job is followed: the command goes on behind the last event", async () => {
    const { yahoo, server, databaseUrl, url } = await serve();
    yahoo.delayMs = 60;
    const { child, ended, err } = spawnLineups(["collect", ...range, "--end", "2025-04-20", "--json"], {
      LINEUPS_URL: url,
      LINEUPS_TOKEN: TOKEN,
    });
    await until(
      "some dates to be asked for",
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

it("serve --json says where it answers, and at the end that it has stopped", async () => {
  const interrupts: NodeJS.Timeout[] = [];
  const { exit, lines } = await lineups(["serve", "--port", "0", "--json"], cliEnv(makeFolder()), {
    onStart: (interrupt) => interrupts.push(setInterval(interrupt, 10)),
  });
  for (const each of interrupts) clearInterval(each);
  const url = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/graphql$/);
  expect({ exit, lines }).toEqual({
    exit: 0,
    lines: [{ event: { type: "SERVING", url } }, { result: { url, stopped: true } }],
  });
});

describe("export", () => {
  it("writes a file, and says where it cannot", async () => {
    const { env, collect, folder } = await withYahoo();
    await collect();
    const file = join(folder, "out.ndjson");
    const args = ["export", "--league", KEY, "--start", "2025-04-01", "--end", "2025-04-02"];
    expect(await lineups([...args, "--format", "ndjson", "--out", file], env)).toMatchObject({
      exit: 0,
      out: `624 records of ${KEY}, 2025-04-01 to 2025-04-02, in ${file}\n`,
    });
    expect(readFileSync(file, "utf8").trim().split("\n")).toHaveLength(624);
    writeFileSync(join(folder, "plain"), "");
    expect(await lineups([...args, "--out", join(folder, "plain", "out.csv")], env)).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/^--out .+ cannot be written: /),
    });
  });
});

it("a date is today's in the league's calendar, whatever the machine's clock says", async () => {
  const { env } = await withYahoo();
  // One in the morning in New York, ten in the evening before in the league's time.
  const clock = { now: () => Date.parse("2025-06-02T05:00:00Z"), sleep: systemClock.sleep };
  const { lines } = await lineups(["collect", "--league", "demo.l.1", "--start", "today", "--dry-run", "--json"], env, {
    clock,
  });
  expect(lines.at(-1)?.result.dates.map((each: { date: string }) => each.date)).toEqual(["2025-06-01"]);
  expect(NOW).toBeLessThan(clock.now());
});

describe("a group of commands by itself", () => {
  it.each(["jobs", "leagues", "schedules"])("%s lists what there is", async (group) => {
    const { env } = await withYahoo();
    const [short, long] = [await lineups([group], env), await lineups([group, "list"], env)];
    expect(short).toEqual(long);
    expect(short.exit).toBe(0);
  });

  it("names a command that it does not have", async () => {
    expect(await lineups(["jobs", "lst"], {})).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/unknown command 'lst'\n\(Did you mean list\?\)/),
    });
  });
});

it("a collection outside the season says why nothing was done", async () => {
  const { env } = await withYahoo();
  const ran = await lineups(["collect", "--league", KEY, "--start", "2025-03-01", "--end", "2025-03-03"], env);
  expect(ran).toMatchObject({
    exit: 0,
    out: expect.stringContaining(
      "3 dates left out, 2025-03-01 to 2025-03-03: Outside the season of 2025, 2025-03-18 to 2025-09-28",
    ),
  });
});
