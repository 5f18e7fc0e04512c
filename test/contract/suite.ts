import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { watch } from "../../examples/watch.ts";
import { addDays, datesBetween } from "../../src/calendar.ts";
import { type ServerProcess, WORKER_TOKEN } from "../support/process.ts";
import { START } from "../support/queries.ts";
import { madeSeason, type Season } from "../support/season.ts";
import { read, type Stream } from "../support/stream.ts";
import { until } from "../support/waiter.ts";
import { ANSWERS, type StandIn, startYahoo } from "../support/yahoo.ts";

/** A server to test over HTTP: a runtime with a database. */
export type Target = {
  /** Starts the server, with the data of the previous server if there was one. */
  start(env: Record<string, string>): Promise<ServerProcess>;
  /**
   * Makes the runtime continue its jobs, for example by sending a cron trigger. Does nothing on a runtime that continues its jobs by
   * itself.
   */
  nudge(server: ServerProcess): Promise<void>;
  /**
   * Whether the server stops gracefully on a signal. A server under wrangler does not stop gracefully, because wrangler kills the runtime.
   */
  stops: boolean;
  /** Whether callers need a token. */
  wantsToken: boolean;
  /** Removes the servers' data. */
  remove(): Promise<void>;
};

const JOB = `query ($id: ID!) { job(id: $id) { id status startDate recordsInserted recordsProcessed requests error { code }
  progress { datesCompleted datesTotal } } }`;
const EVENTS = `subscription ($jobId: ID, $after: String) { jobEvents(jobId: $jobId, after: $after) { cursor type date } }`;
const act = (what: "pause" | "resume" | "cancel") =>
  `mutation ($id: ID!) { ${what}Collection(jobId: $id) { job { id status pendingAction } } }`;
const LINEUPS = `query ($league: String!, $date: Date!, $environment: Environment!) {
  lineups(leagueKey: $league, start: $date, end: $date, environment: $environment, first: 50) {
    nodes { team { key } jobId slots { selectedPosition player { id: sourceId } } } } }`;

/** Defines the tests that every runtime has to pass on every database. Each test has its own range of dates. */
export function contractSuite(name: string, make: () => Promise<Target>, { short = false } = {}): void {
  describe(name, () => {
    let target: Target;
    let server: ServerProcess;
    let yahoo: StandIn;
    let env: Record<string, string>;
    const season: Season = madeSeason();
    const league = season.league.key;
    const full: (name: string, test: () => Promise<void>) => void = short ? () => {} : it;

    beforeAll(async () => {
      yahoo = await startYahoo(season);
      target = await make();
      env = { YAHOO_BASE_URL: yahoo.baseUrl, YAHOO_LOGIN_URL: yahoo.loginUrl, LEASE_SECONDS: "1", CONCURRENCY: "1" };
      server = await target.start(env);
    }, 60_000);
    afterAll(async () => {
      await server?.kill("SIGKILL");
      await target?.remove();
      await yahoo?.close();
    });

    const start = async (from: string, days: number, more: Record<string, unknown> = {}) => {
      const input = { leagueKey: league, start: from, end: addDays(from, days - 1), ...more };
      return (await server.data(START, { input })).startCollection.job.id as string;
    };
    const job = async (id: string) => (await server.data(JOB, { id })).job;
    const becomes = (id: string, status: string) =>
      until(`${id} to be ${status}`, async () => {
        await target.nudge(server);
        const now = await job(id);
        return now.status === status ? now : null;
      });
    const follow = async (variables: Record<string, unknown>): Promise<Stream> => {
      const response = await server.send("/graphql", {
        method: "POST",
        headers: { "content-type": "application/json", accept: "text/event-stream" },
        body: JSON.stringify({ query: EVENTS, variables }),
      });
      if (!response.body) throw new Error(`The response has no body: its status is ${response.status}`);
      return read(response.body);
    };
    const records = async (date: string, environment = "PRODUCTION") =>
      (await server.data(LINEUPS, { league, date, environment })).lineups.nodes.flatMap((day: any) =>
        day.slots.map((slot: any) => `${day.team.key} ${slot.player.id} ${slot.selectedPosition}`),
      );
    const expected = (date: string) =>
      season
        .lineups(date)
        .flatMap(({ teamKey, slots }) => slots.map((e) => `${teamKey} ${e.playerId} ${e.selectedPosition}`));
    const rosterRequests = (dates: readonly string[]) =>
      yahoo.requests.filter((path) => dates.some((date) => path.endsWith(`;date=${date}`))).length;

    it("collects a range of dates and streams its events, from the start or from a cursor, without a gap or a repeat", async () => {
      const id = await start("2025-04-01", 5);
      const stream = await follow({ jobId: id, after: "0" });
      const events = await stream.rest();
      expect(events.map(({ type }) => type)).toEqual([
        "CREATED",
        "STARTED",
        ...Array.from({ length: 5 }, () => "DATE_COMPLETED"),
        "COMPLETED",
      ]);
      const third = events[3]?.cursor;
      expect(await (await follow({ jobId: id, after: third })).rest()).toEqual(events.slice(4));
      expect(await job(id)).toMatchObject({
        status: "COMPLETED",
        progress: { datesCompleted: 5, datesTotal: 5 },
        error: null,
      });
      for (const date of ["2025-04-01", "2025-04-05"])
        expect((await records(date)).sort()).toEqual(expected(date).sort());
    });

    it("refuses invalid input with an error code, and refuses an unknown token if tokens are required", async () => {
      const query = (body: unknown, headers: Record<string, string> = { "content-type": "application/json" }) =>
        server.send("/graphql", { method: "POST", headers, body: JSON.stringify(body) });
      const code = async (text: string, variables = {}) => {
        const { errors } = (await (await query({ query: text, variables })).json()) as any;
        return errors[0].extensions.code;
      };
      expect(await code(START, { input: { leagueKey: league, start: "2025-05-02", end: "2025-05-01" } })).toBe(
        "BAD_USER_INPUT",
      );
      expect(await code(START, { input: { leagueKey: "cricket", start: "2025-05-01", end: "2025-05-01" } })).toBe(
        "BAD_USER_INPUT",
      );
      expect(await code(act("pause"), { id: "none" })).toBe("NOT_FOUND");
      expect((await query({ query: "{ jobs { totalCount } }" }, { "content-type": "text/plain" })).status).toBe(415);
      expect(
        (await server.send(`/graphql?query=${encodeURIComponent("mutation { x }")}`)).status,
      ).toBeGreaterThanOrEqual(400);
      const stranger = await fetch(server.url, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer 0123456789abcdeX" },
        body: JSON.stringify({ query: "{ jobs { totalCount } }" }),
      });
      expect(stranger.status).toBe(target.wantsToken ? 401 : 200);
      // The dashboard's files need no token. The dashboard asks for a token only after it has loaded.
      const dashboard = await fetch(new URL("/season", server.url));
      expect(dashboard.headers.get("content-type")).toMatch(/^text\/html/);
      expect(dashboard.headers.get("content-security-policy")).toContain("default-src 'none'");
      const [, script = ""] = /src="(\/assets\/[^"]+\.js)"/.exec(await dashboard.text()) ?? [];
      const file = await fetch(new URL(script, server.url));
      expect([file.status, file.headers.get("content-type")]).toEqual([200, expect.stringMatching(/javascript/)]);
      expect((await file.text()).length).toBeGreaterThan(10_000);
      const page = await (await server.send("/graphql", { headers: { accept: "text/html" } })).text();
      expect(page).toContain("Collect the demo season");
      expect(page).not.toContain("__OPTIONS__");
      const browser = await fetch(server.url, { headers: { accept: "text/html" } });
      expect([browser.status, browser.headers.get("www-authenticate")]).toEqual(
        target.wantsToken ? [401, 'Basic realm="lineup-ledger"'] : [200, null],
      );
      expect(await (await fetch(new URL("/health", server.url))).text()).toBe("ok\n");
    });

    full("pauses after the date in flight, and resumes at the next date without repeating a request", async () => {
      const dates = datesBetween("2025-04-10", "2025-04-15");
      let release: (() => void) | undefined;
      yahoo.fault = (path) => (path.endsWith("2025-04-12") && !release ? "hang" : null);
      yahoo.hold = (_, go) => {
        release = go;
      };
      const id = await start("2025-04-10", 6);
      await until("the request for the third date", () => release);
      expect((await server.data(act("pause"), { id })).pauseCollection.job.pendingAction).toBe("PAUSE");
      release?.();
      expect((await becomes(id, "PAUSED")).progress.datesCompleted).toBe(3);
      expect((await server.data(act("resume"), { id })).resumeCollection.job.status).toBe("QUEUED");
      await becomes(id, "COMPLETED");
      expect(rosterRequests(dates)).toBe(6);
      // The example client receives all events up to the job's present state.
      const told: string[] = [];
      const token = target.wantsToken ? WORKER_TOKEN : undefined;
      for await (const { type } of watch(server.url, { jobId: id, token })) told.push(type);
      expect(told.filter((type) => type !== "DATE_COMPLETED")).toEqual([
        ...["CREATED", "STARTED", "PAUSE_REQUESTED", "PAUSED"],
        ...["RESUMED", "STARTED", "COMPLETED"],
      ]);
      expect((await records("2025-04-12")).sort()).toEqual(expected("2025-04-12").sort());
    });

    full("continues a collection after a kill and a restart, and repeats at most one request", async () => {
      const dates = datesBetween("2025-04-20", "2025-04-29");
      yahoo.delayMs = 40;
      const id = await start("2025-04-20", 10);
      await until("requests for some dates", () => rosterRequests(dates) >= 4);
      await server.kill("SIGKILL");
      const done = rosterRequests(dates);
      expect(done).toBeLessThan(10);
      yahoo.delayMs = 0;
      server = await target.start(env);
      const { recordsProcessed } = await becomes(id, "COMPLETED");
      expect(rosterRequests(dates)).toBeLessThanOrEqual(11);
      expect(recordsProcessed).toBe(dates.flatMap(expected).length);
      for (const date of dates) expect((await records(date)).sort()).toEqual(expected(date).sort());
    });

    full("waits until the source's rate limit is over, and then resumes by itself", async () => {
      yahoo.fault = (path, nth) =>
        path.endsWith("2025-05-02") && nth === 1 ? { status: 429, body: "", headers: { "retry-after": "1" } } : null;
      const id = await start("2025-05-01", 3);
      const types = (await (await follow({ jobId: id, after: "0" })).rest()).map(({ type }) => type);
      expect(types.filter((type) => type !== "DATE_COMPLETED")).toEqual([
        "CREATED",
        "STARTED",
        "WAITING",
        "RESUMED",
        "COMPLETED",
      ]);
    });

    full("fails a job whose date cannot be collected, and retries the date when the job is resumed", async () => {
      yahoo.fault = (path) => (path.includes("2025-05-11") ? ANSWERS.privateLeague : null);
      const id = await start("2025-05-10", 1);
      await becomes(id, "COMPLETED");
      const failing = await start("2025-05-11", 1);
      expect((await becomes(failing, "FAILED")).error.code).toBe("LEAGUE_PRIVATE");
      yahoo.fault = () => null;
      await server.data(act("resume"), { id: failing });
      await becomes(failing, "COMPLETED");
    });

    full("starts one job for ten equal requests at once, keeps environments apart, and cancels a job", async () => {
      const input = {
        leagueKey: league,
        start: "2025-05-20",
        end: "2025-05-21",
        environment: "TEST",
        idempotencyKey: "once",
      };
      const all = await Promise.all(Array.from({ length: 10 }, () => server.data(START, { input })));
      expect(new Set(all.map(({ startCollection }) => startCollection.job.id)).size).toBe(1);
      expect(all.filter(({ startCollection }) => startCollection.created)).toHaveLength(1);
      await becomes(all[0]?.startCollection.job.id, "COMPLETED");
      expect(await records("2025-05-20")).toEqual([]);
      expect((await records("2025-05-20", "TEST")).length).toBeGreaterThan(100);
      yahoo.fault = (path) => (path.endsWith("2025-05-25") ? "hang" : null);
      let release = () => {};
      yahoo.hold = (_, go) => {
        release = go;
      };
      const id = await start("2025-05-24", 4);
      await until("the request for the second date", () => rosterRequests(["2025-05-25"]) === 1);
      await server.data(act("cancel"), { id });
      yahoo.fault = () => null;
      release();
      await becomes(id, "CANCELLED");
      expect(rosterRequests(["2025-05-26", "2025-05-27"])).toBe(0);
    });

    full("runs a schedule on demand, streams an export, and lists the worker of a job", async () => {
      const created = await server.data(
        `mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) { schedule { id } } }`,
        { input: { name: "nightly", leagueKey: "demo.l.1", cron: "0 6 * * *", lookbackDays: 2 } },
      );
      const triggered = await server.data(`mutation ($id: ID!) { triggerSchedule(id: $id) { job { id } } }`, {
        id: created.createSchedule.schedule.id,
      });
      await becomes(triggered.triggerSchedule.job.id, "COMPLETED");
      const csv = await (
        await server.send(`/export/lineups.csv?league=${league}&start=2025-04-01&end=2025-04-02`)
      ).text();
      expect(csv.trim().split("\n")).toHaveLength(1 + expected("2025-04-01").length + expected("2025-04-02").length);

      let release = () => {};
      yahoo.fault = (path) => (path.endsWith("2025-06-01") ? "hang" : null);
      yahoo.hold = (_, go) => {
        release = go;
      };
      const id = await start("2025-06-01", 1);
      const worker = await until("a worker on the job", async () => {
        const { workers } = await server.data(`{ workers { id runtime works isAlive jobs { id } } }`);
        return workers.find(({ jobs }: any) => jobs.some((each: any) => each.id === id));
      });
      expect(worker).toMatchObject({
        works: true,
        isAlive: true,
        runtime: expect.stringMatching(/NODE|DENO|CLOUDFLARE/),
      });
      yahoo.fault = () => null;
      release();
      await becomes(id, "COMPLETED");
    });

    full(
      "ends its subscriptions and exits with 0 on SIGTERM, and the next server continues the job at once",
      async () => {
        if (!target.stops) return;
        yahoo.delayMs = 40;
        const id = await start("2025-06-10", 8);
        const stream = await follow({});
        await until("requests for some dates", () => rosterRequests(["2025-06-11"]) === 1);
        const ended = server.kill("SIGTERM");
        await stream.rest();
        expect(await ended).toBe(0);
        yahoo.delayMs = 0;
        server = await target.start({ ...env, LEASE_SECONDS: "600" });
        await becomes(id, "COMPLETED");
        expect(rosterRequests(datesBetween("2025-06-10", "2025-06-17"))).toBe(8);
      },
    );
  });
}
