import { describe, expect, it } from "vitest";
import { createNotifier, NEVER } from "../../src/clock.ts";
import { createEventLogTail, type EventLogTail } from "../../src/jobs/eventLogTail.ts";
import { budgetSeconds } from "../../src/jobs/progress.ts";
import { subscribeToAllProgress } from "../../src/jobs/subscribe.ts";
import { createLog } from "../../src/log.ts";
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

describe("the progress of all jobs", () => {
  it("includes every change after a cursor if a subscriber reconnects with this cursor", async () => {
    const { db, clock, start, data } = await openLedger();
    // Each tail has its own notifier, so it learns of commits only by polling, as if another process made the commits.
    const tail = () =>
      createEventLogTail({
        db,
        clock,
        notifier: createNotifier(clock),
        log: createLog("error", () => {}),
        closing: NEVER,
      });
    const settings = {
      leaseMs: 0,
      concurrency: 1,
      progressEveryTeams: 1,
      requestsPerSecond: 0,
      windows: [],
      yahooCredential: "",
    };
    const follow = (eventLogTail: EventLogTail, after?: number) =>
      subscribeToAllProgress(
        { db, clock, settings, eventLogTail },
        { environment: "PRODUCTION", leagueKey: undefined, after },
        NEVER,
      );
    const next = async (stream: ReturnType<typeof follow>) => {
      const { jobId, status, cursor } = (await stream.next()).value ?? {};
      return [jobId, status, cursor];
    };
    const one = await start("2025-04-01", "2025-04-01");
    const other = await start("2025-04-02", "2025-04-02");
    const eventLogTail = tail();
    const stream = follow(eventLogTail);
    expect([await next(stream), await next(stream)]).toEqual([
      [one, "QUEUED", 1],
      [other, "QUEUED", 2],
    ]);
    // The tail reads the event of the pause. Both jobs end after the tail has read the pause and before the stream reads their states.
    const polled = eventLogTail.wait(2, 60_000, NEVER);
    await clock.advance(1_000);
    await data(`mutation { pauseCollection(jobId: "${one}") { job { id } } }`);
    await clock.advance(1_000);
    await polled;
    const end = (id: string) => data(`mutation { cancelCollection(jobId: "${id}") { job { id } } }`);
    await end(other);
    await end(one);
    expect(await next(stream)).toEqual([one, "CANCELLED", 3]);
    const again = follow(tail(), 3);
    expect([await next(again), await next(again)]).toEqual([
      [other, "CANCELLED", 4],
      [one, "CANCELLED", 5],
    ]);
  });
});
