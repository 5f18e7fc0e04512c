import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { makeFolder } from "../support/ledger.ts";
import { startServer } from "../support/process.ts";
import { madeSeason } from "../support/season.ts";
import { until } from "../support/waiter.ts";
import { startYahoo, yahooEnv } from "../support/yahoo.ts";

const LIFE_S = 2;

it("two processes refresh the tokens of their shared credential once per expiry, even if the tokens rotate and expire after two seconds", async () => {
  const yahoo = await startYahoo(madeSeason());
  onTestFinished(() => yahoo.close());
  yahoo.goodTokens = new Set();
  yahoo.rotates = true;
  yahoo.expiresInS = LIFE_S;
  const env = {
    DATABASE_URL: `file:${join(makeFolder(), "ledger.db")}`,
    ...yahooEnv(yahoo),
    REQUESTS_PER_SECOND: "10",
  };
  const processes = await Promise.all([startServer(env), startServer(env)]);
  onTestFinished(async () => {
    await Promise.all(processes.map(({ kill }) => kill("SIGKILL")));
  });
  const [one, two] = processes;
  const start = async (server: typeof one, start: string, end: string) =>
    (
      await server.data("mutation ($i: StartCollectionInput!) { startCollection(input: $i) { job { id } } }", {
        i: { leagueKey: "458.l.100", start, end },
      })
    ).startCollection.job.id;
  const ids = [await start(one, "2025-04-01", "2025-04-30"), await start(two, "2025-05-01", "2025-05-30")];
  for (const id of ids)
    await until(`job ${id} to be completed`, async () => {
      const { job } = await one.data("query ($id: ID!) { job(id: $id) { status error { message } } }", { id });
      if (job.status !== "RUNNING" && job.status !== "QUEUED")
        expect(job).toEqual({ status: "COMPLETED", error: null });
      return job.status === "COMPLETED";
    });
  expect(yahoo.refusals()).toBe(0);
  expect(yahoo.grants.length).toBeGreaterThan(2);
  const gaps = yahoo.grants.slice(1).map((at, i) => at - (yahoo.grants[i] ?? 0));
  // A token is refreshed when a tenth of its life is left.
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(LIFE_S * 900 - 50);
});
