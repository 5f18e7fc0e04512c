import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import type { Engine, RunState } from "../../src/worker/reconcile.ts";
import { carry, type Steps } from "../../src/worker/workflow.ts";
import { type Ledger, openLedger } from "../support/ledger.ts";

// The decisions, with an engine within the test; test/contract and proof/workflow.ts have the real one.

type TestEngine = Engine & {
  states: Map<string, RunState>;
  started: string[];
  ended: string[];
  /** Carries a run as far as it goes; answers its steps' names. */
  carry(id: string, most?: number): Promise<string[]>;
};

class Cut extends Error {}

function createEngine({ server, clock }: Ledger): TestEngine {
  const jobs = new Map<string, string>();
  const engine: TestEngine = {
    states: new Map(),
    started: [],
    ended: [],
    async start({ id, jobId }) {
      if (engine.states.has(id)) return;
      jobs.set(id, jobId);
      engine.states.set(id, "alive");
      engine.started.push(id);
    },
    stateOf: async (id) => engine.states.get(id) ?? "unknown",
    async end(id) {
      engine.states.set(id, "ended");
      engine.ended.push(id);
    },
    async carry(id, most = Number.POSITIVE_INFINITY) {
      const run = { id, jobId: jobs.get(id) ?? "" };
      const names: string[] = [];
      const steps: Steps = {
        async do(name, step) {
          if (names.length >= most) throw new Cut();
          names.push(name);
          return step();
        },
        async sleep(name, ms) {
          names.push(`${name}: ${ms} ms`);
          await clock.sleep(ms);
        },
      };
      const carried = carry(
        steps,
        () => server.look(run),
        () => server.advance(run),
      ).then(
        () => engine.states.set(id, "ended"),
        (error) => {
          if (!(error instanceof Cut)) throw error;
        },
      );
      await clock.drive(carried);
      return names;
    },
  };
  return engine;
}

async function open() {
  const ledger = await openLedger();
  const engine = createEngine(ledger);
  const runs = () =>
    ledger.db.orm.all<{ id: string; ended: number }>(
      sql`select id, ended_at is not null as ended from workers order by since, id`,
    );
  return {
    ...ledger,
    engine,
    runs,
    dispatch: () => ledger.server.dispatch(engine),
    /** A cron trigger, so much later. */
    async reconcile(afterMs = 0) {
      await ledger.clock.advance(afterMs);
      await ledger.server.reconcile(engine);
    },
  };
}

describe("a job that an engine carries", () => {
  it("has one run, named by it, with a step for each date", async () => {
    const { start, dispatch, reconcile, engine, job, runs } = await open();
    const id = await start("2025-04-01", "2025-04-03");
    await Promise.all([dispatch(), dispatch(), dispatch()]);
    expect(engine.started).toEqual([`${id}-1`]);
    expect(await engine.carry(`${id}-1`)).toEqual(["begin", "2025-04-01", "2025-04-02", "2025-04-03"]);
    expect((await job(id)).status).toBe("COMPLETED");
    expect(await runs()).toEqual([{ id: `${id}-1`, ended: 1 }]);
    await reconcile(60_000);
    expect(engine.started).toHaveLength(1);
  });

  it("waits with its source, and then goes on", async () => {
    const { start, dispatch, engine, job, yahoo } = await open();
    yahoo.fault = (path, nth) =>
      path.endsWith("2025-04-02") && nth === 1 ? { status: 999, body: "Request denied" } : null;
    const id = await start("2025-04-01", "2025-04-03", { concurrency: 1 });
    await dispatch();
    expect(await engine.carry(`${id}-1`)).toEqual([
      ...["begin", "2025-04-01", "2025-04-02"],
      ...["wait 1: 900100 ms", "look 1", "2025-04-02", "2025-04-03"],
    ]);
    expect((await job(id)).status).toBe("COMPLETED");
  });

  it("rests with its run when it is paused, and has a new one when it is resumed", async () => {
    const { start, dispatch, engine, data, job, runs } = await open();
    const id = await start("2025-04-01", "2025-04-03");
    await dispatch();
    await engine.carry(`${id}-1`, 2);
    await data(`mutation { pauseCollection(jobId: "${id}") { job { id } } }`);
    expect(await engine.carry(`${id}-1`)).toEqual(["begin"]);
    expect(await runs()).toEqual([{ id: `${id}-1`, ended: 1 }]);
    await dispatch();
    expect(engine.started).toEqual([`${id}-1`]);
    await data(`mutation { resumeCollection(jobId: "${id}") { job { id } } }`);
    await dispatch();
    expect(engine.started).toEqual([`${id}-1`, `${id}-2`]);
    expect(await engine.carry(`${id}-2`)).toEqual(["begin", "2025-04-02", "2025-04-03"]);
    expect((await job(id)).status).toBe("COMPLETED");
  });

  it("whose run the engine could not start, or does not know, gets it the next time", async () => {
    const { start, dispatch, reconcile, engine, logged } = await open();
    const id = await start("2025-04-01", "2025-04-01");
    const { start: begin } = engine;
    engine.start = () => Promise.reject(new Error("the engine is away"));
    await dispatch();
    expect(logged.join("\n")).toContain("A run could not be seen to, and is tried again");
    engine.start = begin;
    await reconcile(16_000);
    expect(engine.started).toEqual([`${id}-1`]);
  });

  it("whose run has broken off gets another one at the next trigger", async () => {
    const { start, dispatch, reconcile, engine, job } = await open();
    const id = await start("2025-04-01", "2025-04-03");
    await dispatch();
    await engine.carry(`${id}-1`, 2);
    engine.states.set(`${id}-1`, "ended");
    await reconcile(60_000);
    expect(await engine.carry(`${id}-2`)).toEqual(["begin", "2025-04-02", "2025-04-03"]);
    expect((await job(id)).recordsInserted).toBe(3 * 312);
  });

  it("whose run is silent for four leases gets another one; the silent one, when it wakes, ends and writes nothing", async () => {
    const { start, dispatch, reconcile, engine, job, runs } = await open();
    const id = await start("2025-04-01", "2025-04-02");
    await dispatch();
    await engine.carry(`${id}-1`, 2);
    await reconcile(59_000);
    expect(engine.started).toHaveLength(1);
    // One that the engine itself holds back is no lost one.
    engine.states.set(`${id}-1`, "held");
    await reconcile(2_000);
    expect(engine.started).toHaveLength(1);
    engine.states.set(`${id}-1`, "alive");
    await reconcile();
    expect({ started: engine.started, ended: engine.ended }).toEqual({
      started: [`${id}-1`, `${id}-2`],
      ended: [`${id}-1`],
    });
    expect(await engine.carry(`${id}-1`)).toEqual(["begin"]);
    expect(await runs()).toMatchObject([{ ended: 1 }, { ended: 0 }]);
    expect(await engine.carry(`${id}-2`)).toEqual(["begin", "2025-04-02"]);
    expect((await job(id)).status).toBe("COMPLETED");
  });

  it("leaves a job alone that a process is at, and takes it up when that is gone", async () => {
    const { start, dispatch, engine, db, clock } = await open();
    const id = await start("2025-04-01", "2025-04-01");
    await dispatch();
    await db.write([
      sql`update job_log set status = 'RUNNING', lease_owner = 'node-a#1', lease_until = ${clock.now() + 30_000}, fence = 1, started_at = 1, claimed_at = 1`,
    ]);
    expect(await engine.carry(`${id}-1`)).toEqual(["begin", "wait 1: 30100 ms", "look 1", "2025-04-01"]);
  });

  it("that is finished while its run sleeps ends the run", async () => {
    const { start, dispatch, reconcile, engine, data, runs, db } = await open();
    const id = await start("2025-04-01", "2025-04-01");
    await dispatch();
    await data(`mutation { cancelCollection(jobId: "${id}") { job { id } } }`);
    await reconcile(30_000);
    expect(engine.ended).toEqual([]);
    await reconcile(31_000);
    expect(engine.ended).toEqual([`${id}-1`]);
    expect(await runs()).toEqual([{ id: `${id}-1`, ended: 1 }]);
    expect(await db.orm.all(sql`select status from job_log`)).toEqual([{ status: "CANCELLED" }]);
  });

  it("goes on with a run that the engine cannot end", async () => {
    const { start, dispatch, reconcile, engine, job } = await open();
    const id = await start("2025-04-01", "2025-04-01");
    await dispatch();
    engine.end = () => Promise.reject(new Error("the engine cannot"));
    await reconcile(121_000);
    expect(engine.started).toEqual([`${id}-1`, `${id}-2`]);
    await engine.carry(`${id}-2`);
    expect((await job(id)).status).toBe("COMPLETED");
  });

  it("that is resumed just as its run sees that it is paused goes on with the run", async () => {
    const { start, dispatch, engine, data, db, server, job } = await open();
    const id = await start("2025-04-01", "2025-04-02");
    await dispatch();
    await data(`mutation { pauseCollection(jobId: "${id}") { job { id } } }`);
    const { write } = db;
    db.write = async (...batch) => {
      // Between what it has read and what it writes.
      db.write = write;
      await data(`mutation { resumeCollection(jobId: "${id}") { job { id } } }`);
      return write(...batch);
    };
    expect(await server.look({ id: `${id}-1`, jobId: id })).toEqual({ kind: "collect", date: "2025-04-01" });
    await engine.carry(`${id}-1`);
    expect((await job(id)).status).toBe("COMPLETED");
  });

  it("has no run of a number that was there before, though old ones are forgotten", async () => {
    const { start, dispatch, reconcile, engine, data, clock, runs } = await open();
    const id = await start("2025-04-01", "2025-04-03");
    const days = (n: number) => n * 24 * 60 * 60 * 1000;
    const act = (what: string) => data(`mutation { ${what}Collection(jobId: "${id}") { job { id } } }`);
    for (const run of [1, 2]) {
      await dispatch();
      await act("pause");
      await engine.carry(`${id}-${run}`);
      await clock.advance(days(20));
      await act("resume");
    }
    await reconcile(days(50));
    expect(engine.started).toEqual([`${id}-1`, `${id}-2`, `${id}-3`]);
    await engine.carry(`${id}-3`);
    expect((await runs()).map((run) => run.ended)).toEqual([1, 1, 1]);
    await reconcile(days(61));
    expect(await runs()).toEqual([]);
  });

  it("waits for its turn behind ten others; those that wait for their source are in nobody's way", async () => {
    const { data, db, dispatch, engine, clock } = await open();
    for (let i = 0; i < 12; i++) {
      await data(
        `mutation { startCollection(input: { leagueKey: "458.l.${500 + i}", start: "2025-04-01", end: "2025-04-01" }) { job { id } } }`,
      );
      await clock.advance(1);
    }
    await dispatch();
    expect(engine.started).toHaveLength(10);
    await dispatch();
    expect(engine.started).toHaveLength(10);
    const [first] = engine.started;
    await db.write([
      sql`update job_log set status = 'WAITING', resume_at = ${clock.now() + 900_000} where id = ${first?.replace(/-1$/, "")}`,
    ]);
    await dispatch();
    expect(engine.started).toHaveLength(11);
  });
});
