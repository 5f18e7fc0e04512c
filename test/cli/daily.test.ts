import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cliEnv, hurriedClock, lineups, NOW } from "../support/cli.ts";
import { makeFolder } from "../support/ledger.ts";

const DEMO = ["--league", "demo.l.1"];

describe("config", () => {
  it("sets defaults, which environment variables and options override", async () => {
    const home = makeFolder();
    const env = { ...cliEnv(home), HOME: home };
    const set = await lineups(["config", "set", "league", "demo.l.1", "--json"], env);
    const path = join(home, ".config/lineups/config.json");
    expect(set.lines).toEqual([{ result: { settings: { league: "demo.l.1" }, path } }]);
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ league: "demo.l.1" });
    expect((await lineups(["collect", "--start", "yesterday"], env)).exit).toBe(0);
    await lineups(["config", "set", "env", "test"], env);
    const ofTest = await lineups(["jobs", "--json"], env);
    expect(ofTest.lines[0]?.result.totalCount).toBe(0);
    expect((await lineups(["jobs", "--env", "production", "--json"], env)).lines[0]?.result.totalCount).toBe(1);
    const elsewhere = await lineups(["missing", "--start", "1d"], { ...env, LINEUPS_LEAGUE: "458.l.9" });
    expect([elsewhere.exit, elsewhere.err]).toEqual([2, expect.stringContaining("does not know league 458.l.9 yet")]);
    await lineups(["config", "unset", "env"], env);
    expect((await lineups(["jobs", "--json"], env)).lines[0]?.result.totalCount).toBe(1);
    expect((await lineups(["config"], env)).out).toContain(`kept in ${path}`);
  });

  it("refuses invalid values, on the command line as well as in the settings file", async () => {
    const home = makeFolder();
    const env = { ...cliEnv(home), XDG_CONFIG_HOME: home };
    for (const [name, value, allowed] of [
      ["league", "nonsense", "allowed: For example"],
      ["env", "staging", "allowed: production, test"],
      ["url", "ftp://x", "allowed: an address such as http://127.0.0.1:4000"],
    ] as const) {
      const { exit, err } = await lineups(["config", "set", name, value], env);
      expect(exit, name).toBe(2);
      expect(err).toContain(`Cannot set ${name} to ${JSON.stringify(value)}`);
      if (name !== "league") expect(err).toContain(allowed);
    }
    mkdirSync(join(home, "lineups"));
    writeFileSync(join(home, "lineups/config.json"), '{"env":"staging"}');
    const { exit, err } = await lineups(["jobs"], env);
    expect([exit, err]).toEqual([
      2,
      expect.stringMatching(/Cannot read the settings in .*config\.json: .*Correct the file, or remove it/),
    ]);
  });
});

describe("name resolution", () => {
  it("accepts the last six digits of a job id or a schedule id", async () => {
    const env = cliEnv(makeFolder());
    await lineups(["collect", ...DEMO, "--start", "yesterday"], env);
    const { lines } = await lineups(["jobs", "--json"], env);
    const id: string = lines[0]?.result.nodes[0].id;
    const { out } = await lineups(["jobs", "status", id.slice(-6).toUpperCase()], env);
    expect(out).toContain(id);
    const made = await lineups(["schedules", "add", "0 6 * * *", ...DEMO, "--name", "s", "--json"], env);
    const schedule: string = made.lines[0]?.result.id;
    expect((await lineups(["schedules", "disable", schedule.slice(-6)], env)).out).toBe(`${schedule}, s: disabled\n`);
    // An id takes precedence over a name. An id that does not end in random digits is shown whole.
    await lineups(["schedules", "add", "0 7 * * *", ...DEMO, "--name", schedule.slice(-6)], env);
    expect((await lineups(["schedules", "enable", schedule], env)).out).toContain(`${schedule}, s: next runs`);
    expect((await lineups(["schedules"], env, { width: 80 })).out).toContain("schedule_demo  ");
    const table = await lineups(["jobs"], env, { width: 80 });
    expect(table.out).toMatch(new RegExp(`^${id.slice(-6)}  COMPLETED`, "m"));
    expect((await lineups(["jobs"], env)).out).toContain(id);
  });

  it("accepts part of a team's name in every command that takes a team", async () => {
    const env = cliEnv(makeFolder());
    await lineups(["collect", ...DEMO, "--start", "1d"], env);
    const exported = await lineups(["export", ...DEMO, "--start", "1d", "--team", "moonshots", "--json"], env);
    const records = exported.lines.slice(0, -1);
    expect(records.length).toBe(52);
    expect(new Set(records.map((record) => record.team_name))).toEqual(new Set(["Moonshots"]));
    for (const argv of [
      ["team", "moonsh"],
      ["moves", "moonsh"],
      ["summary", "moonsh"],
      ["corrections", "--team", "moonsh"],
      ["players", "--team", "moonsh"],
    ])
      expect((await lineups([...argv, ...DEMO, "--start", "1d"], env)).exit, argv[0]).toBe(0);
    const unknown = await lineups(["export", ...DEMO, "--team", "nobody"], env);
    expect([unknown.exit, unknown.err]).toEqual([2, expect.stringContaining('No team has a name like "nobody"')]);
  });
});

describe("lineup", () => {
  it("marks player details that were observed only after the lineup's day", async () => {
    const env = cliEnv(makeFolder());
    await lineups(["collect", ...DEMO, "--start", "yesterday"], env);
    const [past, today] = [
      await lineups(["lineup", "1", "yesterday"], env),
      await lineups(["lineup", "1", "today"], env),
    ];
    expect(past.out).toContain("healthy*");
    expect(past.out).toContain("* seen later, on 2025-05-04: sources keep no history of club, status and eligibility");
    expect(today.out).toContain("healthy");
    expect(today.out).not.toContain("*");
  });
});

describe("unknown dates", () => {
  it("are counted below the output of `moves`, `players` and `player`", async () => {
    const env = cliEnv(makeFolder());
    await lineups(["collect", ...DEMO, "--start", "9d", "--end", "8d"], env);
    for (const argv of [["moves", "3"], ["players"], ["player", "9261"]]) {
      const { exit, out } = await lineups([...argv, ...DEMO, "--start", "6d", "--end", "yesterday"], env);
      expect(exit, argv[0]).toBe(0);
      expect(out, argv[0]).toContain(
        "Missing or incomplete: 6 dates. `lineups missing --start 2025-04-28 --end 2025-05-03` shows why dates are missing or incomplete",
      );
    }
    expect((await lineups(["moves", "3", ...DEMO, "--start", "6d"], env)).out).toContain(
      "Diamond Dust, 2025-04-28 to 2025-05-04: 0 moves",
    );
  });

  it("are reported together with a command that collects them in the same environment", async () => {
    const env = cliEnv(makeFolder());
    await lineups(["collect", ...DEMO, "--start", "1d", "--env", "test"], env);
    const { err } = await lineups(["lineup", "3", "5d", ...DEMO, "--env", "test"], env);
    expect(err).toContain(
      "`lineups collect --league demo.l.1 --start 2025-04-29 --end 2025-04-29 --env test` collects the date's lineups",
    );
    const unknown = await lineups(["team", "99", ...DEMO], env);
    expect([unknown.exit, unknown.err]).toEqual([
      2,
      expect.stringMatching(/^No team has number "99"\. Teams: demo.l.1.t.1 /),
    ]);
  });
});

describe("waive", () => {
  it("refuses a date that is already known, but skips known dates within a range", async () => {
    const env = cliEnv(makeFolder());
    await lineups(["collect", ...DEMO, "--start", "2d", "--end", "2d"], env);
    const known = await lineups(["waive", "2d", "--reason", "no"], env);
    expect([known.exit, known.err]).toEqual([2, expect.stringContaining("Cannot waive 2025-05-02")]);
    expect((await lineups(["waive", "3d", "yesterday", "--reason", "no games"], env)).out).toBe(
      "2 dates of demo.l.1 waived; 1 date of 2025-05-01 to 2025-05-03 is not missing\n",
    );
    const { lines } = await lineups(["missing", "--start", "3d", "--end", "yesterday", "--json"], env);
    expect(lines[0]?.result.missingDates).toEqual([]);
    const backward = await lineups(["waive", "yesterday", "3d", "--reason", "no"], env);
    expect([backward.exit, backward.err]).toEqual([2, expect.stringContaining("comes before start")]);
  });
});

it("`collect` and `missing` accept `opening-day` and the names of weekdays as dates", async () => {
  const env = cliEnv(makeFolder());
  // NOW is a Sunday.
  const clock = hurriedClock(NOW);
  await lineups(["collect", ...DEMO, "--start", "opening-day", "--end", "opening-day"], env, { clock });
  const { lines } = await lineups(["jobs", "--json"], env, { clock });
  expect(lines[0]?.result.nodes[0]).toMatchObject({ startDate: "2025-03-05", endDate: "2025-03-05" });
  const monday = await lineups(["missing", "--start", "mon", "--end", "mon", "--json"], env, { clock });
  expect(monday.lines[0]?.result.missingDates).toEqual(["2025-04-28"]);
});
