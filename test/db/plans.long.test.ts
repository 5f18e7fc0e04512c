import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { nextDue } from "../../src/db/schedules.ts";
import { newKey } from "../../src/source/credentials/seal.ts";
import { openLedger } from "../support/ledger.ts";
import { subscribe } from "../support/stream.ts";

/** Statements that read all rows by design, or whose tables stay small (workers, schedules, leagues, aliases, ten-minute logins). */
const WHOLE_TABLE = [
  /from "leagues" where "leagues"."removed_at" is null or/,
  /source_logins\s+where/,
  /from sqlite_master/,
  /from workers where ended_at is null/,
  /from league_aliases where league_key in/,
  /leagues as any_league/,
  /from schedules where deleted_at is null/,
  /from webhooks\s+where deleted_at is null/,
];

/**
 * Whether a step of an insert into a parent table only checks the child tables. The plan of every insert into a parent table has a step
 * that scans the child tables, but SQLite runs this step only while a foreign key is violated (OP_FkIfZero).
 */
const checksChildren = (text: string, detail: string) =>
  /^insert into "?(job_log|leagues|teams)\b/.test(text) && !/^SCAN (job_log|leagues|teams)\b/.test(detail);

it("no SQL statement of the API or the worker scans a whole table", async () => {
  const ledger = await openLedger({ env: { ENCRYPTION_KEY: newKey() } });
  // A second ledger with a request budget runs the budget's SQL statements. The second ledger's requests wait for the test's clock, and
  // only `work` advances the clock.
  const budgeted = await openLedger({ env: { REQUESTS_PER_WINDOW: "40", REQUESTS_PER_DAY: "1000" } });
  await budgeted.start("2025-04-01", "2025-04-02");
  await budgeted.work();
  await budgeted.data("{ health { status } jobs { nodes { progress { etaSeconds } } } }");
  ledger.yahoo.fault = (path, nth) => (path.endsWith("2025-04-03") && nth < 8 ? { status: 500, body: "" } : null);
  const id = await ledger.start("2025-04-01", "2025-04-05");
  await ledger.work();
  await ledger.data(`mutation { resumeCollection(jobId: "${id}") { job { id } } }`);
  await ledger.work();
  const again = await ledger.start("2025-04-01", "2025-04-05", { onlyMissing: true, idempotencyKey: "k" });
  await ledger.data(`mutation { pauseCollection(jobId: "${again}") { job { id } } }`);
  await ledger.data(`mutation { cancelCollection(jobId: "${again}") { job { id } } }`);
  await ledger.job("latest");
  const page = await ledger.data(`{
    jobs(leagueKey: "458.l.100", first: 1) { totalCount pageInfo { hasPreviousPage endCursor } nodes { dates { date } checkpoint { currentDate } progress { rate } } }
    resumableJobs { id } jobEvents(jobId: "${id}") { cursor } jobStatistics { totalJobs durationSeconds { p50 } dateDurationSeconds { p50 } }
    leagues { teams { key } } league(key: "458.l.100") { name } lineup(teamKey: "458.l.100.t.1", date: "2025-04-01") { slots { jobId } }
    lineups(leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-05", first: 2) { totalCount pageInfo { hasPreviousPage endCursor } nodes { team { name } slots { jobId } } } }`);
  await ledger.data(`{ jobs(first: 1, after: "${page.jobs.pageInfo.endCursor}") { pageInfo { hasPreviousPage } }
    lineups(leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-05", after: "${page.lineups.pageInfo.endCursor}") { pageInfo { hasPreviousPage } } }`);
  for (const field of [`jobEvents(jobId: "${id}") { cursor }`, `jobProgress(jobId: "latest") { percent }`]) {
    await (await subscribe(ledger.server, `subscription { ${field} }`)).rest();
  }
  const all = await subscribe(ledger.server, "subscription { jobEvents { cursor } }");
  await all.next();
  await all.leave();

  await ledger.data("{ health { status } yahooAccount { state } }");
  const { authorizationUrl } = (await ledger.data("mutation { connectYahoo { authorizationUrl } }")).connectYahoo;
  const { code } = ledger.yahoo.allow(authorizationUrl);
  await ledger.data(`mutation { connectYahoo(answer: "${code}") { fault { code } } disconnectYahoo { state } }`);
  ledger.yahoo.refreshToken = "refresh-0";
  await ledger.data('mutation { addLeague(key: "mlb.l.100") { key } }');
  await ledger.ask('mutation { removeLeague(key: "mlb.l.100") { key } }');

  const range = 'leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-05"';
  await ledger.data(`{ validation(${range}) { errors } playerUsage(${range}, playerId: "9001") { daysRostered } players(leagueKey: "458.l.100", search: "gar") { id }
    lineupChanges(${range}) { hasMore } teamSummary(teamKey: "458.l.100.t.1", start: "2025-04-01", end: "2025-04-05") { daysCollected }
    dailySummary(leagueKey: "458.l.100", date: "2025-04-01") { players } league(key: "458.l.100") { coverage { percent } }
    collectionPlan(input: { ${range} }) { requests } }`);
  const team = 'teamKey: "458.l.100.t.1", start: "2025-04-01", end: "2025-04-05"';
  await ledger.data(`{ jobs(last: 1, date: "2025-04-01", startedBy: "a", since: "2025-01-01T00:00:00Z", until: "2026-01-01T00:00:00Z", scheduleId: "s", idempotencyKey: "k") { totalCount }
    jobStatistics { buckets { jobs } } league(key: "458.l.100") { coverage { cells { job { id } teams activeJob { id } } } schedules { name } previousSeasons { key } }
    rosterMoves(${range}) { totalCount nodes { otherTeam { name } } } teamGrid(${team}) { rows { stretches { player { name } } } } }`);
  await ledger.data(`{ playerUsages(${range}, first: 5) { nodes { timeline { date } player { club positions seasons } } } dailySummaries(${range}) { players }
    playersConnection(leagueKey: "458.l.100", search: "a", last: 3) { totalCount pageInfo { hasNextPage hasPreviousPage } } node(id: "player.YAHOO.mlb.9001") { id } }`);
  await ledger.data(`{ teamSummaries(${range}) { playersUsed } scheduleChanges(scheduleId: "schedule_demo", last: 1) { totalCount }
    jobEvents(jobId: "${id}", last: 2) { totalCount } lineupChanges(${range}, last: 2) { totalCount } node(id: "lineup.PRODUCTION.2025-04-01.458.l.100.t.1") { id } }`);
  await ledger.data(
    `mutation { waiveDates(leagueKey: "458.l.100", dates: ["2025-04-09"], reason: "no") { coverage { percent } } }`,
  );
  await ledger.data(`mutation { startUpdate(input: { leagueKey: "458.l.100" }) { created } }`);
  await ledger.data(`mutation { startBackfill(input: { leagueKey: "458.l.100" }) { created } }`);

  await ledger.data(
    `mutation { updateSchedule(input: { id: "schedule_demo", enabled: true, overlap: QUEUE }) { schedule { id } } }`,
  );
  for (const mutation of [
    `triggerSchedule(id: "schedule_demo") { created }`,
    `createSchedule(input: { name: "x", leagueKey: "458.l.100", cron: "* * * * *" }) { schedule { nextRuns } }`,
  ])
    await ledger.data(`mutation { ${mutation} }`);
  for (const minutes of [6, 12]) {
    ledger.clock.set(Date.parse("2025-06-01T16:00:00Z") + minutes * 60_000);
    await ledger.server.tick({ budgetMs: 0 });
  }
  await nextDue(ledger.db);
  await ledger.data('{ schedules { decisions { outcome job { id } } } schedule(id: "schedule_demo") { id } }');
  await ledger.data(`mutation { deleteSchedule(id: "schedule_demo") { deletedId } }`);

  const statements = [...new Set([...ledger.statements, ...budgeted.statements])].filter((text) =>
    /^\s*(select|with|insert|update|delete)/i.test(text),
  );
  expect(statements.length).toBeGreaterThan(35);
  const scans: string[] = [];
  for (const text of statements) {
    if (WHOLE_TABLE.some((known) => known.test(text))) continue;
    const plan = await ledger.db.orm.all<{ detail: string }>(
      sql`explain query plan ${sql.join(
        text.split("?").map((part) => sql.raw(part)),
        sql`${"1"}`,
      )}`,
    );
    for (const { detail } of plan) {
      if (checksChildren(text, detail)) continue;
      // These scans are allowed: of a list passed as JSON, of a constant row, and of an index up to a limit.
      if (
        /^SCAN/.test(detail) &&
        !/VIRTUAL TABLE|CONSTANT ROW|^SCAN (last|due|chain|each|newest|named|known|held|used|wanted|slot|\(subquery-\d+\)|\(select-\d+\))/i.test(
          detail,
        )
      )
        scans.push(`${detail}: ${text}`);
    }
  }
  expect(scans).toEqual([]);
});
