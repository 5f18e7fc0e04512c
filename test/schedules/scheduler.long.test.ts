import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { CREATE_SCHEDULE, GET_SCHEDULE } from "../support/queries.ts";
import { at, HOUR, jobs, START, scheduled, withJob } from "../support/scheduling.ts";

describe("scheduler", () => {
  it("warns that a schedule is idle because a clock was ahead, and resumes the schedule when it is enabled again", async () => {
    const { ledger, id, pass, schedule, change, decisions } = await scheduled({ cron: "0 * * * *" });
    await pass(HOUR);
    await ledger.work();
    // The scheduler runs once with a clock that is three days ahead.
    await pass(72 * HOUR);
    await ledger.work();
    const decided = await decisions();
    const warningOf = async () => (await ledger.data(`{ schedule(id: "${id}") { warning } }`)).schedule.warning;
    expect(await warningOf()).toBeNull();

    await pass(2 * HOUR);
    await pass(3 * HOUR);
    expect(await decisions()).toEqual(decided);
    expect(await warningOf()).toMatch(
      /^Cannot run before 2025-06-04T16:00:00\.000Z: all earlier due times were handled too soon, .*Enable the schedule again/,
    );
    await ledger.server.runSchedules();
    expect(ledger.logged.filter((line) => line.includes("is idle until the time in `watermark`")).at(-1)).toContain(
      `"scheduleId":"${id}"`,
    );

    expect(await change({ enabled: true })).toMatchObject({
      enabled: true,
      nextRuns: [at(4 * HOUR), at(5 * HOUR), at(6 * HOUR)],
    });
    expect(await warningOf()).toBeNull();
    await pass(4 * HOUR);
    await ledger.work();
    expect((await schedule()).decisions.map((d: any) => [d.scheduledFor, d.outcome])).toContainEqual([
      at(4 * HOUR),
      "STARTED",
    ]);
    // While the clock was ahead, the ledger started the run of a due time too early. The run starts again when the due time really comes.
    await pass(72 * HOUR);
    await ledger.work();
    const again = (await schedule()).decisions.filter((d: any) => d.scheduledFor === at(72 * HOUR));
    expect(again.map((d: any) => d.outcome)).toEqual(["STARTED", "STARTED"]);
    expect(await warningOf()).toBeNull();
  });
});

describe("overlap", () => {
  it("costs few statements and does not delay unaffected schedules, even if a thousand schedules wait for a paused job", async () => {
    const { ledger, id, jobId, decideOnly, decisions } = await withJob({ overlap: "QUEUE" });
    await decideOnly(HOUR);
    await ledger.db.write([
      sql`update job_log set status = 'PAUSED', lease_owner = null, lease_until = null where id = ${jobId}`,
    ]);
    const copies = Array.from({ length: 1_001 }, (_, i) => `copy_${i}`);
    await ledger.db.write([
      sql`insert into schedules (id, name, environment, league_key, cron, timezone, lookback_days, enabled, overlap, catch_up, created_at,
              updated_at, decided_until, queued_for, queued_behind)
            select each.value, name, environment, league_key, cron, timezone, lookback_days, enabled, overlap, catch_up, created_at,
              updated_at, decided_until, queued_for, queued_behind
            from schedules, json_each(${JSON.stringify(copies)}) as each where schedules.id = ${id}`,
    ]);
    ledger.statements.length = 0;
    await ledger.server.tick({ budgetMs: 0 });
    expect(ledger.statements.length).toBeLessThan(10);
    const other = { name: "x", leagueKey: "458.l.100", environment: "TEST", cron: "0 * * * *", timezone: "UTC" };
    const created = (await ledger.data(CREATE_SCHEDULE, { input: other })).createSchedule.schedule.id;
    ledger.clock.set(START + 2 * HOUR);
    await ledger.server.tick({ budgetMs: 0 });
    expect((await ledger.data(GET_SCHEDULE, { id: created })).schedule.decisions[0].outcome).toBe("STARTED");
    expect((await decisions())[0]).toEqual([
      at(2 * HOUR),
      "SKIPPED_OVERLAP",
      `${at(HOUR)} is already waiting, and only one may wait: Job ${jobId} is PAUSED; resume or cancel it`,
    ]);
  });
});

describe("updateSchedule()", () => {
  it("causes no second decision when it runs at the moment of a due time", async () => {
    const { ledger, id, change, schedule } = await scheduled();
    for (let h = 1; h <= 12; h++) {
      ledger.clock.set(START + h * HOUR);
      await Promise.all([
        ledger.server.tick({ budgetMs: 0 }),
        change({ name: `renamed ${h}`, ...(h % 3 === 0 ? { cron: h % 2 ? "0 * * * *" : "0 */1 * * *" } : {}) }),
        ledger.server.tick({ budgetMs: 0 }),
      ]);
      await ledger.work();
    }
    const { decisions, name } = await schedule();
    expect(name).toBe("renamed 12");
    const times = decisions.map((d: any) => d.scheduledFor);
    expect(times).toEqual(Array.from({ length: 12 }, (_, i) => at((12 - i) * HOUR)));
    const starts = decisions.filter((d: any) => d.outcome === "STARTED");
    expect((await jobs(ledger)).map((job) => job.id).sort()).toEqual(starts.map((d: any) => d.jobId).sort());
    expect(id).toBeTruthy();
  });
});

describe("scheduler", () => {
  it("decides a due time only once even if the scheduler runs fifty times at the same moment", async () => {
    const { ledger, decisions } = await scheduled();
    ledger.clock.set(START + HOUR);
    await Promise.all(Array.from({ length: 50 }, () => ledger.server.tick({ budgetMs: 0 })));
    expect(await decisions()).toEqual([[at(HOUR), "STARTED", "On time"]]);
    expect(await jobs(ledger)).toHaveLength(1);
  });
});
