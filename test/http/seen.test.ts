import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { openLedger } from "../support/ledger.ts";
import { ANSWERS } from "../support/yahoo.ts";

const at = (path: string, headers: Record<string, string> = {}) => new Request(`http://localhost${path}`, { headers });

describe("/healthz and /readyz", () => {
  it("report whether the process is alive and whether it is ready to work", async () => {
    const { server, db, clock } = await openLedger();
    expect((await server.fetch(at("/healthz"))).status).toBe(200);
    const ready = await server.fetch(at("/readyz"));
    expect(ready.status).toBe(200);
    // A process is ready even without any worker.
    expect(await ready.json()).toEqual({ ready: true, database: "ok", schema: "current", workers: 0 });
    await db.write([
      sql`delete from __drizzle_migrations where created_at = (select max(created_at) from __drizzle_migrations)`,
    ]);
    await clock.advance(1_000);
    const old = await server.fetch(at("/readyz"));
    expect(old.status).toBe(503);
    expect(await old.json()).toMatchObject({
      ready: false,
      schema: expect.stringContaining("The database is out of date"),
    });
    await db.close();
    await clock.advance(1_000);
    const gone = await server.fetch(at("/readyz"));
    expect(gone.status).toBe(503);
    expect(gone.headers.get("retry-after")).toBe("5");
    expect((await server.fetch(at("/healthz"))).status).toBe(200);
  });

  it("need no token and query the database at most once a second", async () => {
    const ledger = await openLedger({ env: { API_TOKENS: "me:viewer:0123456789abcdef" } });
    await ledger.server.fetch(at("/readyz"));
    const before = ledger.statements.length;
    for (let n = 0; n < 50; n++) expect((await ledger.server.fetch(at("/readyz"))).status).toBe(200);
    expect(ledger.statements.length).toBe(before);
  });
});

describe("/metrics", () => {
  const read = async (text: string) =>
    Object.fromEntries(
      text
        .split("\n")
        .filter((line) => line && !line.startsWith("#"))
        .map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
    );

  it("gives callers with a token the jobs, dates, requests, waits and each league's lag in the Prometheus format", async () => {
    const env = { API_TOKENS: "me:admin:0123456789abcdef", REQUESTS_PER_SECOND: "10", REQUESTS_PER_WINDOW: "400" };
    const ledger = await openLedger({ env });
    const headers = { authorization: "Bearer 0123456789abcdef" };
    const START = `mutation ($input: StartCollectionInput!) { startCollection(input: $input) { job { id } } }`;
    const start = (from: string, to: string) =>
      ledger.ask(START, { input: { leagueKey: "458.l.100", start: from, end: to } }, headers);
    await start("2025-05-01", "2025-05-03");
    await ledger.work();
    ledger.yahoo.fault = () => ANSWERS.rateLimited;
    await start("2025-05-04", "2025-05-04");
    await ledger.work();
    expect((await ledger.server.fetch(at("/metrics"))).status).toBe(401);
    const response = await ledger.server.fetch(at("/metrics", headers));
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    const metrics = await read(text);
    expect(metrics).toMatchObject({
      'lineup_ledger_jobs{environment="PRODUCTION",status="COMPLETED"}': 1,
      'lineup_ledger_jobs{environment="PRODUCTION",status="WAITING"}': 1,
      'lineup_ledger_dates_total{outcome="completed"}': 3,
      'lineup_ledger_dates_total{outcome="failed"}': 0,
      lineup_ledger_waiting_seconds: 900,
      'lineup_ledger_source_blocked_seconds{source="YAHOO"}': 900,
      // The newest date that can be final is May 31.
      'lineup_ledger_league_lag_days{league="458.l.100"}': 28,
      lineup_ledger_subscriptions: 0,
      'lineup_ledger_http_requests_total{route="metrics",status="4xx"}': 1,
    });
    // Each name has exactly one HELP line.
    const helped = [...text.matchAll(/^# HELP (\S+)/gm)].map(([, name]) => name);
    expect(new Set(helped).size).toBe(helped.length);
  });
});

describe("log at level info", () => {
  const env = { LOG_LEVEL: "info", API_TOKENS: "ann:operator:0123456789abcdef" };
  const headers = { authorization: "Bearer 0123456789abcdef" };
  const lines = (logged: readonly string[]) => logged.map((line) => JSON.parse(line));

  it("records mutations and their callers, refused tokens, and the start and end of each job, with request and job ids", async () => {
    const ledger = await openLedger({ env });
    const START = 'mutation { startUpdate(input: { leagueKey: "demo.l.1", lookbackDays: 1 }) { job { id } } }';
    const { data } = await ledger.ask(START, {}, headers);
    const jobId = data?.startUpdate.job.id;
    await ledger.ask('mutation { pauseCollection(jobId: "none") { job { id } } }', {}, headers);
    await ledger.ask("{ leagues { key } }", {}, { authorization: "Bearer some-other-token-1" });
    await ledger.work();
    const all = lines(ledger.logged);
    for (const line of all)
      expect(line).toMatchObject({ time: expect.stringMatching(/^\d{4}-.*Z$/), level: expect.any(String) });
    expect(all).toContainEqual(
      expect.objectContaining({
        message: "A mutation was requested",
        by: "ann",
        fields: ["startUpdate"],
        requestId: expect.any(String),
      }),
    );
    expect(all).toContainEqual(expect.objectContaining({ fields: ["pauseCollection"], codes: ["NOT_FOUND"] }));
    expect(all).toContainEqual(
      expect.objectContaining({
        message: "An unknown token was refused",
        address: "unknown",
        path: "/graphql",
      }),
    );
    expect(all).toContainEqual(
      expect.objectContaining({ message: "A session on a job begins", jobId, kind: "UPDATE" }),
    );
    expect(all).toContainEqual(expect.objectContaining({ jobId, status: "COMPLETED" }));
    expect(ledger.logged.join("\n")).not.toContain("some-other-token-1");
  });

  it("contains the same request id as the response's x-request-id header", async () => {
    const ledger = await openLedger({ env });
    const response = await ledger.server.fetch(
      new Request("http://localhost/graphql", {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify({ query: 'mutation { cancelCollection(jobId: "none") { job { id } } }' }),
      }),
    );
    const id = response.headers.get("x-request-id");
    expect(lines(ledger.logged).map(({ requestId }) => requestId)).toContain(id);
  });
});
