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

/** Some processes, as limiters of their own on one database, that ask with one credential. */
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
  it("space their requests as one would", async () => {
    const { clock, limiters } = await processes(3);
    const starts: number[] = [];
    const ask = (limiter: (typeof limiters)[number]) => limiter.run(async () => void starts.push(clock.now()), signal);
    await clock.drive(Promise.all([...limiters, ...limiters].map(ask)));
    expect(starts.map((at) => at - 1_000_000).sort((a, b) => a - b)).toEqual([0, 500, 1000, 1500, 2000, 2500]);
  });

  it("have no more requests under way than one may, and forget those of a process that was killed", async () => {
    const { clock, budgets } = await processes(2, { requestsPerSecond: 100 });
    const [one, other] = budgets;
    if (!one || !other) throw new Error("There are two");
    expect((await one.reserve("a")).is).toBe("granted");
    expect((await other.reserve("b")).is).toBe("granted");
    expect((await other.reserve("c")).is).toBe("busy");
    await one.release("a", null);
    expect((await other.reserve("c")).is).toBe("granted");
    expect((await one.reserve("d")).is).toBe("busy");
    await clock.advance(91_000);
    expect((await one.reserve("d")).is).toBe("granted");
  });

  it("hold back once the source has refused one of them; then one goes ahead, and the others follow its answer", async () => {
    const { clock, limiters, budgets } = await processes(2, { concurrency: 4 });
    const [one, other] = limiters;
    const [, otherBudget] = budgets;
    if (!one || !other || !otherBudget) throw new Error("There are two");
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
    expect(await otherBudget.reserve("too early")).toEqual({ is: "busy" });
    const following = other.run(async () => void asked.push("follows"), signal);
    answer();
    await probing;
    await clock.drive(following);
    expect(asked).toEqual(["probe", "follows"]);
  });

  it("do not lose an answer when the database is lost before the request is told to be over", async () => {
    const { clock, budgets } = await processes(1);
    const [budget] = budgets;
    if (!budget) throw new Error("There is one");
    const forgetful = { ...budget, release: () => Promise.reject(new Error("gone")) };
    const limiter = createLimiter(clock, { requestsPerSecond: 2, concurrency: 2 }, forgetful);
    expect(await clock.drive(limiter.run(async () => "answer", signal))).toBe("answer");
  });

  it("leave nothing behind", async () => {
    const { clock, url, limiters } = await processes(2);
    await clock.drive(Promise.all(limiters.map((each) => each.run(async () => {}, signal))));
    const db = openDb({ url, now: clock.now });
    expect(await db.orm.all(sql`select * from source_requests`)).toEqual([]);
    expect(await db.orm.all(sql`select credential, blocked_until, probe_until from source_budgets`)).toEqual([
      { credential: "yahoo me", blocked_until: 0, probe_until: null },
    ]);
  });
});
