import { utimesSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import { openDb } from "../../src/db/client.ts";
import { serverEnv, storedRecords } from "./kills.ts";
import { cron, runtimeFolder, startWorkerd } from "./process.ts";
import { START } from "./queries.ts";
import type { Season } from "./season.ts";
import { startSqld } from "./sqld.ts";
import { until } from "./waiter.ts";
import { startYahoo } from "./yahoo.ts";

const ENTRY = fileURLToPath(new URL("../../src/runtimes/cloudflare.ts", import.meta.url));

export type WorkflowReport = {
  status: string;
  /** How often the isolates were replaced under a running instance, and how often the whole runtime was killed. */
  kills: { isolates: number; runtime: number };
  records: string[];
  rosterRequests: number;
  /** How many Workflow instances worked on the job, one after the other. */
  instances: number;
};

/**
 * Collects a range on workerd through a Workflow instance, with kills at random moments. Some kills make wrangler replace all isolates (as
 * after a change to a file), and the isolates' work is lost. A kill may also end the whole runtime, which restarts with
 * its persisted data.
 */
export async function collectUnderWorkflowKills(
  season: Season,
  { start, end, kills }: { start: string; end: string; kills: number },
): Promise<WorkflowReport> {
  const yahoo = await startYahoo(season);
  yahoo.delayMs = 100;
  const [sqld, folder] = [await startSqld(), runtimeFolder()];
  const db = openDb({ url: sqld.url });
  const env = { ...serverEnv(yahoo, sqld.url), CONCURRENCY: "1" };
  let server = await startWorkerd(env, folder.path);
  const report: WorkflowReport = {
    status: "",
    kills: { isolates: 0, runtime: 0 },
    records: [],
    rosterRequests: 0,
    instances: 0,
  };
  try {
    const input = { leagueKey: season.league.key, start, end };
    const id = (await server.data(START, { input })).startCollection.job.id as string;
    const status = async () =>
      (await db.orm.all<{ status: string }>(sql`select status from job_log where id = ${id}`))[0]?.status ?? "";
    const isOver = async () => (await status()) === "COMPLETED";
    const goesOn = async (requests: number) =>
      until("the collection to go on", async () => {
        // A trigger may be lost while isolates are replaced.
        await cron(server).catch(() => {});
        return yahoo.requests.length >= requests || (await isOver());
      });
    for (let kill = 0; kill < kills && !(await isOver()); kill++) {
      await goesOn(yahoo.requests.length + 2 + Math.floor(Math.random() * 3));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 150));
      if (kill % 2 === 0) {
        const reloads = () => server.logged.filter((line) => line.includes("Local server updated")).length;
        const before = reloads();
        utimesSync(ENTRY, new Date(), new Date());
        await until("the isolates to be replaced", () => reloads() > before);
        report.kills.isolates++;
      } else {
        await server.kill("SIGKILL");
        server = await startWorkerd(env, folder.path);
        report.kills.runtime++;
      }
    }
    await goesOn(Number.POSITIVE_INFINITY);
    const [runs] = await db.orm.all<{ n: number }>(sql`select count(*) as n from workers where job_id = ${id}`);
    return {
      ...report,
      status: await status(),
      records: await storedRecords(db),
      rosterRequests: yahoo.requests.filter((path) => path.includes("/roster;")).length,
      instances: runs?.n ?? 0,
    };
  } finally {
    await server.kill("SIGKILL");
    await db.close();
    await sqld.close();
    await yahoo.close();
    folder.remove();
  }
}
