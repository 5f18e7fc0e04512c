import { describe, expect, it } from "vitest";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { madeSeason } from "../support/season.ts";

const TOKENS = { API_TOKENS: "ann:operator:operator-token-0123,bob:viewer:viewer-token-01234" };
const VIEWER = { authorization: "Bearer viewer-token-01234" };
const OPERATOR = { authorization: "Bearer operator-token-0123" };
const KEY = "458.l.100";
const RANGE = 'start: "2025-04-01", end: "2025-04-03"';

/** All queries, for a league that the ledger knows. */
const QUERIES = [
  "{ limits { tokens } jobs { totalCount nodes { id progress { percent } checkpoint { timestamp } dates { date } } } resumableJobs { id } }",
  '{ job(id: "latest") { id } jobEvents(jobId: "latest") { cursor } jobStatistics { totalJobs durationSeconds { p50 } dateDurationSeconds { p50 } } }',
  `{ leagues { key teams { key } } league(key: "${KEY}") { name previousSeason { key name teams { key name } } coverage { percent } } }`,
  `{ lineup(teamKey: "${KEY}.t.1", date: "2025-04-01") { slots { player { name } } } lineups(leagueKey: "${KEY}", ${RANGE}) { totalCount } }`,
  `{ lineupChanges(leagueKey: "${KEY}") { cursor } players(leagueKey: "${KEY}", search: "a") { id } }`,
  `{ playerUsage(leagueKey: "${KEY}", playerId: "9000", ${RANGE}) { daysStarted } teamSummary(teamKey: "${KEY}.t.1", ${RANGE}) { daysCollected } }`,
  `{ dailySummary(leagueKey: "${KEY}", date: "2025-04-01") { teams } validation(leagueKey: "${KEY}", ${RANGE}) { valid } }`,
  `{ collectionPlan(input: { leagueKey: "${KEY}", ${RANGE} }) { datesToCollect } backfillPlan(input: { leagueKey: "${KEY}" }) { seasons { leagueKey } } }`,
  "{ schedules { id nextRuns decisions { outcome } } workers { id jobs { id } } }",
];
/** Queries about leagues that only a source knows. */
const UNKNOWN = {
  collectionPlan: `{ collectionPlan(input: { leagueKey: "431.l.7", start: "2024-04-01", end: "2024-04-03" }) { datesToCollect dates { state } } }`,
  alias: `{ collectionPlan(input: { leagueKey: "mlb.l.100", start: "2024-04-01", end: "2024-04-03" }) { datesToCollect } }`,
  backfillPlan: `{ backfillPlan(input: { leagueKey: "431.l.7" }) { seasons { leagueKey season plan { datesToCollect } } refused { code } } }`,
  previousSeason: `{ league(key: "${KEY}") { previousSeason { key season name teams { key name leagueKey } } } }`,
};

async function known(): Promise<Ledger> {
  const ledger = await openLedger({ env: TOKENS });
  const earlier = madeSeason("431.l.7", { startDate: "2024-03-20", endDate: "2024-09-29" });
  ledger.yahoo.seasons = [
    ledger.yahoo.season,
    { ...earlier, league: { ...earlier.league, season: 2024, previousKey: null } },
  ];
  await ledger.ask(
    `mutation { startCollection(input: { leagueKey: "${KEY}", ${RANGE} }) { job { id } } }`,
    {},
    OPERATOR,
  );
  await ledger.work();
  ledger.yahoo.requests.length = 0;
  ledger.statements.length = 0;
  return ledger;
}

const writes = ({ statements }: Ledger) => statements.filter((text) => !/^\s*(select|with|pragma)\b/i.test(text));

describe("queries", () => {
  it.each([
    ["a viewer", VIEWER],
    ["an operator", OPERATOR],
  ])("write nothing when %s sends them", async (_, caller) => {
    const ledger = await known();
    for (const query of [...QUERIES, ...Object.values(UNKNOWN)]) await ledger.ask(query, {}, caller);
    expect(ledger.statements.length).toBeGreaterThan(20);
    expect(writes(ledger)).toEqual([]);
  });

  it("never ask a source for a viewer, even long after the ledger's last request", async () => {
    const ledger = await known();
    ledger.clock.set("2025-06-20T16:00:00.000Z");
    for (const query of QUERIES) expect((await ledger.ask(query, {}, VIEWER)).errors).toBeUndefined();
    expect((await ledger.ask(UNKNOWN.previousSeason, {}, VIEWER)).data).toEqual({ league: { previousSeason: null } });
    expect((await ledger.ask(UNKNOWN.collectionPlan, {}, VIEWER)).data?.collectionPlan).toEqual({
      datesToCollect: 3,
      dates: Array.from({ length: 3 }, () => ({ state: "MISSING" })),
    });
    expect((await ledger.ask(UNKNOWN.alias, {}, VIEWER)).data?.collectionPlan.datesToCollect).toBe(3);
    expect((await ledger.ask(UNKNOWN.backfillPlan, {}, VIEWER)).errors?.[0]).toMatchObject({
      message: "The ledger does not know league 431.l.7, and only an operator may look it up at its source",
      extensions: { code: "NOT_FOUND", leagueKey: "431.l.7" },
    });
    expect(ledger.yahoo.requests).toEqual([]);
  });

  it("may ask a source for an operator, and store nothing of its answer", async () => {
    const ledger = await known();
    expect((await ledger.ask(UNKNOWN.previousSeason, {}, OPERATOR)).data?.league.previousSeason).toMatchObject({
      key: "431.l.7",
      season: 2024,
      teams: expect.arrayContaining([{ key: "431.l.7.t.1", name: "Bay City Gulls", leagueKey: "431.l.7" }]),
    });
    expect((await ledger.ask(UNKNOWN.backfillPlan, {}, OPERATOR)).data?.backfillPlan).toEqual({
      seasons: [{ leagueKey: "431.l.7", season: 2024, plan: { datesToCollect: 194 } }],
      refused: [],
    });
    expect(ledger.yahoo.requests.length).toBeGreaterThan(0);
    expect(
      (await ledger.data("{ leagues { key } }").catch(() => ledger.ask("{ leagues { key } }", {}, VIEWER))).data,
    ).toEqual({
      leagues: [{ key: KEY }],
    });
  });
});
