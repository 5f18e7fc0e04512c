import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { CANARIES, ENV, FAULTS, json, OPERATOR, said } from "./support/canaries.ts";
import { makeDatabase } from "./support/ledger.ts";
import { type ServerProcess, startServer } from "./support/process.ts";
import { SHORT, testRedaction } from "./support/redaction.ts";
import { madeSeason } from "./support/season.ts";
import { until } from "./support/waiter.ts";
import { startYahoo, yahooEnv } from "./support/yahoo.ts";

describe("secret redaction", () => {
  testRedaction(FAULTS.slice(SHORT));

  it("covers files and logs even if a server is killed during work and replaced by another server", async () => {
    const yahoo = await startYahoo(madeSeason());
    onTestFinished(() => yahoo.close());
    const env = {
      ...ENV,
      ...yahooEnv(yahoo),
      YAHOO_CLIENT_SECRET: "canary-client-secret",
      DATABASE_URL: await makeDatabase(),
      LOG_LEVEL: "debug",
      LEASE_SECONDS: "0.5",
    };
    const ask = async (server: ServerProcess, query: string) => {
      const headers = { authorization: `Bearer ${OPERATOR}`, "content-type": "application/json" };
      const answer = await server.send("/graphql", { method: "POST", headers, body: JSON.stringify({ query }) });
      return (await answer.json()).data;
    };
    const killed = await startServer(env);
    const input = '{ leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-02", concurrency: 1 }';
    yahoo.fault = (path) => (path.endsWith("2025-04-02") ? "hang" : null);
    await ask(killed, `mutation { startCollection(input: ${input}) { created } }`);
    await until("a request to be in flight", () => yahoo.underWay() > 0);
    await killed.kill("SIGKILL");
    yahoo.fault = (path) => (path.includes("/roster;") ? { status: 403, body: json(said) } : null);
    const next = await startServer(env);
    await until("the refusal to be told", () => next.logged.some((line) => line.includes("[redacted]")));
    await next.kill("SIGTERM");
    const folder = dirname(env.DATABASE_URL.replace("file:", ""));
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), "latin1"));
    const all = [...killed.logged, ...next.logged, ...files].join("\n");
    expect(all).toContain("job_log");
    for (const canary of [...CANARIES, "canary-clie"]) expect(all).not.toContain(canary);
  });
});
