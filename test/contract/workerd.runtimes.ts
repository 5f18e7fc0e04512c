import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type JobEvent, watch } from "../../examples/watch.ts";
import { openDb } from "../../src/db/client.ts";
import { migrate } from "../../src/db/migrate.ts";
import { readMigrations } from "../../src/runtimes/migrations.ts";
import { cron, runtimeFolder, type ServerProcess, startWorkerd, WORKER_TOKEN } from "../support/process.ts";
import { START } from "../support/queries.ts";
import { madeSeason } from "../support/season.ts";
import { type Sqld, startSqld } from "../support/sqld.ts";
import { until } from "../support/waiter.ts";
import { type StandIn, startYahoo } from "../support/yahoo.ts";

// Tests what only a Worker does. Part of `npm run test:runtimes`.
describe("Cloudflare Worker", () => {
  const season = madeSeason();
  let sqld: Sqld;
  let yahoo: StandIn;
  const folder = runtimeFolder();
  let server: ServerProcess;

  beforeAll(async () => {
    [sqld, yahoo] = [await startSqld({ migrated: false }), await startYahoo(season)];
    const env = { YAHOO_BASE_URL: yahoo.baseUrl, YAHOO_LOGIN_URL: yahoo.loginUrl, SUBREQUESTS: "50", CONCURRENCY: "1" };
    server = await startWorkerd({ ...env, DATABASE_URL: sqld.url }, folder.path);
  });
  afterAll(async () => {
    await server.kill("SIGKILL");
    await Promise.all([sqld.close(), yahoo.close()]);
    folder.remove();
  });

  it("answers 503 with the reason until its database is migrated, and then serves requests", async () => {
    const answer = await server.send("/graphql", { method: "POST", body: "{}" });
    expect({ status: answer.status, retry: answer.headers.get("retry-after") }).toEqual({ status: 503, retry: "60" });
    expect(await answer.json()).toEqual({
      errors: [
        {
          message: expect.stringMatching(
            /^The database is empty: this version requires migration \d{4}_\w+\. Run `npm run db:migrate` with its DATABASE_URL$/,
          ),
          extensions: { code: "UNAVAILABLE" },
        },
      ],
    });
    const [all, db] = [await readMigrations(), openDb({ url: sqld.url })];
    await migrate(db, all.slice(0, -1));
    expect(await (await server.send("/health")).text()).toContain("The database is out of date");
    await migrate(db, all);
    await db.close();
    expect((await server.send("/health")).status).toBe(200);
  });

  it("answers sixty requests at once, each with its own database client", async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => server.data("{ jobs { totalCount } }")));
    expect(answers).toHaveLength(60);
  });

  it("ends a subscription before the platform's request limit, and the example client continues without a gap or a repeat", async () => {
    yahoo.delayMs = 500;
    const input = { leagueKey: season.league.key, start: "2025-04-01", end: "2025-04-30" };
    const jobId = (await server.data(START, { input })).startCollection.job.id;
    const streams: string[] = [];
    const seen: JobEvent[] = [];
    const options = { jobId, token: WORKER_TOKEN, onStream: (after: string) => void streams.push(after) };
    for await (const event of watch(server.url, options)) seen.push(event);
    yahoo.delayMs = 0;
    expect(streams.length).toBeGreaterThan(1);
    const { jobEvents } = await server.data(
      `query ($jobId: ID!) { jobEvents(jobId: $jobId, first: 500) { events { cursor jobId type date message } } }`,
      { jobId },
    );
    expect(seen).toEqual(jobEvents.events);
    expect(seen.filter(({ type }) => type === "DATE_COMPLETED")).toHaveLength(30);
    // A second watch receives all events up to the job's present state.
    const again: JobEvent[] = [];
    for await (const event of watch(server.url, { jobId, token: WORKER_TOKEN })) again.push(event);
    expect(again).toEqual(seen);
    await expect(watch(server.url, { jobId: "none", token: WORKER_TOKEN }).next()).rejects.toThrow("NOT_FOUND");
    await expect(watch(server.url, { jobId, token: "another-one-entirely" }).next()).rejects.toThrow("401");
  });

  it("answers 429 once the platform has counted too many wrong tokens, and still accepts the right token", async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 30; n++) {
      const response = await fetch(server.url, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer wrong-token-${n}` },
        body: JSON.stringify({ query: "{ viewer { name } }" }),
      });
      statuses.push(response.status);
      await response.text();
    }
    expect(statuses[0]).toBe(401);
    expect(statuses.at(-1)).toBe(429);
    expect((await server.data("{ viewer { name } }")).viewer.name).toBe("me");
  });

  it("runs a due schedule when the cron trigger fires", async () => {
    const { createSchedule } = await server.data(
      `mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) { schedule { id } } }`,
      { input: { name: "each minute", leagueKey: "demo.l.1", cron: "* * * * *", lookbackDays: 1 } },
    );
    // The schedule's first due time is up to a minute away, so the test makes that time a minute earlier.
    const db = openDb({ url: sqld.url });
    await db.write([
      sql`update schedules set decided_until = decided_until - 60000, next_due_at = next_due_at - 60000 where enabled = 1`,
    ]);
    await db.close();
    await cron(server);
    const decisions = await until("a decision", async () => {
      const { schedule } = await server.data(
        `query ($id: ID!) { schedule(id: $id) { decisions(first: 5) { outcome job { status } } } }`,
        { id: createSchedule.schedule.id },
      );
      return schedule.decisions[0]?.job?.status === "COMPLETED" ? schedule.decisions : null;
    });
    expect(decisions).toMatchObject([{ outcome: "STARTED" }]);
  });

  it("answers 503 and logs the reason when its configuration is invalid", async () => {
    const other = runtimeFolder();
    const bare = await startWorkerd({ DATABASE_URL: sqld.url, API_TOKENS: "" }, other.path);
    const answer = await bare.send("/graphql", { method: "POST", body: "{}" });
    const body = (await answer.json()) as { errors: { message: string }[] };
    await until("the reason in its log", () => bare.logged.some((line) => line.includes("API_TOKENS is required")));
    await bare.kill("SIGKILL");
    other.remove();
    expect(answer.status).toBe(503);
    expect(body.errors[0]?.message).toContain(
      "API_TOKENS is required because Cloudflare Workers is publicly reachable; allowed: name:role:token, comma-separated",
    );
  });
});
