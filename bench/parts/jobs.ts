import { join } from "node:path";
import { sql } from "drizzle-orm";
import { ask } from "../ask.ts";
import { NOW, openFile, serverOn } from "../ledger.ts";
import { medianOf, report, temporaryFolder } from "../row.ts";

// Measures statistics and lists of 100,000 jobs, compared with a bare statement that counts the jobs. `node bench/scale.ts` measures all
// lists.

const JOBS = 100_000;
const db = await openFile(join(temporaryFolder(), "ledger.db"));
await db.write([
  sql`insert into job_log (id, kind, environment, status, league_key, start_date, end_date, concurrency, metadata, input_digest, created_at,
        started_at, finished_at, dates_total, dates_done, records_processed, records_inserted, requests)
      select * from (with recursive n(i) as (select 0 union all select i + 1 from n where i < ${JOBS - 1})
        select printf('lineup_update_production_%08d', i), 'UPDATE', 'PRODUCTION', 'COMPLETED', '458.l.' || (i % 500), '2025-04-01', '2025-04-03', 2,
          '{}', '', ${NOW} - 60000 * i, ${NOW} - 60000 * i + 500, ${NOW} - 60000 * i + 500 + i % 30000, 3, 3, 1400, 1400, 3 from n)`,
]);
const server = serverOn(db, null);
const count = await medianOf(15, () => db.orm.all(sql`select count(*) from job_log where environment = 'PRODUCTION'`));
for (const [what, query] of [
  ["`jobStatistics { totalJobs }`", "{ jobStatistics { totalJobs } }"],
  [
    "`jobStatistics` with success and percentiles",
    "{ jobStatistics { totalJobs successRate durationSeconds { p50 p95 } } }",
  ],
  ["a page of 100 jobs", "{ jobs(first: 100) { nodes { id status progress { percent } } } }"],
] as const) {
  const ours = await medianOf(15, () => ask(server, query));
  report({ what: `${what} of 100,000 jobs`, ours, unit: "ms", against: "set", limit: 100, goal: 1 });
  report({ what: "… beside counting them", ours, unit: "ms", against: "count(*)", limit: count, goal: null });
}
process.exit(0);
