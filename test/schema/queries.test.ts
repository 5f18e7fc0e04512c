import { sql } from "drizzle-orm";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jobId } from "../../src/jobs/create.ts";
import { openLedger } from "../support/ledger.ts";
import { LINEUPS } from "../support/lists.ts";
import { madeSeason } from "../support/season.ts";

describe("lineups", () => {
  it("need six SQL statements for a page, whether the page has 5 or 50 entries", async () => {
    const ledger = await openLedger();
    await ledger.start("2025-04-01", "2025-04-05");
    await ledger.work();
    const cost = async (first: number) => {
      ledger.statements.length = 0;
      const { lineups } = await ledger.data(LINEUPS, { first });
      expect(lineups.edges).toHaveLength(first);
      expect(lineups.edges.every((edge: { node: { slots: unknown[] } }) => edge.node.slots.length === 26)).toBe(true);
      return ledger.statements.length;
    };
    expect(await cost(5)).toBe(6);
    expect(await cost(50)).toBe(6);
  });

  it("contain exactly what was collected, with the job and the time of the observation", async () => {
    const season = madeSeason();
    const ledger = await openLedger({ season });
    const id = await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
    const { lineup } =
      await ledger.data(`{ lineup(teamKey: "458.l.100.t.6", date: "2025-04-01") { date team { name } provisional jobId
      slots { player { id: sourceId name } selectedPosition positionType eligiblePositions playerTeam playerStatus observedSameDay observedAt jobId } } }`);
    const team = season.lineups("2025-04-01")[5];
    expect(lineup).toMatchObject({ date: "2025-04-01", team: { name: team?.teamName }, provisional: false, jobId: id });
    const expected = (team?.slots ?? []).map((e) => ({
      player: { id: e.playerId, name: e.playerName },
      selectedPosition: e.selectedPosition,
      positionType: e.positionType,
      eligiblePositions: e.eligiblePositions,
      playerTeam: e.playerTeam,
      playerStatus: e.playerStatus,
      observedSameDay: false,
      observedAt: "2025-06-01T16:00:00.000Z",
      jobId: id,
    }));
    // Slots are sorted by the order of the league's roster, then by player id.
    const places = season.league.positions.map(({ position }) => position);
    const place = ({ selectedPosition }: { selectedPosition: string }) => places.indexOf(selectedPosition);
    expected.sort((a, b) => place(a) - place(b) || (a.player.id < b.player.id ? -1 : 1));
    expect(lineup.slots).toEqual(expected);
    expect(await ledger.data('{ lineup(teamKey: "458.l.100.t.6", date: "2025-04-02") { date } }')).toEqual({
      lineup: null,
    });
    expect(
      await ledger.data(
        `{ lineups(leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-01", teamKey: "458.l.100.t.6") { totalCount } }`,
      ),
    ).toEqual({
      lineups: { totalCount: 1 },
    });
  });

  it("are provisional and have observedSameDay set if they are collected before the day is over", async () => {
    const ledger = await openLedger({ now: "2025-04-02T05:00:00.000Z" });
    await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
    const { lineup } = await ledger.data(
      '{ lineup(teamKey: "458.l.100.t.1", date: "2025-04-01") { provisional slots { observedSameDay } } }',
    );
    expect(lineup.provisional).toBe(true);
    expect(lineup.slots.every((slot: { observedSameDay: boolean }) => slot.observedSameDay)).toBe(true);
  });
});

describe("paging", () => {
  it("returns each existing job once even while new jobs are added", async () => {
    const ledger = await openLedger();
    let made = 0;
    const add = async () => {
      ledger.clock.set(ledger.clock.now() + 1000);
      await ledger.data("mutation ($input: StartCollectionInput!) { startCollection(input: $input) { job { id } } }", {
        input: { leagueKey: `458.l.${++made}`, start: "2025-04-01", end: "2025-04-01" },
      });
    };
    for (let i = 0; i < 10; i++) await add();
    const before = (await ledger.data("{ jobs { nodes { id } } }")).jobs.nodes.map(({ id }: { id: string }) => id);
    const seen: string[] = [];
    for (let after: string | null = null; ; ) {
      const { jobs }: Record<string, any> = await ledger.data(
        "query ($after: String) { jobs(first: 3, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }",
        { after },
      );
      seen.push(...jobs.nodes.map(({ id }: { id: string }) => id));
      if (!jobs.pageInfo.hasNextPage) break;
      after = jobs.pageInfo.endCursor;
      await add();
    }
    expect(seen).toEqual(before);
  });
});

describe("jobs", () => {
  it("can be filtered by state and kind, and are returned newest first with their total count", async () => {
    const ledger = await openLedger();
    const first = await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
    ledger.clock.set(ledger.clock.now() + 1);
    const second = await ledger.start("2025-04-01", "2025-04-01");
    const ids = async (args: string) => (await ledger.data(`{ jobs(${args}) { totalCount nodes { id } } }`)).jobs;
    expect(await ids("first: 10")).toEqual({ totalCount: 2, nodes: [{ id: second }, { id: first }] });
    expect(await ids("status: [QUEUED]")).toEqual({ totalCount: 1, nodes: [{ id: second }] });
    expect(await ids("kind: [UPDATE, BACKFILL]")).toEqual({ totalCount: 0, nodes: [] });
    expect(await ledger.data('{ job(id: "nothing") { id } latest: job(id: "latest") { id } }')).toEqual({
      job: null,
      latest: { id: second },
    });
  });

  it("need seven SQL statements for a page of any length", async () => {
    const ledger = await openLedger();
    for (let i = 0; i < 12; i++) await ledger.start("2025-04-01", "2025-04-02", { leagueKey: `458.l.${200 + i}` });
    const cost = async (first: number) => {
      ledger.statements.length = 0;
      await ledger.data(
        `{ jobs(first: ${first}) { nodes { dates { date } checkpoint { currentDate datesCompleted } progress { percent } } } }`,
      );
      return ledger.statements.length;
    };
    expect([await cost(2), await cost(12)]).toEqual([7, 7]);
  });

  it("return their input and the caller who started them", async () => {
    const ledger = await openLedger();
    const job = await ledger.job(
      await ledger.start("2025-04-01", "2025-04-02", { concurrency: 3, idempotencyKey: "k" }),
    );
    expect(job.metadata).toEqual({
      leagueKey: "458.l.100",
      start: "2025-04-01",
      end: "2025-04-02",
      environment: "PRODUCTION",
      onlyMissing: false,
      concurrency: 3,
      idempotencyKey: "k",
      startedBy: "anonymous",
    });
    expect(job.id).toMatch(/^lineup_collection_production_20250601_160000_[0-9a-f]{6}$/);
    expect(jobId("BACKFILL", "TEST", Date.UTC(2025, 7, 2, 12, 34, 56))).toMatch(
      /^lineup_backfill_test_20250802_123456_[0-9a-f]{6}$/,
    );
  });

  it("appear in resumableJobs with their checkpoints after a failure", async () => {
    const ledger = await openLedger();
    ledger.yahoo.fault = (path) => (path.endsWith("2025-04-02") ? { status: 500, body: "" } : null);
    const failed = await ledger.start("2025-04-01", "2025-04-03");
    await ledger.work();
    const { resumableJobs } = await ledger.data(
      "{ resumableJobs { id checkpoint { jobId status leagueKey startDate endDate currentDate datesCompleted teamsProcessed } } }",
    );
    expect(resumableJobs).toEqual([
      {
        id: failed,
        checkpoint: {
          jobId: failed,
          status: "FAILED",
          leagueKey: "458.l.100",
          startDate: "2025-04-01",
          endDate: "2025-04-03",
          currentDate: "2025-04-02",
          datesCompleted: ["2025-04-01", "2025-04-03"],
          teamsProcessed: [],
        },
      },
    ]);
  });

  it("return their events in pages", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-05");
    await ledger.work();
    const seen: string[] = [];
    for (let after: string | null = null; ; ) {
      const { jobEvents }: Record<string, any> = await ledger.data(
        "query ($id: ID!, $after: String) { jobEvents(jobId: $id, after: $after, first: 3) { cursor hasMore events { cursor type } } }",
        { id, after },
      );
      seen.push(...jobEvents.events.map(({ type }: { type: string }) => type));
      after = jobEvents.cursor;
      if (!jobEvents.hasMore) break;
    }
    expect(seen).toEqual(["CREATED", "STARTED", ...Array(5).fill("DATE_COMPLETED"), "COMPLETED"]);
  });
});

describe("leagues", () => {
  it("are listed after their first collection, with the name, season and teams from their source", async () => {
    const ledger = await openLedger();
    expect(await ledger.ask('{ leagues { key } league(key: "458.l.100") { key } }')).toMatchObject({
      data: { leagues: [], league: null },
      errors: [{ path: ["league"], extensions: { code: "NOT_FOUND", leagueKey: "458.l.100" } }],
    });
    await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
    const { leagues } = await ledger.data(
      "{ leagues { key name source sport season startDate endDate teams { key name leagueKey } } }",
    );
    expect(leagues).toMatchObject([
      {
        key: "458.l.100",
        name: "Made League",
        source: "YAHOO",
        sport: "mlb",
        season: 2025,
        startDate: "2025-03-18",
        endDate: "2025-09-28",
      },
    ]);
    expect(leagues[0].teams).toHaveLength(12);
    expect(leagues[0].teams.at(-1)).toEqual({ key: "458.l.100.t.12", name: "Moonshots", leagueKey: "458.l.100" });
  });
});

describe("jobStatistics", () => {
  it("returns the same figures as a direct count over the same jobs", async () => {
    const ledger = await openLedger();
    const rank = (values: number[], p: number) =>
      [...values].sort((a, b) => a - b)[Math.ceil((values.length * p) / 100) - 1];
    const status = fc.constantFrom("QUEUED", "RUNNING", "PAUSED", "COMPLETED", "FAILED", "CANCELLED");
    const job = fc.record({
      status,
      ms: fc.integer({ min: 0, max: 100_000 }),
      records: fc.nat(1000),
      requests: fc.nat(50),
    });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(job, { minLength: 1, maxLength: 25 }), async (jobs) => {
        const league = `458.l.${++round}`;
        await ledger.db.write([
          ...jobs.map(({ status, ms, records, requests }, i) => {
            const ended = ["COMPLETED", "FAILED", "CANCELLED"].includes(status);
            return sql`insert into job_log (id, kind, environment, status, league_key, start_date, end_date, concurrency, metadata, input_digest,
                created_at, started_at, finished_at, dates_total, dates_done, records_processed, records_inserted, requests, error_code)
              values (${`${round}-${i}`}, 'COLLECTION', 'TEST', ${status}, ${league}, '2025-04-01', '2025-04-01', 1, '{}', '', 1, 1000,
                ${ended ? 1000 + ms : null}, 1, ${status === "COMPLETED" ? 1 : 0}, ${records}, ${records}, ${requests}, ${status === "FAILED" ? "INTERNAL" : null})`;
          }),
          sql`select 1`,
        ]);
        const { jobStatistics } = await ledger.data(
          `query ($key: String) { jobStatistics(environment: TEST, leagueKey: $key) { totalJobs completedJobs failedJobs pausedJobs runningJobs cancelledJobs
             successRate recordsProcessed recordsInserted requests durationSeconds { p50 p95 p99 } dateDurationSeconds { p50 } } }`,
          { key: league },
        );
        const of = (status: string) => jobs.filter((each) => each.status === status).length;
        const finished = jobs.filter(({ status }) => ["COMPLETED", "FAILED", "CANCELLED"].includes(status));
        const durations = finished.map(({ ms }) => ms / 1000);
        expect(jobStatistics).toEqual({
          totalJobs: jobs.length,
          completedJobs: of("COMPLETED"),
          failedJobs: of("FAILED"),
          pausedJobs: of("PAUSED"),
          runningJobs: of("RUNNING"),
          cancelledJobs: of("CANCELLED"),
          successRate: finished.length === 0 ? null : (of("COMPLETED") / finished.length) * 100,
          recordsProcessed: jobs.reduce((sum, each) => sum + each.records, 0),
          recordsInserted: jobs.reduce((sum, each) => sum + each.records, 0),
          requests: jobs.reduce((sum, each) => sum + each.requests, 0),
          durationSeconds:
            finished.length === 0
              ? null
              : { p50: rank(durations, 50), p95: rank(durations, 95), p99: rank(durations, 99) },
          dateDurationSeconds: null,
        });
      }),
      { numRuns: 40 },
    );
  });
});

describe("jobStatistics fields", () => {
  it("are capped at the largest Int, except for the field `exact`, which returns the full total", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-01");
    await ledger.work();
    const most = 2_147_483_647;
    await ledger.db.write([
      sql`update job_log set records_processed = ${3 * most}, records_inserted = ${3 * most}, records_unchanged = 0, requests = ${most + 1} where id = ${id}`,
    ]);
    const totals = "recordsProcessed recordsInserted requests retries";
    expect((await ledger.data(`{ jobStatistics { totalJobs ${totals} exact { ${totals} } } }`)).jobStatistics).toEqual({
      totalJobs: 1,
      recordsProcessed: most,
      recordsInserted: most,
      requests: most,
      retries: 0,
      exact: { recordsProcessed: 3 * most, recordsInserted: 3 * most, requests: most + 1, retries: 0 },
    });
  });

  it("compute durations only if a query requests the durations", async () => {
    const ledger = await openLedger();
    const read = async (fields: string) => {
      const before = ledger.statements.length;
      await ledger.data(`{ jobStatistics { ${fields} } }`);
      return ledger.statements.slice(before);
    };
    expect(await read("totalJobs successRate")).toHaveLength(1);
    expect((await read("totalJobs successRate")).join()).not.toContain("row_number");
    expect(await read("durationSeconds { p50 }")).toHaveLength(2);
    expect(await read("durationSeconds { p50 } dateDurationSeconds { p50 }")).toHaveLength(3);
  });
});
