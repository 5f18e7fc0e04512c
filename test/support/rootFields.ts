import { type Ledger, openLedger } from "./ledger.ts";
import { madeSeason } from "./season.ts";

const TOKENS = { API_TOKENS: "ann:operator:operator-token-0123,bob:viewer:viewer-token-01234" };

export const VIEWER = { authorization: "Bearer viewer-token-01234" };

export const OPERATOR = { authorization: "Bearer operator-token-0123" };

export const KEY = "458.l.100";

const RANGE = 'start: "2025-04-01", end: "2025-04-03"';

/** All queries, for a league that the ledger knows. */
export const QUERIES = [
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
export const UNKNOWN = {
  collectionPlan: `{ collectionPlan(input: { leagueKey: "431.l.7", start: "2024-04-01", end: "2024-04-03" }) { datesToCollect dates { state } } }`,
  alias: `{ collectionPlan(input: { leagueKey: "mlb.l.100", start: "2024-04-01", end: "2024-04-03" }) { datesToCollect } }`,
  backfillPlan: `{ backfillPlan(input: { leagueKey: "431.l.7" }) { seasons { leagueKey season plan { datesToCollect } } refused { code } } }`,
  previousSeason: `{ league(key: "${KEY}") { previousSeason { key season name teams { key name leagueKey } } } }`,
};

export async function known(): Promise<Ledger> {
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
