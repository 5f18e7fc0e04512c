import { join } from "node:path";
import { sql } from "drizzle-orm";
import { datesBetween } from "../../src/calendar.ts";
import { type Db, openDb } from "../../src/db/client.ts";
import { type ServerProcess, startServer } from "./process.ts";
import { START } from "./queries.ts";
import type { Season } from "./season.ts";
import { until } from "./waiter.ts";
import { type StandIn, startYahoo } from "./yahoo.ts";

export type KillReport = {
  kills: number;
  records: string[];
  rosterRequests: number;
  /** Paths of requests for dates that were already done when a process was killed. */
  askedAgain: string[];
  status: string;
  integrity: string;
};

/** Returns the environment of a server that reads from the stand-in and has short leases. */
export const serverEnv = (yahoo: StandIn, databaseUrl: string, leaseSeconds = "0.5"): Record<string, string> => ({
  DATABASE_URL: databaseUrl,
  YAHOO_BASE_URL: yahoo.baseUrl,
  YAHOO_LOGIN_URL: yahoo.loginUrl,
  LEASE_SECONDS: leaseSeconds,
});

const dateOf = (path: string) => /;date=([\d-]+)$/.exec(path)?.[1] ?? "";

/**
 * Collects a season's range in server processes that are killed (SIGKILL) at random moments and started again.
 * Returns what the ledger holds at the end.
 * @param workers How many processes share the database file. One process is killed at a time.
 */
export async function collectUnderKills(
  season: Season,
  {
    start,
    end,
    kills,
    workers,
    folder,
  }: { start: string; end: string; kills: number; workers: number; folder: string },
): Promise<KillReport> {
  const yahoo = await startYahoo(season);
  yahoo.delayMs = 8;
  // The other processes go on during a kill. The last dates are held back, so the collection cannot end before the last kill.
  const datesAKill = Math.max(1, Math.floor(datesBetween(start, end).length / (kills + 1)));
  let [allowed, served] = [datesAKill, 0];
  const held: (() => void)[] = [];
  yahoo.fault = (path) => {
    if (!path.includes("/roster;") || served++ < allowed) return null;
    return "hang";
  };
  yahoo.hold = (_, release) => void held.push(release);
  const allowMore = () => {
    allowed += datesAKill + held.length;
    for (const release of held.splice(0)) release();
  };
  const url = `file:${join(folder, "kills.db")}`;
  const env = serverEnv(yahoo, url);
  const servers: ServerProcess[] = [];
  let db: Db | undefined;
  try {
    for (let i = 0; i < workers; i++) servers.push(await startServer(env));
    db = openDb({ url });
    const id = (await servers[0]?.data(START, { input: { leagueKey: season.league.key, start, end } }))?.startCollection
      .job.id as string;
    const status = async () =>
      (await db?.orm.all<{ status: string }>(sql`select status from job_log where id = ${id}`))?.[0]?.status;
    const done = async () =>
      (await db?.orm.all<{ date: string }>(sql`select date from job_dates where job_id = ${id} and status = 'DONE'`)) ??
      [];

    const hasGoneOn = async (requests: number) =>
      yahoo.requests.length >= requests || held.length > 0 || (await status()) === "COMPLETED";

    const askedAgain = new Set<string>();
    let killed = 0;
    while (killed < kills && (await status()) !== "COMPLETED") {
      const goal = yahoo.requests.length + 1 + Math.floor(Math.random() * 3);
      await until("new requests", () => hasGoneOn(goal));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 1.5 * yahoo.delayMs));
      const victim = Math.floor(Math.random() * workers);
      await servers[victim]?.kill("SIGKILL");
      killed++;
      const doneAtKill = new Set((await done()).map(({ date }) => date));
      const asked = yahoo.requests.length;
      allowMore();
      servers[victim] = await startServer(env);
      await until("the work to go on", () => hasGoneOn(asked + 2));
      for (const path of yahoo.requests.slice(asked)) if (doneAtKill.has(dateOf(path))) askedAgain.add(path);
    }
    allowed = Number.POSITIVE_INFINITY;
    allowMore();
    await until("the collection to complete", async () => (await status()) === "COMPLETED");
    const [check] = await db.orm.all<{ integrity_check: string }>(sql`pragma integrity_check`);
    return {
      kills: killed,
      records: await storedRecords(db),
      rosterRequests: yahoo.requests.filter((path) => path.includes("/roster;")).length,
      askedAgain: [...askedAgain],
      status: (await status()) ?? "",
      integrity: check?.integrity_check ?? "",
    };
  } finally {
    await Promise.all(servers.map((server) => server.kill("SIGKILL")));
    await db?.close();
    await yahoo.close();
  }
}

/** Returns every stored record as `date team player slot`, sorted. */
export async function storedRecords(db: Db): Promise<string[]> {
  const lines = await db.orm.all<{ line: string }>(
    sql`select date || ' ' || team_key || ' ' || player_id || ' ' || selected_position as line from daily_lineups order by line`,
  );
  return lines.map(({ line }) => line);
}

/** Returns a season's records on the given dates, in the form of {@link KillReport.records}. */
export function expectedRecords({ lineups }: Season, dates: readonly string[]): string[] {
  return dates
    .flatMap((date) =>
      lineups(date).flatMap(({ teamKey, slots }) =>
        slots.map((e) => `${date} ${teamKey} ${e.playerId} ${e.selectedPosition}`),
      ),
    )
    .sort();
}
