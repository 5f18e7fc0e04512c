import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { openDb } from "../../src/db/client.ts";
import { type LineFault, useBadLines } from "../support/badLine.ts";
import { openLedger } from "../support/ledger.ts";
import { CREATE_SCHEDULE, GET_SCHEDULE, START, TRIGGER_SCHEDULE } from "../support/queries.ts";

const { faulty } = useBadLines();

describe("remote database client", () => {
  it("repeats a lost read at most three times", async () => {
    const line = await faulty(/select 8/, "break", "lose-answer");
    const db = openDb({ url: line.url });
    expect(await db.orm.all(sql`select 8 as n`)).toEqual([{ n: 8 }]);
    line.faults.length = 0;
    line.fault = () => "break";
    await expect(db.orm.all(sql`select 9`)).rejects.toThrow();
    expect(line.faults).toEqual(["break", "break", "break", "break"]);
  });
});

describe("recovery from a lost commit response", () => {
  it("neither deletes a schedule twice nor records a refused manual run twice", async () => {
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
    ["creates a new job only once and reports the job as created", /insert into job_log/i],
    ["lets a worker recognize its own claim", /lease_owner = /i],
    ["collects only the missing dates in the next session", /dates_done = dates_done/i],
    ["records the end of a job only once", /COMPLETED/],
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
