import { expect, it } from "vitest";
import { calendarOf, EASTERN, keyOfAddress, PACIFIC, parseLeagueKey, readEspnKey } from "../../src/source/leagueKey.ts";

it.each([
  ["https://fantasy.espn.com/hockey/team?leagueId=7&teamId=3&seasonId=2026", "espn.fhl.2026.7"],
  ["https://fantasy.espn.com/baseball/league?leagueId=12345", "espn.flb.12345"],
  [" https://www.fantasy.espn.com/basketball/league/standings?seasonId=2025&leagueId=8#top ", "espn.fba.2025.8"],
  ["https://baseball.fantasysports.yahoo.com/b1/6966/5?week=3", "mlb.l.6966"],
  ["https://hockey.fantasysports.yahoo.com/h1/7", "nhl.l.7"],
  ["458.l.6966", "458.l.6966"],
])("keyOfAddress(%s) returns %s", (address, key) => {
  expect(keyOfAddress(address)).toBe(key);
  expect(parseLeagueKey(key)).not.toBeNull();
});

it.each([
  "https://baseball.fantasysports.yahoo.com/2023/b1/6966",
  "https://fantasy.espn.com/baseball/league",
  "https://fantasy.espn.com.evil.example/baseball/league?leagueId=7",
  "https://example.com/baseball/league?leagueId=7",
  "https://fantasy.espn.com/baseball/league?leagueId=7%20or%201&seasonId=2025",
  "espn.flb.25x.7",
  "espn.xyz.2025.7",
  "demo.l.2",
])("parseLeagueKey() returns null for %s", (text) => {
  expect(parseLeagueKey(keyOfAddress(text))).toBeNull();
});

it("readEspnKey() returns a key's game, season and number, and parseLeagueKey() reads a key without a season as an alias", () => {
  expect(readEspnKey("espn.flb.2025.12345")).toEqual({ code: "flb", season: 2025, id: 12345 });
  expect(readEspnKey("espn.fba.7")).toEqual({ code: "fba", season: null, id: 7 });
  expect(parseLeagueKey("espn.fba.7")).toMatchObject({ source: "ESPN", isAlias: true });
  expect(parseLeagueKey("espn.fba.2026.7")).toMatchObject({ source: "ESPN", isAlias: false });
});

it("calendarOf() returns the calendar of the league's source", () => {
  expect([calendarOf("espn.flb.2025.1"), calendarOf("mlb.l.1"), calendarOf("demo.l.1")]).toEqual([
    EASTERN,
    PACIFIC,
    PACIFIC,
  ]);
});
