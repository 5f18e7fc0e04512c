import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import { expect, it, onTestFinished } from "vitest";
import { MINUTE } from "../../src/clock.ts";
import { openDb } from "../../src/db/client.ts";
import { makeDatabase } from "../support/ledger.ts";
import { until } from "../support/waiter.ts";

const FAST_SERVER = fileURLToPath(new URL("../support/fastServer.ts", import.meta.url));
/**
 * How many times faster than real time the processes' clocks run. With a factor of 300, a minute on the processes' clocks takes a fifth of
 * a second.
 */
const FASTER = 300;
const FROM = Date.parse("2026-10-31T22:00:00Z");
const SLOTS = 24;

type Row = { at: number; until: number | null; outcome: string; jobId: string | null };

it("two processes with accelerated clocks decide each due time exactly once, even if they are killed from time to time", async () => {
  const url = await makeDatabase();
  const db = openDb({ url });
  const workers: ChildProcess[] = [];
  onTestFinished(async () => {
    for (const each of workers) each.kill("SIGKILL");
    await db.close();
  });
  await db.write([
    sql`update schedules set enabled = 1, cron = '* * * * *', timezone = 'America/New_York', lookback_days = 1,
          decided_until = ${FROM - 1}, next_due_at = ${FROM} where id = 'schedule_demo'`,
  ]);

  const since = Date.now();
  const now = () => FROM + (Date.now() - since) * FASTER;
  const logged: string[] = [];
  const work = async (i: number) => {
    const child = spawn(process.execPath, [FAST_SERVER], {
      env: {
        PATH: process.env.PATH ?? "",
        DATABASE_URL: url,
        FASTER: String(FASTER),
        FROM: String(FROM),
        SINCE: String(since),
        // The machines' clocks differ by some seconds.
        SKEW_MS: String(i * 7_000),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    workers[i] = child;
    child.stderr?.on("data", (chunk) => logged.push(String(chunk)));
    await new Promise((resolve) => child.stdout?.once("data", resolve));
  };
  const kill = async (i: number) => {
    const gone = new Promise((resolve) => workers[i]?.once("exit", resolve));
    workers[i]?.kill("SIGKILL");
    await gone;
  };
  const decided = () =>
    db.orm.all<Row>(
      sql`select scheduled_for as at, scheduled_until as until, outcome, job_id as jobId from schedule_decisions order by scheduled_for`,
    );
  const slotsGoneBy = (n: number) => until(`${n} minutes`, () => now() >= FROM + n * MINUTE);

  await Promise.all([work(0), work(1)]);
  let kills = 0;
  for (let slot = 4; slot < SLOTS - 4; slot += 10, kills++) {
    await slotsGoneBy(slot);
    await kill(kills % 2);
    // The second kill hits both processes, so for a while no process runs, and due times are missed.
    if (kills === 1) await kill(0);
    await slotsGoneBy(slot + 5);
    if (kills === 1) await work(0);
    await work(kills % 2);
  }
  await slotsGoneBy(SLOTS);
  await until(
    "the last minute to be decided",
    async () => ((await decided()).at(-1)?.at ?? 0) >= FROM + SLOTS * MINUTE,
  );
  for (const each of workers) each.kill("SIGTERM");
  await Promise.all(workers.map((each) => new Promise((resolve) => each.once("exit", resolve))));

  const rows = await decided();
  // The run of the last due time may still be queued behind the job of a killed worker. The schedule's row has a queued due time.
  const [waiting] = await db.orm.all<{ at: number | null }>(sql`select queued_for as at from schedules`);
  const accounted = [...rows.map(({ at }) => at), ...(waiting?.at ? [waiting.at] : [])].sort((a, b) => a - b);
  expect(accounted).toEqual(Array.from(accounted, (_, i) => FROM + i * MINUTE));
  expect(accounted.length).toBeGreaterThan(SLOTS);
  const starts = rows.filter(({ outcome }) => outcome === "STARTED");
  const jobs = await db.orm.all<{ id: string; for: string; status: string }>(
    sql`select id, metadata ->> 'scheduledFor' as "for", status from job_log order by created_at`,
  );
  expect(jobs.map(({ id }) => id).sort()).toEqual(starts.map(({ jobId }) => jobId).sort());
  expect(new Set(jobs.map((job) => job.for)).size).toBe(jobs.length);
  expect(jobs.slice(0, -1).filter(({ status }) => status !== "COMPLETED")).toEqual([]);
  // Due times are missed while both processes are down, and while the job of a killed worker still has its lease.
  expect(new Set(rows.map(({ outcome }) => outcome))).toContain("SKIPPED_MISSED");
  expect(starts.length).toBeGreaterThan(0);
  expect(kills).toBe(2);
  expect(logged).toEqual([]);
});
