import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import { describe, expect, it, onTestFinished } from "vitest";
import { openDb } from "../../src/db/client.ts";
import { serverEnv } from "../support/kills.ts";
import { makeFolder } from "../support/ledger.ts";
import { startServer } from "../support/process.ts";
import { START } from "../support/queries.ts";
import { madeSeason } from "../support/season.ts";
import { until } from "../support/waiter.ts";
import { startYahoo } from "../support/yahoo.ts";

describe("a worker that was suspended until another worker took over the job", () => {
  const scenario = async (withFence: boolean) => {
    const season = madeSeason();
    const yahoo = await startYahoo(season);
    const url = `file:${join(makeFolder(), "stop.db")}`;
    const env = serverEnv(yahoo, url);
    const sleeper = await startServer(env);
    const db = openDb({ url, patienceMs: 50 });
    onTestFinished(async () => {
      await sleeper.kill("SIGKILL");
      await db.close();
      await yahoo.close();
    });
    if (!withFence) await db.write([sql`drop trigger job_log_fence`]);

    yahoo.fault = (path) => (path.endsWith("2025-04-02") ? "hang" : null);
    const held = new Promise<() => void>((resolve) => {
      yahoo.hold = (path, release) => {
        if (path.endsWith("2025-04-02") && yahoo.requests.filter((each) => each === path).length === 1)
          resolve(release);
      };
    });
    await sleeper.data(START, {
      input: { leagueKey: season.league.key, start: "2025-04-01", end: "2025-04-03", concurrency: 1 },
    });
    const release = await held;
    // A worker that is stopped during a heartbeat holds the file's lock, and nobody else can write. The test therefore
    // stops the worker repeatedly until the file is not locked.
    for (let isFree = false; !isFree; ) {
      sleeper.child.kill("SIGSTOP");
      isFree = await db.write([sql`update schedules set version = version where id = 'none'`]).then(
        () => true,
        () => false,
      );
      if (!isFree) sleeper.child.kill("SIGCONT");
    }
    yahoo.fault = () => null;

    const other = await startServer(env);
    const status = async () => (await db.orm.all<{ status: string }>(sql`select status from job_log`))[0]?.status;
    await until("the other worker to complete the job", async () => (await status()) === "COMPLETED");
    await other.kill("SIGTERM");
    const dump = async () =>
      Promise.all(
        ["job_log", "job_dates", "job_events", "team_days", "daily_lineups", "lineup_changes", "league_dates"].map(
          (table) => db.orm.all(sql.raw(`select * from ${table}`)),
        ),
      );
    const before = await dump();
    release();
    sleeper.child.kill("SIGCONT");
    return { sleeper, before, dump };
  };

  it("writes nothing after waking up", async () => {
    const { sleeper, before, dump } = await scenario(true);
    await until("the worker to notice the takeover", () => sleeper.logged.some((line) => line.includes("taken over")));
    expect(await dump()).toEqual(before);
  });

  it("would write stale data if the database did not check the fencing token", async () => {
    const { before, dump } = await scenario(false);
    await until("the stale worker to write", async () => JSON.stringify(await dump()) !== JSON.stringify(before));
  });
});

describe("WORKER=only", () => {
  it("starts a process that does not listen, completes another process's job, and exits with 0 on SIGTERM", async () => {
    const season = madeSeason();
    const yahoo = await startYahoo(season);
    const env = serverEnv(yahoo, `file:${join(makeFolder(), "only.db")}`);
    const api = await startServer({ ...env, WORKER: "off" });
    const worker = spawn(process.execPath, [fileURLToPath(new URL("../../src/runtimes/node.ts", import.meta.url))], {
      // With WORKER=only the process does not listen, so it needs no tokens, whatever HOST is.
      env: { ...env, PATH: process.env.PATH ?? "", WORKER: "only", HOST: "0.0.0.0", REQUESTS_PER_SECOND: "0" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(async () => {
      worker.kill("SIGKILL");
      await api.kill("SIGKILL");
      await yahoo.close();
    });
    let said = "";
    worker.stdout.on("data", (chunk) => {
      said += chunk;
    });
    const input = { leagueKey: season.league.key, start: "2025-04-01", end: "2025-04-03" };
    const id = (await api.data(START, { input })).startCollection.job.id;
    await until("the job to be completed by the other process", async () => {
      const { job, workers } = await api.data(`query ($id: ID!) { job(id: $id) { status } workers { serves works } }`, {
        id,
      });
      return job.status === "COMPLETED" && workers.length === 2 && workers;
    });
    const { workers } = await api.data("{ workers { runtime serves works } }");
    expect(workers).toHaveLength(2);
    expect(workers).toContainEqual({ runtime: "NODE", serves: true, works: false });
    expect(workers).toContainEqual({ runtime: "NODE", serves: false, works: true });
    worker.kill("SIGTERM");
    expect(await once(worker, "exit")).toEqual([0, null]);
    expect(said).toBe("Lineup Ledger works on jobs and does not listen for requests\n");
    expect((await api.data("{ workers { works } }")).workers).toEqual([{ works: false }]);
  });
});
