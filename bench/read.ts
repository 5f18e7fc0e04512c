import { join } from "node:path";
import { sql } from "drizzle-orm";
import { addDays, datesBetween } from "../src/calendar.ts";
import { ask } from "./ask.ts";
import { FIRST, LAST, openFile, serverOn, sourceOf } from "./ledger.ts";
import { temporaryFolder } from "./row.ts";

// Measures each query on a season of 18 teams (some 84,000 records) in a file database, and counts its SQL statements. The limit is
// the time of the cheapest query, measured in the same run on the same path through HTTP and GraphQL.
//
//   node bench/read.ts [--plans] [PART OF A NAME …]

const ROUNDS = 60;

const statements: string[] = [];
const db = await openFile(join(temporaryFolder(), "ledger.db"), (text) => statements.push(text));
const server = serverOn(db, sourceOf());
await ask(server, 'mutation { startBackfill(input: { leagueKey: "2025.l.1", previousSeasons: 9 }) { job { id } } }');
while (await server.tick({ budgetMs: 3_600_000 }));
const [records] = await db.orm.all<{ n: number }>(
  sql`select count(*) as n from daily_lineups where league_key = '2025.l.1'`,
);
const { job } = (await ask(server, '{ job(id: "latest") { id } }')) as { job: { id: string } };

const RANGE = `leagueKey: "2025.l.1", start: "${FIRST}", end: "${LAST}"`;
const middle = datesBetween(FIRST, LAST)[90];
const GRID =
  "rows { position number use stretches { start end days state player { id name } daysHealthy daysInjured daysNotSeen } }";
const MOVE = "date kind player { id name } fromPosition toPosition otherTeam { id name }";
/** The documents of a client app's pages, as in docs/clients.md. */
const TEAM_PAGE = `{ teamGrid(teamKey: "2025.l.1.t.3", start: "${FIRST}", end: "${LAST}") { team { id name } ${GRID} }
  rosterMoves(${RANGE}, teamKey: "2025.l.1.t.3", kind: [IN, OUT], first: 50) { nodes { ${MOVE} } pageInfo { hasNextPage endCursor } }
  teamSummary(teamKey: "2025.l.1.t.3", start: "${FIRST}", end: "${LAST}") { daysCollected lineupChanges playersUsed playersAdded benchDaysByPosition { position days } } }`;
const LEAGUE_PAGE = `{ league(key: "2025.l.1") { id name season teams { id name }
    coverage { percent missingDates cells { date state reason teams teamsExpected job { id } activeStatus } }
    jobs(first: 10) { nodes { id kind status startedBy progress { percent } } } schedules { id name enabled nextRuns(first: 1) } } viewer { name role } }`;
const DAY_PAGE = `{ lineups(leagueKey: "2025.l.1", start: "${middle}", end: "${middle}", first: 20) { nodes { id date provisional team { id name }
    slots { selectedPosition player { id name } playerTeam playerStatus observedSameDay } } } dailySummary(leagueKey: "2025.l.1", date: "${middle}") { started benched inactive } }`;
/** The document of the dashboard's first view: a season date by date, and the previous seasons as ranges. */
const SEASONS_PAGE = `{ league(key: "2025.l.1") { coverage { percent counts { state dates } cells { date state reason by updatedAt jobId teams teamsExpected players activeStatus } }
    previousSeasons { key name season startDate endDate coverage { percent ranges { start end state } } } } }`;
const QUERIES: Record<string, string> = {
  "nothing (the limit)": "{ __typename }",
  job: `{ job(id: "${job.id}") { status progress { percent rate } checkpoint { currentDate } error { code } } }`,
  "job, all dates": `{ job(id: "${job.id}") { dates { date status attempts error { code } } } }`,
  jobs: "{ jobs(first: 20) { totalCount nodes { id status progress { percent } } } }",
  resumableJobs: "{ resumableJobs { id } }",
  jobEvents: `{ jobEvents(jobId: "${job.id}", first: 100) { hasMore events { type message } } }`,
  jobStatistics: "{ jobStatistics { totalJobs successRate durationSeconds { p95 } dateDurationSeconds { p95 } } }",
  leagues: "{ leagues { key teams { key name } } }",
  "coverage of a season":
    '{ league(key: "2025.l.1") { coverage { percent ranges { start end state } counts { dates } } } }',
  "coverage of ten seasons": "{ leagues { coverage { percent ranges { start end state } } } }",
  "page: a season and the nine before": SEASONS_PAGE,
  lineup: `{ lineup(teamKey: "2025.l.1.t.3", date: "${middle}") { slots { player { name } selectedPosition } } }`,
  "lineups, a page of 50": `{ lineups(${RANGE}, first: 50) { pageInfo { endCursor } nodes { date team { name } slots { selectedPosition player { name } playerTeam } } } }`,
  "lineups, counted": `{ lineups(${RANGE}, first: 1) { totalCount } }`,
  lineupChanges: `{ lineupChanges(${RANGE}) { hasMore } }`,
  "players, by a part": '{ players(leagueKey: "2025.l.1", search: "arci") { name } }',
  "players, by a letter": '{ players(leagueKey: "2025.l.1", search: "m") { name } }',
  playerUsage: `{ playerUsage(${RANGE}, playerId: "9001") { daysStarted byPosition { position days } timeline { date state position } } }`,
  teamSummary: `{ teamSummary(teamKey: "2025.l.1.t.3", start: "${FIRST}", end: "${LAST}") { distinctLineups playersUsed benchDaysByPosition { days } } }`,
  dailySummary: `{ dailySummary(leagueKey: "2025.l.1", date: "${middle}") { players started benched inactive } }`,
  teamGrid: `{ teamGrid(teamKey: "2025.l.1.t.3", start: "${FIRST}", end: "${LAST}") { ${GRID} } }`,
  "rosterMoves of a team, a page": `{ rosterMoves(${RANGE}, teamKey: "2025.l.1.t.3", first: 50) { nodes { ${MOVE} } pageInfo { hasNextPage } } }`,
  "rosterMoves of all, a page": `{ rosterMoves(${RANGE}, first: 50) { nodes { ${MOVE} } pageInfo { hasNextPage } } }`,
  "rosterMoves of all, counted": `{ rosterMoves(${RANGE}, first: 1) { totalCount } }`,
  teamSummaries: `{ teamSummaries(${RANGE}) { team { name } distinctLineups playersUsed } }`,
  dailySummaries: `{ dailySummaries(${RANGE}) { date started benched inactive } }`,
  "playerUsages, a page of 50": `{ playerUsages(${RANGE}, first: 50) { nodes { player { name club } daysStarted byPosition { position days } } } }`,
  "playersConnection, a page":
    '{ playersConnection(leagueKey: "2025.l.1", first: 50) { nodes { name club positions seasons } } }',
  "coverage, date by date":
    '{ league(key: "2025.l.1") { coverage { cells { date state teams players job { id } activeStatus } } } }',
  "page: a team's season": TEAM_PAGE,
  "page: a league's season": LEAGUE_PAGE,
  "page: a day of a league": DAY_PAGE,
  "validation of a week": `{ validation(leagueKey: "2025.l.1", start: "${middle}", end: "${addDays(middle ?? FIRST, 6)}") { errors warnings findings { code } } }`,
  "validation of a season": `{ validation(${RANGE}) { errors warnings findings { code } } }`,
  collectionPlan: `{ collectionPlan(input: { ${RANGE}, onlyMissing: true }) { requests dates { date action } } }`,
};

console.log(`${records?.n.toLocaleString("en")} records of a season, ten seasons in the file; ${ROUNDS} rounds each`);
let limit = 1;
const only = process.argv.slice(2).filter((word) => !word.startsWith("--"));
for (const [name, query] of Object.entries(QUERIES)) {
  if (limit !== 1 && only.length > 0 && !only.some((word) => name.includes(word))) continue;
  const kilobytes = JSON.stringify(await ask(server, query)).length / 1000;
  statements.length = 0;
  await ask(server, query);
  const count = statements.length;
  const plans = process.argv.includes("--plans") ? [...statements] : [];
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now();
    await ask(server, query);
    times.push(performance.now() - begun);
  }
  times.sort((a, b) => a - b);
  const [p50 = 0, p95 = 0] = [times[Math.floor(ROUNDS * 0.5)], times[Math.floor(ROUNDS * 0.95)]];
  if (limit === 1) limit = p50;
  console.log(
    `${name.padEnd(35)} p50 ${p50.toFixed(1).padStart(6)} ms   p95 ${p95.toFixed(1).padStart(6)} ms   ${kilobytes.toFixed(1).padStart(6)} kB   ${String(count).padStart(2)} statements   ${(p50 / limit).toFixed(0).padStart(4)} × the limit`,
  );
  for (const text of plans) {
    const plan = await db.orm.all<{ detail: string }>(
      sql`explain query plan ${sql.join(
        text.split("?").map((part) => sql.raw(part)),
        sql`${"1"}`,
      )}`,
    );
    console.log(
      `    ${text.replace(/\s+/g, " ").slice(0, 160)}\n${plan.map(({ detail }) => `      ${detail}`).join("\n")}`,
    );
  }
}
const begun = performance.now();
let bytes = 0;
const csv = await server.fetch(
  new Request(`http://localhost/export/lineups.csv?league=2025.l.1&start=${FIRST}&end=${LAST}`),
);
for await (const chunk of csv.body ?? []) bytes += chunk.length;
console.log(
  `export of the season as CSV: ${((performance.now() - begun) / 1000).toFixed(2)} s, ${(bytes / 1e6).toFixed(1)} MB`,
);
await server.close();
