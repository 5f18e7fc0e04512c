import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import type { Db } from "../../src/db/client.ts";
import { UNFINISHED_JOBS } from "../../src/jobs/create.ts";
import { SCHEDULES } from "../../src/schedules/edit.ts";
import { openLedger } from "../support/ledger.ts";

const start = (day: string) =>
  `mutation { startCollection(input: { leagueKey: "458.l.100", start: "${day}", end: "${day}" }) { job { id status } } }`;
const create = (name: string, more = "") =>
  `mutation { createSchedule(input: { name: "${name}", leagueKey: "458.l.100", cron: "0 6 * * *"${more} }) { schedule { id } } }`;

it("startCollection refuses a caller who has the maximum number of unfinished jobs, but accepts every other caller", async () => {
  const ledger = await openLedger({
    env: { API_TOKENS: "ann:operator:token-of-ann-0123456,ben:operator:token-of-ben-0123456" },
  });
  const as = (name: string, query: string) =>
    ledger.ask(query, {}, { authorization: `Bearer token-of-${name}-0123456` });
  expect((await as("ann", start("2025-04-01"))).errors).toBeUndefined();
  // The caller may now have just one more unfinished job.
  await copies(ledger.db, "job_log", UNFINISHED_JOBS - 2);
  expect((await as("ann", start("2025-04-02"))).errors).toBeUndefined();
  expect((await as("ann", start("2025-04-03"))).errors).toMatchObject([
    {
      message:
        "Cannot start a collection: ann has 1000 unfinished jobs, the limit per caller. Wait until some jobs finish, or cancel jobs",
      extensions: { code: "LIMIT_EXCEEDED" },
    },
  ]);
  expect(await rows(ledger.db, "job_log")).toBe(UNFINISHED_JOBS);
  expect((await as("ben", start("2025-04-03"))).errors).toBeUndefined();

  const cancelled = await as("ann", 'mutation { cancelCollection(jobId: "copy-1") { job { status } } }');
  expect(cancelled.errors).toBeUndefined();
  expect((await as("ann", start("2025-04-04"))).errors).toBeUndefined();
});

it("createSchedule refuses a further schedule if the environment already has the maximum number", async () => {
  const ledger = await openLedger();
  expect((await ledger.ask(create("first"))).errors).toBeUndefined();
  const there = (await rows(ledger.db, "schedules")) ?? 0;
  await copies(ledger.db, "schedules", SCHEDULES - there);
  expect(await rows(ledger.db, "schedules")).toBe(SCHEDULES);
  expect((await ledger.ask(create("one more"))).errors).toMatchObject([
    { message: expect.stringContaining("PRODUCTION has 1000 schedules"), extensions: { code: "LIMIT_EXCEEDED" } },
  ]);
  expect(await rows(ledger.db, "schedules")).toBe(SCHEDULES);
  expect((await ledger.ask(create("elsewhere", ", environment: TEST"))).errors).toBeUndefined();

  expect((await ledger.ask('mutation { deleteSchedule(id: "copy-1") { deletedId } }')).errors).toBeUndefined();
  expect((await ledger.ask(create("one more"))).errors).toBeUndefined();
});

/** Copies one row of a table `count` times. The copies get the ids `copy-1` and so on, and unique names if the table has names. */
async function copies(db: Db, table: "job_log" | "schedules", count: number): Promise<void> {
  const columns = await db.orm.all<{ name: string }>(sql`select name from pragma_table_info(${table})`);
  const own: Record<string, string> = { id: "'copy-' || n", name: "'copy ' || n" };
  const list = columns.map(({ name }) => `"${name}"`).join(", ");
  const values = columns.map(({ name }) => own[name] ?? `"${name}"`).join(", ");
  await db.write([
    sql.raw(
      `with recursive copies(n) as (select 1 union all select n + 1 from copies where n < ${count})
      insert into ${table} (${list}) select ${values} from copies, (select * from ${table} where environment = 'PRODUCTION' limit 1)`,
    ),
  ]);
}

async function rows(db: Db, table: "job_log" | "schedules"): Promise<number | undefined> {
  const [row] = await db.orm.all<{ count: number }>(
    table === "job_log"
      ? sql`select count(*) as count from job_log`
      : sql`select count(*) as count from schedules where deleted_at is null and environment = 'PRODUCTION'`,
  );
  return row?.count;
}
