import { sql } from "drizzle-orm";
import { openDb } from "../../src/db/client.ts";
import { cliEnv, spawnLineups } from "./cli.ts";
import { storedRecords } from "./kills.ts";
import type { Season } from "./season.ts";
import { until } from "./waiter.ts";
import { startYahoo } from "./yahoo.ts";

export type InterruptReport = {
  /** The exit codes of the commands, in order. The last exit code is that of the command that completed the job. */
  exits: number[];
  records: string[];
  rosterRequests: number;
  /** The final statuses of all jobs. There has to be exactly one job. */
  jobs: string[];
};

/**
 * Collects a range with `lineups collect`, sends SIGINT at random moments, and continues with the command that the interrupted command
 * printed. Throws if an interrupted command does not print how to continue.
 */
export async function interruptedCollection(
  season: Season,
  { start, end, times, folder }: { start: string; end: string; times: number; folder: string },
): Promise<InterruptReport> {
  const yahoo = await startYahoo(season);
  yahoo.delayMs = 12;
  const env = cliEnv(folder, { YAHOO_BASE_URL: yahoo.baseUrl, YAHOO_LOGIN_URL: yahoo.loginUrl });
  const isRoster = (path: string) => path.includes("/roster;");
  const exits: number[] = [];
  let command = ["collect", "--league", season.league.key, "--start", start, "--end", end, "--concurrency", "1"];
  try {
    for (;;) {
      const { child, ended } = spawnLineups(command, env);
      let isOver = false;
      void ended.then(() => {
        isOver = true;
      });
      if (exits.length < times) {
        const goal = yahoo.requests.filter(isRoster).length + 1 + Math.floor(Math.random() * 2);
        await until("requests for rosters", () => isOver || yahoo.requests.filter(isRoster).length >= goal);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 2 * yahoo.delayMs));
        child.kill("SIGINT");
      }
      const { exit, out, err } = await ended;
      exits.push(exit);
      const printed = /Go on with: npx lineups (.+)\n/.exec(out)?.[1];
      if (exit === 0) break;
      if (!printed) throw new Error(`No command to go on with after exit code ${exit}:\n${out}\n${err}`);
      command = printed.split(" ");
    }
    const db = openDb({ url: env.DATABASE_URL ?? "" });
    const records = await storedRecords(db);
    const jobs = await db.orm.all<{ status: string }>(sql`select status from job_log`);
    await db.close();
    return {
      exits,
      records,
      rosterRequests: yahoo.requests.filter(isRoster).length,
      jobs: jobs.map(({ status }) => status),
    };
  } finally {
    await yahoo.close();
  }
}
