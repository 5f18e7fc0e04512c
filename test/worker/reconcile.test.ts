import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import type { InstanceState, WorkflowHost } from "../../src/worker/reconcile.ts";
import { runWorkflow, type WorkflowStep } from "../../src/worker/workflow.ts";
import { type Ledger, openLedger } from "../support/ledger.ts";

// Tests the decisions with a host that the test itself provides. test/contract and proof/workflow.ts use the real host.

type TestHost = WorkflowHost & {
  states: Map<string, InstanceState>;
  started: string[];
  ended: string[];
  /** Continues a run for at most `most` steps. Returns the names of the steps. */
  run(id: string, most?: number): Promise<string[]>;
};

class Cut extends Error {}

function createHost({ server, clock }: Ledger): TestHost {
  const jobs = new Map<string, string>();
  const host: TestHost = {
    states: new Map(),
    started: [],
    ended: [],
    async start({ id, jobId }) {
      if (host.states.has(id)) return;
      jobs.set(id, jobId);
      host.states.set(id, "running");
      host.started.push(id);
    },
    instanceState: async (id) => host.states.get(id) ?? "unknown",
    async end(id) {
      host.states.set(id, "ended");
      host.ended.push(id);
    },
    async run(id, most = Number.POSITIVE_INFINITY) {
      const run = { id, jobId: jobs.get(id) ?? "" };
      const names: string[] = [];
      const steps: WorkflowStep = {
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
      const carried = runWorkflow(
        steps,
        () => server.readNext(run),
        () => server.collectNext(run),
      ).then(
        () => host.states.set(id, "ended"),
        (error) => {
          if (!(error instanceof Cut)) throw error;
        },
      );
      await clock.drive(carried);
      return names;
    },
  };
  return host;
}

async function open() {
  const ledger = await openLedger();
  const host = createHost(ledger);
  const runs = () =>
    ledger.db.orm.all<{ id: string; ended: number }>(
      sql`select id, ended_at is not null as ended from workers order by since, id`,
    );
  return {
    ...ledger,
    host,
    runs,
    dispatch: () => ledger.server.dispatch(host),
    /** Fires the cron trigger after `afterMs`. */
    async reconcile(afterMs = 0) {
      await ledger.clock.advance(afterMs);
      await ledger.server.reconcile(host);
    },
  };
}

describe("workflow run of a job", () => {
  it("is started once, is named after its job, and has a step for each date", async () => {
    const { start, dispatch, reconcile, host, job, runs } = await open();
    const id = await start("2025-04-01", "2025-04-03");
    await Promise.all([dispatch(), dispatch(), dispatch()]);
    expect(host.started).toEqual([`${id}-1`]);
    expect(await host.run(`${id}-1`)).toEqual(["begin", "2025-04-01", "2025-04-02", "2025-04-03"]);
    expect((await job(id)).status).toBe("COMPLETED");
    expect(await runs()).toEqual([{ id: `${id}-1`, ended: 1 }]);
    await reconcile(60_000);
    expect(host.started).toHaveLength(1);
  });

  it("waits until the source's rate limit is over, and then continues", async () => {
    const { start, dispatch, host, job, yahoo } = await open();
    yahoo.fault = (path, nth) =>
      path.endsWith("2025-04-02") && nth === 1 ? { status: 999, body: "Request denied" } : null;
    const id = await start("2025-04-01", "2025-04-03", { concurrency: 1 });
    await dispatch();
    expect(await host.run(`${id}-1`)).toEqual([
      ...["begin", "2025-04-01", "2025-04-02"],
      ...["wait 1: 900100 ms", "look 1", "2025-04-02", "2025-04-03"],
    ]);
    expect((await job(id)).status).toBe("COMPLETED");
  });

  it("ends when the job is paused, and a new run starts when the job is resumed", async () => {
    const { start, dispatch, host, data, job, runs } = await open();
    const id = await start("2025-04-01", "2025-04-03");
    await dispatch();
    await host.run(`${id}-1`, 2);
    await data(`mutation { pauseCollection(jobId: "${id}") { job { id } } }`);
    expect(await host.run(`${id}-1`)).toEqual(["begin"]);
    expect(await runs()).toEqual([{ id: `${id}-1`, ended: 1 }]);
    await dispatch();
    expect(host.started).toEqual([`${id}-1`]);
    await data(`mutation { resumeCollection(jobId: "${id}") { job { id } } }`);
    await dispatch();
    expect(host.started).toEqual([`${id}-1`, `${id}-2`]);
    expect(await host.run(`${id}-2`)).toEqual(["begin", "2025-04-02", "2025-04-03"]);
    expect((await job(id)).status).toBe("COMPLETED");
  });

  it("is ended without a warning if its instance does not notice that the job was cancelled", async () => {
    const { start, dispatch, reconcile, host, data, runs, logged } = await open();
    const id = await start("2025-04-01", "2025-04-03");
    await dispatch();
    await host.run(`${id}-1`, 2);
    await data(`mutation { cancelCollection(jobId: "${id}") { job { id } } }`);
    await reconcile(50_000);
    expect({ runs: await runs(), ended: host.ended }).toEqual({ runs: [{ id: `${id}-1`, ended: 0 }], ended: [] });
    await reconcile(20_000);
    expect({ runs: await runs(), ended: host.ended }).toEqual({
      runs: [{ id: `${id}-1`, ended: 1 }],
      ended: [`${id}-1`],
    });
    expect(logged.join("\n")).not.toContain("stale");
  });

  it("is started at the next cron trigger if the host could not start it before", async () => {
    const { start, dispatch, reconcile, host, logged } = await open();
    const id = await start("2025-04-01", "2025-04-01");
    const { start: begin } = host;
    host.start = () => Promise.reject(new Error("the host is away"));
    await dispatch();
    expect(logged.join("\n")).toContain("Cannot reconcile a workflow run; retrying later");
    host.start = begin;
    await reconcile(16_000);
    expect(host.started).toEqual([`${id}-1`]);
  });

  it("is replaced at the next cron trigger if it ended before the job was completed", async () => {
    const { start, dispatch, reconcile, host, job } = await open();
    const id = await start("2025-04-01", "2025-04-03");
    await dispatch();
    await host.run(`${id}-1`, 2);
    host.states.set(`${id}-1`, "ended");
    await reconcile(60_000);
    expect(await host.run(`${id}-2`)).toEqual(["begin", "2025-04-02", "2025-04-03"]);
    expect((await job(id)).recordsInserted).toBe(3 * 312);
  });

  it("is replaced once it has been silent for four lease times, and the old run writes nothing when it wakes up", async () => {
    const { start, dispatch, reconcile, host, job, runs } = await open();
    const id = await start("2025-04-01", "2025-04-02");
    await dispatch();
    await host.run(`${id}-1`, 2);
    await reconcile(59_000);
    expect(host.started).toHaveLength(1);
    // A run that the host has suspended does not count as lost.
    host.states.set(`${id}-1`, "suspended");
    await reconcile(2_000);
    expect(host.started).toHaveLength(1);
    host.states.set(`${id}-1`, "running");
    await reconcile();
    expect({ started: host.started, ended: host.ended }).toEqual({
      started: [`${id}-1`, `${id}-2`],
      ended: [`${id}-1`],
    });
    expect(await host.run(`${id}-1`)).toEqual(["begin"]);
    expect(await runs()).toMatchObject([{ ended: 1 }, { ended: 0 }]);
    expect(await host.run(`${id}-2`)).toEqual(["begin", "2025-04-02"]);
    expect((await job(id)).status).toBe("COMPLETED");
  });

  it("waits while a process holds the job's lease, and continues once the lease has expired", async () => {
    const { start, dispatch, host, db, clock } = await open();
    const id = await start("2025-04-01", "2025-04-01");
    await dispatch();
    await db.write([
      sql`update job_log set status = 'RUNNING', lease_owner = 'node-a#1', lease_until = ${clock.now() + 30_000}, fence = 1, started_at = 1, claimed_at = 1`,
    ]);
    expect(await host.run(`${id}-1`)).toEqual(["begin", "wait 1: 30100 ms", "look 1", "2025-04-01"]);
  });

  it("is ended if the job finishes while the run sleeps", async () => {
    const { start, dispatch, reconcile, host, data, runs, db } = await open();
    const id = await start("2025-04-01", "2025-04-01");
    await dispatch();
    await data(`mutation { cancelCollection(jobId: "${id}") { job { id } } }`);
    await reconcile(30_000);
    expect(host.ended).toEqual([]);
    await reconcile(31_000);
    expect(host.ended).toEqual([`${id}-1`]);
    expect(await runs()).toEqual([{ id: `${id}-1`, ended: 1 }]);
    expect(await db.orm.all(sql`select status from job_log`)).toEqual([{ status: "CANCELLED" }]);
  });

  it("is replaced even if the host cannot end the old run", async () => {
    const { start, dispatch, reconcile, host, job } = await open();
    const id = await start("2025-04-01", "2025-04-01");
    await dispatch();
    host.end = () => Promise.reject(new Error("the host cannot"));
    await reconcile(121_000);
    expect(host.started).toEqual([`${id}-1`, `${id}-2`]);
    await host.run(`${id}-2`);
    expect((await job(id)).status).toBe("COMPLETED");
  });

  it("continues when the job is resumed just as the run sees the pause", async () => {
    const { start, dispatch, host, data, db, server, job } = await open();
    const id = await start("2025-04-01", "2025-04-02");
    await dispatch();
    await data(`mutation { pauseCollection(jobId: "${id}") { job { id } } }`);
    const { write } = db;
    db.write = async (...batch) => {
      // The job is resumed after the run has seen the pause, but before the run writes.
      db.write = write;
      await data(`mutation { resumeCollection(jobId: "${id}") { job { id } } }`);
      return write(...batch);
    };
    expect(await server.readNext({ id: `${id}-1`, jobId: id })).toEqual({ kind: "collect", date: "2025-04-01" });
    await host.run(`${id}-1`);
    expect((await job(id)).status).toBe("COMPLETED");
  });

  it("never gets the number of an earlier run of the job, and old runs are deleted in the end", async () => {
    const { start, dispatch, reconcile, host, data, clock, runs } = await open();
    const id = await start("2025-04-01", "2025-04-03");
    const days = (n: number) => n * 24 * 60 * 60 * 1000;
    const act = (what: string) => data(`mutation { ${what}Collection(jobId: "${id}") { job { id } } }`);
    for (const run of [1, 2]) {
      await dispatch();
      await act("pause");
      await host.run(`${id}-${run}`);
      await clock.advance(days(20));
      await act("resume");
    }
    await reconcile(days(50));
    expect(host.started).toEqual([`${id}-1`, `${id}-2`, `${id}-3`]);
    await host.run(`${id}-3`);
    expect((await runs()).map((run) => run.ended)).toEqual([1, 1, 1]);
    await reconcile(days(61));
    expect(await runs()).toEqual([]);
  });

  it("is not started while ten other runs are active, not counting runs that wait for their source", async () => {
    const { data, db, dispatch, host, clock } = await open();
    for (let i = 0; i < 12; i++) {
      await data(
        `mutation { startCollection(input: { leagueKey: "458.l.${500 + i}", start: "2025-04-01", end: "2025-04-01" }) { job { id } } }`,
      );
      await clock.advance(1);
    }
    await dispatch();
    expect(host.started).toHaveLength(10);
    await dispatch();
    expect(host.started).toHaveLength(10);
    const [first] = host.started;
    await db.write([
      sql`update job_log set status = 'WAITING', resume_at = ${clock.now() + 900_000} where id = ${first?.replace(/-1$/, "")}`,
    ]);
    await dispatch();
    expect(host.started).toHaveLength(11);
  });
});
