import { describe, expect, it } from "vitest";
import { jitter, NEVER, pool, retry, retryAfterMs, within } from "../src/clock.ts";
import { createFakeClock } from "./support/clock.ts";

const START = "2026-01-01T00:00:00Z";

describe("retry()", () => {
  it("calls the action again after each pause until the action succeeds", async () => {
    const clock = createFakeClock(START);
    const attempts: [number, number][] = [];
    const began = clock.now();
    const action = async (attempt: number) => {
      attempts.push([attempt, clock.now() - began]);
      if (attempt < 3) throw new Error(`attempt ${attempt}`);
      return "done";
    };
    expect(await clock.drive(retry(clock, action, (_, attempt) => attempt * 100))).toBe("done");
    expect(attempts).toEqual([
      [1, 0],
      [2, 100],
      [3, 300],
    ]);
  });

  it("throws the error of the last attempt when it gives up", async () => {
    const clock = createFakeClock(START);
    const action = async (attempt: number) => {
      throw new Error(`attempt ${attempt}`);
    };
    await expect(retry(clock, action, (_, attempt) => (attempt === 2 ? null : 0))).rejects.toThrow("attempt 2");
  });

  it("throws the last error without a further attempt when the given signal aborts during a pause", async () => {
    const clock = createFakeClock(START);
    const stop = new AbortController();
    let attempts = 0;
    const action = async () => {
      attempts++;
      throw new Error("no");
    };
    const retried = retry(clock, action, () => 60_000, stop.signal);
    const failed = expect(retried).rejects.toThrow("no");
    await Promise.resolve().then(() => stop.abort());
    await failed;
    expect(attempts).toBe(1);
  });
});

describe("pool()", () => {
  it("starts all actions in order, and runs at most the given number at once", async () => {
    let [running, most] = [0, 0];
    const begun: number[] = [];
    await pool(3, [1, 2, 3, 4, 5, 6, 7], async (n) => {
      begun.push(n);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
    });
    expect(begun).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
  });

  it("waits for all other actions to end, then throws the first failure", async () => {
    const ended: number[] = [];
    const run = pool(2, [1, 2, 3], async (n) => {
      if (n === 1) throw new Error("the first");
      await new Promise((resolve) => setImmediate(resolve));
      ended.push(n);
    });
    await expect(run).rejects.toThrow("the first");
    expect(ended).toEqual([2, 3]);
  });
});

describe("within()", () => {
  it("aborts the action's signal when the time is up, when another signal aborts, or when the action ends", async () => {
    const clock = createFakeClock(START);
    const waiting = (deadline: AbortSignal) =>
      new Promise<number>((resolve) => deadline.addEventListener("abort", () => resolve(clock.now())));
    const began = clock.now();
    expect((await clock.drive(within(clock, 5_000, NEVER, waiting))) - began).toBe(5_000);

    const other = new AbortController();
    const stopped = within(clock, 5_000, [undefined, other.signal], waiting);
    other.abort();
    expect(await stopped).toBe(clock.now());

    let left: AbortSignal | undefined;
    await within(clock, 5_000, undefined, async (deadline) => {
      left = deadline;
      expect(deadline.aborted).toBe(false);
    });
    expect(left?.aborted).toBe(true);
    expect(clock.sleepers()).toBe(0);
  });
});

it("jitter() returns a pause of 50% to 150% of the given length", () => {
  expect([jitter(100, 0), jitter(100, 0.5), jitter(100, 1)]).toEqual([50, 100, 150]);
});

describe("retryAfterMs()", () => {
  it.each([
    ["seconds", "120", 120_000],
    ["a date", "Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
    ["a past date as 0", "Wed, 31 Dec 2025 23:59:00 GMT", 0],
    ["an unreadable value as undefined", "soon", undefined],
  ])("reads %s", (_, text, ms) => {
    expect(retryAfterMs(new Headers({ "retry-after": text }), Date.parse(START))).toBe(ms);
  });

  it("returns undefined when the header is absent", () => {
    expect(retryAfterMs(new Headers(), Date.parse(START))).toBeUndefined();
  });
});
