import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { createBudget } from "../../src/db/budget.ts";
import { openDb } from "../../src/db/client.ts";
import { createLimiter } from "../../src/source/limiter.ts";
import { SourceError } from "../../src/source/source.ts";
import { createFakeClock } from "../support/clock.ts";
import { makeDatabase } from "../support/ledger.ts";
import { until } from "../support/waiter.ts";

const signal = new AbortController().signal;

/** Creates the limiters of several processes that share one database and one credential. */
async function processes(n: number, { requestsPerSecond = 2, concurrency = 2 } = {}) {
  const url = await makeDatabase();
  const clock = createFakeClock(1_000_000);
  const limits = { requestsPerSecond, concurrency };
  const budgets = Array.from({ length: n }, () =>
    createBudget(openDb({ url, now: clock.now }), "yahoo me", { spacingMs: 1000 / requestsPerSecond, concurrency }),
  );
  return { clock, url, budgets, limiters: budgets.map((budget) => createLimiter(clock, limits, budget)) };
}

describe("processes that share a credential", () => {
  it("space their requests as if they were one process", async () => {
    const { clock, limiters } = await processes(3);
    const starts: number[] = [];
    const ask = (limiter: (typeof limiters)[number]) => limiter.run(async () => void starts.push(clock.now()), signal);
    await clock.drive(Promise.all([...limiters, ...limiters].map(ask)));
    expect(starts.map((at) => at - 1_000_000).sort((a, b) => a - b)).toEqual([0, 500, 1000, 1500, 2000, 2500]);
  });

  it("share the limit of requests in flight of a single process, and after a while stop counting the requests of a killed process", async () => {
    const { clock, budgets } = await processes(2, { requestsPerSecond: 100 });
    const [one, other] = budgets;
    if (!one || !other) throw new Error("Expected two budgets");
    expect((await one.reserve("a")).kind).toBe("granted");
    expect((await other.reserve("b")).kind).toBe("granted");
    expect((await other.reserve("c")).kind).toBe("busy");
    await one.release("a", null);
    // The first request in the queue is granted next. Repeating `reserve` for a request does not change the request's position.
    expect((await one.reserve("d")).kind).toBe("busy");
    expect((await other.reserve("c")).kind).toBe("granted");
    expect((await other.reserve("c")).kind).toBe("granted");
    expect((await one.reserve("d")).kind).toBe("busy");
    await clock.advance(91_000);
    expect((await one.reserve("d")).kind).toBe("granted");
  });

  it("all wait after the source rate-limits one request, then send a single probe, and continue after the probe's answer", async () => {
    const { clock, limiters, budgets } = await processes(2, { concurrency: 4 });
    const [one, other] = limiters;
    const [, otherBudget] = budgets;
    if (!one || !other || !otherBudget) throw new Error("Expected two limiters");
    const refused = new SourceError("RATE_LIMITED", "slow down", { retryAfterMs: 60_000 });
    await expect(clock.drive(one.run(() => Promise.reject(refused), signal))).rejects.toMatchObject({
      retryAfterMs: 60_000,
    });
    await clock.advance(20_000);
    const asked: string[] = [];
    const early = other.run(async () => void asked.push("early"), signal);
    await expect(clock.drive(early)).rejects.toMatchObject({ kind: "RATE_LIMITED", retryAfterMs: 40_000 });
    await clock.advance(40_001);

    let answer = () => {};
    const probing = one.run(() => {
      asked.push("probe");
      return new Promise<void>((resolve) => {
        answer = resolve;
      });
    }, signal);
    await until("the probe", async () => {
      await clock.advance(10);
      return asked.includes("probe");
    });
    expect((await otherBudget.reserve("too early")).kind).toBe("busy");
    // Neither an abandoned request nor the end of an older request ends the block.
    await otherBudget.release("too early", undefined);
    await otherBudget.release("of before", null);
    expect((await otherBudget.reserve("too early as well")).kind).toBe("busy");
    await otherBudget.release("too early as well", undefined);
    const following = other.run(async () => void asked.push("follows"), signal);
    answer();
    await probing;
    await clock.drive(following);
    expect(asked).toEqual(["probe", "follows"]);
  });

  it("return the source's answer even if the database fails to free the request's place", async () => {
    const { clock, budgets } = await processes(1);
    const [budget] = budgets;
    if (!budget) throw new Error("Expected one budget");
    const forgetful = { ...budget, release: () => Promise.reject(new Error("gone")) };
    const limiter = createLimiter(clock, { requestsPerSecond: 2, concurrency: 2 }, forgetful);
    expect(await clock.drive(limiter.run(async () => "answer", signal))).toBe("answer");
  });

  it("send none of their waiting requests after the source has rate-limited a request", async () => {
    const { clock, limiters } = await processes(2, { requestsPerSecond: 1, concurrency: 4 });
    const [one, other] = limiters;
    if (!one || !other) throw new Error("Expected two limiters");
    const sent: string[] = [];
    let refuse = () => {};
    const first = one.run(() => {
      sent.push("first");
      return new Promise((_, reject) => {
        refuse = () => reject(new SourceError("RATE_LIMITED", "slow down", { retryAfterMs: 60_000 }));
      });
    }, signal);
    await until("the first request", async () => {
      await clock.advance(1);
      return sent.length === 1;
    });
    const waiting = [one, other].map((each) => each.run(async () => void sent.push("late"), signal));
    const outcomes = Promise.allSettled([first, ...waiting]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    refuse();
    await new Promise((resolve) => setTimeout(resolve, 30));
    await clock.drive(outcomes);
    expect((await outcomes).map((each) => each.status === "rejected" && each.reason.kind)).toEqual([
      "RATE_LIMITED",
      "RATE_LIMITED",
      "RATE_LIMITED",
    ]);
    expect(sent).toEqual(["first"]);
  });

  it("share the request rate fairly, so no busy process delays another process", async () => {
    const { clock, limiters } = await processes(3, { requestsPerSecond: 1, concurrency: 2 });
    const counts = limiters.map(() => 0);
    const over = new AbortController();
    const asking = limiters.flatMap((limiter, i) =>
      [1, 2].map(async () => {
        while (!over.signal.aborted)
          await limiter.run(async () => counts.splice(i, 1, (counts[i] ?? 0) + 1), over.signal).catch(() => {});
      }),
    );
    await until("fifteen requests", async () => {
      await clock.advance(100);
      await new Promise((resolve) => setTimeout(resolve, 0));
      return counts.reduce((sum, n) => sum + n, 0) >= 15;
    });
    over.abort();
    await clock.drive(Promise.all(asking));
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(4);
  });

  it("never wait longer than the spacing multiplied by the concurrency, even if the clock was set back", async () => {
    const { clock, url, budgets } = await processes(1, { requestsPerSecond: 1 });
    await budgets[0]?.reserve("a");
    const earlier = createBudget(openDb({ url, now: () => clock.now() - 500_000 }), "yahoo me", {
      spacingMs: 1000,
      concurrency: 2,
    });
    expect(await earlier.reserve("b")).toEqual({ kind: "granted", waitMs: 2000 });
  });

  it("leave neither an open request nor a block in the database once all requests have ended", async () => {
    const { clock, url, limiters } = await processes(2);
    await clock.drive(Promise.all(limiters.map((each) => each.run(async () => {}, signal))));
    const db = openDb({ url, now: clock.now });
    expect(await db.orm.all(sql`select * from source_requests`)).toEqual([]);
    expect(await db.orm.all(sql`select credential, blocked_until, probe_until from source_budgets`)).toEqual([
      { credential: "yahoo me", blocked_until: 0, probe_until: null },
    ]);
  });
});

describe("window budget", () => {
  const MINUTE = 60_000;
  async function withWindow(requests: number, minutes = 15) {
    const url = await makeDatabase();
    const clock = createFakeClock(40 * MINUTE);
    const limits = { requestsPerSecond: 0, concurrency: 4 };
    const limiters = [1, 2].map(() =>
      createLimiter(
        clock,
        limits,
        createBudget(openDb({ url, now: clock.now }), "yahoo me", {
          spacingMs: 0,
          concurrency: 4,
          windows: [{ minutes, requests }],
        }),
      ),
    );
    return { clock, limiters };
  }

  it("is shared by two processes and never exceeded, and each refusal says how long to wait", async () => {
    const { clock, limiters } = await withWindow(5);
    const starts: number[] = [];
    const refused: number[] = [];
    // Each process sends requests. After a refusal, the process waits as long as the refusal says.
    const work = async (limiter: (typeof limiters)[number]) => {
      for (let n = 0; n < 12; n++) {
        try {
          await limiter.run(async () => void starts.push(clock.now()), signal);
        } catch (error) {
          if (!(error instanceof SourceError)) throw error;
          expect(error).toMatchObject({
            kind: "RATE_LIMITED",
            message: expect.stringContaining("5 requests in 15 minutes"),
          });
          refused.push(error.retryAfterMs ?? 0);
          await clock.sleep(error.retryAfterMs ?? 0);
          n--;
        }
      }
    };
    await clock.drive(Promise.all(limiters.map(work)));
    expect(starts).toHaveLength(24);
    expect(Math.max(...refused)).toBeLessThanOrEqual(16 * MINUTE);
    for (const at of starts) {
      const within = starts.filter((other) => other >= at && other < at + 15 * MINUTE).length;
      expect(within).toBeLessThanOrEqual(5);
    }
    // Each of the five windows of five requests takes at most 16 minutes.
    expect(clock.now() - 40 * MINUTE).toBeLessThanOrEqual(5 * 16 * MINUTE);
  });

  it("refuses the next request if the budget for the day is spent", async () => {
    const { clock, limiters } = await withWindow(3, 24 * 60);
    const [one] = limiters;
    if (!one) throw new Error("Expected two limiters");
    for (let n = 0; n < 3; n++) await clock.drive(one.run(async () => {}, signal));
    await expect(clock.drive(one.run(async () => {}, signal))).rejects.toThrow(/3 requests in 1 day is spent/);
  });
});
