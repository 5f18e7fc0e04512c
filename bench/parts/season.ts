import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { pool } from "../../src/clock.ts";
import { rostersPayload } from "../../src/source/demo/payload.ts";
import { parseLeagueRosters } from "../../src/source/yahoo/parse.ts";
import { ask } from "../ask.ts";
import { DATES, leagueOf, lineupsOf, openFile, serverOn } from "../ledger.ts";
import { median, medianOf, report, temporaryFolder, timed } from "../row.ts";

// Measures the time to collect thirty dates over HTTP, from request to commit, compared with the time to fetch and discard the same
// responses.

const KEY = "458.l.1";
const DAYS = 30;
const ROUNDS = 5;
const folder = temporaryFolder();

async function upstream(delayMs: number): Promise<{ origin: string; stop: () => Promise<number> }> {
  const worker = new Worker(new URL("../upstream.ts", import.meta.url), {
    workerData: { key: KEY, days: DAYS, delayMs },
  });
  const port = await new Promise<number>((resolve) => worker.once("message", resolve));
  return { origin: `http://127.0.0.1:${port}`, stop: () => worker.terminate() };
}

async function collected(origin: string, concurrency: number, name: string): Promise<number> {
  const db = await openFile(join(folder, name));
  const server = serverOn(db, null, {
    YAHOO_BASE_URL: `${origin}/fantasy/v2`,
    YAHOO_LOGIN_URL: origin,
    YAHOO_CLIENT_ID: "client",
    YAHOO_CLIENT_SECRET: "secret",
    YAHOO_REFRESH_TOKEN: "refresh",
    CONCURRENCY: "4",
  });
  await ask(
    server,
    `mutation { startCollection(input: { leagueKey: "${KEY}", start: "${DATES[0]}", end: "${DATES[DAYS - 1]}", concurrency: ${concurrency} }) { job { id } } }`,
  );
  const ms = await timed(async () => {
    while (await server.tick({ budgetMs: 3_600_000 }));
  });
  const { job } = (await ask(server, '{ job(id: "latest") { status recordsInserted } }')) as {
    job: { status: string; recordsInserted: number };
  };
  if (job.status !== "COMPLETED" || job.recordsInserted !== DAYS * 468) throw new Error(JSON.stringify(job));
  await server.close();
  return ms;
}

/** Sends the requests of a collection and discards the responses: the login, two requests for the league, then four dates at a time. */
const fetched = (origin: string): Promise<number> =>
  timed(async () => {
    const get = async (path: string) =>
      (await fetch(`${origin}${path}`, { headers: { "user-agent": "bench" } })).text();
    for (const path of ["/oauth2/get_token", `/fantasy/v2/league/${KEY}/settings`, `/fantasy/v2/league/${KEY}/teams`])
      await get(path);
    await pool(
      4,
      DATES.slice(0, DAYS),
      async (date) => void (await get(`/fantasy/v2/league/${KEY}/teams/roster;date=${date}?format=json`)),
    );
  });

for (const [delayMs, goal] of [
  [0, null],
  [150, 1 / 0.9],
] as const) {
  const { origin, stop } = await upstream(delayMs);
  const [ours, bare]: number[][] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    bare?.push(await fetched(origin));
    ours?.push(await collected(origin, 4, `${delayMs}-${round}.db`));
  }
  await stop();
  report({
    what: `30 days, ${delayMs === 0 ? "no delay" : `${delayMs} ms upstream`}, four at once`,
    ours: median(ours ?? []) / 1000,
    unit: "s",
    against: "the same requests, responses discarded",
    limit: median(bare ?? []) / 1000,
    goal,
  });
}

const league = leagueOf(KEY);
const [date = ""] = DATES;
const body = rostersPayload(league, date, lineupsOf(league, date));
const plain = await medianOf(30, () => JSON.parse(body));
const parsed = await medianOf(30, () => parseLeagueRosters(JSON.parse(body), date));
report({
  what: `parse and validate ${(body.length / 1e6).toFixed(2)} MB`,
  ours: parsed,
  unit: "ms",
  against: "JSON.parse",
  limit: plain,
  goal: 1.7,
});
process.exit(0);
