import { createClient } from "@libsql/client";
import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { openDb } from "../../src/db/client.ts";
import { FenceError, isDatabaseError } from "../../src/db/errors.ts";
import { makeDatabase } from "../support/ledger.ts";

const JOB = sql`insert into job_log (id, kind, environment, status, league_key, start_date, end_date, concurrency, metadata, input_digest, created_at, dates_total, fence)
  values ('j', 'COLLECTION', 'TEST', 'QUEUED', '458.l.1', '2025-04-01', '2025-04-02', 1, '{}', '', 1, 2, 5)`;

async function open() {
  const db = openDb({ url: await makeDatabase() });
  await db.write([JOB]);
  return db;
}

describe("write()", () => {
  it("writes nothing if one of its statements fails", async () => {
    const db = await open();
    await expect(
      db.write([sql`update job_log set concurrency = 4`, sql`update job_log set concurrency = 5`]),
    ).rejects.toThrow(/job_log_concurrency/);
    expect(await db.orm.all(sql`select concurrency from job_log`)).toEqual([{ concurrency: 1 }]);
    await db.close();
  });

  it("notifies listeners of each commit, but not of quiet or failed writes", async () => {
    const db = await open();
    let commits = 0;
    const stop = db.onCommit(() => void commits++);
    await db.write([sql`update job_log set requests = 1`]);
    expect(commits).toBe(1);
    await db.write([sql`update job_log set requests = 2`], { quiet: true });
    await expect(db.write([sql`update job_log set concurrency = 5`])).rejects.toThrow();
    expect(commits).toBe(1);
    stop();
    await db.write([sql`update job_log set requests = 3`]);
    expect(commits).toBe(1);
    await db.close();
  });

  it("refuses a worker's whole batch if the worker's fencing token is outdated", async () => {
    const db = await open();
    const stale = db.write([
      sql`insert into job_events (job_id, type, at, message) values ('j', 'STARTED', 1, 'x')`,
      sql`update job_log set fence = 4, requests = 9`,
    ]);
    await expect(stale).rejects.toThrow(FenceError);
    expect(await db.orm.all(sql`select requests from job_log`)).toEqual([{ requests: 0 }]);
    expect(await db.orm.all(sql`select id from job_events`)).toEqual([]);
    await db.write([sql`update job_log set fence = 5, requests = 1`]);
    await db.close();
  });

  it("succeeds once another connection releases the database", async () => {
    const url = await makeDatabase();
    const db = openDb({ url });
    await db.write([JOB]);
    const holder = createClient({ url });
    const transaction = await holder.transaction("write");
    await transaction.execute("update job_log set requests = 5");
    const waiting = db.write([sql`update job_log set requests = requests + 1`]);
    setTimeout(() => void transaction.commit(), 60);
    await waiting;
    await db.write([sql`update job_log set requests = requests + 1`]);
    expect(await db.orm.all(sql`select requests from job_log`)).toEqual([{ requests: 7 }]);
    holder.close();
    await db.close();
  });
});

describe("isDatabaseError()", () => {
  it("returns true for an unreachable database and false for a refused statement", async () => {
    const away = openDb({ url: "http://127.0.0.1:9" });
    const caught = async (promise: Promise<unknown>) => isDatabaseError(await promise.catch((error: unknown) => error));
    expect(await caught(away.write([sql`select 1`]))).toBe(true);
    expect(await caught(away.orm.all(sql`select 1`))).toBe(true);
    const db = await open();
    expect(await caught(db.write([sql`update job_log set concurrency = 9`]))).toBe(false);
    expect(await caught(db.orm.all(sql`select nothing`))).toBe(false);
    await db.close();
  });
});

describe("table constraints", () => {
  it.each([
    ["an unknown status", "update job_log set status = 'DONE'", "job_log_status"],
    ["a waiting job without an end of the wait", "update job_log set status = 'WAITING'", "job_log_waiting"],
    ["a lease on a job that is not running", "update job_log set lease_owner = 'w', lease_until = 1", "job_log_lease"],
    ["a pending action on a job that is not running", "update job_log set pending_action = 'PAUSE'", "job_log_pending"],
    ["a finished job without a finish time", "update job_log set status = 'CANCELLED'", "job_log_finished"],
    ["a failed job without an error code", "update job_log set status = 'FAILED', finished_at = 1", "job_log_failed"],
    [
      "a completed job with dates left",
      "update job_log set status = 'COMPLETED', finished_at = 1",
      "job_log_completed",
    ],
    ["more completed dates than the job has", "update job_log set dates_done = 3", "job_log_progress"],
    ["record counts that do not add up", "update job_log set records_processed = 1", "job_log_records"],
    ["a range that ends before it starts", "update job_log set end_date = '2025-03-01'", "job_log_dates"],
    ["the deletion of a job", "delete from job_log", "jobs are kept for ever"],
    [
      "an event of an unknown job",
      "insert into job_events (job_id, type, at, message) values ('k', 'STARTED', 1, '')",
      "FOREIGN KEY",
    ],
    [
      "a lineup slot without its team day",
      "insert into daily_lineups values ('TEST', 'l', '2025-04-01', 't', 'p', 'n', 'C', null, '[]', null, 'healthy', 1, 'j')",
      "FOREIGN KEY",
    ],
    [
      "a move without a previous position",
      "insert into lineup_changes values (1, 'TEST', 'l', '2025-04-01', 't', 'p', 'n', 'MOVED', null, 'C', 'j', 'j', 1)",
      "lineup_changes_positions",
    ],
  ])("refuse %s", async (_, statement, reason) => {
    const db = await open();
    await expect(db.write([sql.raw(statement)])).rejects.toThrow(reason);
    await db.close();
  });
});
