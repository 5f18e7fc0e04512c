import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import type { TeamLineup } from "../../src/db/lineups.ts";
import {
  collect,
  DAY,
  KEY,
  playersOf,
  season,
  serve,
  serveWell,
  smaller,
  stateOf,
  tomorrow,
  update,
} from "../support/doubting.ts";
import { type Ledger, openLedger } from "../support/ledger.ts";

const askedFor = ({ yahoo }: Ledger, date = DAY) =>
  yahoo.requests.filter((path) => path.endsWith(`roster;date=${date}`));

describe("stored lineup", () => {
  it.each([0, 5])(
    "is not replaced by a lineup of %i players until an answer on another day confirms the smaller lineup",
    async (n) => {
      const ledger = await openLedger();
      await collect(ledger, "2025-04-01", "2025-04-04");
      const before = await playersOf(ledger);
      serve(ledger, DAY, smaller(n));
      const job = await collect(ledger);
      expect(job).toMatchObject({ status: "COMPLETED", datesSuspect: 1, recordsRemoved: 0 });
      expect(job.dates[0].doubt).toMatch(
        n === 0
          ? /has no players on 2025-04-03, but it had 26 before/
          : /has 5 players on 2025-04-03, but it had 26 before/,
      );
      expect(await playersOf(ledger)).toBe(before);
      expect(await stateOf(ledger)).toEqual({ state: "PROVISIONAL", reason: job.dates[0].doubt });

      // A second collection on the same day does not confirm a doubted lineup.
      expect(await collect(ledger)).toMatchObject({ datesSuspect: 1 });
      expect(await playersOf(ledger)).toBe(before);
      // An update on the same day skips the date. An update on the next day collects the date again, whatever lookbackDays is.
      expect((await update(ledger)).dates.map((d: { date: string }) => d.date)).not.toContain(DAY);
      tomorrow(ledger);
      const again = await update(ledger);
      expect(again.dates.find((d: { date: string }) => d.date === DAY)).toMatchObject({ status: "DONE", doubt: null });
      expect(again).toMatchObject({ status: "COMPLETED", datesSuspect: 0, recordsRemoved: 26 - n });
      expect(await playersOf(ledger)).toBe(n);
      expect(await stateOf(ledger)).toMatchObject({ state: "COMPLETE" });
      const { jobEvents } = await ledger.data(
        `{ jobEvents(jobId: "${again.id}") { events { type date message data } } }`,
      );
      const done = jobEvents.events.find(
        (e: { type: string; date: string }) => e.type === "DATE_COMPLETED" && e.date === DAY,
      );
      expect(done.message).toContain(`${26 - n} removed`);
      expect(done.data).toMatchObject({ recordsRemoved: 26 - n });
      const { lineupChanges } = await ledger.data(
        `{ lineupChanges(leagueKey: "${KEY}", first: 100) { changes { kind } } }`,
      );
      expect(lineupChanges.changes).toHaveLength(26 - n);
      // The lineup is confirmed now, so the next collection sends a single request for it.
      ledger.yahoo.requests.length = 0;
      expect(await collect(ledger)).toMatchObject({ status: "COMPLETED", datesSuspect: 0 });
      expect(askedFor(ledger).filter((path) => path.includes("/teams/"))).toHaveLength(1);
    },
  );
});

describe("empty date", () => {
  it("is requested twice, and becomes EMPTY if nothing contradicts the answers", async () => {
    const ledger = await openLedger();
    serve(ledger, DAY, () => []);
    expect(await collect(ledger)).toMatchObject({ status: "COMPLETED", datesSuspect: 0 });
    expect(askedFor(ledger)).toHaveLength(2);
    expect(await stateOf(ledger)).toMatchObject({ state: "EMPTY" });
  });

  it("stays doubted until the source repeats the answer on another day, if both neighbouring dates have lineups", async () => {
    const ledger = await openLedger();
    await collect(ledger, "2025-04-02", "2025-04-02");
    await collect(ledger, "2025-04-04", "2025-04-04");
    serve(ledger, DAY, () => []);
    expect(await collect(ledger)).toMatchObject({ status: "COMPLETED", datesSuspect: 1 });
    expect(await stateOf(ledger)).toEqual({
      state: "PROVISIONAL",
      reason: "The source shows no lineups for 2025-04-03, but it has some for 2025-04-02",
    });
    tomorrow(ledger);
    await update(ledger);
    expect(await stateOf(ledger)).toMatchObject({ state: "EMPTY" });
    tomorrow(ledger);
    expect((await update(ledger)).dates.map((d: { date: string }) => d.date)).not.toContain(DAY);
  });

  it("is doubted as soon as lineups are stored for a neighbouring date", async () => {
    const ledger = await openLedger();
    serve(ledger, DAY, () => []);
    await collect(ledger);
    await collect(ledger, "2025-04-04", "2025-04-04");
    expect(await stateOf(ledger)).toMatchObject({ state: "PROVISIONAL" });
    serveWell(ledger);
    tomorrow(ledger);
    await update(ledger);
    expect(await stateOf(ledger)).toMatchObject({ state: "COMPLETE" });
  });
});

describe("damaged names", () => {
  const broken = "Garc\u{fffd}a";
  const named = (name: string) => (lineups: TeamLineup[]) =>
    lineups.map((each, i) =>
      i === 3
        ? { ...each, slots: each.slots.map((slot, n) => (n === 0 ? { ...slot, playerName: name } : slot)) }
        : each,
    );
  const nameOf = async (ledger: Ledger) => {
    const id = season.lineups(DAY)[3]?.slots[0]?.playerId ?? "";
    const [row] = await ledger.db.orm.all<{ name: string; known: string }>(
      sql`select player_name as name, (select name from players where player_id = ${id}) as known from daily_lineups where date = ${DAY} and player_id = ${id}`,
    );
    return row;
  };
  it("are stored and reported as a finding, and are corrected once the source shows the right names", async () => {
    const ledger = await openLedger();
    serve(ledger, DAY, named(broken));
    expect(await collect(ledger)).toMatchObject({ status: "COMPLETED", datesSuspect: 1 });
    expect(await nameOf(ledger)).toEqual({ name: broken, known: broken });
    const { validation } = await ledger.data(
      `{ validation(leagueKey: "${KEY}", start: "${DAY}", end: "${DAY}") { findings { severity code } } }`,
    );
    expect(validation.findings).toContainEqual({ severity: "WARNING", code: "NAME_DAMAGED" });
    serveWell(ledger);
    tomorrow(ledger);
    expect(await update(ledger)).toMatchObject({ status: "COMPLETED", datesSuspect: 0 });
    const right = season.lineups(DAY)[3]?.slots[0]?.playerName;
    expect(await nameOf(ledger)).toEqual({ name: right, known: right });
    expect(await stateOf(ledger)).toMatchObject({ state: "COMPLETE" });
  });

  it.each([
    ["weeks later", "2025-06-01T16:00:00Z"],
    ["the date itself", "2025-04-03T20:00:00Z"],
  ])("never replace right names, even in an answer from %s", async (_, now) => {
    const ledger = await openLedger({ now });
    await collect(ledger);
    const right = await nameOf(ledger);
    serve(ledger, DAY, named(broken));
    expect(await collect(ledger)).toMatchObject({ status: "COMPLETED", datesSuspect: 0, recordsUpdated: 0 });
    expect(await nameOf(ledger)).toEqual(right);
  });
});

describe("teams of a league", () => {
  const with13 = () => {
    const joined = { key: `${KEY}.t.13`, name: "Latecomers" };
    const slots = (date: string) =>
      (season.lineups(date)[0]?.slots ?? []).map((slot) => ({ ...slot, playerId: `8${slot.playerId}` }));
    return {
      league: { ...season.league, teams: [...season.league.teams, joined] },
      lineups: (date: string) => [
        ...season.lineups(date),
        { teamKey: joined.key, teamName: joined.name, slots: slots(date) },
      ],
    };
  };

  it("are fetched once more when a team joins, and the new team's earlier dates are collected as well", async () => {
    const ledger = await openLedger();
    await collect(ledger, "2025-04-01", "2025-04-02");
    ledger.yahoo.season = with13();
    const job = await collect(ledger);
    expect(job).toMatchObject({ status: "COMPLETED", progress: { percent: 100 } });
    expect(ledger.yahoo.requests.filter((path) => path.endsWith("/settings"))).toHaveLength(2);
    expect(await playersOf(ledger, 13)).toBe(26);
    expect(await stateOf(ledger, "2025-04-01")).toMatchObject({
      state: "PROVISIONAL",
      reason: expect.stringContaining("a team that it did not list"),
    });
    await update(ledger);
    expect(await playersOf(ledger, 13, "2025-04-01")).toBe(26);
    expect(await stateOf(ledger, "2025-04-01")).toMatchObject({ state: "COMPLETE" });
  });

  it("include a former team only on the dates on which it was in the league", async () => {
    const ledger = await openLedger();
    ledger.yahoo.season = with13();
    await collect(ledger, "2025-04-01", "2025-04-02");
    serveWell(ledger);
    expect(await collect(ledger)).toMatchObject({ status: "COMPLETED" });
    expect(await collect(ledger, "2025-04-04", "2025-04-04")).toMatchObject({ status: "COMPLETED", retries: 0 });
    const { validation, league } = await ledger.data(
      `{ validation(leagueKey: "${KEY}", start: "2025-04-01", end: "2025-04-04") { errors findings { code } } league(key: "${KEY}") { teams { key } } }`,
    );
    expect(validation).toEqual({ errors: 0, findings: [] });
    expect(league.teams).toHaveLength(12);
    expect(await playersOf(ledger, 13, "2025-04-01")).toBe(26);
  });
});

describe("league record", () => {
  it("is refused if the record's season and dates contradict each other", async () => {
    const ledger = await openLedger();
    ledger.yahoo.season = { ...season, league: { ...season.league, season: 2019 } };
    expect(await collect(ledger)).toMatchObject({
      status: "FAILED",
      error: {
        code: "SOURCE_MALFORMED",
        message: "League 458.l.100 says that its season is 2019, but it lasts from 2025-03-18 to 2025-09-28",
      },
    });
  });

  it("is used as it was last stored if it cannot be fetched again", async () => {
    const ledger = await openLedger();
    await collect(ledger);
    tomorrow(ledger);
    tomorrow(ledger);
    ledger.yahoo.fault = (path) => (path.includes("/roster;") ? null : { status: 503, body: "" });
    expect(await collect(ledger, "2025-04-04", "2025-04-04")).toMatchObject({ status: "COMPLETED" });
  });
});
