import { parseArgs } from "node:util";
import { sql } from "drizzle-orm";
import { addDays } from "../src/calendar.ts";
import { type Db, openDb } from "../src/db/client.ts";
import { serverEnv } from "../test/support/kills.ts";
import { type ServerProcess, startDeno, startServer } from "../test/support/process.ts";
import { START } from "../test/support/queries.ts";
import { madeSeason, type Season } from "../test/support/season.ts";
import { startSqld } from "../test/support/sqld.ts";
import { startYahoo } from "../test/support/yahoo.ts";

// Collects many leagues on one sqld with several processes, half of them Node and half Deno. An additional process
// collects nothing and only answers requests. Runs with 1, 2 and 4 processes, then again with 4, and kills one of the 4 every few seconds.
// Every record must be stored, and no date may be committed twice.
//
//   npm run proof:workers -- --leagues 200 --days 3 --kill-every 3

const { values } = parseArgs({
  options: {
    leagues: { type: "string", default: "200" },
    days: { type: "string", default: "3" },
    "kill-every": { type: "string", default: "3" },
    delay: { type: "string", default: "50" },
  },
});
const [leagues, days, killEverySeconds, delayMs] = [
  Number(values.leagues),
  Number(values.days),
  Number(values["kill-every"]),
  Number(values.delay),
];
const FROM = "2025-04-01";
const STANDSTILL_MS = 60_000;

/** The same season for each league, under its own key. */
const seasons: Season[] = Array.from({ length: leagues }, (_, i) => madeSeason(`458.l.${10_000 + i}`));
const perLeague = Array.from({ length: days }, (_, i) => addDays(FROM, i))
  .flatMap((date) => seasons[0]?.lineups(date) ?? [])
  .reduce((sum, { slots }) => sum + slots.length, 0);

type Result = { seconds: number; records: number; kills: number; requests: number; twice: number };

async function collect(processes: number, killEveryMs: number | null): Promise<Result> {
  const [yahoo, sqld] = [await startYahoo(seasons[0] as Season), await startSqld()];
  yahoo.seasons = seasons;
  yahoo.delayMs = delayMs;
  const db = openDb({ url: sqld.url });
  const env = serverEnv(yahoo, sqld.url, "2");
  const start = (i: number) => (i % 2 === 0 ? startServer : startDeno)({ ...env, LOG_LEVEL: "error" });
  const api = await startServer({ ...env, WORKER: "off" });
  const workers: ServerProcess[] = [];
  let kills = 0;
  let killing: Promise<void> = Promise.resolve();
  try {
    for (let i = 0; i < leagues; i += 20) {
      const input = (key: string) => ({ input: { leagueKey: key, start: FROM, end: addDays(FROM, days - 1) } });
      await Promise.all(seasons.slice(i, i + 20).map(({ league }) => api.data(START, input(league.key))));
    }
    for (let i = 0; i < processes; i++) workers.push(await start(i));
    const began = Date.now();
    const open = async () =>
      (await db.orm.all<{ n: number }>(sql`select count(*) as n from job_log where status <> 'COMPLETED'`))[0]?.n ?? 0;
    let isOver = false;
    if (killEveryMs !== null) {
      killing = (async () => {
        while (!isOver) {
          await new Promise((resolve) => setTimeout(resolve, killEveryMs));
          if (isOver) return;
          const victim = Math.floor(Math.random() * processes);
          await workers[victim]?.kill("SIGKILL");
          kills++;
          workers[victim] = await start(victim);
        }
      })();
    }
    for (let [left, since] = [await open(), Date.now()]; left > 0; ) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const now = await open();
      if (now < left) [left, since] = [now, Date.now()];
      if (Date.now() - since > STANDSTILL_MS) throw new Error(`No job completed for a minute: ${await describe(db)}`);
    }
    const seconds = (Date.now() - began) / 1000;
    isOver = true;
    await killing;
    const [stored] = await db.orm.all<{ records: number; twice: number }>(
      sql`select (select count(*) from daily_lineups) as records,
            (select count(*) from (select 1 from job_events where type = 'DATE_COMPLETED' group by job_id, date having count(*) > 1)) as twice`,
    );
    const requests = yahoo.requests.filter((path) => path.includes("/roster;")).length;
    const { records = 0, twice = 0 } = stored ?? {};
    return { seconds, records, kills, requests, twice };
  } finally {
    await Promise.all([...workers, api].map((each) => each.kill("SIGKILL")));
    await db.close();
    await sqld.close();
    await yahoo.close();
  }
}

async function describe(db: Db): Promise<string> {
  const jobs = await db.orm.all(
    sql`select id, status, lease_owner, lease_until - unixepoch('subsec') * 1000 as lease_ms, fence, dates_done from job_log
        where status <> 'COMPLETED' limit 10`,
  );
  return JSON.stringify({
    jobs,
    workers: await db.orm.all(sql`select id, heard_at - unixepoch('subsec') * 1000 from workers`),
  });
}

const expected = leagues * perLeague;
const dates = leagues * days;
let isGood = true;
console.log(`${leagues} leagues, ${days} dates each, ${expected} records; the stand-in answers after ${delayMs} ms\n`);
console.log("| processes | seconds | dates a second | records | requests | kills | dates twice |");
console.log("|---|---|---|---|---|---|---|");
for (const [processes, killEvery] of [
  [1, null],
  [2, null],
  [4, null],
  [4, killEverySeconds * 1000],
] as const) {
  const { seconds, records, kills, requests, twice } = await collect(processes, killEvery);
  isGood &&= records === expected && twice === 0;
  console.log(
    `| ${processes} | ${seconds.toFixed(1)} | ${(dates / seconds).toFixed(1)} | ${records} | ${requests} | ${kills} | ${twice} |`,
  );
}
process.exit(isGood ? 0 : 1);
