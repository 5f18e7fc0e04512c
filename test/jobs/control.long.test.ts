import { describe, expect, it } from "vitest";
import { act, interrupted, rosters } from "../support/control.ts";
import { openLedger } from "../support/ledger.ts";

describe("pauseCollection()", () => {
  it("has no effect if the job is resumed before the pause takes effect", async () => {
    const { job } = await interrupted(4, async (l, id) => {
      await l.data(act("pause"), { id });
      await l.data(act("resume"), { id });
    });
    expect(job).toMatchObject({ status: "COMPLETED" });
  });
});

describe("worker session", () => {
  it("starts no date after its time budget is spent, but makes all attempts for a started date if the source fails", async () => {
    const ledger = await openLedger();
    const id = await ledger.start("2025-04-01", "2025-04-03", { concurrency: 1 });
    ledger.yahoo.fault = (path) =>
      path.endsWith("2025-04-01") ? { status: 503, body: "", headers: { "retry-after": "60" } } : null;
    let turns = 0;
    while (await ledger.clock.drive(ledger.server.tick({ budgetMs: 30_000 }))) expect(++turns).toBeLessThan(10);
    const job = await ledger.job(id);
    expect(job).toMatchObject({ status: "FAILED", progress: { datesCompleted: 2, datesFailed: 1 } });
    expect(job.dates[0]).toMatchObject({ status: "FAILED", attempts: 7 });
    expect(rosters(ledger)).toHaveLength(9);
  });

  it("makes progress even if the rate limit delays each request beyond the session's time budget", async () => {
    const ledger = await openLedger({ env: { REQUESTS_PER_SECOND: "0.02", CONCURRENCY: "4" } });
    const begun = ledger.clock.now();
    const id = await ledger.start("2025-04-01", "2025-04-06", { concurrency: 4 });
    let turns = 0;
    while (await ledger.clock.drive(ledger.server.tick({ budgetMs: 30_000 }))) expect(++turns).toBeLessThan(10);
    expect(await ledger.job(id)).toMatchObject({ status: "COMPLETED", requests: 8 });
    // Eight requests, fifty seconds apart.
    expect((ledger.clock.now() - begun) / 1000).toBeGreaterThanOrEqual(350);
    expect((ledger.clock.now() - begun) / 1000).toBeLessThan(400);
  });

  it("spaces requests across all jobs of the same process", async () => {
    const ledger = await openLedger({ env: { REQUESTS_PER_SECOND: "2" } });
    await ledger.start("2025-04-01", "2025-04-03");
    await ledger.start("2025-05-01", "2025-05-03");
    const before = ledger.clock.now();
    const at: number[] = [];
    ledger.yahoo.fault = () => {
      at.push(ledger.clock.now() - before);
      return null;
    };
    const worker = async () => {
      while (await ledger.server.tick({ budgetMs: 3_600_000 }));
    };
    await ledger.clock.drive(Promise.all([worker(), worker()]));
    expect(at.length).toBeGreaterThanOrEqual(8);
    for (let i = 1; i < at.length; i++) expect((at[i] ?? 0) - (at[i - 1] ?? 0)).toBeGreaterThanOrEqual(500);
  });
});

describe("startCollection()", () => {
  it("prevents a failed job from being resumed if that job shares a date with the new job", async () => {
    const ledger = await openLedger();
    ledger.yahoo.fault = (path) => (path.endsWith("2025-04-02") ? { status: 500, body: "" } : null);
    const failed = await ledger.start("2025-04-01", "2025-04-03");
    await ledger.work();
    const other = await ledger.start("2025-04-03", "2025-04-05");
    const refused = await ledger.ask(act("resume"), { id: failed });
    expect(refused.errors?.[0]?.extensions).toEqual({ code: "JOB_OVERLAP", jobId: other });
    expect(await ledger.job(failed)).toMatchObject({ status: "FAILED", progress: { datesFailed: 1 } });
  });
});
