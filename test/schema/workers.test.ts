import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { markEnded, recordHeartbeat } from "../../src/db/workers.ts";
import { openLedger } from "../support/ledger.ts";
import { until } from "../support/waiter.ts";

const WORKERS = `{ workers { id runtime serves works since lastHeartbeat isAlive jobs { id status } } }`;

it("the query `workers` shows each process's tasks, start time and jobs, and whether the process still sends heartbeats", async () => {
  const { server, data, clock, db, yahoo, start } = await openLedger();
  const stop = new AbortController();
  await db.write([
    sql`insert into workers values ('node-old', 'NODE', 1, 1, null, 1, ${clock.now() - 61 * 24 * 3_600_000}, null)`,
  ]);
  const attending = server.heartbeat({ serves: true, works: true }, stop.signal);
  await recordHeartbeat(db, { id: "deno-b-1", runtime: "DENO", serves: false, works: true }, clock.now() - 1000);
  const workers = async () => (await data(WORKERS)).workers as Record<string, any>[];
  const [own, other] = await until("both workers to be listed", async () =>
    (await workers()).length === 2 ? workers() : null,
  );
  expect(own).toMatchObject({ runtime: "NODE", serves: true, works: true, isAlive: true, jobs: [] });
  expect(own?.since).toBe(new Date(clock.now()).toISOString());
  expect(other).toMatchObject({ id: "deno-b-1", runtime: "DENO", serves: false, isAlive: true });

  yahoo.fault = (path) => (path.includes("/roster;") ? "hang" : null);
  const held: (() => void)[] = [];
  yahoo.hold = (_, release) => held.push(release);
  const id = await start("2025-04-01", "2025-04-02");
  const working = server.tick({ budgetMs: 1000, signal: stop.signal });
  await until("its job to be shown", async () => (await workers())[0]?.jobs[0]?.id === id);

  // The worker's own heartbeats continue, and those of the other worker have stopped.
  const later = await until("the next heartbeat", async () => {
    await clock.advance(2_000);
    const all = await workers();
    return all[0]?.isAlive && all[1]?.isAlive === false ? all : null;
  });
  expect(later[1]?.lastHeartbeat).toBe(other?.lastHeartbeat);

  stop.abort();
  yahoo.fault = () => null;
  for (const release of held) release();
  await clock.drive(Promise.all([attending, working]));
  expect(await workers()).toMatchObject([{ id: "deno-b-1" }]);
  await markEnded(db, "deno-b-1");
  expect(await workers()).toEqual([]);
  // A worker without a heartbeat for sixty days is deleted when another worker ends.
  expect(await db.orm.all(sql`select id from workers where id = 'node-old'`)).toEqual([]);
});
