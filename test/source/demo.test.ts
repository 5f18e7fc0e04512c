import { describe, expect, it } from "vitest";
import { addDays, datesBetween, daysBetween } from "../../src/calendar.ts";
import { systemClock } from "../../src/clock.ts";
import { lineupHash } from "../../src/lineups/compare.ts";
import { createDemoSource } from "../../src/source/demo/demo.ts";
import { dayNumber, demoLeague } from "../../src/source/demo/league.ts";
import { demoLineups } from "../../src/source/demo/roster.ts";
import { createLimiter } from "../../src/source/limiter.ts";

const DAYS = datesBetween("2026-06-01", "2026-08-31");
const league = demoLeague("2026-08-31");
const made = new Map(datesBetween("2026-05-31", "2026-08-31").map((date) => [date, demoLineups(league, date)]));
const lineupsOn = (date: string) => made.get(date) ?? [];

describe("demo league", () => {
  it("always has a season of 180 days that includes the current date", () => {
    for (const today of datesBetween("2026-10-01", "2027-05-31")) {
      const { startDate, endDate } = demoLeague(today);
      expect(daysBetween(startDate, endDate)).toBe(180);
      expect(daysBetween(startDate, today)).toBeGreaterThanOrEqual(60);
      expect(today < endDate).toBe(true);
    }
  });

  it("has the same lineups for a date on every machine and on whatever day they are read", async () => {
    const later = demoLeague("2026-11-23");
    expect(demoLineups(later, "2026-08-31")).toEqual(demoLineups(league, "2026-08-31"));
    const all = DAYS.flatMap((date) =>
      lineupsOn(date).flatMap(({ teamKey, slots }) =>
        slots.map((e) => ({ ...e, playerId: `${date} ${teamKey} ${e.playerId}` })),
      ),
    );
    expect(await lineupHash(all)).toBe("0fff924ccafcf5c44ed2884e602e0ea6");
  });

  it("has 12 teams that share no players, use every position and keep within the limit of each position", () => {
    const sizes = new Map(league.positions.map(({ position, count }) => [position, count]));
    const seen = new Set<string>();
    for (const date of DAYS) {
      const teams = lineupsOn(date);
      expect(teams).toHaveLength(12);
      const ids = teams.flatMap(({ slots }) => slots.map(({ playerId }) => playerId));
      expect(new Set(ids).size).toBe(ids.length);
      for (const { slots } of teams) {
        for (const { selectedPosition, eligiblePositions, playerStatus } of slots) {
          seen.add(selectedPosition);
          if (selectedPosition !== "BN") expect([...eligiblePositions]).toContain(selectedPosition);
          if (selectedPosition === "IL") expect(playerStatus).toBe("IL10");
        }
        for (const [position, count] of sizes)
          expect(slots.filter((e) => e.selectedPosition === position).length, position).toBeLessThanOrEqual(count);
      }
    }
    expect([...seen].sort()).toEqual([...sizes.keys()].sort());
  });

  it("changes more than 10 slots every day, and moves 1 to 12 players a day between teams on average", () => {
    const owner = (date: string) =>
      new Map(lineupsOn(date).flatMap(({ teamKey, slots }) => slots.map((e) => [e.playerId, teamKey])));
    let moves = 0;
    for (const date of DAYS.slice(1)) {
      const [today, yesterday] = [lineupsOn(date), lineupsOn(addDays(date, -1))];
      const slot = (teams: typeof today) =>
        teams.flatMap(({ slots }) => slots.map((e) => `${e.playerId} ${e.selectedPosition}`));
      const former = new Set(slot(yesterday));
      expect(slot(today).filter((each) => !former.has(each)).length).toBeGreaterThan(10);
      const before = owner(addDays(date, -1));
      for (const [id, team] of owner(date)) if (before.get(id) !== team) moves++;
    }
    expect(moves / DAYS.length).toBeGreaterThan(1);
    expect(moves / DAYS.length).toBeLessThan(12);
  });

  it("lists a two-way player as two players, a batter and a pitcher", () => {
    const names = new Set(
      DAYS.flatMap((date) =>
        lineupsOn(date).flatMap(({ slots }) => slots.map(({ playerId, playerName }) => `${playerId} ${playerName}`)),
      ),
    );
    expect(names).toContain("1000001 Sho Ohnishi (Batter)");
    expect(names).toContain("1000002 Sho Ohnishi (Pitcher)");
    expect(new Set([...names].map((each) => each.split(" ").slice(1).join(" "))).size).toBe(names.size);
  });

  it("is read through the Yahoo client, with one request per date", async () => {
    const clock = { ...systemClock, now: () => Date.parse("2026-08-31T20:00:00Z") };
    const source = createDemoSource(clock, createLimiter(clock, { requestsPerSecond: 0, concurrency: 4 }));
    const options = { signal: new AbortController().signal, meter: { requests: 0, retries: 0 } };
    const read = await source.league("demo.l.1", options);
    expect(read).toEqual(league);
    const teams = [];
    for await (const part of source.lineups(read, "2026-08-30", options)) teams.push(...part);
    expect(teams).toEqual(demoLineups(league, "2026-08-30").map((lineup) => ({ kind: "lineup", lineup })));
    expect(options.meter).toEqual({ requests: 3, retries: 0 });
  });

  it("numbers days from 2020-01-01, which is day 0, and gives all earlier days the number 0 too", () => {
    expect(dayNumber("2020-01-01")).toBe(0);
    expect(dayNumber("2019-01-01")).toBe(0);
    expect(dayNumber("2020-01-03")).toBe(2);
  });
});
