import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openDb } from "../../src/db/client.ts";
import { DatabaseError, isDatabaseError, UnknownOutcomeError } from "../../src/db/errors.ts";
import { createRemoteFetch } from "../../src/db/remote.ts";
import { type LineFault, startBadLine } from "../support/badLine.ts";
import { openLedger } from "../support/ledger.ts";
import { freePort } from "../support/ports.ts";
import { CREATE_SCHEDULE, GET_SCHEDULE, START, TRIGGER_SCHEDULE } from "../support/queries.ts";
import { type Sqld, startSqld } from "../support/sqld.ts";
import { until } from "../support/waiter.ts";

let sqld: Sqld;
beforeAll(async () => {
  sqld = await startSqld();
});
afterAll(() => sqld.close());

/** Starts a proxy to the run's sqld. It applies the faults in order to requests whose body matches, and forwards all others. */
async function faulty(matching: RegExp, ...faults: LineFault[]) {
  const line = await startBadLine(sqld.url);
  onTestFinished(() => line.close());
  line.fault = (body) => (matching.test(body) ? (faults.shift() ?? "carry") : "carry");
  return line;
}

const NOTE = sql`insert into league_aliases values ('a', '458.l.1', 1)`;

describe("remote database client", () => {
  it("sends a request again when the server is full or does not listen", async () => {
    const line = await faulty(/select 7/, "full", "full");
    const db = openDb({ url: line.url });
    expect(await db.orm.all(sql`select 7 as n`)).toEqual([{ n: 7 }]);
    expect(line.faults).toEqual(["full", "full", "carry"]);
    const pauses: number[] = [];
    const clock = {
      now: Date.now,
      sleep: async (ms: number, signal?: AbortSignal) => {
        // The timeout of a request. The request ends long before.
        if (ms === 10_000) return new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
        pauses.push(ms);
      },
    };
    const refused = createRemoteFetch({ clock });
    await expect(
      refused(new Request(`http://127.0.0.1:${await freePort()}/v2/pipeline`, { method: "POST", body: "x" })),
    ).rejects.toThrow();
    expect(pauses).toHaveLength(7);
  });

  it("times out after 10 s without an answer", async () => {
    const line = await faulty(/./, "hang");
    // The timeout ends as soon as the request has arrived.
    const clock = { now: Date.now, sleep: async () => void (await until("the request", () => line.faults.length > 0)) };
    const impatient = createRemoteFetch({ clock });
    await expect(impatient(new Request(line.url, { method: "POST", body: "x" }))).rejects.toThrow(
      "no answer within 10 s",
    );
    expect(line.faults).toEqual(["hang"]);
  });

  it("sends a lost read again, at most three times", async () => {
    const line = await faulty(/select 8/, "break", "lose-answer");
    const db = openDb({ url: line.url });
    expect(await db.orm.all(sql`select 8 as n`)).toEqual([{ n: 8 }]);
    line.faults.length = 0;
    line.fault = () => "break";
    await expect(db.orm.all(sql`select 9`)).rejects.toThrow();
    expect(line.faults).toEqual(["break", "break", "break", "break"]);
  });

  it("sends a lost write again only if it is repeatable, and otherwise throws UnknownOutcomeError", async () => {
    const line = await faulty(/requests \+ 1/, "lose-answer");
    const db = openDb({ url: line.url });
    await db.write([
      sql`insert into job_log (id, kind, environment, status, league_key, start_date, end_date, concurrency, metadata, input_digest, created_at, dates_total)
          values ('lost', 'COLLECTION', 'TEST', 'QUEUED', '1.l.1', '2025-04-01', '2025-04-02', 1, '{}', '', 1, 2)`,
    ]);
    const count = sql`update job_log set requests = requests + 1 where id = 'lost'`;
    await expect(db.write([count])).rejects.toThrow(UnknownOutcomeError);
    const requests = () => db.orm.all(sql`select requests from job_log where id = 'lost'`);
    expect(await requests()).toEqual([{ requests: 1 }]);
    line.fault = (body) => (line.faults.length < 3 && /update/.test(body) ? "lose-answer" : "carry");
    line.faults.length = 0;
    await db.write([sql`update job_log set requests = 9 where id = 'lost'`], { repeatable: true });
    expect(line.faults).toEqual(["lose-answer", "lose-answer", "lose-answer", "carry"]);
    expect(await requests()).toEqual([{ requests: 9 }]);
    await db.write([sql`update job_log set status = 'CANCELLED', finished_at = 1 where id = 'lost'`]);
  });

  it("distinguishes a refused statement from a lost one", async () => {
    const db = openDb({ url: sqld.url });
    await expect(db.write([NOTE])).rejects.toThrow(/FOREIGN KEY/);
    await expect(db.write([NOTE])).rejects.not.toThrow(UnknownOutcomeError);
  });
  it("closes without delay when the server is silent, and fails pending writes with a database error", async () => {
    const line = await faulty(/./, ...Array.from({ length: 20 }, () => "hang" as const));
    const db = openDb({ url: line.url, closeMs: 30 });
    const waiting = [1, 2, 3].map((n) =>
      db.write([sql`update job_log set requests = ${n} where id = 'x'`], { repeatable: true }),
    );
    const outcomes = Promise.allSettled(waiting);
    await db.close();
    expect((await outcomes).map((each) => each.status === "rejected" && isDatabaseError(each.reason))).toEqual([
      true,
      true,
      true,
    ]);
    expect(line.faults).toEqual(["hang"]);
  });

  it("throws an error of known outcome when the server cannot be reached", async () => {
    const db = openDb({ url: `http://127.0.0.1:${await freePort()}`, closeMs: 0 });
    const writing = db.write([sql`select 1`], { repeatable: true }).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await db.close();
    const error = await writing;
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).not.toBeInstanceOf(UnknownOutcomeError);
  });

  it("reports UNAVAILABLE without internal details when the connection breaks", async () => {
    const line = await faulty(/never/);
    const { ask } = await openLedger({ url: line.url });
    line.fault = () => "break";
    const { errors } = await ask("{ jobs { totalCount } }");
    expect(errors?.[0]?.extensions?.code).toBe("UNAVAILABLE");
    expect(errors?.[0]?.message).toMatch(
      /^The database is unavailable, and the operation may not have completed: retry; [^:]*[0-9a-f]{12}$/,
    );
  });

  it("uses HTTP when the URL is one for WebSockets", async () => {
    const line = await faulty(/select 6/, "full");
    const db = openDb({ url: line.url.replace("http", "ws") });
    expect(await db.orm.all(sql`select 6 as n`)).toEqual([{ n: 6 }]);
    expect(line.faults).toEqual(["full", "carry"]);
  });
});

describe("recovery from a lost commit response", () => {
  it("deletes the schedule and records a refused manual run once", async () => {
    const line = await faulty(/never/);
    const { data, ask, yahoo } = await openLedger({ url: line.url });
    const { createSchedule } = await data(CREATE_SCHEDULE, {
      input: { name: "lost", leagueKey: yahoo.season.league.key, cron: "0 6 * * *", environment: "TEST" },
    });
    const { id } = createSchedule.schedule;
    const input = { leagueKey: yahoo.season.league.key, start: "2025-06-01", end: "2025-06-01", environment: "TEST" };
    const inTheWay = (await data(START, { input })).startCollection.job.id;
    const lost: LineFault[] = ["lose-answer"];
    line.fault = (body) =>
      /insert into schedule_decisions|deleted_at =/.test(body) ? (lost.shift() ?? "carry") : "carry";
    expect((await ask(TRIGGER_SCHEDULE, { id })).errors?.[0]?.extensions?.code).toBe("JOB_OVERLAP");
    expect((await data(GET_SCHEDULE, { id })).schedule.decisions).toMatchObject([
      { outcome: "SKIPPED_OVERLAP", jobId: inTheWay },
    ]);
    lost.push("lose-answer");
    const deleting = `mutation ($id: ID!) { deleteSchedule(id: $id) { deletedId } }`;
    expect(await data(deleting, { id })).toEqual({ deleteSchedule: { deletedId: id } });
    expect(lost).toEqual([]);
    await data(`mutation { cancelCollection(jobId: "${inTheWay}") { job { id } } }`);
  });

  const range = { start: "2025-04-01", end: "2025-04-03" };
  it.each([
    ["creates a new job once and reports it as created", /insert into job_log/i],
    ["lets the worker recognize its own claim", /lease_owner = /i],
    ["collects only the missing dates in the next session", /dates_done = dates_done/i],
    ["records the end of a job once", /COMPLETED/],
  ])("%s", async (_, matching) => {
    const line = await faulty(matching, "lose-answer", "carry", "lose-answer");
    const { data, work, job, yahoo, db } = await openLedger({ url: line.url });
    const input = { leagueKey: yahoo.season.league.key, ...range, environment: "TEST" };
    const started = (await data(START, { input })).startCollection;
    expect(started.created).toBe(true);
    const id: string = started.job.id;
    for (let i = 0; i < 10 && (await job(id)).status !== "COMPLETED"; i++) await work().catch(() => {});
    expect(line.faults).toContain("lose-answer");
    const { status, progress, recordsProcessed } = await job(id);
    expect({ status, datesCompleted: progress.datesCompleted }).toEqual({ status: "COMPLETED", datesCompleted: 3 });
    const [stored] = await db.orm.all<{ n: number }>(
      sql`select count(*) as n from daily_lineups where environment = 'TEST' and date between ${range.start} and ${range.end}`,
    );
    expect(recordsProcessed).toBe(stored?.n);
    const events = await db.orm.all<{ type: string; n: number }>(
      sql`select type, count(*) as n from job_events where job_id = ${id} and type in ('CREATED', 'STARTED', 'COMPLETED') group by type order by type`,
    );
    expect(events).toEqual([
      { type: "COMPLETED", n: 1 },
      { type: "CREATED", n: 1 },
      { type: "STARTED", n: 1 },
    ]);
  });
});
