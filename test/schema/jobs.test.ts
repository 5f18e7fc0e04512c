import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { openLedger } from "../support/ledger.ts";
import { subscribe } from "../support/stream.ts";

const KEY = "458.l.100";

describe("jobs", () => {
  it("can be filtered by date, creation time, caller, schedule, idempotency key and the last characters of their id", async () => {
    const ledger = await openLedger({
      env: { API_TOKENS: "ann:operator:ann-token-0123456789,carl:operator:carl-token-0123456789" },
    });
    const as = async (name: string, query: string, variables = {}) => {
      const answer = await ledger.ask(query, variables, { authorization: `Bearer ${name}-token-0123456789` });
      if (answer.errors) throw new Error(JSON.stringify(answer.errors));
      return answer.data ?? {};
    };
    const start = async (name: string, date: string, idempotencyKey: string) => {
      const input = { leagueKey: KEY, start: date, end: date, idempotencyKey };
      const { startCollection } = await as(
        name,
        "mutation ($input: StartCollectionInput!) { startCollection(input: $input) { job { id } } }",
        { input },
      );
      await ledger.work();
      return startCollection.job.id as string;
    };
    const [one] = [await start("ann", "2025-04-01", "k1")];
    ledger.clock.set(Date.parse("2025-06-02T12:00:00Z"));
    const two = await start("carl", "2025-04-02", "k2");
    const { createSchedule } = await as(
      "ann",
      `mutation { createSchedule(input: { name: "s", leagueKey: "${KEY}", cron: "0 6 * * *" }) { schedule { id } } }`,
    );
    const { id } = createSchedule.schedule;
    const three = (await as("ann", `mutation { triggerSchedule(id: "${id}") { job { id } } }`)).triggerSchedule.job.id;
    await ledger.work();
    const found = async (args: string) => {
      const { jobs } = await as("ann", `{ jobs(${args}) { totalCount nodes { id } } }`);
      expect(jobs.totalCount).toBe(jobs.nodes.length);
      return jobs.nodes.map((job: { id: string }) => job.id);
    };
    expect(await found('date: "2025-04-01"')).toEqual([one]);
    expect(await found('date: "2025-05-01"')).toEqual([]);
    expect(await found('since: "2025-06-02T00:00:00Z"')).toEqual([three, two]);
    expect(await found('until: "2025-06-02T00:00:00Z"')).toEqual([one]);
    expect(await found('startedBy: "carl"')).toEqual([two]);
    expect(await found(`scheduleId: "${id}"`)).toEqual([three]);
    expect(await found('idempotencyKey: "k1"')).toEqual([one]);
    expect(await found(`idEndsWith: "${two.slice(-6)}"`)).toEqual([two]);
    expect(await found('idempotencyKey: "k1", startedBy: "carl"')).toEqual([]);
    expect(await found('status: [COMPLETED], kind: [COLLECTION], startedBy: "ann"')).toEqual([one]);
  });

  it("return their parameters with types, in addition to the untyped metadata", async () => {
    const ledger = await openLedger();
    const PARAMETERS =
      "parameters { leagueKey onlyMissing concurrency lookbackDays season mend idempotencyKey scheduledFor trigger }";
    const of = async (id: string) =>
      (await ledger.data(`query ($id: ID!) { job(id: $id) { ${PARAMETERS} } }`, { id })).job.parameters;
    const none = { onlyMissing: null, lookbackDays: null, season: null, mend: null, scheduledFor: null, trigger: null };
    const first = await ledger.start("2025-04-01", "2025-04-01", {
      leagueKey: "mlb.l.100",
      onlyMissing: true,
      concurrency: 3,
      idempotencyKey: "k",
    });
    expect(await of(first)).toEqual({
      ...none,
      leagueKey: "mlb.l.100",
      onlyMissing: true,
      concurrency: 3,
      idempotencyKey: "k",
    });
    await ledger.work();
    await ledger.data(
      `mutation { createSchedule(input: { name: "s", leagueKey: "${KEY}", cron: "5 16 * * *", timezone: "UTC", lookbackDays: 3 }) { schedule { id } } }`,
    );
    ledger.clock.set(Date.parse("2025-06-01T16:05:01Z"));
    await ledger.work();
    expect(await of("latest")).toEqual({
      ...none,
      leagueKey: KEY,
      concurrency: 2,
      idempotencyKey: null,
      lookbackDays: 3,
      scheduledFor: "2025-06-01T16:05:00.000Z",
      trigger: "CRON",
    });
    const { startVerification } = await ledger.data(
      "mutation { startVerification(input: { mend: true }) { job { id } } }",
    );
    expect(await of(startVerification.job.id)).toMatchObject({ mend: true, lookbackDays: null });
    await ledger.work();
    const { startBackfill } = await ledger.data(
      `mutation { startBackfill(input: { leagueKey: "${KEY}" }) { job { id } } }`,
    );
    expect(await of(startBackfill.job.id)).toMatchObject({ season: 2025, trigger: null });
    // Metadata of the wrong type counts as absent.
    await ledger.db.write([sql`update job_log set metadata = '{"mend":"yes","season":"x"}' where id = ${first}`]);
    expect(await of(first)).toMatchObject({ leagueKey: KEY, mend: null, season: null });
  });
});

describe("jobStatistics.buckets", () => {
  it("count jobs by the day on which they were created, and include days without jobs", async () => {
    const ledger = await openLedger({ now: "2025-06-10T15:00:00Z" });
    const insert = (n: number, at: string, status: string) =>
      sql`insert into job_log (id, kind, environment, status, league_key, start_date, end_date, concurrency, metadata, input_digest, created_at, started_at,
            finished_at, dates_total, dates_done, records_processed, records_inserted, requests, retries, error_code)
          values (${`j${n}`}, 'COLLECTION', 'PRODUCTION', ${status}, ${KEY}, '2025-04-01', '2025-04-01', 1, '{}', '', ${Date.parse(at)}, 1,
            1, 1, ${status === "COMPLETED" ? 1 : 0}, 10, 10, 5, 1, ${status === "FAILED" ? "INTERNAL" : null})`;
    await ledger.db.write([
      insert(1, "2025-06-10T00:00:00Z", "COMPLETED"),
      insert(2, "2025-06-10T14:59:59Z", "FAILED"),
      insert(3, "2025-06-09T23:59:59.999Z", "CANCELLED"),
      insert(4, "2025-06-07T00:00:00Z", "COMPLETED"),
      insert(5, "2025-06-06T23:59:59Z", "COMPLETED"),
    ]);
    const buckets = async (args: string, fields: string) =>
      (await ledger.data(`{ jobStatistics { buckets(${args}) { ${fields} } } }`)).jobStatistics.buckets;
    expect(
      await buckets(
        "count: 4",
        "start end jobs completedJobs failedJobs cancelledJobs recordsInserted requests retries",
      ),
    ).toEqual(
      [
        ["07", 1, 1, 0, 0],
        ["08", 0, 0, 0, 0],
        ["09", 1, 0, 0, 1],
        ["10", 2, 1, 1, 0],
      ].map(([day, jobs, completedJobs, failedJobs, cancelledJobs]) => ({
        start: `2025-06-${day}T00:00:00.000Z`,
        end: `2025-06-${String(Number(day) + 1).padStart(2, "0")}T00:00:00.000Z`,
        jobs,
        completedJobs,
        failedJobs,
        cancelledJobs,
        recordsInserted: Number(jobs) * 10,
        requests: Number(jobs) * 5,
        retries: jobs,
      })),
    );
    expect(await buckets("days: 7, count: 2", "jobs")).toEqual([{ jobs: 0 }, { jobs: 5 }]);
    expect((await ledger.ask("{ jobStatistics { buckets(count: 0) { jobs } } }")).errors?.[0]?.message).toBe(
      "count: expected a whole number from 1 to 366, got 0",
    );
  });
});

describe("jobsProgress", () => {
  const WATCH = (args = "") => `subscription { jobsProgress${args} { jobId status percent cursor } }`;

  it("sends the state of all unfinished jobs, and then each change of any job, including the job's end", async () => {
    const ledger = await openLedger();
    const first = await ledger.start("2025-04-01", "2025-04-02");
    const other = await ledger.start("2025-04-01", "2025-04-01", { environment: "TEST" });
    const stream = await subscribe(ledger.server, WATCH());
    expect(await stream.next()).toMatchObject({ jobId: first, status: "QUEUED" });
    await ledger.work();
    const second = await ledger.start("2025-04-05", "2025-04-05");
    const seen: Record<string, any>[] = [];
    while (!(seen.at(-1)?.jobId === second)) {
      const progress = await stream.next();
      if (!progress) throw new Error("The stream ended before the second job");
      seen.push(progress);
    }
    expect(seen.filter(({ jobId }) => jobId === first).at(-1)).toMatchObject({ status: "COMPLETED", percent: 100 });
    expect(seen.some(({ jobId }) => jobId === other)).toBe(false);
    // No state is sent twice.
    const told = seen.map(({ jobId, cursor }) => `${jobId} ${cursor}`);
    expect(new Set(told).size).toBe(told.length);
    await stream.leave();
    // After a cursor, only later changes are sent.
    const again = await subscribe(ledger.server, WATCH(`(after: "${seen.at(-1)?.cursor}")`));
    await ledger.data(`mutation { cancelCollection(jobId: "${second}") { job { id } } }`);
    expect(await again.next()).toMatchObject({ jobId: second, status: "CANCELLED" });
    await again.leave();
    const inTest = await subscribe(ledger.server, WATCH(`(environment: TEST, leagueKey: "${KEY}", after: "0")`));
    expect(await inTest.next()).toMatchObject({ jobId: other });
    await inTest.leave();
  });

  it("refuses a league that the ledger does not know", async () => {
    const ledger = await openLedger();
    await expect(
      subscribe(ledger.server, WATCH('(leagueKey: "458.l.9")')).then((stream) => stream.next()),
    ).rejects.toThrow("The ledger does not know league");
  });
});
