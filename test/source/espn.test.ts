import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { datesBetween } from "../../src/calendar.ts";
import { NEVER } from "../../src/clock.ts";
import { createEspnClient } from "../../src/source/espn/client.ts";
import { createEspnSource } from "../../src/source/espn/espn.ts";
import { GAMES } from "../../src/source/espn/games.ts";
import { parseDay } from "../../src/source/espn/parse.ts";
import { parseSchedule } from "../../src/source/espn/schedule.ts";
import { createLimiter } from "../../src/source/limiter.ts";
import type { LineupSource, TeamAnswer } from "../../src/source/source.ts";
import { createFakeClock } from "../support/clock.ts";
import {
  ESPN_ANSWERS,
  type EspnFault,
  type EspnSeason,
  type EspnStandIn,
  madeEspnSeason,
  startEspn,
} from "../support/espn.ts";

const KEY = "espn.flb.2025.12345";

async function withEspn(
  seasons: EspnSeason[] = [madeEspnSeason()],
  now = "2025-10-01T16:00:00.000Z",
): Promise<{ espn: EspnStandIn; source: LineupSource; member: LineupSource }> {
  const espn = await startEspn(...seasons);
  onTestFinished(() => espn.close());
  const clock = createFakeClock(now);
  const limiter = createLimiter(clock, { requestsPerSecond: 0, concurrency: 4 });
  const sourceWith = (cookies: { s2: string; swid: string } | undefined) =>
    createEspnSource({
      clock,
      hasAccount: cookies !== undefined,
      get: createEspnClient({ fetch, clock, limiter, baseUrl: espn.baseUrl, cookies, redact: (text) => text }),
    });
  return { espn, source: sourceWith(undefined), member: sourceWith({ s2: "s2%2Fcanary-value", swid: "AAAA-BBBB" }) };
}
const options = () => ({ signal: NEVER, meter: { requests: 0, retries: 0 } });
const all = async (parts: AsyncIterable<TeamAnswer[]>) => (await Array.fromAsync(parts)).flat();
const lineupsOf = async (parts: AsyncIterable<TeamAnswer[]>) =>
  (await all(parts)).map((answer) => (answer.kind === "lineup" ? answer.lineup : answer));

describe("league()", () => {
  it("returns the teams and slots, and takes the season's dates in Eastern time from the schedule", async () => {
    const { espn, source } = await withEspn([madeEspnSeason({ previousSeasons: [2017, 2023, 2024] })]);
    const league = await source.league(KEY, options());
    expect(league).toMatchObject({
      key: KEY,
      source: "ESPN",
      sport: "mlb",
      season: 2025,
      name: "Made at ESPN",
      startDate: "2025-03-18",
      endDate: "2025-09-28",
      previousKey: "espn.flb.2024.12345",
      positions: [
        { position: "C", count: 1, starting: true },
        { position: "UTIL", count: 1, starting: true },
        { position: "BE", count: 5, starting: false },
        { position: "IL", count: 2, starting: false },
      ],
    });
    expect(league.teams).toHaveLength(12);
    expect(league.teams[0]).toEqual({ key: `${KEY}.t.1`, name: expect.any(String) });
    expect(espn.requests).toHaveLength(2);
    expect(JSON.stringify(league)).not.toMatch(/canary/i);
  });

  it("assigns a winter sport's season to the year in which the season starts", async () => {
    const { source } = await withEspn([
      madeEspnSeason({ code: "fhl", year: 2026, opener: "2025-10-07", finalPeriod: 192 }),
    ]);
    expect(await source.league("espn.fhl.2026.12345", options())).toMatchObject({
      sport: "nhl",
      season: 2025,
      startDate: "2025-10-07",
      endDate: "2026-04-16",
    });
  });

  it("returns the season that ESPN opened most recently if the key names no season", async () => {
    const { espn, source } = await withEspn();
    espn.currentSeason = 2025;
    expect(await source.league("espn.flb.12345", options())).toMatchObject({ key: KEY });
  });

  it("derives the season's dates from ESPN's current period while the schedule has no games", async () => {
    const { espn, source } = await withEspn([madeEspnSeason({ finalPeriod: 220 })]);
    espn.latest = 198;
    espn.change = (content, path) => (path.includes("proTeamSchedules") ? { settings: { proTeams: [] } } : content);
    expect(await source.league(KEY, options())).toMatchObject({ startDate: "2025-03-18" });
    const date = "2025-05-20";
    const league = await source.league(KEY, options());
    await all(source.lineups(league, date, options()));
    expect(espn.requests.at(-1)).toContain("scoringPeriodId=64");
  });

  it.each([
    ["the season is over", 221, "2025-10-01T16:00:00.000Z"],
    ["ESPN may not have started the new day yet", 198, "2025-10-01T05:00:00.000Z"],
  ])("throws UNAVAILABLE if the schedule has no games and %s", async (_, latest, now) => {
    const { espn, source } = await withEspn([madeEspnSeason({ finalPeriod: 220 })], now);
    espn.latest = latest;
    espn.change = (content, path) => (path.includes("proTeamSchedules") ? { settings: { proTeams: [] } } : content);
    await expect(source.league(KEY, options())).rejects.toMatchObject({
      kind: "UNAVAILABLE",
      message: expect.stringContaining("does not say yet when the 2025 season"),
    });
  });

  it("ignores implausible games in the schedule", async () => {
    const { espn, source } = await withEspn();
    espn.change = (content, path) => {
      if (!path.includes("proTeamSchedules")) return content;
      const games = content.settings.proTeams[0].proGamesByScoringPeriod;
      Object.assign(games, {
        x: [{ date: 5 }],
        999999999: [{ date: 1 }],
        0: [{ date: 2 }],
        7: [{ date: 9e15 }],
        8: [{ date: 1.5 }],
      });
      content.settings.proTeams[1].proGamesByScoringPeriod = null;
      return content;
    };
    expect(await source.league(KEY, options())).toMatchObject({ startDate: "2025-03-18" });
  });

  it.each([
    ["status 404", ESPN_ANSWERS.notFound, "UNAVAILABLE"],
    ["status 401", ESPN_ANSWERS.notVisible, "UNAVAILABLE"],
    ["null", { status: 200, body: "null" }, "MALFORMED"],
    ["an object without a season", { status: 200, body: "{}" }, "MALFORMED"],
  ])("fails for a key without a season if ESPN's answer about the current season is %s", async (_, answer, kind) => {
    const { espn, source } = await withEspn();
    espn.fault = () => answer;
    await expect(source.league("espn.flb.12345", options())).rejects.toMatchObject({ kind });
  });

  const faults: [string, EspnFault, string, RegExp][] = [
    [
      "status 401",
      ESPN_ANSWERS.notVisible,
      "LEAGUE_PRIVATE",
      /2025 season.*AUTH_LEAGUE_NOT_VISIBLE.*set ESPN_S2 and ESPN_SWID/,
    ],
    ["status 404", ESPN_ANSWERS.notFound, "LEAGUE_NOT_FOUND", /has no league 12345 of flb in the 2025 season/],
    ["status 403", ESPN_ANSWERS.forbidden, "UNAVAILABLE", /refuses requests \(status 403\)/],
    ["status 429", ESPN_ANSWERS.rateLimited, "RATE_LIMITED", /limits the rate/],
    ["an HTML page", ESPN_ANSWERS.html, "UNAVAILABLE", /something other than complete JSON: <!DOCTYPE/],
    ["status 502", ESPN_ANSWERS.serverError, "UNAVAILABLE", /status 502/],
    [
      "a redirect",
      { status: 302, body: "", headers: { location: "https://elsewhere.example" } },
      "UNAVAILABLE",
      /redirects/,
    ],
    [
      "an incomplete answer",
      { status: 200, body: '{"id":12345,"teams":[' },
      "UNAVAILABLE",
      /something other than complete JSON/,
    ],
    ["an object without a league", { status: 200, body: "{}" }, "MALFORMED", /id is missing/],
    ["a list instead of an object", { status: 200, body: "[]" }, "MALFORMED", /the answer is missing/],
    ["a broken connection", "reset", "UNAVAILABLE", /No answer from/],
  ];
  it.each(faults)("reports %s as an error of the right kind, with the reason", async (_, fault, kind, message) => {
    const { espn, source } = await withEspn();
    espn.fault = (path) => (path.includes("/leagues/") ? fault : null);
    await expect(source.league(KEY, options())).rejects.toMatchObject({
      kind,
      message: expect.stringMatching(message),
    });
  });

  it("reports that ESPN has not opened a season, instead of reporting an unknown league", async () => {
    const { espn, source } = await withEspn();
    espn.currentSeason = 2025;
    await expect(source.league("espn.flb.2026.12345", options())).rejects.toThrow(
      /has not opened the 2026 season of flb yet/,
    );
  });

  it("returns a private league only with the cookies of a member, and puts braces around SWID", async () => {
    const { espn, source, member } = await withEspn([madeEspnSeason({ isPrivate: true })]);
    await expect(source.league(KEY, options())).rejects.toMatchObject({ kind: "LEAGUE_PRIVATE" });
    expect(espn.cookies).toBeUndefined();
    expect(await member.league(KEY, options())).toMatchObject({ key: KEY });
    expect(espn.cookies).toBe("espn_s2=s2%2Fcanary-value; SWID={AAAA-BBBB}");
    espn.fault = (path) => (path.includes("/leagues/") ? ESPN_ANSWERS.notVisible : null);
    await expect(member.league(KEY, options())).rejects.toThrow(/the account of ESPN_S2 and ESPN_SWID is not in it/);
  });

  it("refuses a season before 2018 if ESPN has only the season's last day, and accepts the season if ESPN has all days", async () => {
    const { espn, source } = await withEspn([madeEspnSeason({ year: 2016, opener: "2016-04-03", finalPeriod: 183 })]);
    await expect(source.league("espn.flb.2016.12345", options())).rejects.toMatchObject({
      kind: "LEAGUE_NOT_DAILY",
      message: expect.stringContaining("only the last day of the 2016 season (asked for period 1, got 183)"),
    });
    espn.keepsOldDays = true;
    const league = await source.league("espn.flb.2016.12345", options());
    expect(league).toMatchObject({ season: 2016, startDate: "2016-04-03" });
    expect(await all(source.lineups(league, "2016-04-10", options()))).toHaveLength(12);
  });

  it("refuses a weekly league without sending a request", async () => {
    const { espn, source } = await withEspn();
    await expect(source.league("espn.ffl.2025.1", options())).rejects.toMatchObject({ kind: "LEAGUE_NOT_DAILY" });
    expect(espn.requests).toEqual([]);
  });
});

describe("lineups()", () => {
  it.each(["flb", "fba", "fhl"])("returns the correct %s lineups with one request per date", async (code) => {
    const season = madeEspnSeason({ code });
    const { espn, source } = await withEspn([season]);
    const league = await source.league(`espn.${code}.2025.12345`, options());
    const before = espn.requests.length;
    const dates = datesBetween("2025-04-01", "2025-04-07");
    for (const date of dates) {
      const truth = season.lineups(date);
      const came = await lineupsOf(source.lineups(league, date, options()));
      expect(came.map((each) => ("slots" in each ? { ...each, slots: each.slots.map(sorted) } : each))).toEqual(
        truth.map((team) => ({ ...team, slots: team.slots.map(sorted) })),
      );
    }
    expect(espn.requests.length - before).toBe(dates.length);
    expect(espn.requests.at(-1)).toContain("view=mRoster&view=mTeam&scoringPeriodId=21");
  });

  it("refuses an answer about another period", async () => {
    const { espn, source } = await withEspn();
    const league = await source.league(KEY, options());
    espn.change = (content) => ({ ...content, scoringPeriodId: 99 });
    await expect(all(source.lineups(league, "2025-04-01", options()))).rejects.toMatchObject({
      kind: "MALFORMED",
      message: "Asked for the rosters of espn.flb.2025.12345 on 2025-04-01 (period 15), but got those of period 99",
    });
  });

  it("refuses an answer about another league or season", async () => {
    const { espn, source } = await withEspn();
    const league = await source.league(KEY, options());
    espn.change = (content) => ({ ...content, seasonId: 2024 });
    await expect(all(source.lineups(league, "2025-04-01", options()))).rejects.toThrow(
      /got the rosters of league 12345 in season 2024/,
    );
  });

  it("throws an error for a future date or a date that ESPN has not reached yet, instead of returning no lineups", async () => {
    const { espn, source } = await withEspn();
    const league = await source.league(KEY, options());
    await expect(all(source.lineups(league, "2025-10-02", options()))).rejects.toMatchObject({ kind: "UNAVAILABLE" });
    espn.latest = 14;
    await expect(all(source.lineups(league, "2025-04-01", options()))).rejects.toThrow(
      /ESPN has no lineups for 2025-04-01 yet: ESPN is at period 14/,
    );
  });

  it("returns no lineups if no team has a player, and returns an empty lineup for a team that has just joined", async () => {
    const { espn, source } = await withEspn();
    const league = await source.league(KEY, options());
    espn.change = (content) => ({
      ...content,
      teams: content.teams.map((team: object, i: number) =>
        i === 3 ? { ...team, roster: undefined, owners: [] } : team,
      ),
    });
    const came = await lineupsOf(source.lineups(league, "2025-04-01", options()));
    expect(came.map((each) => ("slots" in each ? each.slots.length > 0 : each))).toEqual(
      Array.from({ length: 12 }, (_, i) => i !== 3),
    );
    espn.change = (content) => ({
      ...content,
      teams: content.teams.map((team: object) => ({
        ...team,
        roster: { entries: [{ playerId: -1 }, { playerId: 0 }] },
      })),
    });
    expect(await all(source.lineups(league, "2025-04-01", options()))).toEqual([]);
  });

  it("refuses an answer without teams, and sends the request once more if one team has no players", async () => {
    const { espn, source } = await withEspn();
    const league = await source.league(KEY, options());
    espn.change = (content) => ({ ...content, teams: [] });
    await expect(all(source.lineups(league, "2025-04-01", options()))).rejects.toMatchObject({
      kind: "MALFORMED",
      message: expect.stringContaining("the list of teams is empty"),
    });
    let asked = 0;
    espn.change = (content) => {
      if (asked++ === 0) content.teams[4].roster.entries = [];
      return content;
    };
    const meter = options();
    const came = await lineupsOf(source.lineups(league, "2025-04-01", meter));
    expect(came.every((each) => "slots" in each && each.slots.length > 0)).toBe(true);
    expect(meter.meter).toEqual({ requests: 2, retries: 1 });
  });

  it("returns a fault that names the unreadable field of one team's roster, and returns the lineups of all other teams", async () => {
    const { espn, source } = await withEspn();
    const league = await source.league(KEY, options());
    espn.change = (content) => {
      content.teams[2].roster.entries[5].lineupSlotId = "five";
      return content;
    };
    const came = await all(source.lineups(league, "2025-04-01", options()));
    expect(came.filter(({ kind }) => kind === "lineup")).toHaveLength(11);
    expect(came[2]).toMatchObject({
      kind: "fault",
      teamKey: `${KEY}.t.3`,
      refused: false,
      error: {
        kind: "MALFORMED",
        message: expect.stringContaining('teams.2.roster.entries.5.lineupSlotId is "five"; expected number'),
      },
    });
  });

  it("names unknown slots and clubs by their numbers", async () => {
    const { espn, source } = await withEspn();
    const league = await source.league(KEY, options());
    espn.change = (content) => {
      const [entry] = content.teams[0].roster?.entries ?? [];
      if (entry) {
        entry.lineupSlotId = 18;
        entry.playerPoolEntry.player.proTeamId = 777;
      }
      return content;
    };
    const [first] = await lineupsOf(source.lineups(league, "2025-04-01", options()));
    expect(first && "slots" in first ? first.slots[0] : null).toMatchObject({
      selectedPosition: "SLOT_18",
      playerTeam: "TEAM_777",
    });
  });

  it("throws the retryable error UNAVAILABLE if ESPN no longer finds a league that ESPN returned before", async () => {
    const { espn, source } = await withEspn();
    const league = await source.league(KEY, options());
    espn.fault = (path) => (path.includes("scoringPeriodId") ? ESPN_ANSWERS.notFound : null);
    await expect(all(source.lineups(league, "2025-04-01", options()))).rejects.toMatchObject({ kind: "UNAVAILABLE" });
  });
});

const sorted = <T extends { eligiblePositions: readonly string[] }>(slot: T) => ({
  ...slot,
  eligiblePositions: [...slot.eligiblePositions].sort(),
});

const SAMPLES = new URL("../../../shared/samples/", import.meta.url);
describe.skipIf(!existsSync(SAMPLES))("recorded answers from ESPN", () => {
  const read = (name: string) => JSON.parse(readFileSync(new URL(name, SAMPLES), "utf8"));

  it("include a season's schedule, which gives the date of period 1 and the clubs", () => {
    expect(parseSchedule(read("espn-fhl-2021.proTeamSchedules.TRIMMED.espn-api.json"))).toEqual({
      periodOne: "2021-01-13",
      clubs: { 11: "NJ" },
    });
  });

  it("are read in full, even if they are from before October 2023", () => {
    const game = GAMES.fhl;
    if (!game) throw new Error("Expected the game fhl");
    const key = "espn.fhl.2020.40384";
    const league = { key, teams: [] } as never;
    const answers = parseDay(read("espn-fhl-2020.league-mRoster.TRIMMED.espn-api.json"), {
      league,
      date: "2020-06-22",
      period: 265,
      id: 40384,
      season: 2020,
      game,
      clubs: { 24: "ARI" },
    });
    expect(answers).toHaveLength(2);
    expect(answers[0]).toMatchObject({
      kind: "lineup",
      lineup: {
        teamKey: `${key}.t.1`,
        teamName: "Tyutin in the Staal",
        slots: [
          {
            playerId: "5428",
            playerName: "Taylor Hall",
            selectedPosition: "LW",
            positionType: "P",
            eligiblePositions: ["LW", "C", "F", "UTIL"],
            playerTeam: "ARI",
            playerStatus: "healthy",
          },
          { selectedPosition: "D" },
          { selectedPosition: "BE" },
          { selectedPosition: "LW" },
        ],
      },
    });
    expect(JSON.stringify(answers)).not.toContain("REDACTED");
  });
});
