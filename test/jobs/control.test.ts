import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { findJob } from "../../src/db/job.ts";
import { applyTransition } from "../../src/db/jobWrites.ts";
import { endSession } from "../../src/jobs/transitions.ts";
import { act, interrupted, rosters } from "../support/control.ts";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { START } from "../support/queries.ts";
import { until } from "../support/waiter.ts";

const SEASON_RECORDS_A_DAY = 12 * 26;
const count = async ({ db }: Ledger, table: string) =>
  (await db.orm.all<{ n: number }>(sql.raw(`select count(*) as n from ${table}`)))[0]?.n;
const events = async ({ data }: Ledger, jobId: string): Promise<string[]> =>
  (
    await data("query ($jobId: ID!) { jobEvents(jobId: $jobId, first: 500) { events { type } } }", { jobId })
  ).jobEvents.events.map((e: { type: string }) => e.type);

describe("pauseCollection()", () => {
  it("pauses a running job once the job's request in flight has ended, and shows the pause as pending while the request runs", async () => {
    let seen: unknown;
    const { ledger, id, job } = await interrupted(4, async (l, jobId) => {
      seen = (await l.data(act("pause"), { id: jobId })).pauseCollection.job;
    });
    expect(seen).toEqual({ id, status: "RUNNING", pendingAction: "PAUSE" });
    expect(job).toMatchObject({
      status: "PAUSED",
      pendingAction: null,
      error: null,
      recordsInserted: 4 * SEASON_RECORDS_A_DAY,
    });
    expect(job.checkpoint).toMatchObject({
      currentDate: "2025-04-05",
      datesCompleted: ["2025-04-01", "2025-04-02", "2025-04-03", "2025-04-04"],
    });
    expect(rosters(ledger)).toHaveLength(4);

    await ledger.data(act("resume"), { id });
    await ledger.work();
    expect(await ledger.job(id)).toMatchObject({ status: "COMPLETED", recordsInserted: 10 * SEASON_RECORDS_A_DAY });
    expect(new Set(rosters(ledger)).size).toBe(10);
    expect(rosters(ledger)).toHaveLength(10);
    expect((await events(ledger, id)).filter((type) => type !== "DATE_COMPLETED")).toEqual([
      "CREATED",
      "STARTED",
      "PAUSE_REQUESTED",
      "PAUSED",
      "RESUMED",
      "STARTED",
      "COMPLETED",
    ]);
  });

  it("pauses a job at once while the job waits between two attempts", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-02", { concurrency: 1 });
    ledger.yahoo.fault = (path) => (path.includes("/roster;") ? { status: 500, body: "" } : null);
    const working = ledger.server.tick({ budgetMs: 3_600_000 });
    await until("the pause between attempts", () =>
      ledger.logged.some((line) => line.includes("Asking for a date again")),
    );
    await ledger.data(act("pause"), { id });
    await working;
    expect(await ledger.job(id)).toMatchObject({ status: "PAUSED" });
    expect(rosters(ledger)).toHaveLength(1);
  });

  it("pauses a queued job at once and without a request to the source", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-02");
    expect((await ledger.data(act("pause"), { id })).pauseCollection.job).toEqual({
      id,
      status: "PAUSED",
      pendingAction: null,
    });
    await ledger.work();
    expect(ledger.yahoo.requests).toEqual([]);
  });
});

describe("cancelCollection()", () => {
  it("keeps collected lineups and ends the job for good", async () => {
    const { ledger, id, job } = await interrupted(3, (l, jobId) => l.data(act("cancel"), { id: jobId }));
    expect(job).toMatchObject({ status: "CANCELLED", checkpoint: null, recordsInserted: 3 * SEASON_RECORDS_A_DAY });
    expect(job.finishedAt).not.toBeNull();
    expect(await count(ledger, "daily_lineups")).toBe(3 * SEASON_RECORDS_A_DAY);
    const refused = await ledger.ask(act("resume"), { id });
    expect(refused.errors?.[0]).toMatchObject({
      extensions: { code: "ILLEGAL_STATE", jobId: id, status: "CANCELLED" },
    });
    expect(refused.errors?.[0]?.message).toBe(
      `Cannot resume job ${id}: its status is CANCELLED. Only PAUSED and FAILED jobs can be resumed`,
    );
  });

  it("cancels a waiting job at once", async () => {
    const ledger = await openLedger();
    ledger.yahoo.fault = (path) => (path.includes("/roster;") ? { status: 999, body: "" } : null);
    const id = await ledger.start("2025-04-01", "2025-04-02");
    await ledger.work();
    expect((await ledger.data(act("cancel"), { id })).cancelCollection.job).toMatchObject({ status: "CANCELLED" });
    await ledger.clock.advance(3_600_000);
    await ledger.work();
    expect(await ledger.job(id)).toMatchObject({ status: "CANCELLED" });
  });
});

describe("worker session", () => {
  it("ends when its time budget is spent, and leaves the job for the next session", async () => {
    const ledger = await openLedger({ env: { REQUESTS_PER_SECOND: "1" } });
    const id = await ledger.start("2025-04-01", "2025-04-10", { concurrency: 1 });
    let turns = 0;
    while (await ledger.clock.drive(ledger.server.tick({ budgetMs: 3_000 }))) turns++;
    expect(turns).toBeGreaterThan(2);
    expect(await ledger.job(id)).toMatchObject({ status: "COMPLETED", requests: 12 });
    expect(new Set(ledger.yahoo.requests).size).toBe(ledger.yahoo.requests.length);
    expect((await events(ledger, id)).filter((type) => type !== "DATE_COMPLETED")).toEqual([
      "CREATED",
      "STARTED",
      "COMPLETED",
    ]);
  });

  it("finishes dates in flight when the server stops, and the job continues after the restart", async () => {
    const stopping = new AbortController();
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-10", { concurrency: 2 });
    ledger.yahoo.fault = (path) => {
      if (path.endsWith("2025-04-04")) stopping.abort();
      return null;
    };
    await ledger.clock.drive(ledger.server.tick({ budgetMs: 3_600_000, signal: stopping.signal }));
    const stopped = await ledger.job(id);
    expect(stopped).toMatchObject({ status: "RUNNING", pendingAction: null });
    expect(stopped.dates.filter((d: { status: string }) => d.status === "DONE").length).toBe(rosters(ledger).length);
    await ledger.work();
    expect(await ledger.job(id)).toMatchObject({ status: "COMPLETED" });
    expect(new Set(rosters(ledger)).size).toBe(rosters(ledger).length);
  });

  it("marks dates in flight as RUNNING and records when each was started", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-08", { concurrency: 2 });
    const seen: number[] = [];
    ledger.yahoo.delayMs = 3;
    ledger.yahoo.fault = (path) => {
      if (path.includes("/roster;")) {
        void ledger.db.orm
          .all<{ n: number }>(sql`select count(*) as n from job_dates where status = 'RUNNING'`)
          .then(([row]) => seen.push(row?.n ?? 0));
      }
      return null;
    };
    await ledger.work();
    expect(seen).toHaveLength(8);
    expect(Math.max(...seen)).toBe(2);
    expect(Math.min(...seen)).toBeGreaterThan(0);
    const begun = await ledger.db.orm.all(
      sql`select 1 from job_dates where job_id = ${id} and started_at is not null and finished_at >= started_at`,
    );
    expect(begun).toHaveLength(8);
  });

  it("never has more dates in flight than the job's concurrency allows", async () => {
    for (const concurrency of [1, 4]) {
      const ledger = await openLedger({ env: { CONCURRENCY: "4" } });
      await ledger.start("2025-04-01", "2025-04-12", { concurrency });
      let most = 0;
      const held: (() => void)[] = [];
      // The stand-in waits before it counts the requests in flight, so that the count includes any request beyond the limit.
      ledger.yahoo.delayMs = 4;
      ledger.yahoo.fault = (path) => {
        most = Math.max(most, ledger.yahoo.underWay());
        return path.includes("/roster;") ? "hang" : null;
      };
      // Holds all answers until the allowed number of requests is in flight.
      ledger.yahoo.hold = (_, release) => {
        held.push(release);
        if (held.length === concurrency) for (const go of held.splice(0)) go();
      };
      await ledger.work();
      expect(most).toBe(concurrency);
    }
  });
});

describe("applyTransition()", () => {
  it("writes nothing if the transition was based on an older state of the job", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-02");
    await ledger.db.write([
      sql`update job_log set status = 'RUNNING', lease_owner = 'w', lease_until = ${ledger.clock.now() + 30_000}, fence = 1 where id = ${id}`,
    ]);
    const before = await findJob(ledger.db, id);
    await ledger.data(act("pause"), { id });
    const rows = () =>
      Promise.all([
        ledger.db.orm.all(sql`select * from job_log`),
        ledger.db.orm.all(sql`select * from job_events`),
        ledger.db.orm.all(sql`select * from checkpoints`),
      ]);
    const held = await rows();
    for (const end of [{ kind: "yielded" }, { kind: "tried", firstFailure: null }] as const) {
      if (before)
        expect(await applyTransition(ledger.db, before, endSession(before, end), ledger.clock.now())).toBe(false);
    }
    expect(await rows()).toEqual(held);
  });
});

describe("leases and fencing tokens", () => {
  it("let another worker continue a job once the dead worker's lease has expired", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-06", { concurrency: 1 });
    await ledger.db.write([
      sql`update job_log set status = 'RUNNING', lease_owner = 'dead', lease_until = ${ledger.clock.now() + 30_000}, fence = 1, started_at = 1 where id = ${id}`,
      sql`update job_dates set status = 'RUNNING', started_at = 1 where job_id = ${id} and date = '2025-04-01'`,
    ]);
    await ledger.work();
    expect(rosters(ledger)).toEqual([]);
    await ledger.clock.advance(30_001);
    await ledger.work();
    expect(await ledger.job(id)).toMatchObject({ status: "COMPLETED" });
    expect(await events(ledger, id)).toContain("RECOVERED");
  });

  it("make every write of a suspended worker fail once another worker has taken over the job", async () => {
    const first = await openLedger();
    const id = await first.start("2025-04-01", "2025-04-03", { concurrency: 1 });
    const second = await openLedger({ url: first.url, yahoo: first.yahoo });
    let asleep = false;
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const plainWrite = first.db.write;
    first.db.write = async (batch) => {
      if (!asleep && rosters(first).length === 2) {
        asleep = true;
        await gate;
      }
      return plainWrite(batch);
    };
    const sleeping = first.server.tick({ budgetMs: 3_600_000 });
    await until("the first worker to sleep before its commit", () => asleep);

    second.clock.set(first.clock.now() + 31_000);
    await second.work();
    const done = await second.job(id);
    expect(done).toMatchObject({ status: "COMPLETED", recordsInserted: 3 * SEASON_RECORDS_A_DAY });
    const before = await first.db.orm.all(sql`select * from job_log`);

    release();
    await sleeping;
    expect(first.logged.join("\n")).toContain("A job was taken over; nothing was written");
    expect(await first.db.orm.all(sql`select * from job_log`)).toEqual(before);
    expect(await second.job(id)).toEqual(done);
  });

  it("keep a job with its worker during a slow request", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-01");
    let answer = false;
    ledger.yahoo.fault = (path) => (path.includes("/roster;") && !answer ? "hang" : null);
    const working = ledger.server.tick({ budgetMs: 3_600_000 });
    await until("the request to hang", () => rosters(ledger).length === 1);
    await ledger.clock.advance(29_000);
    expect(await ledger.server.tick({ budgetMs: 1 })).toBe(false);
    const [row] = await ledger.db.orm.all<{ left: number }>(
      sql`select lease_until - ${ledger.clock.now()} as left from job_log where id = ${id}`,
    );
    expect(row?.left).toBeGreaterThan(7_500);
    answer = true;
    await ledger.clock.advance(2_000);
    await ledger.clock.drive(working);
    expect(await ledger.job(id)).toMatchObject({ status: "COMPLETED" });
  });
});

describe("startCollection()", () => {
  const input = { leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-03" };

  it("creates only one job for a repeated idempotency key, and refuses the same key with different input", async () => {
    const ledger = await openLedger();
    const first = (await ledger.data(START, { input: { ...input, idempotencyKey: "k" } })).startCollection;
    const again = (await ledger.data(START, { input: { ...input, idempotencyKey: "k" } })).startCollection;
    expect(first.created).toBe(true);
    expect(again).toEqual({ created: false, job: first.job });
    const other = await ledger.ask(START, { input: { ...input, end: "2025-04-04", idempotencyKey: "k" } });
    expect(other.errors?.[0]?.extensions).toEqual({ code: "IDEMPOTENCY_CONFLICT", jobId: first.job.id });
    expect(await count(ledger, "job_log")).toBe(1);
  });

  it("treats the same idempotency key in two environments as two different keys", async () => {
    const ledger = await openLedger();
    const start = async (environment: string) =>
      (await ledger.data(START, { input: { ...input, environment, idempotencyKey: "k" } })).startCollection;
    const [production, test] = [await start("PRODUCTION"), await start("TEST")];
    expect([production.created, test.created]).toEqual([true, true]);
    expect(await start("TEST")).toEqual({ created: false, job: test.job });
  });

  it("creates a new job for the key of a failed or cancelled job, and the failed job can no longer be resumed", async () => {
    const ledger = await openLedger();
    const start = async () => (await ledger.data(START, { input: { ...input, idempotencyKey: "k" } })).startCollection;
    const cancelled = await start();
    await ledger.data("mutation ($id: ID!) { cancelCollection(jobId: $id) { job { id } } }", { id: cancelled.job.id });
    ledger.yahoo.fault = () => ({ status: 400, body: '{"error":{"description":"you are not in this league."}}' });
    const failed = await start();
    expect(failed.created).toBe(true);
    await ledger.work();
    expect(await ledger.job(failed.job.id)).toMatchObject({ status: "FAILED" });
    ledger.yahoo.fault = () => null;
    const third = await start();
    expect(third).toMatchObject({ created: true });
    await ledger.work();
    expect(await ledger.job(third.job.id)).toMatchObject({ status: "COMPLETED" });
    expect(await start()).toMatchObject({ created: false, job: { id: third.job.id } });
    const { errors } = await ledger.ask("mutation ($id: ID!) { resumeCollection(jobId: $id) { job { id } } }", {
      id: failed.job.id,
    });
    expect(errors?.[0]).toMatchObject({
      message: expect.stringMatching(
        /: its idempotencyKey "k" has since been used to start job \S+, which is COMPLETED/,
      ),
      extensions: { code: "IDEMPOTENCY_CONFLICT", jobId: third.job.id },
    });
  });

  it("creates one job for fifty concurrent calls, with and without an idempotency key", async () => {
    for (const key of ["k", undefined]) {
      const ledger = await openLedger();
      const answers = await Promise.all(
        Array.from({ length: 50 }, () =>
          ledger.ask(START, { input: { ...input, ...(key ? { idempotencyKey: key } : {}) } }),
        ),
      );
      const ids = new Set(answers.map((a) => a.data?.startCollection?.job.id ?? a.errors?.[0]?.extensions?.jobId));
      expect(ids.size).toBe(1);
      expect(answers.filter((a) => a.data?.startCollection?.created)).toHaveLength(1);
      expect(answers.filter((a) => a.errors).every((a) => a.errors?.[0]?.extensions?.code === "JOB_OVERLAP")).toBe(
        true,
      );
      expect(answers.filter((a) => a.errors)).toHaveLength(key ? 0 : 49);
      expect([
        await count(ledger, "job_log"),
        await count(ledger, "job_dates"),
        await count(ledger, "checkpoints"),
        await count(ledger, "job_events"),
      ]).toEqual([1, 3, 1, 1]);
    }
  });

  it("refuses dates that an unfinished job of the same league and environment covers, and accepts all other dates", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-03");
    const overlap = await ledger.ask(START, { input: { ...input, start: "2025-04-03", end: "2025-04-09" } });
    expect(overlap.errors?.[0]?.extensions).toEqual({ code: "JOB_OVERLAP", jobId: id });
    await ledger.data(START, { input: { ...input, start: "2025-04-04", end: "2025-04-09" } });
    await ledger.data(START, { input: { ...input, environment: "TEST" } });
    await ledger.data(START, { input: { ...input, leagueKey: "458.l.101" } });
    expect(await count(ledger, "job_log")).toBe(4);
  });

  it("stores the league's own key in a job that was started with an alias", async () => {
    const ledger = await openLedger();
    const answer = await ledger.data(START, { input: { ...input, leagueKey: "mlb.l.100" } });
    const job = await ledger.job(answer.startCollection.job.id);
    expect(job).toMatchObject({ leagueKey: "458.l.100", metadata: { leagueKey: "mlb.l.100" } });
    const overlap = await ledger.ask(START, { input });
    expect(overlap.errors?.[0]?.extensions?.code).toBe("JOB_OVERLAP");
  });

  it("skips dates that are complete and final if onlyMissing is set, and records the reason", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-02", "2025-04-03");
    await ledger.work();
    const before = rosters(ledger).length;
    const id = await ledger.start("2025-04-01", "2025-04-04", { onlyMissing: true });
    await ledger.work();
    const job = await ledger.job(id);
    expect(job).toMatchObject({ status: "COMPLETED", progress: { datesTotal: 2, percent: 100 } });
    expect(job.dates.map((d: { status: string; reason: string }) => [d.status, d.reason])).toEqual([
      ["DONE", null],
      ["SKIPPED", "Already complete and final"],
      ["SKIPPED", "Already complete and final"],
      ["DONE", null],
    ]);
    expect(rosters(ledger).slice(before)).toHaveLength(2);
    const nothing = await ledger.start("2025-04-01", "2025-04-04", { onlyMissing: true });
    await ledger.work();
    expect(await ledger.job(nothing)).toMatchObject({
      status: "COMPLETED",
      requests: 0,
      progress: { datesTotal: 0, percent: 100 },
    });
  });

  it("skips dates outside the season", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-03-15", "2025-03-20");
    await ledger.work();
    const job = await ledger.job(id);
    expect(job).toMatchObject({ status: "COMPLETED", progress: { datesTotal: 3, percent: 100 } });
    expect(job.dates[0]).toMatchObject({
      status: "SKIPPED",
      reason: "Outside the season of 2025, 2025-03-18 to 2025-09-28",
    });
  });

  it("keeps the records of two environments separate in one database", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-01", { environment: "TEST" });
    await ledger.work();
    const of = (environment: string) =>
      ledger.data(
        `{ jobs(environment: ${environment}) { totalCount } lineups(leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-01", environment: ${environment}) { totalCount } jobStatistics(environment: ${environment}) { totalJobs } }`,
      );
    expect(await of("PRODUCTION")).toEqual({
      jobs: { totalCount: 0 },
      lineups: { totalCount: 0 },
      jobStatistics: { totalJobs: 0 },
    });
    expect(await of("TEST")).toEqual({
      jobs: { totalCount: 1 },
      lineups: { totalCount: 12 },
      jobStatistics: { totalJobs: 1 },
    });
  });
});

it("pauseCollection() has no effect if its write reaches the database a second time after the job was resumed", async () => {
  const { start, data, db, clock, job } = await openLedger();
  const id = await start("2025-04-01", "2025-04-02");
  await db.write([
    sql`update job_log set status = 'RUNNING', lease_owner = 'w#1', lease_until = ${clock.now() + 30_000}, fence = 1, started_at = 1, claimed_at = 1`,
  ]);
  const act = (what: string) => data(`mutation { ${what}Collection(jobId: "${id}") { job { pendingAction } } }`);
  const { write } = db;
  let late: Parameters<typeof write> | undefined;
  db.write = (...batch) => {
    late ??= batch;
    return write(...batch);
  };
  expect((await act("pause")).pauseCollection.job.pendingAction).toBe("PAUSE");
  expect((await act("resume")).resumeCollection.job.pendingAction).toBe(null);
  if (!late) throw new Error("Cannot repeat the write of the pause: nothing was written");
  await write(...late);
  expect((await job(id)).pendingAction).toBe(null);
  const asked = await db.orm.all(sql`select id from job_events where type = 'PAUSE_REQUESTED'`);
  expect(asked).toHaveLength(1);
});
