import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { datesBetween } from "../../src/calendar.ts";
import { tensBetween } from "../../src/db/conditions.ts";
import { storedDates } from "../../src/db/coverage.ts";
import { playerFacts } from "../../src/db/players.ts";
import { playerDays } from "../../src/db/usage.ts";
import { openLedger } from "../support/ledger.ts";
import { madeSeason } from "../support/season.ts";

const KEY = "458.l.100";
const HERE = { environment: "PRODUCTION", leagueKey: KEY } as const;

describe("tensBetween()", () => {
  it.each([
    ["2025-04-01", "2025-09-28"],
    ["2024-12-31", "2025-01-01"],
    ["2025-02-11", "2025-02-11"],
    ["2025-11-20", "2026-04-12"],
    ["0000-01-01", "0000-01-02"],
    ["9998-12-30", "9999-12-31"],
  ])("returns the groups of ten dates that cover %s to %s, and no other groups", (start, end) => {
    const tens = tensBetween(start, end);
    const needed = new Set(datesBetween(start, end).map((date) => date.slice(0, 9)));
    expect(tens).toEqual([...tens].sort());
    expect([...needed].filter((each) => !tens.includes(each))).toEqual([]);
    // `tensBetween` returns a group for the days 30 to 39 in February too, although February has no such days.
    expect(tens.filter((each) => !needed.has(each) && !/-02-3$/.test(each))).toEqual([]);
  });

  it.each([
    ["2025-12-25", "2025-12-10"],
    ["r025-04-30", "2025-05-01"],
    ["2025-04-30", "r025-05-01"],
    ["", "2025-05-01"],
  ])("returns nothing for the invalid range from %j to %j", (start, end) => {
    expect(tensBetween(start, end)).toEqual([]);
  });
});

it("playerFacts() returns the facts from a player's newest lineup, even if the player is also in a league whose season ends later", async () => {
  const late = madeSeason(KEY, { startDate: "2025-03-18", endDate: "2025-09-28" });
  const early = madeSeason("458.l.101", { startDate: "2025-03-18", endDate: "2025-09-21" });
  const ledger = await openLedger();
  ledger.yahoo.seasons = [late, early];
  await ledger.start("2025-04-02", "2025-04-02");
  await ledger.start("2025-04-10", "2025-04-10", { leagueKey: "458.l.101" });
  await ledger.work();
  const [first] = late.lineups("2025-04-02")[0]?.slots ?? [];
  const both = early.lineups("2025-04-10").some(({ slots }) => slots.some((slot) => slot.playerId === first?.playerId));
  expect(both).toBe(true);
  const key = { ...HERE, sourceId: first?.playerId ?? "" };
  expect(await playerFacts(ledger.db, [key, { ...key, sourceId: "nobody" }])).toMatchObject([
    { date: "2025-04-10" },
    null,
  ]);
});

it("storedDates() and playerDays() return all dates even if the row of one date contains bytes instead of numbers", async () => {
  const ledger = await openLedger();
  await ledger.start("2025-04-01", "2025-04-03");
  await ledger.work();
  await ledger.db.write([
    sql`update league_dates set updated_at = x'ff41', reason = x'ff42' where date = '2025-04-02' and league_key = ${KEY}`,
  ]);
  const range = { ...HERE, start: "2025-04-01", end: "2025-04-03" };
  const stored = await storedDates(ledger.db, range);
  expect([...stored.keys()]).toEqual(["2025-04-01", "2025-04-02", "2025-04-03"]);
  expect(stored.get("2025-04-02")).toMatchObject({ state: "COMPLETE", updatedAt: 0, reason: "FF42" });
  const [slot] = madeSeason(KEY).lineups("2025-04-01")[0]?.slots ?? [];
  const days = await playerDays(ledger.db, { ...range, playerIds: [slot?.playerId ?? ""] });
  expect(days.map(({ date }) => date)).toEqual(["2025-04-01", "2025-04-02", "2025-04-03"]);
});
