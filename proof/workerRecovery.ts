import { SECOND } from "../src/clock.ts";
import { cron, runtimeFolder, startWorkerd } from "../test/support/process.ts";
import { START } from "../test/support/queries.ts";
import { madeSeason } from "../test/support/season.ts";
import { startSqld } from "../test/support/sqld.ts";
import { startYahoo } from "../test/support/yahoo.ts";

// Measures how long a job on Cloudflare Workers stands still after the whole runtime is killed. The Worker has its
// default lease and one cron trigger a minute, as in production. Uses workerd as `wrangler dev` runs it.
//
//   npm run proof:worker-recovery

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const [yahoo, sqld, folder] = [await startYahoo(madeSeason()), await startSqld(), runtimeFolder()];
yahoo.delayMs = SECOND;
const env = {
  DATABASE_URL: sqld.url,
  YAHOO_BASE_URL: yahoo.baseUrl,
  YAHOO_LOGIN_URL: yahoo.loginUrl,
  REQUESTS_PER_SECOND: "1",
};
let server = await startWorkerd(env, folder.path);
let isOver = false;
const triggers = (async () => {
  for (let second = 0; !isOver; second++) {
    if (second % 60 === 0) await cron(server).catch(() => {});
    await sleep(SECOND);
  }
})();
try {
  const input = { leagueKey: "458.l.100", start: "2025-04-01", end: "2025-05-30" };
  const id = (await server.data(START, { input })).startCollection.job.id;
  const done = async () =>
    (await server.data("query ($id: ID!) { job(id: $id) { progress { datesCompleted } } }", { id })).job.progress
      .datesCompleted as number;
  while ((await done()) < 3) await sleep(200);
  await server.kill("SIGKILL");
  const began = performance.now();
  server = await startWorkerd(env, folder.path);
  const before = await done();
  while ((await done()) === before) await sleep(500);
  const seconds = (performance.now() - began) / SECOND;
  console.log(`the next date was committed ${seconds.toFixed(1)} s after the runtime was killed (allowed: 180 s)`);
  process.exitCode = seconds <= 180 ? 0 : 1;
} finally {
  isOver = true;
  await server.kill("SIGKILL");
  await triggers;
  await sqld.close();
  await yahoo.close();
  folder.remove();
}
process.exit();
