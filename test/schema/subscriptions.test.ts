import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
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
  it("replays from the first event, follows, ends with the terminal event, and completes", async () => {
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

  it("a subscriber that reconnects with `after` at random moments sees every event once", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-05-20", { concurrency: 4 });
    ledger.yahoo.delayMs = 1;
    const seen: string[] = [];
    const follow = async () => {
      for (;;) {
        const stream = await subscribe(ledger.server, EVENTS, { jobId: id, after: seen.at(-1) ?? null });
        for (let left = 1 + Math.floor(Math.random() * 6); left > 0; left--) {
          const event = await stream.next();
          if (event === null) return;
          if (event.type !== "HEARTBEAT") seen.push(event.cursor);
        }
        await stream.leave();
      }
    };
    await Promise.all([follow(), ledger.work()]);
    expect(seen).toEqual(await recorded(ledger, id));
    expect(seen.length).toBeGreaterThan(50);
  });

  it("a subscriber that comes back after everybody was gone sees all that happened meanwhile, to the last event", async () => {
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

  it("of all jobs goes on across jobs, sees those of another process within a poll, and does not complete", async () => {
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

  it("sends a HEARTBEAT every 10 seconds while nothing happens, with the cursor to go on from", async () => {
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

  it("sends its HEARTBEAT on time while other jobs are busy", async () => {
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

  it("stops polling when the client goes away", async () => {
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
  it("says where the job stands, then each change, and completes with the job", async () => {
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

  it("of a job at rest is sent once; with its cursor as `after`, not even that", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
    const [only, ...more] = await (await subscribe(ledger.server, PROGRESS, { jobId: id })).rest();
    expect(only).toMatchObject({ status: "COMPLETED" });
    expect(more).toEqual([]);
    expect(await (await subscribe(ledger.server, PROGRESS, { jobId: id, after: only?.cursor })).rest()).toEqual([]);
    expect(await (await subscribe(ledger.server, PROGRESS, { jobId: "latest" })).rest()).toEqual([only]);
  });

  it("reaches its end for every follower, slow ones too", async () => {
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

  it("of a paused job ends with PAUSED", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-01");
    const stream = await subscribe(ledger.server, PROGRESS, { jobId: id });
    await stream.next();
    await ledger.data(`mutation { pauseCollection(jobId: "${id}") { job { id } } }`);
    expect(await stream.rest()).toMatchObject([{ status: "PAUSED" }]);
  });
});

it.each([
  ["an unknown job", EVENTS, { jobId: "no-such-job" }, "NOT_FOUND"],
  ["an unknown job", PROGRESS, { jobId: "no-such-job" }, "NOT_FOUND"],
  ["no job at all", PROGRESS, { jobId: "latest" }, "NOT_FOUND"],
  ["a cursor that is none", EVENTS, { after: "1; drop table job_log" }, "BAD_USER_INPUT"],
])("a subscription to %s is refused with a code", async (_, query, variables, code) => {
  const ledger = await openLedger();
  const stream = await subscribe(ledger.server, query, variables);
  await expect(stream.next()).rejects.toThrow(code);
});

describe("after the database was restored to an earlier state", () => {
  it.each([
    ["jobEvents", EVENTS],
    ["jobProgress", PROGRESS],
  ])("%s refuses a cursor beyond the newest event, and says which that is", async (_, query) => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-01");
    const stream = await subscribe(ledger.server, query, { jobId: id, after: "5" });
    await expect(stream.next()).rejects.toThrow(/newest event is 1:.*CURSOR_AHEAD/);
    const { errors } = await ledger.ask(`{ jobEvents(jobId: "${id}", after: "5") { cursor } }`);
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining("Cannot go on after 5 as the newest event is 1"),
      extensions: { code: "CURSOR_AHEAD", newest: "1" },
    });
    expect((await ledger.data(`{ jobEvents(jobId: "${id}", after: "1") { cursor } }`)).jobEvents.cursor).toBe("1");
  });

  it("a stream that is open ends with that error, and new ones see what happens from then on", async () => {
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

it("a stream that breaks ends with an error that tells nothing from within, and new ones are answered", async () => {
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
  expect(await ended).toMatch(/Unforeseen; the server's log says more under request id .*"code":"INTERNAL"/);
  expect(await ended).not.toMatch(/canary|no such table|checkpoints|\.ts:/);
  expect(ledger.logged.join()).toContain("no such table");
  await ledger.db.write([sql`alter table canary_table rename to checkpoints`]);
  const again = await subscribe(ledger.server, PROGRESS, { jobId: id });
  expect(await again.next()).toMatchObject({ status: "QUEUED" });
  await again.leave();
});

describe("subscribers that stop reading", () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  const heapUsed = async () => {
    for (let i = 0; i < 4; i++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return process.memoryUsage().heapUsed;
  };

  it("cost less than 15 MB together, however much happens, and read on where they stopped", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-01");
    const stalled = await Promise.all(
      Array.from({ length: 50 }, (_, i) => subscribe(ledger.server, EVENTS, { jobId: id }, `10.0.0.${i}`)),
    );
    const first = await Promise.all(stalled.map((stream) => stream.next()));
    const follower = await subscribe(ledger.server, EVENTS, { jobId: id });
    let followed = 0;
    const following = (async () => {
      // The clock is moved on faster than events are read, so that heartbeats may come between them.
      for (let type = ""; type !== "FAILED"; ) {
        type = String((await follower.next())?.type);
        if (type === "DATE_COMPLETED" || type === "CREATED") followed++;
      }
    })();
    const before = await heapUsed();
    const EVENTS_WRITTEN = 20_000;
    for (let i = 0; i < EVENTS_WRITTEN; i += 1_000) {
      await ledger.db.write([
        sql`insert into job_events (job_id, type, at, message) select ${id}, 'DATE_COMPLETED', value, ${"x".repeat(200)}
            from json_each(${JSON.stringify(Array.from({ length: 1_000 }, (_, j) => i + j))})`,
      ]);
      await ledger.clock.advance(1_000);
    }
    await ledger.db.write([sql`insert into job_events (job_id, type, at, message) values (${id}, 'FAILED', 1, 'end')`]);
    await ledger.clock.advance(1_000);
    await following;
    expect(followed).toBe(EVENTS_WRITTEN + 1);
    expect((await heapUsed()) - before).toBeLessThan(15_000_000);
    const [late] = stalled;
    let next = await late?.next();
    while (next?.type === "HEARTBEAT") next = await late?.next();
    expect(Number(next?.cursor)).toBe(Number(first[0]?.cursor) + 1);
    await Promise.all(stalled.map((stream) => stream.leave()));
  });
});
