import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { subscribe } from "../support/stream.ts";
import { until } from "../support/waiter.ts";

const EVENTS = `subscription ($jobId: ID, $after: String) { jobEvents(jobId: $jobId, after: $after) { cursor jobId type date message data } }`;
const PROGRESS = `subscription ($jobId: ID!, $after: String) { jobProgress(jobId: $jobId, after: $after) { cursor status percent datesCompleted currentDate } }`;

const recorded = async (ledger: Ledger, jobId: string) =>
  (await ledger.db.orm.all<{ id: number }>(sql`select id from job_events where job_id = ${jobId} order by id`)).map(
    ({ id }) => String(id),
  );

describe("jobEvents", () => {
  it("sends a job's past events, then each new event, and completes after the job's last event", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-06");
    const stream = await subscribe(ledger.server, EVENTS, { jobId: id });
    const following = stream.rest();
    await ledger.work();
    const events = await following;
    expect(events.map(({ cursor }) => cursor)).toEqual(await recorded(ledger, id));
    expect(events.map(({ type }) => type)).toEqual([
      "CREATED",
      "STARTED",
      ...Array(6).fill("DATE_COMPLETED"),
      "COMPLETED",
    ]);
    expect(events[2]).toMatchObject({ date: "2025-04-01", data: { teams: 12, recordsInserted: 312 } });
  });

  it("sends all missed events to a subscriber that returns, even if nobody was subscribed in the meantime", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-02");
    const early = await subscribe(ledger.server, EVENTS, { jobId: id });
    const created = await early.next();
    const waiting = early.next().catch(() => null);
    await until("the eventLogTail to follow", () => ledger.clock.sleepers() >= 2);
    await early.leave();
    await waiting;
    await ledger.clock.advance(2_000);
    await ledger.work();
    const late = await (await subscribe(ledger.server, EVENTS, { jobId: id, after: created?.cursor })).rest();
    expect(late.map(({ type }) => type)).toEqual(["STARTED", "DATE_COMPLETED", "DATE_COMPLETED", "COMPLETED"]);
  });

  it("follows the jobs of all processes and never completes if no job is given", async () => {
    const ledger = await openLedger();
    const elsewhere = await openLedger({ url: ledger.url, yahoo: ledger.yahoo });
    const stream = await subscribe(ledger.server, EVENTS);
    const first = stream.next();
    const id = await elsewhere.start("2025-04-01", "2025-04-01");
    await elsewhere.work();
    await until("the poll to be waited for", () => ledger.clock.sleepers() >= 2);
    await ledger.clock.advance(1_000);
    expect(await first).toMatchObject({ jobId: id, type: "CREATED" });
    const types: string[] = [];
    for (let i = 0; i < 3; i++) types.push((await stream.next())?.type);
    expect(types).toEqual(["STARTED", "DATE_COMPLETED", "COMPLETED"]);
    await stream.leave();
  });

  it("sends a HEARTBEAT with the current cursor every 10 seconds while nothing happens", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-01");
    const stream = await subscribe(ledger.server, EVENTS, { jobId: id });
    const created = await stream.next();
    for (let i = 0; i < 2; i++) {
      const next = stream.next();
      await until("the subscription to wait", () => ledger.clock.sleepers() >= 1);
      await ledger.clock.advance(10_000);
      expect(await next).toMatchObject({ type: "HEARTBEAT", jobId: id, cursor: created?.cursor });
    }
    await stream.leave();
  });

  it("sends the HEARTBEAT of an idle job on time while other jobs have new events", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-01");
    const other = await ledger.start("2025-05-01", "2025-05-01");
    const stream = await subscribe(ledger.server, EVENTS, { jobId: id });
    await stream.next();
    const next = stream.next();
    for (let second = 1; second <= 11; second++) {
      await until("the subscription to wait", () => ledger.clock.sleepers() >= 2);
      await ledger.db.write([
        sql`insert into job_events (job_id, type, at, message) values (${other}, 'DATE_COMPLETED', 1, '')`,
      ]);
      await ledger.clock.advance(1_000);
    }
    expect(await next).toMatchObject({ type: "HEARTBEAT", jobId: id });
    await stream.leave();
  });

  it("completes when the server stops", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-01");
    const stream = await subscribe(ledger.server, EVENTS);
    await stream.next();
    const rest = stream.rest();
    await ledger.server.close();
    expect(await rest).toEqual([]);
  });

  it("stops polling the database when the client disconnects", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-01");
    const stream = await subscribe(ledger.server, EVENTS);
    await stream.next();
    await until("the subscription to wait", () => ledger.clock.sleepers() >= 2);
    await stream.leave();
    await ledger.clock.advance(2_000);
    const before = ledger.statements.length;
    await ledger.clock.advance(60_000);
    expect(ledger.statements.length).toBe(before);
    expect(ledger.clock.sleepers()).toBe(0);
  });
});

describe("jobProgress", () => {
  it("sends the job's current state and then each change, and completes when the job completes", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-06", { concurrency: 1 });
    const stream = await subscribe(ledger.server, PROGRESS, { jobId: id });
    const following = stream.rest();
    await ledger.work();
    const states = await following;
    expect(states[0]).toMatchObject({ status: "QUEUED", percent: 0 });
    expect(states.at(-1)).toMatchObject({ status: "COMPLETED", percent: 100, datesCompleted: 6 });
    const percents = states.map(({ percent }) => percent);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(new Set(states.map(({ cursor }) => cursor)).size).toBe(states.length);
  });

  it("sends one state for a completed job, and nothing more to a subscriber that reconnects with the state's cursor", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
    const [only, ...more] = await (await subscribe(ledger.server, PROGRESS, { jobId: id })).rest();
    expect(only).toMatchObject({ status: "COMPLETED" });
    expect(more).toEqual([]);
    expect(await (await subscribe(ledger.server, PROGRESS, { jobId: id, after: only?.cursor })).rest()).toEqual([]);
    expect(await (await subscribe(ledger.server, PROGRESS, { jobId: "latest" })).rest()).toEqual([only]);
  });

  it("sends the last state to every subscriber, even if the subscriber reads slowly", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-12", { concurrency: 4 });
    const followers = Array.from({ length: 3 }, async (_, i) => {
      const stream = await subscribe(ledger.server, PROGRESS, { jobId: id });
      let last: Record<string, any> | null = null;
      for (let each = await stream.next(); each; each = await stream.next()) {
        last = each;
        await new Promise((resolve) => setTimeout(resolve, 7 * i));
      }
      return last?.status;
    });
    await ledger.work();
    expect(await Promise.all(followers)).toEqual(["COMPLETED", "COMPLETED", "COMPLETED"]);
  });

  it("sends PAUSED as its last state when the job is paused", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-01");
    const stream = await subscribe(ledger.server, PROGRESS, { jobId: id });
    await stream.next();
    await ledger.data(`mutation { pauseCollection(jobId: "${id}") { job { id } } }`);
    expect(await stream.rest()).toMatchObject([{ status: "PAUSED" }]);
  });
});

it.each([
  ["jobEvents of an unknown job", EVENTS, { jobId: "no-such-job" }, "NOT_FOUND"],
  ["jobProgress of an unknown job", PROGRESS, { jobId: "no-such-job" }, "NOT_FOUND"],
  ["jobProgress of the latest job in a ledger without jobs", PROGRESS, { jobId: "latest" }, "NOT_FOUND"],
  ["jobEvents with an invalid cursor", EVENTS, { after: "1; drop table job_log" }, "BAD_USER_INPUT"],
])("a subscription to %s is refused with an error code", async (_, query, variables, code) => {
  const ledger = await openLedger();
  const stream = await subscribe(ledger.server, query, variables);
  await expect(stream.next()).rejects.toThrow(code);
});

describe("subscriptions to a restored database", () => {
  it.each([
    ["jobEvents", EVENTS],
    ["jobProgress", PROGRESS],
  ])("through %s refuse a cursor that is beyond the newest event, and name the newest event", async (_, query) => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-01");
    const stream = await subscribe(ledger.server, query, { jobId: id, after: "5" });
    await expect(stream.next()).rejects.toThrow(/newest event is 1,.*CURSOR_AHEAD/);
    const { errors } = await ledger.ask(`{ jobEvents(jobId: "${id}", after: "5") { cursor } }`);
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining("Cannot continue after 5: the newest event is 1"),
      extensions: { code: "CURSOR_AHEAD", newest: "1" },
    });
    expect((await ledger.data(`{ jobEvents(jobId: "${id}", after: "1") { cursor } }`)).jobEvents.cursor).toBe("1");
  });

  it("end with CURSOR_AHEAD if they were open during the restore, and new subscriptions receive later events", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-01");
    const insert = sql`insert into job_events (job_id, type, at, message) values (${id}, 'DATE_COMPLETED', 1, 'x')`;
    await ledger.db.write([insert, insert, insert]);
    const stream = await subscribe(ledger.server, EVENTS, { jobId: id });
    for (let i = 0; i < 4; i++) await stream.next();
    const ended = expect(stream.next()).rejects.toThrow(/CURSOR_AHEAD/);
    await ledger.clock.advance(1_000);
    await ledger.db.write([
      sql`delete from job_events where id > 1`,
      sql`update sqlite_sequence set seq = 1 where name = 'job_events'`,
    ]);
    await ledger.clock.advance(2_000);
    await ended;
    const again = await subscribe(ledger.server, EVENTS, { jobId: id, after: "1" });
    const next = again.next();
    await ledger.db.write([insert]);
    await ledger.clock.advance(1_000);
    expect(await next).toMatchObject({ cursor: "2" });
    await again.leave();
  });
});

it("a failing subscription ends with an error that contains no internal details, and a new subscription works", async () => {
  const ledger = await openLedger();
  const id = await ledger.start("2025-04-01", "2025-04-01");
  const stream = await subscribe(ledger.server, PROGRESS, { jobId: id });
  expect(await stream.next()).toMatchObject({ status: "QUEUED" });
  const ended = stream.next().then(
    (progress) => `not at all: ${JSON.stringify(progress)}`,
    (error: Error) => error.message,
  );
  await until("the subscription to wait", () => ledger.clock.sleepers() >= 2);
  await ledger.db.write([
    sql`alter table checkpoints rename to canary_table`,
    sql`insert into job_events (job_id, type, at, message) values (${id}, 'DATE_COMPLETED', 1, 'x')`,
  ]);
  await ledger.clock.advance(2_000);
  expect(await ended).toMatch(/Internal error; the server's log has details under request id .*"code":"INTERNAL"/);
  expect(await ended).not.toMatch(/canary|no such table|checkpoints|\.ts:/);
  expect(ledger.logged.join()).toContain("no such table");
  await ledger.db.write([sql`alter table canary_table rename to checkpoints`]);
  const again = await subscribe(ledger.server, PROGRESS, { jobId: id });
  expect(await again.next()).toMatchObject({ status: "QUEUED" });
  await again.leave();
});
