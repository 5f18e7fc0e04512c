import { describe, expect, it } from "vitest";
import { budgetSeconds } from "../../src/jobs/progress.ts";
import { openLedger } from "../support/ledger.ts";

describe("job progress", () => {
  it("reports the rate and the remaining time based on the last minute, and null before the job has started", async () => {
    const ledger = await openLedger({ env: { REQUESTS_PER_SECOND: "1" } });
    const id = await ledger.start("2025-04-01", "2025-04-20", { concurrency: 1 });
    expect((await ledger.job(id)).progress).toMatchObject({
      percent: 0,
      rate: null,
      etaSeconds: null,
      currentDate: "2025-04-01",
      itemsTotal: 0,
    });
    await ledger.clock.drive(ledger.server.tick({ budgetMs: 11_500 }));
    const { progress } = await ledger.job(id);
    expect(progress.itemsTotal).toBe(240);
    expect(progress.percent).toBeCloseTo((progress.itemsProcessed / 240) * 100, 0);
    // One request a second, twelve teams a request.
    expect(progress.rate).toBeGreaterThan(9);
    expect(progress.rate).toBeLessThanOrEqual(16);
    expect(progress.etaSeconds).toBeCloseTo((240 - progress.itemsProcessed) / progress.rate, 0);
    await ledger.work();
    expect((await ledger.job(id)).progress).toMatchObject({
      percent: 100,
      rate: null,
      etaSeconds: 0,
      currentDate: null,
    });
  });

  it("includes the wait in the remaining time of a waiting job", async () => {
    const ledger = await openLedger({ env: { REQUESTS_PER_SECOND: "1" } });
    ledger.yahoo.fault = (path) =>
      path.endsWith("2025-04-06") ? { status: 429, body: "", headers: { "retry-after": "600" } } : null;
    const id = await ledger.start("2025-04-01", "2025-04-20", { concurrency: 1 });
    await ledger.work();
    const { progress, status } = await ledger.job(id);
    expect(status).toBe("WAITING");
    expect(progress.etaSeconds).toBeGreaterThan(600);
    expect(progress.etaSeconds).toBeLessThan(630);
  });
});

describe("budgetSeconds()", () => {
  const window = { minutes: 15, requests: 40 };
  it.each([
    ["458.l.1", 40, 0, 0],
    ["458.l.1", 41, 0, 960],
    ["458.l.1", 38, 28, 960],
    ["458.l.1", 12, 28, 0],
    ["458.l.1", 121, 40, 4 * 960],
    ["espn.flb.2025.1", 500, 40, 0],
    ["458.l.1", 0, 40, 0],
  ])("for the league %s, with %i requests to make and %i already made, returns %i", (key, requests, made, seconds) => {
    expect(budgetSeconds(key, requests, [{ ...window, made }])).toBe(seconds);
  });
});
