import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import {
  collect,
  DAY,
  exchanged,
  KEY,
  openDates,
  playersOf,
  RUN,
  season,
  serve,
  serveRun,
  serveWell,
  smaller,
  stateOf,
  tomorrow,
  update,
} from "../support/doubting.ts";
import { openLedger } from "../support/ledger.ts";

describe("stored lineup", () => {
  it("is kept for ever when the source no longer shows lineups for its date", async () => {
    const ledger = await openLedger();
    await collect(ledger, "2025-04-01", "2025-04-04");
    serve(ledger, DAY, () => []);
    expect(await collect(ledger)).toMatchObject({ status: "COMPLETED", datesSuspect: 1 });
    tomorrow(ledger);
    expect(await update(ledger)).toMatchObject({ status: "COMPLETED", datesSuspect: 0 });
    expect(await stateOf(ledger)).toEqual({ state: "COMPLETE", reason: null });
    expect(await playersOf(ledger)).toBe(26);
  });
});

describe("wrong answers for several dates in a row", () => {
  it("are doubted once a later date has more players, even if the wrong answers begin on the first date", async () => {
    const ledger = await openLedger();
    serveRun(ledger, smaller(5));
    await collect(ledger, "2025-04-05", "2025-04-12", { concurrency: 1 });
    expect((await openDates(ledger)).filter((date) => date >= "2025-04-05")).toEqual(RUN);
  });

  it("stay doubted if the source repeats them on the same day", async () => {
    const ledger = await openLedger();
    serve(ledger, DAY, smaller(5));
    await collect(ledger, "2025-04-01", DAY, { concurrency: 1 });
    for (let again = 1; again <= 2; again++) expect(await collect(ledger)).toMatchObject({ datesSuspect: 1 });
    expect(await stateOf(ledger)).toMatchObject({ state: "PROVISIONAL" });
  });

  it("are distinguished from a trade of most players between two teams, which is no longer doubted a day later", async () => {
    const ledger = await openLedger();
    ledger.yahoo.season = {
      ...season,
      lineups: (date) => (date >= "2025-04-05" ? exchanged(season.lineups(date)) : season.lineups(date)),
    };
    const all = () => collect(ledger, "2025-04-01", "2025-04-12", { concurrency: 1 });
    expect((await all()).datesSuspect).toBeGreaterThan(0);
    await all();
    for (let day = 1; day <= 3; day++) {
      tomorrow(ledger);
      await update(ledger);
    }
    expect(await openDates(ledger)).toEqual([]);
    expect(await all()).toMatchObject({ status: "COMPLETED", datesSuspect: 0 });
    expect(await openDates(ledger)).toEqual([]);
  });
});

it("a damaged lineup is reported as damage, and the lineup's date stays PARTIAL and due, until the lineup can be collected again", async () => {
  const ledger = await openLedger();
  await collect(ledger, "2025-04-01", "2025-04-05");
  await ledger.db.write([
    sql`update daily_lineups set selected_position = 'IL' where date = ${DAY} and team_key = ${`${KEY}.t.4`}`,
  ]);
  await ledger.data(`mutation { startVerification(input: { leagueKey: "${KEY}", mend: true }) { job { id } } }`);
  await ledger.work();
  serve(ledger, DAY, () => []);
  for (let day = 1; day <= 3; day++) {
    await update(ledger);
    tomorrow(ledger);
    expect(await stateOf(ledger)).toMatchObject({ state: "PARTIAL", reason: expect.stringContaining("damaged") });
    const { validation } = await ledger.data(
      `{ validation(leagueKey: "${KEY}", start: "${DAY}", end: "${DAY}") { findings { code isDamage } } }`,
    );
    expect(validation.findings).toContainEqual({ code: "RECORDS_DAMAGED", isDamage: true });
  }
  serveWell(ledger);
  await update(ledger);
  expect(await stateOf(ledger)).toMatchObject({ state: "COMPLETE" });
});

describe("wrong answers for several dates in a row", () => {
  it.each([
    ["a team with few players", smaller(5)],
    ["a team without players", smaller(0)],
    ["no lineups", () => []],
    ["the players of two teams exchanged", exchanged],
  ])("that show %s are all doubted, and are corrected a day after the source recovers", async (_, change) => {
    const ledger = await openLedger();
    serveRun(ledger, change);
    expect(await collect(ledger, "2025-04-01", "2025-04-12", { concurrency: 1 })).toMatchObject({
      status: "COMPLETED",
      datesSuspect: 4,
    });
    expect(await openDates(ledger)).toEqual(RUN);
    serveWell(ledger);
    tomorrow(ledger);
    await update(ledger);
    expect(await openDates(ledger)).toEqual([]);
    for (const date of RUN) expect(await playersOf(ledger, 4, date)).toBe(26);
  });
});
