import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { serverEnv } from "../support/kills.ts";
import { makeFolder } from "../support/ledger.ts";
import { startServer } from "../support/process.ts";
import { START } from "../support/queries.ts";
import { madeSeason } from "../support/season.ts";
import { read } from "../support/stream.ts";
import { until } from "../support/waiter.ts";
import { startYahoo } from "../support/yahoo.ts";

describe("SIGTERM", () => {
  it("makes the server finish the dates in flight, end subscriptions and exit with 0, and the job continues after a restart", async () => {
    const season = madeSeason();
    const yahoo = await startYahoo(season);
    yahoo.delayMs = 15;
    // The lease is far longer than the test. The job can continue right after the restart only if the lease was released.
    const env = serverEnv(yahoo, `file:${join(makeFolder(), "term.db")}`, "600");
    const server = await startServer(env);
    onTestFinished(async () => {
      await server.kill("SIGKILL");
      await yahoo.close();
    });
    const id = (
      await server.data(START, { input: { leagueKey: season.league.key, start: "2025-04-01", end: "2025-04-20" } })
    ).startCollection.job.id;
    const response = await fetch(server.url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({ query: "subscription { jobEvents { type } }" }),
    });
    const events = read(response.body as ReadableStream<Uint8Array>).rest();
    await until("some dates", () => yahoo.requests.length > 8);
    expect(await server.kill("SIGTERM")).toBe(0);
    expect((await events).map(({ type }) => type)).toContain("DATE_COMPLETED");
    expect(server.logged.filter((line) => !line.includes('"level":"info"'))).toEqual([]);

    const asked = yahoo.requests.length;
    const again = await startServer(env);
    onTestFinished(async () => void (await again.kill("SIGKILL")));
    await until(
      "the job to be completed",
      async () => (await again.data("query ($id: ID!) { job(id: $id) { status } }", { id })).job.status === "COMPLETED",
    );
    const rosters = yahoo.requests.filter((path) => path.includes("/roster;"));
    expect(rosters).toHaveLength(20);
    expect(new Set(rosters).size).toBe(20);
    expect(asked).toBeLessThan(22);
  });
});
