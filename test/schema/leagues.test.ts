import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { readMyLeagues } from "../../src/source/yahoo/myLeagues.ts";
import { madeEspnSeason, startEspn } from "../support/espn.ts";
import { openLedger } from "../support/ledger.ts";
import { madeSeason } from "../support/season.ts";
import { ANSWERS } from "../support/yahoo.ts";

const KEY = "458.l.100";
const MY =
  "query ($sports: [String!], $seasons: [Int!]) { myLeagues(sports: $sports, seasons: $seasons) { leagues { key name sport season teams } faults { sport season code } } }";
const ADD = "mutation ($key: String!) { addLeague(key: $key) { key name } }";
const REMOVE = "mutation ($key: String!) { removeLeague(key: $key) { key } }";

describe("myLeagues", () => {
  it("lists the account's leagues of each season and sport, and a fault for each request that Yahoo refuses", async () => {
    const ledger = await openLedger();
    const earlier = madeSeason("431.l.7");
    ledger.yahoo.seasons = [ledger.yahoo.season, { ...earlier, league: { ...earlier.league, season: 2024 } }];
    ledger.yahoo.fault = (path) =>
      path.includes("game_codes=nhl;seasons=2024")
        ? { status: 400, body: '{"error":{"description":"Team key 39.l.15338.t.1 does not exist."}}' }
        : null;
    const { myLeagues } = await ledger.data(MY, {});
    expect(myLeagues).toEqual({
      leagues: [
        { key: KEY, name: "Made League", sport: "mlb", season: 2025, teams: 12 },
        { key: "431.l.7", name: "Made League", sport: "mlb", season: 2024, teams: 12 },
      ],
      faults: [{ sport: "nhl", season: 2024, code: "SOURCE_UNAVAILABLE" }],
    });
    expect(ledger.yahoo.requests).toHaveLength(6);
    expect((await ledger.data(MY, { sports: ["mlb"], seasons: [2024] })).myLeagues.leagues).toHaveLength(1);
  });

  it("is allowed only for operators, and reports problems with the account and with the arguments", async () => {
    const ledger = await openLedger({ env: { API_TOKENS: "v:viewer:0123456789abcdef,o:operator:fedcba9876543210" } });
    const as = (token: string, variables = {}) => ledger.ask(MY, variables, { authorization: `Bearer ${token}` });
    expect(await as("0123456789abcdef")).toMatchObject({ errors: [{ extensions: { code: "FORBIDDEN" } }] });
    expect(ledger.yahoo.requests).toEqual([]);
    expect(await as("fedcba9876543210", { sports: ["nfl"], seasons: [1999] })).toMatchObject({
      errors: [
        {
          message: expect.stringMatching(
            /"nfl" is not a sport with daily lineups; allowed: mlb, nba, nhl.*from 2001 to 2100/,
          ),
        },
      ],
    });
    ledger.yahoo.fault = () => ANSWERS.appNotApproved;
    expect(await as("fedcba9876543210")).toMatchObject({
      errors: [{ extensions: { code: "SOURCE_APP_NOT_APPROVED" } }],
    });
    expect(ledger.yahoo.requests).toHaveLength(1);
  });

  const samples = new URL("../../../shared/samples/", import.meta.url);
  it.skipIf(!existsSync(samples)).each([
    ["users-games-leagues.nba2025.fantastats.json", "nba"],
    ["users-games-leagues.mlb2025+nfl2024.spilchen.json", "mlb"],
  ])("reads the recorded answer %s", (name, sport) => {
    const read = readMyLeagues(JSON.parse(readFileSync(new URL(name, samples), "utf8")));
    expect(read.length).toBeGreaterThan(1);
    expect(read.map((league) => league.sport)).toContain(sport);
    for (const { key, name: title, teams, startDate } of read) {
      expect(key).toMatch(/^\d+\.l\.\d+$/);
      expect(title).not.toBe("");
      expect(teams).toBeGreaterThan(1);
      expect(startDate).toMatch(/^20\d\d-/);
    }
  });
});

describe("League.today", () => {
  it("changes at midnight Pacific time for a Yahoo league and at 06:00 Eastern time for an ESPN league", async () => {
    const espn = await startEspn(madeEspnSeason());
    onTestFinished(() => espn.close());
    const todayAt = async (now: string) => {
      const ledger = await openLedger({ now, env: { ESPN_BASE_URL: espn.baseUrl } });
      for (const key of [KEY, "espn.flb.2025.12345"]) await ledger.data(ADD, { key });
      const { leagues } = await ledger.data("{ leagues { source today } }");
      return Object.fromEntries(leagues.map(({ source, today }: Record<string, string>) => [source, today]));
    };
    expect(await todayAt("2025-06-01T06:59:00Z")).toMatchObject({ YAHOO: "2025-05-31", ESPN: "2025-05-31" });
    expect(await todayAt("2025-06-01T09:59:00Z")).toMatchObject({ YAHOO: "2025-06-01", ESPN: "2025-05-31" });
    expect(await todayAt("2025-06-01T10:00:00Z")).toMatchObject({ YAHOO: "2025-06-01", ESPN: "2025-06-01" });
  });
});

describe("addLeague and removeLeague", () => {
  const listed = async (ledger: Awaited<ReturnType<typeof openLedger>>) =>
    (await ledger.data("{ leagues { key } }")).leagues.map(({ key }: { key: string }) => key);

  it("change only the list of leagues and not the lineups, and a new job puts a removed league back on the list", async () => {
    const ledger = await openLedger();
    expect((await ledger.data(ADD, { key: "https://baseball.fantasysports.yahoo.com/b1/100" })).addLeague).toEqual({
      key: KEY,
      name: "Made League",
    });
    expect(await listed(ledger)).toContain(KEY);
    const id = await ledger.start("2025-04-01", "2025-04-01");
    expect(await ledger.ask(REMOVE, { key: KEY })).toMatchObject({
      errors: [{ message: expect.stringContaining(`: job ${id} uses it`), extensions: { code: "ILLEGAL_STATE" } }],
    });
    await ledger.work();
    const { createSchedule } = await ledger.data(
      'mutation { createSchedule(input: { name: "s", leagueKey: "mlb.l.100", cron: "0 6 * * *", timezone: "UTC" }) { schedule { id } } }',
    );
    expect(await ledger.ask(REMOVE, { key: "mlb.l.100" })).toMatchObject({
      errors: [{ message: expect.stringContaining(": schedule ") }],
    });
    await ledger.data("mutation ($id: ID!) { deleteSchedule(id: $id) { __typename } }", {
      id: createSchedule.schedule.id,
    });
    await ledger.clock.advance(1000);
    await ledger.data(REMOVE, { key: "mlb.l.100" });
    expect(await listed(ledger)).not.toContain(KEY);
    const { lineups } = await ledger.data(
      `{ lineups(leagueKey: "${KEY}", start: "2025-04-01", end: "2025-04-01") { totalCount } }`,
    );
    expect(lineups.totalCount).toBe(12);
    await ledger.clock.advance(1000);
    await ledger.start("2025-04-02", "2025-04-02");
    expect(await listed(ledger)).toContain(KEY);
  });

  it("report why a league cannot be added, and report NOT_FOUND if the league to remove is unknown", async () => {
    const ledger = await openLedger();
    ledger.yahoo.fault = () => ANSWERS.privateLeague;
    expect(await ledger.ask(ADD, { key: KEY })).toMatchObject({ errors: [{ extensions: { code: "LEAGUE_PRIVATE" } }] });
    expect(await ledger.ask(REMOVE, { key: "458.l.9" })).toMatchObject({
      errors: [{ extensions: { code: "NOT_FOUND" } }],
    });
  });
});

it("queries and the export accept a league's alias, and the export also accepts the address of the league's page", async () => {
  const ledger = await openLedger();
  await ledger.start("2025-04-01", "2025-04-02", { leagueKey: "mlb.l.100" });
  await ledger.work();
  const read = (key: string) =>
    ledger.data(
      `query ($key: String!, $team: String!) {
        league(key: $key) { key coverage(start: "2025-04-01", end: "2025-04-02") { percent } }
        lineups(leagueKey: $key, start: "2025-04-01", end: "2025-04-02", teamKey: $team) { totalCount }
        lineup(teamKey: $team, date: "2025-04-01") { team { key } slots { player { id } } }
        lineupChanges(leagueKey: $key) { hasMore }
        players(leagueKey: $key, search: "a") { id }
        dailySummary(leagueKey: $key, date: "2025-04-01") { players }
        teamSummary(teamKey: $team, start: "2025-04-01", end: "2025-04-02") { daysCollected }
        validation(leagueKey: $key, start: "2025-04-01", end: "2025-04-02") { recordsChecked }
        jobs(leagueKey: $key) { totalCount }
        jobStatistics(leagueKey: $key) { totalJobs }
      }`,
      { key, team: `${key}.t.3` },
    );
  const own = await read(KEY);
  expect(own).toMatchObject({ lineups: { totalCount: 2 }, teamSummary: { daysCollected: 2 }, jobs: { totalCount: 1 } });
  expect(await read("mlb.l.100")).toEqual(own);
  const exported = async (key: string) =>
    (
      await ledger.server.fetch(
        new Request(
          `http://localhost/export/lineups.csv?league=${key}&team=${key}.t.3&start=2025-04-01&end=2025-04-02`,
        ),
      )
    ).text();
  expect((await exported(KEY)).split("\n").length).toBeGreaterThan(20);
  expect(await exported("mlb.l.100")).toBe(await exported(KEY));
  const address = encodeURIComponent("https://baseball.fantasysports.yahoo.com/b1/100");
  const page = await ledger.server.fetch(
    new Request(`http://localhost/export/lineups.csv?league=${address}&start=2025-04-01&end=2025-04-01`),
  );
  expect((await page.text()).split("\n").length).toBeGreaterThan(100);
});
