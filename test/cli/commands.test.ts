import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { openDb } from "../../src/db/client.ts";
import { cliEnv, hurriedClock, lineups, NOW } from "../support/cli.ts";
import { KEY, withYahoo } from "../support/commands.ts";
import { makeFolder } from "../support/ledger.ts";
import { madeSeason } from "../support/season.ts";
import { ANSWERS, type Fault, startYahoo } from "../support/yahoo.ts";

const rosterOf = (date: string, fault: Fault) => (path: string) => (path.endsWith(date) ? fault : null);

describe("exit code", () => {
  it("is 3 while a date is missing, and 0 once the printed command has retried this date", async () => {
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

  it("is 1 when no date could be collected, and the output has the reason", async () => {
    const { yahoo, collect } = await withYahoo();
    yahoo.fault = () => ANSWERS.privateLeague;
    expect(await collect()).toMatchObject({
      exit: 1,
      out: expect.stringMatching(/is FAILED[\s\S]+LEAGUE_PRIVATE: [\s\S]+Go on with: /),
    });
  });

  it("is 4 when a login is required, and the reason is printed even with --quiet", async () => {
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

  it("is 5 when the source asks for a longer wait than --max-wait allows, and the job stays WAITING", async () => {
    const { yahoo, env } = await withYahoo();
    yahoo.fault = rosterOf("2025-04-02", { ...ANSWERS.rateLimited, headers: { "retry-after": "3600" } });
    const range = ["--league", KEY, "--start", "2025-04-01", "--end", "2025-04-04"];
    const held = await lineups(["collect", ...range, "--max-wait", "60", "--concurrency", "1"], env, {
      clock: systemClock,
    });
    expect(held).toMatchObject({
      exit: 5,
      out: expect.stringMatching(/is WAITING[\s\S]+The source accepts no requests for another (1 h|59 min \d+ s)\n/),
    });
    const json = await lineups(["jobs", "status", "--json"], env);
    expect(json.lines.at(-1)?.result).toMatchObject({ status: "WAITING", progress: { datesCompleted: 1 } });
  });

  it("is 3 when the data of a collected date is in doubt, and the output names the date and the reason", async () => {
    const season = madeSeason();
    const { yahoo, env, collect } = await withYahoo();
    yahoo.season = { ...season, lineups: (date) => (date === "2025-04-03" ? [] : season.lineups(date)) };
    expect(await collect()).toMatchObject({
      exit: 3,
      out: expect.stringMatching(
        /is COMPLETED[\s\S]+2025-04-03 is doubted: The source shows no lineups for 2025-04-03, but it has some for 2025-04-0\d\n/,
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

  it("is 2 for invalid settings, and the error names each of them", async () => {
    const ran = await lineups(["jobs", "list"], { DATABASE_URL: "nonsense", CONCURRENCY: "9" });
    expect(ran).toMatchObject({ exit: 2, out: "" });
    expect(ran.err).toMatch(/2 faults:\n {2}DATABASE_URL .*\n {2}CONCURRENCY is "9"/);
  });
});

describe("program `lineups`", () => {
  it("shows the first steps when no command is given", async () => {
    const { exit, out, err } = await lineups([], cliEnv(makeFolder()));
    expect({ exit, out }).toEqual({ exit: 2, out: "" });
    expect(err).toMatch(
      /^Lineup Ledger records .+\n\n {2}npx lineups demo .+[\s\S]+npx lineups --help lists all commands/,
    );
  });

  it.skipIf(!existsSync("/proc"))("reports why it cannot create the database's folder", async () => {
    const run = await lineups(["jobs", "list"], { DATABASE_URL: "file:/proc/nope/deep/ledger.db" });
    expect(run).toMatchObject({ exit: 1, out: "", err: expect.stringMatching(/file:\/proc\/nope\/deep.+: ENOENT/) });
  });
});

describe("--quiet", () => {
  it("prints nothing when the command succeeds", async () => {
    const { collect } = await withYahoo();
    expect(await collect("--quiet")).toEqual({ exit: 0, out: "", err: "", lines: [] });
  });
});

describe("--json", () => {
  it("prints the job's events in order, and the job itself in the last line", async () => {
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

describe("commands", () => {
  it("accept `latest` as the id of the newest job in the given environment and league", async () => {
    const { env, collect } = await withYahoo();
    await collect();
    const elsewhere = ["--env", "test", "--league", "demo.l.1"];
    expect(await lineups(["jobs", "cancel", "latest", "--env", "test"], env)).toMatchObject({
      exit: 1,
      err: "There is no matching job yet. `lineups demo` starts a job\n",
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

  it("say that a running job will be paused or cancelled after the date in flight", async () => {
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

  it("pass --workers on to the job, and refuse options that have an empty value", async () => {
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
        lines: [{ error: { message: `${option} is empty. Give it a value, or leave it out` } }],
      });
  });

  it("print follow-up commands for the same environment, and never print the token", async () => {
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

  it("process only their own job, and leave schedules and all other jobs to a server", async () => {
    const { env, collect } = await withYahoo();
    const other = ["collect", "--league", KEY, "--start", "2025-04-10", "--end", "2025-04-12", "--detach"];
    expect(await lineups(other, env)).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/ is queued\. Watch it with: npx lineups jobs watch lineup_/),
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

describe("text from a source", () => {
  it("cannot control the terminal or misalign a table", async () => {
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
    const rows = (out.split("\n* seen later")[0] ?? "").split("\n").slice(1);
    const { default: width } = await import("string-width");
    const idAt = width((rows[0] ?? "").split("Id")[0] ?? "");
    for (const row of rows.slice(1)) expect(width(/^(.*?)\d{4,}/.exec(row)?.[1] ?? "")).toBe(idAt);
  });
});

describe("command that uses a remote server", () => {
  it.each(["{}", "[1]", '{"message":"Not Found"}', '{"error":"nope"}', '{"errors":"boom"}', '{"data":{}}', "<html>"])(
    "reports that the server is not a Lineup Ledger if its answer is %s",
    async (body) => {
      const far = createServer((_, response) => void response.end(body));
      await new Promise<void>((resolve) => far.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void far.close());
      const url = `http://127.0.0.1:${(far.address() as AddressInfo).port}`;
      expect(await lineups(["jobs", "list", "--url", `${url}/below/`], {})).toMatchObject({
        exit: 1,
        err: `Cannot use ${url}/below: its answer (status 200) is not from Lineup Ledger. Check the address\n`,
      });
    },
  );

  it("connects again if the server ends the stream while the job is still running", async () => {
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
    expect(err).toBe("Lost the connection (the server ended the stream); reconnecting\n");
  });
});

it("`serve --json` prints an event with the server's address at the start, and a result once the server has stopped", async () => {
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
  it("writes a file, or reports why the file cannot be written", async () => {
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
      err: expect.stringMatching(/^Cannot write --out .+: /),
    });
  });
});

it("`collect` takes today's date from the league's calendar, not from the machine's calendar", async () => {
  const { env } = await withYahoo();
  // It is 01:00 in New York, but in the league's time zone it is still 22:00 on the day before.
  const clock = { now: () => Date.parse("2025-06-02T05:00:00Z"), sleep: systemClock.sleep };
  const { lines } = await lineups(["collect", "--league", "demo.l.1", "--start", "today", "--dry-run", "--json"], env, {
    clock,
  });
  expect(lines.at(-1)?.result.dates.map((each: { date: string }) => each.date)).toEqual(["2025-06-01"]);
  expect(NOW).toBeLessThan(clock.now());
});

describe("command group", () => {
  it.each(["jobs", "leagues", "schedules"])("%s runs its list command if no command is given", async (group) => {
    const { env } = await withYahoo();
    const [short, long] = [await lineups([group], env), await lineups([group, "list"], env)];
    expect(short).toEqual(long);
    expect(short.exit).toBe(0);
  });

  it("refuses an unknown command and suggests a similar one", async () => {
    expect(await lineups(["jobs", "lst"], {})).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/unknown command 'lst'\n\(Did you mean list\?\)/),
    });
  });
});

it("`collect` says why it leaves out dates outside the season", async () => {
  const { env } = await withYahoo();
  const ran = await lineups(["collect", "--league", KEY, "--start", "2025-03-01", "--end", "2025-03-03"], env);
  expect(ran).toMatchObject({
    exit: 0,
    out: expect.stringContaining(
      "3 dates left out, 2025-03-01 to 2025-03-03: Outside the season of 2025, 2025-03-18 to 2025-09-28",
    ),
  });
});
