/** Durations in milliseconds. Never of calendar dates: a day of a league may have 23 or 25 hours (`calendar.ts`). */
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Time as the ledger knows it: handed in, so that a test moves it instead of waiting for it. */
export type Clock = {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms` milliseconds, or as soon as the signal aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

/** The longest that timers of all runtimes can wait in one go: 2^31 - 1 milliseconds. */
const LONGEST_TIMER_MS = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(Math.max(0, ms), LONGEST_TIMER_MS));
      signal?.addEventListener("abort", done, { once: true });
    }),
};

/** Lets timers, sockets and all else that waits have their turn; takes no time of its own. */
export function yieldToOthers(): Promise<void> {
  return new Promise((resolve) => {
    // In a browser's or an edge's runtime there may be none.
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

/**
 * Calls an action with a signal that aborts after `ms` milliseconds, or as soon as one of others does; nothing is left of either once the
 * action has ended.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  stopping: AbortSignal | undefined | readonly (AbortSignal | undefined)[],
  action: (deadline: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const deadline = new AbortController();
  const stop = () => deadline.abort();
  const reasons = [stopping].flat().filter((each) => each !== undefined);
  for (const reason of reasons) {
    reason.addEventListener("abort", stop, { once: true });
    if (reason.aborted) stop();
  }
  void clock.sleep(ms, over.signal).then(() => over.signal.aborted || stop());
  try {
    return await action(deadline.signal);
  } finally {
    over.abort();
    for (const reason of reasons) reason.removeEventListener("abort", stop);
  }
}

/** Wakes whoever waits for something to happen in this process: a job to claim, an event to send on. */
export type Wake = {
  notify(): void;
  /** Resolves at the next {@link notify}, after `ms` milliseconds, or when the signal aborts; says whether it was notified. */
  wait(ms: number, signal?: AbortSignal): Promise<boolean>;
};

/** @param onNotify Told of each notification as well. */
export function createWake(clock: Clock, onNotify: () => void = () => {}): Wake {
  const waiters = new Set<() => void>();
  return {
    notify() {
      onNotify();
      for (const waiter of [...waiters]) waiter();
    },
    async wait(ms, signal) {
      if (signal?.aborted) return false;
      let notified = false;
      const ended = new AbortController();
      const waiter = () => {
        notified = true;
        ended.abort();
      };
      const stop = () => ended.abort();
      waiters.add(waiter);
      signal?.addEventListener("abort", stop, { once: true });
      await clock.sleep(ms, ended.signal);
      signal?.removeEventListener("abort", stop);
      waiters.delete(waiter);
      return notified;
    },
  };
}
