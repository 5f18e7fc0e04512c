import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { MINUTE } from "../../src/clock.ts";
import { openLedger } from "../support/ledger.ts";
import { CREATE_SCHEDULE, GET_SCHEDULE, TRIGGER_SCHEDULE, UPDATE_SCHEDULE } from "../support/queries.ts";
import { at, HOUR, jobs, START, scheduled, withJob } from "../support/scheduling.ts";
import { until } from "../support/waiter.ts";
import { ANSWERS } from "../support/yahoo.ts";

describe("scheduler", () => {
  it("starts one update at a due time, and records the schedule in the job's metadata", async () => {
    const { ledger, id, pass, schedule } = await scheduled();
    await pass(HOUR - 1);
    expect((await schedule()).decisions).toEqual([]);
    await pass(HOUR + 20_000);
    await ledger.work();
    const { decisions, lastRunAt, nextRuns } = await schedule();
    expect(decisions).toEqual([
      {
        scheduledFor: at(HOUR),
        scheduledUntil: null,
        trigger: "CRON",
        decidedAt: at(HOUR + 20_000),
        outcome: "STARTED",
        jobId: expect.stringMatching(/^lineup_update_production_20250601_170020_[0-9a-f]{6}$/),
        reason: "On time",
        job: { id: decisions[0].jobId, status: "COMPLETED" },
      },
    ]);
    expect(lastRunAt).toBe(at(HOUR + 20_000));
    expect(nextRuns).toEqual([at(2 * HOUR), at(3 * HOUR), at(4 * HOUR)]);
    expect((await ledger.job(decisions[0].jobId)).metadata).toMatchObject({
      scheduleId: id,
      scheduleName: "nightly",
      scheduledFor: at(HOUR),
      startedBy: "schedule nightly",
      lookbackDays: 2,
    });
    expect((await ledger.job(decisions[0].jobId)).dates.map((d: any) => d.date)).toEqual([
      "2025-05-30",
      "2025-05-31",
      "2025-06-01",
    ]);
  });

  it("does not repeat a due time when the clock is set back", async () => {
    const { ledger, pass, decisions } = await scheduled();
    await pass(3 * HOUR);
    await ledger.work();
    for (let ms = -HOUR; ms <= 3 * HOUR; ms += 10 * MINUTE) await pass(ms);
    expect((await decisions()).map(([when]) => when)).toEqual([at(3 * HOUR), at(2 * HOUR), at(HOUR)]);
    expect(await jobs(ledger)).toHaveLength(1);
    await ledger.work();
    await pass(4 * HOUR);
    expect((await decisions())[0]).toEqual([at(4 * HOUR), "STARTED", "On time"]);
  });

  it("records FAILED with the source's error when an update cannot be started", async () => {
    const { ledger, pass, schedule } = await scheduled({ leagueKey: "mlb.l.100" });
    ledger.yahoo.fault = () => ANSWERS.rateLimited;
    await pass(HOUR);
    const { decisions } = await schedule();
    expect(decisions).toMatchObject([
      { outcome: "FAILED", jobId: null, reason: expect.stringMatching(/^SOURCE_RATE_LIMITED: /) },
    ]);
    expect(await jobs(ledger)).toEqual([]);
  });

  it("starts a job for the season's own league key if the schedule's league key is an alias", async () => {
    const { ledger, pass, schedule } = await scheduled({ leagueKey: "mlb.l.100" });
    await pass(HOUR);
    const { decisions, leagueKey } = await schedule();
    expect(leagueKey).toBe("mlb.l.100");
    expect(await ledger.job(decisions[0].jobId)).toMatchObject({ leagueKey: "458.l.100" });
  });
});

describe("alias resolution", () => {
  it("is retried after a temporary failure", async () => {
    const { ledger, decisions } = await scheduled({ leagueKey: "mlb.l.100" });
    ledger.yahoo.fault = (_, nth) => (nth === 1 ? { status: 503, body: "" } : null);
    ledger.clock.set(START + HOUR);
    await ledger.clock.drive(ledger.server.tick({ budgetMs: 0 }));
    expect((await decisions()).map(([, outcome]) => outcome)).toEqual(["STARTED"]);
  });

  it("uses the last known league when the source refuses the request", async () => {
    const { ledger, pass, schedule } = await scheduled({ leagueKey: "mlb.l.100" });
    await pass(HOUR);
    await ledger.work();
    ledger.yahoo.fault = () => ANSWERS.rateLimited;
    await pass(48 * HOUR);
    const [latest] = (await schedule()).decisions;
    expect(latest.outcome).toBe("STARTED");
    expect(await ledger.job(latest.jobId)).toMatchObject({ leagueKey: "458.l.100" });
  });

  it("does not let a hanging source delay other schedules, and gives up after ten seconds", async () => {
    const { ledger, decisions } = await scheduled();
    const create = async (name: string) =>
      (
        await ledger.data(CREATE_SCHEDULE, {
          input: { name, leagueKey: `mlb.l.${name}`, cron: "0 * * * *", timezone: "UTC" },
        })
      ).createSchedule.schedule.id;
    const ids = [await create("101"), await create("102"), await create("103")];
    ledger.yahoo.fault = (path) => (path.includes("/mlb.") ? "hang" : null);
    ledger.clock.set(START + HOUR);
    const ticking = ledger.server.tick({ budgetMs: 0 });
    await until("the other schedule to be decided", async () => (await decisions()).length === 1);
    await until("the source to be asked", () => ledger.yahoo.requests.length > 0 && ledger.clock.sleepers() > 0);
    await ledger.clock.advance(10_000);
    for (const id of ids) {
      const { schedule } = await until("its decision", async () => {
        const answer = await ledger.data(GET_SCHEDULE, { id });
        return answer.schedule.decisions.length > 0 ? answer : undefined;
      });
      expect(schedule.decisions).toMatchObject([
        { outcome: "FAILED", reason: "SOURCE_UNAVAILABLE: The source did not answer in time" },
      ]);
    }
    expect((await decisions())[0]?.[1]).toBe("STARTED");
    // The requests in flight end by themselves within a minute.
    await ledger.clock.advance(60_000);
    await ticking;
  });

  it("leaves the due time undecided when the server stops while the source hangs", async () => {
    const { ledger, schedule, pass } = await scheduled({ leagueKey: "mlb.l.100" });
    ledger.yahoo.fault = () => "hang";
    ledger.clock.set(START + HOUR);
    const stop = new AbortController();
    const ticking = ledger.server.tick({ budgetMs: 0, signal: stop.signal });
    await until("the source to be asked", () => ledger.yahoo.requests.length > 0);
    stop.abort();
    await ticking;
    expect((await schedule()).decisions).toEqual([]);
    ledger.yahoo.fault = () => null;
    await pass(HOUR + 30_000);
    expect((await schedule()).decisions).toMatchObject([{ outcome: "STARTED", scheduledFor: at(HOUR) }]);
  });
});

describe("catch-up of missed due times", () => {
  it("starts one update and records each missed due time, if the setting is LATEST", async () => {
    const { ledger, pass, decisions } = await scheduled();
    await pass(5 * HOUR + 10 * MINUTE);
    const serves = `Nothing ran at the due time. Only the latest missed due time, ${at(5 * HOUR)}, is considered`;
    expect(await decisions()).toEqual([
      [
        at(5 * HOUR),
        "STARTED",
        `Started 10 min late, because nothing ran at the due time; 4 due times before it, from ${at(HOUR)}, were missed`,
      ],
      ...[4, 3, 2, 1].map((h) => [at(h * HOUR), "SKIPPED_MISSED", serves]),
    ]);
    expect(await jobs(ledger)).toHaveLength(1);
  });

  it("starts no update but records each missed due time, if the setting is NONE", async () => {
    const { ledger, pass, decisions } = await scheduled({ catchUp: "NONE" });
    await pass(3 * HOUR + 10 * MINUTE);
    const reason = "Nothing ran at the due time, and catchUp is NONE";
    expect(await decisions()).toEqual([3, 2, 1].map((h) => [at(h * HOUR), "SKIPPED_MISSED", reason]));
    expect(await jobs(ledger)).toEqual([]);
    await pass(4 * HOUR + MINUTE);
    expect((await decisions())[0]).toEqual([at(4 * HOUR), "STARTED", "On time"]);
  });

  it.each(["LATEST", "NONE"])(
    "treats a delay of up to two minutes as on time, if the setting is %s",
    async (catchUp) => {
      const { pass, decisions } = await scheduled({ catchUp });
      await pass(HOUR + 2 * MINUTE);
      expect(await decisions()).toEqual([[at(HOUR), "STARTED", "On time"]]);
    },
  );

  it("completes the job that a crash left behind, and then starts one update, if the setting is LATEST and overlap is SKIP", async () => {
    const { ledger, jobId, decisions, schedule } = await withJob({ cron: "0 6 * * *" });
    // The process that works on the job dies, and nothing runs for five days.
    await ledger.db.write([
      sql`update job_log set status = 'RUNNING', started_at = 1, lease_owner = 'dead', lease_until = 1 where id = ${jobId}`,
    ]);
    const day = 24 * HOUR;
    ledger.clock.set(START + 4 * day + 20 * HOUR);
    await ledger.work();
    expect((await ledger.job(jobId)).status).toBe("COMPLETED");
    const { decisions: told } = await schedule();
    expect((await decisions()).map(([when, outcome]) => [when, outcome])).toEqual([
      [at(14 * HOUR + 4 * day), "STARTED"],
      ...[3, 2, 1, 0].map((days) => [at(14 * HOUR + days * day), "SKIPPED_MISSED"]),
      [at(0), "STARTED"],
    ]);
    expect(await jobs(ledger)).toHaveLength(2);
    expect(await ledger.job(told[0].jobId)).toMatchObject({ status: "COMPLETED", endDate: "2025-06-06" });
  });

  it("records years of missed due times in one row, and starts one update for the latest due time", async () => {
    const { ledger, pass, schedule } = await scheduled({ cron: "* * * * *" });
    const days = 1000 * 24 * HOUR;
    await pass(days);
    const { decisions } = await schedule();
    expect(decisions).toMatchObject([
      {
        scheduledFor: at(days),
        scheduledUntil: null,
        outcome: "STARTED",
        reason: `On time; all due times before it, from ${at(MINUTE)}, were missed`,
      },
      { scheduledFor: at(MINUTE), scheduledUntil: at(days - MINUTE), outcome: "SKIPPED_MISSED" },
    ]);
    expect(decisions).toHaveLength(2);
    expect(await jobs(ledger)).toHaveLength(1);
  });
});

describe("overlap", () => {
  it("skips the due time and names the job that is still running, if the setting is SKIP", async () => {
    const { decideOnly, decisions, jobId, cancel } = await withJob();
    await decideOnly(HOUR);
    await decideOnly(2 * HOUR);
    const reason = `Job ${jobId} is still RUNNING`;
    expect((await decisions()).slice(0, 2)).toEqual([2, 1].map((h) => [at(h * HOUR), "SKIPPED_OVERLAP", reason]));
    await cancel();
    expect((await decisions()).map(([, outcome]) => outcome)).not.toContain("FAILED");
  });

  it("queues one due time until the blocking job ends, and skips all further due times, if the setting is QUEUE", async () => {
    const { ledger, decideOnly, decisions, schedule, jobId } = await withJob({ overlap: "QUEUE" });
    for (const h of [1, 2, 3]) await decideOnly(h * HOUR);
    expect(await schedule()).toMatchObject({
      queuedFor: at(HOUR),
      nextRuns: [at(4 * HOUR), at(5 * HOUR), at(6 * HOUR)],
    });
    const waits = `${at(HOUR)} is already waiting, and only one may wait: Job ${jobId} is still RUNNING`;
    expect(await decisions()).toEqual([
      [at(3 * HOUR), "SKIPPED_OVERLAP", waits],
      [at(2 * HOUR), "SKIPPED_OVERLAP", waits],
      [at(0), "STARTED", "Triggered by anonymous"],
    ]);
    await ledger.db.write([sql`update job_log set lease_until = 0 where id = ${jobId}`]);
    await ledger.data(`mutation { cancelCollection(jobId: "${jobId}") { job { id } } }`);
    await decideOnly(3 * HOUR + 30_000);
    expect(await schedule()).toMatchObject({ queuedFor: null });
    expect((await decisions())[2]).toEqual([
      at(HOUR),
      "STARTED",
      "Started 2 h 1 min late, because another job had to end first",
    ]);
    expect(await jobs(ledger)).toHaveLength(2);
  });

  it("queues a second due time once the update for the first due time has started, if the setting is QUEUE", async () => {
    const { ledger, decideOnly, decisions, schedule, jobId } = await withJob({ overlap: "QUEUE", cron: "* * * * *" });
    await decideOnly(MINUTE);
    await ledger.db.write([sql`update job_log set lease_until = 0 where id = ${jobId}`]);
    await ledger.data(`mutation { cancelCollection(jobId: "${jobId}") { job { id } } }`);
    await decideOnly(2 * MINUTE + 5_000);
    expect(await schedule()).toMatchObject({ queuedFor: at(2 * MINUTE) });
    expect((await decisions())[0]).toEqual([
      at(MINUTE),
      "STARTED",
      "Started 1 min late, because another job had to end first",
    ]);
  });

  it("causes no writes while a due time is queued", async () => {
    const { ledger, decideOnly } = await withJob({ overlap: "QUEUE" });
    await decideOnly(HOUR);
    const version = async () =>
      (await ledger.db.orm.all<{ v: number }>(sql`select version as v from schedules where name = 'nightly'`))[0]?.v;
    const before = await version();
    for (let s = 1; s < 10; s++) await decideOnly(HOUR + s * 1000);
    expect(await version()).toBe(before);
  });

  it("is also detected if the job for the same dates was not started by a schedule", async () => {
    const { ledger, pass, decisions } = await scheduled();
    const other = await ledger.start("2025-06-01", "2025-06-01");
    await ledger.data(`mutation { pauseCollection(jobId: "${other}") { job { id } } }`);
    await pass(HOUR);
    expect(await decisions()).toEqual([[at(HOUR), "SKIPPED_OVERLAP", `Job ${other} is PAUSED; resume or cancel it`]]);
  });

  it.each([
    ["a rate limit", ANSWERS.rateLimited, /^Job lineup_update_\S+ is WAITING until 2025-\S+: SOURCE_RATE_LIMITED, /],
    [
      "refused credentials",
      { status: 403, body: '{"error":{"description":"Forbidden access."}}' },
      /^Job lineup_update_\S+ is PAUSED: SOURCE_UNAUTHORIZED, .+; resume or cancel it, once that is fixed$/,
    ],
  ])("prevents further updates while an update is held up by %s, even for days", async (_, fault, why) => {
    const { ledger, pass, decisions } = await scheduled({ cron: "0 16 * * *", lookbackDays: 1, overlap: "SKIP" });
    ledger.yahoo.fault = () => fault;
    const day = 24 * HOUR;
    for (let days = 1; days <= 5; days++) {
      await pass(days * day);
      await ledger.clock.drive(ledger.server.tick({ budgetMs: 1_000 }));
    }
    expect(await jobs(ledger)).toHaveLength(1);
    const decided = await decisions();
    expect(decided.map(([, outcome]) => outcome)).toEqual([...Array(4).fill("SKIPPED_OVERLAP"), "STARTED"]);
    for (const [, , reason] of decided.slice(0, 4)) expect(reason).toMatch(why);
  });
});

describe("updateSchedule()", () => {
  it("starts no job for earlier due times when it changes the pattern, and records those due times as missed", async () => {
    const { ledger, pass, change, decisions, schedule } = await scheduled();
    ledger.clock.set(START + 2 * HOUR + 30 * MINUTE);
    await change({ cron: "*/10 * * * *" });
    await pass(2 * HOUR + 31 * MINUTE);
    const reason = "The schedule was changed before anything ran";
    expect(await decisions()).toEqual([2, 1].map((h) => [at(h * HOUR), "SKIPPED_MISSED", reason]));
    expect((await schedule()).nextRuns[0]).toBe(at(2 * HOUR + 40 * MINUTE));
    expect(await jobs(ledger)).toEqual([]);
  });

  it("starts no job for earlier due times when it changes the time zone", async () => {
    const { ledger, pass, change } = await scheduled({ cron: "0 12 * * *", timezone: "America/Los_Angeles" });
    ledger.clock.set(START + 30 * MINUTE);
    // Noon in New York was half an hour ago.
    expect((await change({ timezone: "America/New_York" })).nextRuns[0]).toBe(at(24 * HOUR));
    await pass(HOUR);
    expect(await jobs(ledger)).toEqual([]);
  });

  it("starts no job for earlier due times when it enables the schedule again", async () => {
    const { ledger, pass, change, decisions } = await scheduled();
    expect(await change({ enabled: false })).toMatchObject({ enabled: false, nextRuns: [] });
    for (const h of [1, 2, 3]) await pass(h * HOUR);
    expect((await change({ enabled: true })).nextRuns[0]).toBe(at(4 * HOUR));
    await pass(3 * HOUR + MINUTE);
    expect(await decisions()).toEqual([]);
    expect(await jobs(ledger)).toEqual([]);
  });

  it("changes only the given fields, and keeps the due times if the pattern and the time zone stay the same", async () => {
    const { pass, change, decisions, schedule, ledger } = await scheduled();
    const before = await schedule();
    ledger.clock.set(START + 2 * HOUR);
    expect(await change({ name: "renamed", lookbackDays: 3, cron: null, enabled: true, timezone: "UTC" })).toEqual({
      ...before,
      name: "renamed",
      lookbackDays: 3,
      nextRuns: [3, 4, 5].map((h) => at(h * HOUR)),
    });
    await pass(2 * HOUR);
    expect((await decisions()).map(([, outcome]) => outcome)).toEqual(["STARTED", "SKIPPED_MISSED"]);
  });

  it.each([
    ["disabled", { enabled: false }, "The schedule was changed while it waited for a job to end"],
    ["given a new pattern", { cron: "30 * * * *" }, "The schedule was changed while it waited for a job to end"],
    ["set to SKIP", { overlap: "SKIP" }, "overlap was set to SKIP while it waited for a job to end"],
  ])("records the queued due time as skipped if the schedule is %s", async (_, changes, reason) => {
    const { ledger, decideOnly, change, decisions } = await withJob({ overlap: "QUEUE" });
    await decideOnly(HOUR);
    expect(await change(changes)).toMatchObject({ queuedFor: null });
    expect((await decisions())[0]).toEqual([at(HOUR), "SKIPPED_OVERLAP", reason]);
    expect(await jobs(ledger)).toHaveLength(1);
  });

  it("keeps a queued due time if only the name and the catch-up setting are changed", async () => {
    const { decideOnly, change } = await withJob({ overlap: "QUEUE" });
    await decideOnly(HOUR);
    expect(await change({ name: "renamed", catchUp: "NONE" })).toMatchObject({ queuedFor: at(HOUR) });
  });
});

describe("triggerSchedule()", () => {
  it("runs a disabled schedule at once and records a manual run", async () => {
    const { ledger, id, schedule } = await scheduled({ enabled: false });
    const { job } = (await ledger.data(TRIGGER_SCHEDULE, { id })).triggerSchedule;
    expect(job).toMatchObject({
      kind: "UPDATE",
      metadata: { scheduleId: id, trigger: "MANUAL", startedBy: "anonymous" },
    });
    expect(await schedule()).toMatchObject({
      enabled: false,
      lastRunAt: at(0),
      decisions: [
        { scheduledFor: at(0), trigger: "MANUAL", outcome: "STARTED", jobId: job.id, reason: "Triggered by anonymous" },
      ],
    });
  });

  it("does not change the due times of the schedule's pattern", async () => {
    const { ledger, id, pass, schedule } = await scheduled();
    ledger.clock.set(START + HOUR - MINUTE);
    await ledger.data(TRIGGER_SCHEDULE, { id });
    await ledger.work();
    await pass(HOUR);
    expect((await schedule()).decisions.map((d: any) => [d.scheduledFor, d.trigger, d.outcome])).toEqual([
      [at(HOUR), "CRON", "STARTED"],
      [at(HOUR - MINUTE), "MANUAL", "STARTED"],
    ]);
  });

  it("is refused while an overlapping job is unfinished, and the refusal is recorded", async () => {
    const { ledger, id, jobId, schedule } = await withJob();
    ledger.clock.set(START + MINUTE);
    const { errors } = await ledger.ask(TRIGGER_SCHEDULE, { id });
    expect(errors?.[0]).toMatchObject({ extensions: { code: "JOB_OVERLAP", jobId } });
    expect((await schedule()).decisions[0]).toMatchObject({
      trigger: "MANUAL",
      outcome: "SKIPPED_OVERLAP",
      jobId,
      reason: `Triggered by anonymous; Job ${jobId} is still QUEUED`,
    });
  });

  it("records every refused run, even if several runs are refused while the schedule is being changed", async () => {
    const { ledger, id, schedule, change } = await withJob();
    ledger.clock.set(START + MINUTE);
    await Promise.all([
      ...Array.from({ length: 5 }, () => ledger.ask(TRIGGER_SCHEDULE, { id })),
      change({ name: "renamed" }),
    ]);
    const manual = (await schedule()).decisions.filter((d: any) => d.trigger === "MANUAL");
    expect(manual.map((d: any) => d.outcome)).toEqual([...Array(5).fill("SKIPPED_OVERLAP"), "STARTED"]);
  });

  it("records a decision for each job, even if two jobs are started at the same moment", async () => {
    const { ledger, id, cancel, schedule } = await withJob();
    await cancel();
    await ledger.data(TRIGGER_SCHEDULE, { id });
    const started = (await schedule()).decisions.map((d: any) => d.jobId);
    expect(started).toHaveLength(2);
    expect((await jobs(ledger)).map((job) => job.id).sort()).toEqual(started.sort());
  });

  it("fails if the source refuses the request, and the failure is recorded", async () => {
    const { ledger, id, schedule } = await scheduled({ leagueKey: "mlb.l.100" });
    ledger.yahoo.fault = () => ANSWERS.rateLimited;
    expect((await ledger.ask(TRIGGER_SCHEDULE, { id })).errors?.[0]?.extensions).toMatchObject({
      code: "SOURCE_RATE_LIMITED",
    });
    expect((await schedule()).decisions).toMatchObject([{ trigger: "MANUAL", outcome: "FAILED" }]);
  });
});

describe("schedules", () => {
  it("include at first only the disabled demo schedule, which does not come back after its deletion", async () => {
    const ledger = await openLedger();
    const list = async () => (await ledger.data("{ schedules { id name leagueKey enabled nextRuns } }")).schedules;
    expect(await list()).toEqual([
      { id: "schedule_demo", name: "Demo league", leagueKey: "demo.l.1", enabled: false, nextRuns: [] },
    ]);
    const { updateSchedule } = await ledger.data(UPDATE_SCHEDULE, { input: { id: "schedule_demo", enabled: true } });
    expect(updateSchedule.schedule.nextRuns[0]).toBe(at(5 * MINUTE));
    ledger.clock.set(START + 5 * MINUTE);
    await ledger.work();
    const { schedule } = await ledger.data(GET_SCHEDULE, { id: "schedule_demo" });
    expect(schedule.decisions).toMatchObject([{ outcome: "STARTED", job: { status: "COMPLETED" } }]);
    await ledger.data(`mutation { deleteSchedule(id: "schedule_demo") { deletedId } }`);
    expect(await list()).toEqual([]);
    ledger.clock.set(START + HOUR);
    await ledger.server.tick({ budgetMs: 0 });
    expect(await jobs(ledger)).toHaveLength(1);
  });

  it("belong to one environment and start their jobs in that environment", async () => {
    const { ledger, id, pass, schedule } = await scheduled({ environment: "TEST" });
    expect((await ledger.data("{ schedules(environment: TEST) { id } }")).schedules).toEqual([{ id }]);
    await pass(HOUR);
    expect(await ledger.job((await schedule()).decisions[0].jobId)).toMatchObject({ environment: "TEST" });
  });

  it("record a single FAILED decision if their time zone is unknown, and can still be edited or deleted", async () => {
    const { ledger, id, pass, change, decisions, schedule } = await scheduled();
    const other = (
      await ledger.data(CREATE_SCHEDULE, {
        input: { name: "good", leagueKey: "458.l.100", environment: "TEST", cron: "0 * * * *", timezone: "UTC" },
      })
    ).createSchedule.schedule.id;
    await ledger.db.write([sql`update schedules set timezone = 'Mars/Olympus' where id = ${id}`]);
    for (const ms of [HOUR, HOUR + 1_000, 2 * HOUR]) await pass(ms);
    expect((await ledger.data(GET_SCHEDULE, { id: other })).schedule.decisions[0].outcome).toBe("STARTED");
    expect(await decisions()).toEqual([
      [
        at(HOUR),
        "FAILED",
        expect.stringMatching(
          /^This server cannot evaluate the cron pattern or time zone; edit the schedule to continue: .*Mars/,
        ),
      ],
    ]);
    expect((await schedule()).nextRuns).toEqual([]);
    expect(await change({ name: "still there" })).toMatchObject({ name: "still there" });
    expect((await ledger.ask(UPDATE_SCHEDULE, { input: { id, enabled: true } })).errors?.[0]?.extensions).toMatchObject(
      {
        code: "BAD_USER_INPUT",
      },
    );
    expect((await change({ timezone: "UTC" })).nextRuns[0]).toBe(at(3 * HOUR));
    await ledger.db.write([sql`update schedules set timezone = 'Mars/Olympus' where id = ${id}`]);
    await ledger.data(`mutation { deleteSchedule(id: "${id}") { deletedId } }`);
  });

  it("are run by a worker's loop at their due times", async () => {
    const { ledger, decisions } = await scheduled({ cron: "* * * * *" });
    ledger.clock.set(START + 55_000);
    const stop = new AbortController();
    const working = ledger.server.work(stop.signal);
    await ledger.clock.drive(
      (async () => {
        while (ledger.clock.now() < START + MINUTE + 2_000) await ledger.clock.sleep(1_000);
        stop.abort();
        await working;
      })(),
    );
    expect((await decisions()).map(([when, outcome]) => [when, outcome])).toEqual([[at(MINUTE), "STARTED"]]);
  });
});

it("decisionsConnection returns decisions in pages", async () => {
  const { ledger, id, pass } = await scheduled({ catchUp: "NONE" });
  await pass(6 * HOUR + 10 * MINUTE);
  const query = `query ($id: ID!, $after: String) { schedule(id: $id) {
    decisionsConnection(first: 4, after: $after) { nodes { scheduledFor } pageInfo { endCursor } } } }`;
  const page = async (after: string | null) => (await ledger.data(query, { id, after })).schedule.decisionsConnection;
  const first = await page(null);
  expect(first.nodes).toEqual([6, 5, 4, 3].map((h) => ({ scheduledFor: at(h * HOUR) })));
  const second = await page(first.pageInfo.endCursor);
  expect(second.nodes).toEqual([2, 1].map((h) => ({ scheduledFor: at(h * HOUR) })));
});

describe("schedule name", () => {
  it("is unique within an environment regardless of case, and is free again once the schedule is deleted", async () => {
    const { ledger, id } = await scheduled();
    const { name } = (await ledger.data("query ($id: ID!) { schedule(id: $id) { name } }", { id })).schedule;
    const create = (input: object) =>
      ledger.ask(CREATE_SCHEDULE, { input: { name, leagueKey: "458.l.100", cron: "0 6 * * *", ...input } });
    const taken = {
      message: `name: ${JSON.stringify(name)} is the name of schedule ${id} in PRODUCTION. Choose another name (case and accents make no difference), or edit that schedule`,
      extensions: { code: "BAD_USER_INPUT", scheduleId: id },
    };
    expect((await create({ name: name.toUpperCase() })).errors?.[0]).toMatchObject(taken);
    expect((await create({ environment: "TEST" })).errors).toBeUndefined();
    const other = (await create({ name: "other" })).data?.createSchedule.schedule.id;
    expect(
      (await ledger.ask(UPDATE_SCHEDULE, { input: { id: other, name: name.toUpperCase() } })).errors?.[0],
    ).toMatchObject(taken);
    expect((await ledger.ask(UPDATE_SCHEDULE, { input: { id, name: name.toUpperCase() } })).errors).toBeUndefined();
    // Two names that differ only in accents count as the same, and another schedule's id is refused as a name.
    expect((await create({ name: "Oñe" })).errors).toBeUndefined();
    for (const taken of ["OÑE", "on\u0303e", "one", id])
      expect((await create({ name: taken })).errors?.[0]?.extensions?.code, taken).toBe("BAD_USER_INPUT");
    // If two requests use the same name at the same time, only one succeeds.
    const both = await Promise.all([create({ name: "twin" }), create({ name: "Twin" })]);
    expect(both.map(({ errors }) => errors?.[0]?.extensions?.code).sort()).toEqual(["BAD_USER_INPUT", undefined]);
    await ledger.data("mutation ($id: ID!) { deleteSchedule(id: $id) { deletedId } }", { id });
    expect((await create({})).errors).toBeUndefined();
  });
});

describe("schedule input", () => {
  it.each([
    [
      { cron: "0 25 * * *" },
      /^cron: "0 25 \* \* \*" is not a valid pattern: Invalid value for hour: 25 \(field 2, hour: 25, at character 3\); allowed: /,
    ],
    [{ cron: "* * * * * *" }, /6 fields given; expected 5/],
    [{ timezone: "Mars/Olympus" }, /^timezone: "Mars\/Olympus" is not a time zone; allowed: /],
    [{ lookbackDays: 31 }, /expected a whole number from 1 to 30, got 31/],
    [{ lookbackDays: 0 }, /expected a whole number from 1 to 30, got 0/],
    [{ name: "  " }, /name: expected 1 to 100 characters, got 0/],
    [{ name: "x".repeat(101) }, /name: expected 1 to 100 characters, got 101/],
  ])("%j is refused by createSchedule and updateSchedule, and nothing is written", async (fault, message) => {
    const { ledger, id, schedule } = await scheduled();
    const before = await schedule();
    const good = { name: "x", leagueKey: "458.l.100", cron: "0 6 * * *" };
    for (const answer of [
      await ledger.ask(CREATE_SCHEDULE, { input: { ...good, ...fault } }),
      await ledger.ask(UPDATE_SCHEDULE, { input: { id, ...fault } }),
    ]) {
      expect(answer.errors?.[0]?.message).toMatch(message);
      expect(answer.errors?.[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT" });
    }
    expect(await schedule()).toEqual(before);
    expect((await ledger.data("{ schedules { id } }")).schedules).toHaveLength(2);
  });

  it("is answered with NOT_FOUND by each mutation, and with null by the query, if the schedule id is unknown", async () => {
    const ledger = await openLedger();
    expect((await ledger.data('{ schedule(id: "schedule_x") { id } }')).schedule).toBeNull();
    for (const mutation of [
      'updateSchedule(input: { id: "schedule_x" }) { schedule { id } }',
      'deleteSchedule(id: "schedule_x") { deletedId }',
      'triggerSchedule(id: "schedule_x") { created }',
    ]) {
      const { errors } = await ledger.ask(`mutation { ${mutation} }`);
      expect(errors?.[0]).toMatchObject({
        message: 'There is no schedule "schedule_x"; the query `schedules` lists all schedules',
        extensions: { code: "NOT_FOUND" },
      });
    }
  });

  it("is refused if its league key belongs to no known source", async () => {
    const { errors } = await (await openLedger()).ask(CREATE_SCHEDULE, {
      input: { name: "x", leagueKey: "nonsense", cron: "0 6 * * *" },
    });
    expect(errors?.[0]?.message).toMatch(/"nonsense" is not a league key; allowed: /);
  });
});

it("schedule decisions cannot be rewritten or deleted", async () => {
  const { ledger, pass } = await scheduled();
  await pass(HOUR);
  await expect(ledger.db.write([sql`delete from schedule_decisions`])).rejects.toThrow("decisions are kept for ever");
  await expect(ledger.db.write([sql`update schedule_decisions set reason = ''`])).rejects.toThrow(
    "decisions are never rewritten",
  );
});
