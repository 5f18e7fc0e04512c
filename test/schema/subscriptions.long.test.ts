import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { type Ledger, openLedger } from "../support/ledger.ts";
import { subscribe } from "../support/stream.ts";

const EVENTS = `subscription ($jobId: ID, $after: String) { jobEvents(jobId: $jobId, after: $after) { cursor jobId type date message data } }`;

const recorded = async (ledger: Ledger, jobId: string) =>
  (await ledger.db.orm.all<{ id: number }>(sql`select id from job_events where job_id = ${jobId} order by id`)).map(
    ({ id }) => String(id),
  );

describe("jobEvents", () => {
  it("sends each event once to a subscriber that disconnects at random moments and reconnects with the last cursor", async () => {
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
});

describe("fifty subscribers that stop reading", () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  const heapUsed = async () => {
    for (let i = 0; i < 4; i++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return process.memoryUsage().heapUsed;
  };

  it("use less than 15 MB of memory in total, and get the next event when they read again", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-01");
    const stalled = await Promise.all(
      Array.from({ length: 50 }, (_, i) => subscribe(ledger.server, EVENTS, { jobId: id }, `10.0.0.${i}`)),
    );
    const first = await Promise.all(stalled.map((stream) => stream.next()));
    const follower = await subscribe(ledger.server, EVENTS, { jobId: id });
    let followed = 0;
    const following = (async () => {
      // The clock advances faster than events are read, so heartbeats may come between the events.
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
