import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sql } from "drizzle-orm";
import { systemClock } from "../src/clock.ts";
import { parseConfig } from "../src/config/config.ts";
import { openDb } from "../src/db/client.ts";
import { migrate } from "../src/db/migrate.ts";
import { readMigrations } from "../src/runtimes/migrations.ts";
import { createServer } from "../src/server.ts";
import { ask } from "./ask.ts";

// Measures each list and statistic of jobs in a ledger with very many jobs, compared with the cheapest query of the same run. Also counts
// the SQL statements of each list and statistic.
//
//   node bench/scale.ts --jobs 100000 --events 1000000

const { values } = parseArgs({
  options: { jobs: { type: "string", default: "100000" }, events: { type: "string", default: "1000000" } },
});
const [jobs, events] = [Number(values.jobs), Number(values.events)];
const ROUNDS = 20;
const NOW = Date.UTC(2025, 9, 15);

const folder = mkdtempSync(join(tmpdir(), "lineup-ledger-scale-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const db = openDb({ url: `file:${join(folder, "scale.db")}` });
await migrate(db, await readMigrations());

const series = (n: number) =>
  sql.raw(`with recursive n(i) as (select 0 union all select i + 1 from n where i < ${n - 1})`);
// Most jobs are completed, so the lists have to find the few jobs in other states.
const status = sql`case when i % 1000 = 1 then 'FAILED' when i % 5000 = 2 then 'PAUSED' when i % 50 = 3 then 'CANCELLED' else 'COMPLETED' end`;
await db.write([
  sql`insert into job_log (id, kind, environment, status, league_key, start_date, end_date, concurrency, metadata, input_digest, created_at, started_at,
        finished_at, dates_total, dates_done, records_processed, records_inserted, requests, error_code, error_message)
      select * from (${series(jobs)} select printf('lineup_update_production_%08d', i), case i % 20 when 0 then 'COLLECTION' when 1 then 'BACKFILL' else 'UPDATE' end,
        'PRODUCTION', ${status}, '458.l.' || (i % 500), '2025-04-01', '2025-04-03', 2, '{}', '', ${NOW} - 60000 * i, ${NOW} - 60000 * i + 500,
        iif(${status} = 'PAUSED', null, ${NOW} - 60000 * i + 500 + i % 30000), 3, 3, 30000, 30000, 3, iif(${status} = 'FAILED', 'SOURCE_UNAVAILABLE', null),
        iif(${status} = 'FAILED', 'It did not answer', null) from n)`,
  sql`insert into job_dates (job_id, date, status, attempts, started_at, finished_at)
      select job_log.id, '2025-04-0' || d.value, 'DONE', 1, started_at, started_at + 300 from job_log, json_each('[1,2,3]') as d`,
  sql`insert into checkpoints (job_id, next_date, teams_processed, timestamp) select id, null, '[]', 1 from job_log where status in ('PAUSED', 'FAILED')`,
  sql`insert into job_events (job_id, type, at, message)
      select * from (${series(events)} select printf('lineup_update_production_%08d', i % ${sql.raw(String(jobs))}), 'DATE_COMPLETED', ${NOW}, 'A date' from n)`,
]);
await db.write([sql`pragma wal_checkpoint(truncate)`]).catch(() => {});
await db.close();
copyFileSync(join(folder, "scale.db"), join(folder, "copy.db"));

let statements: string[] = [];
const measured = openDb({ url: `file:${join(folder, "copy.db")}`, onStatement: (text) => statements.push(text) });
const server = createServer(parseConfig({}), { db: measured, clock: { ...systemClock, now: () => NOW } });

const PAGE = "totalCount pageInfo { hasPreviousPage hasNextPage endCursor } nodes { id status progress { percent } }";
const last = `lineup_update_production_${String(jobs - 1).padStart(8, "0")}`;
const QUERIES: Record<string, string> = {
  "nothing (the limit)": "{ __typename }",
  jobs: `{ jobs(first: 100) { ${PAGE} } }`,
  "jobs of a league": `{ jobs(leagueKey: "458.l.7", first: 100) { ${PAGE} } }`,
  "failed jobs": `{ jobs(status: [FAILED], first: 100) { ${PAGE} } }`,
  "unfinished backfills": `{ jobs(status: [QUEUED, RUNNING, WAITING, PAUSED], kind: [BACKFILL], first: 100) { ${PAGE} } }`,
  "backfills of a league": `{ jobs(leagueKey: "458.l.1", kind: [BACKFILL], first: 100) { ${PAGE} } }`,
  resumableJobs: "{ resumableJobs { id status checkpoint { timestamp } } }",
  "the first job": `{ job(id: "${last}") { id status dates { date status } } }`,
  "the latest job": `{ job(id: "latest") { id } }`,
  jobEvents: `{ jobEvents(jobId: "${last}", first: 500) { cursor events { type } } }`,
  "jobStatistics, totals": "{ jobStatistics { totalJobs successRate recordsProcessed exact { recordsProcessed } } }",
  "jobStatistics of a league": `{ jobStatistics(leagueKey: "458.l.7") { totalJobs successRate durationSeconds { p50 p99 } dateDurationSeconds { p50 p99 } } }`,
  "jobStatistics since": `{ jobStatistics(since: "2025-10-01T00:00:00Z") { totalJobs durationSeconds { p50 } } }`,
  "jobStatistics, durations": "{ jobStatistics { durationSeconds { p50 p95 p99 } } }",
  "jobStatistics, dates": "{ jobStatistics { dateDurationSeconds { p50 p95 p99 } } }",
  schedules: "{ schedules { id decisions { outcome } } }",
  workers: "{ workers { id jobs { id } } }",
};

console.log(`${jobs.toLocaleString("en")} jobs, ${events.toLocaleString("en")} events; ${ROUNDS} rounds each`);
let limit = 0;
let slow = 0;
for (const [name, query] of Object.entries(QUERIES)) {
  await ask(server, query);
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    statements = [];
    const began = performance.now();
    await ask(server, query);
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  const [p50 = 0, p95 = 0] = [times[ROUNDS / 2], times[Math.floor(ROUNDS * 0.95)]];
  limit ||= p50;
  if (p50 > 100) slow++;
  console.log(
    `${name.padEnd(28)} p50 ${p50.toFixed(1).padStart(7)} ms   p95 ${p95.toFixed(1).padStart(7)} ms   ${String(statements.length).padStart(2)} statements   ${Math.round(p50 / limit)} × the limit`,
  );
}
await server.close();
console.log(slow === 0 ? "all within 100 ms" : `${slow} over 100 ms`);
process.exit(slow === 0 ? 0 : 1);
