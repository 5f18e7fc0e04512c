import { join } from "node:path";
import { pool } from "../../src/clock.ts";
import { startServer } from "../../test/support/process.ts";
import { ask } from "../ask.ts";
import { DATES, openFile, serverOn, sourceOf } from "../ledger.ts";
import { quantile, report, temporaryFolder, timed } from "../row.ts";

// Measures queries per second over sockets, from sixteen clients at once to a server in its own process.
// Each rate is compared with its limit: the rate of the cheapest query.

const KEY = "458.l.1";
const path = join(temporaryFolder(), "ledger.db");
const db = await openFile(path);
const filled = serverOn(db, sourceOf());
await ask(
  filled,
  `mutation { startCollection(input: { leagueKey: "${KEY}", start: "${DATES[0]}", end: "${DATES[29]}" }) { job { id } } }`,
);
while (await filled.tick({ budgetMs: 3_600_000 }));
await filled.close();

const server = await startServer({ DATABASE_URL: `file:${path}`, WORKER: "off", LOG_LEVEL: "error" });
const QUERIES = {
  "the cheapest query": "{ __typename }",
  "a job": '{ job(id: "latest") { status progress { percent } } }',
  "a lineup": `{ lineup(teamKey: "${KEY}.t.3", date: "${DATES[3]}") { slots { player { name } selectedPosition } } }`,
};
const COUNT = 2_000;
let limit = 0;
for (const [what, query] of Object.entries(QUERIES)) {
  await pool(16, Array(200).keys(), async () => void (await server.data(query)));
  const times: number[] = [];
  const ms = await timed(() =>
    pool(16, Array(COUNT).keys(), async () => void times.push(await timed(() => server.data(query)))),
  );
  const perSecond = (1_000 * COUNT) / ms;
  limit ||= perSecond;
  report({
    what: `${what}, sixteen at once`,
    ours: perSecond,
    unit: "per s",
    against: "the cheapest query",
    limit,
    goal: null,
    isMoreBetter: true,
  });
  for (const share of [0.5, 0.95, 0.99])
    report({
      what: `${what}, p${share * 100}`,
      ours: quantile(times, share),
      unit: "ms",
      against: "set",
      limit: 100,
      goal: null,
    });
}
await server.kill("SIGKILL");
process.exit(0);
