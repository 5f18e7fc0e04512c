import type { Clock } from "../../src/clock.ts";

/** A clock that stands still until a test moves it. {@link drive} moves it to the next sleeper whenever nothing else runs. */
export type FakeClock = Clock & {
  set(at: number | string): void;
  /** Advances time and wakes sleepers in the order of their deadlines. */
  advance(ms: number): Promise<void>;
  /** Waits for the promise. Advances time to the earliest deadline whenever all work is waiting for the clock. */
  drive<T>(work: Promise<T>): Promise<T>;
  sleepers(): number;
};

type Sleeper = { until: number; wake: () => void };

/** Counts of real operations in flight. {@link FakeClock.drive} waits for all of them, {@link FakeClock.advance} for writes only. */
export type UnderWay = {
  requests: () => number;
  writes: () => number;
  /**
   * How many operations have started so far. As long as new operations start, there is work left, even if no operation is in flight.
   */
  begun: () => number;
  /**
   * Time in milliseconds within which all ready code has run or has started an operation. A read from a remote database needs more than
   * 1 ms.
   */
  settleMs?: number;
};
/** Digests run on other threads and, on a busy machine, may take longer than the clock waits. */
let digests = 0;
const digest = crypto.subtle.digest.bind(crypto.subtle);
crypto.subtle.digest = (...of: Parameters<typeof digest>) => {
  digests++;
  return digest(...of).finally(() => digests--);
};

const NOTHING: UnderWay = { requests: () => 0, writes: () => 0, begun: () => 0 };

export function createFakeClock(
  at: number | string,
  { requests, writes, begun, settleMs = 1 }: UnderWay = NOTHING,
): FakeClock {
  const settle = () => new Promise((resolve) => setTimeout(resolve, settleMs));
  let now = new Date(at).getTime();
  const sleeping = new Set<Sleeper>();
  const next = () => [...sleeping].sort((a, b) => a.until - b.until)[0];
  const wakeNext = () => {
    const sleeper = next();
    if (!sleeper) return;
    now = Math.max(now, sleeper.until);
    sleeper.wake();
  };

  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const wake = () => {
          sleeping.delete(sleeper);
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        const sleeper = { until: now + Math.ceil(Math.max(0, ms)), wake };
        sleeping.add(sleeper);
        signal?.addEventListener("abort", wake, { once: true });
      }),
    set(to) {
      now = new Date(to).getTime();
    },
    async advance(ms) {
      const until = now + ms;
      for (let sleeper = next(); sleeper && sleeper.until <= until; sleeper = next()) {
        wakeNext();
        for (let before = -1; before !== begun() || writes() + digests > 0; ) {
          before = begun();
          await settle();
        }
      }
      now = until;
    },
    async drive(work) {
      let isSettled = false;
      const done = () => {
        isSettled = true;
      };
      work.then(done, done);
      while (!isSettled) {
        const before = begun();
        await settle();
        if (isSettled || requests() + writes() + digests > 0 || begun() !== before) continue;
        await settle();
        if (!isSettled && requests() + writes() + digests === 0 && begun() === before) wakeNext();
      }
      return work;
    },
    sleepers: () => sleeping.size,
  };
}
