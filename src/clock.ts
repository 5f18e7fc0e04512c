/**
 * Durations in milliseconds. Do not count calendar dates with these durations: a day of a league may have 23 or 25 hours (`calendar.ts`).
 */
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The ledger's source of time. The clock is passed in, so a test can advance the time instead of waiting. */
export type Clock = {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms` milliseconds, or as soon as the signal aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

/** The longest delay that the timers of all runtimes support: 2^31 - 1 milliseconds. */
const MAX_TIMER_MS = 2_147_483_647;

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
      const timer = setTimeout(done, Math.min(Math.max(0, ms), MAX_TIMER_MS));
      signal?.addEventListener("abort", done, { once: true });
    }),
};

/** A signal that never aborts. This signal lives as long as the process, so each of its listeners has to be removed again. */
export const NEVER: AbortSignal = new AbortController().signal;

/** Lets timers, sockets and other waiting work run, without adding a delay. */
export function yieldToOthers(): Promise<void> {
  return new Promise((resolve) => {
    // Browsers and edge runtimes may not have `setImmediate`.
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

/**
 * Calls an action with a signal that aborts after `ms` milliseconds or as soon as one of `others` aborts. The signal also aborts when the
 * action ends, to stop any work that the action has left running.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  others: AbortSignal | undefined | readonly (AbortSignal | undefined)[],
  action: (deadline: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const stop = () => deadline.abort();
  const reasons = [others].flat().filter((each) => each !== undefined);
  for (const reason of reasons) {
    reason.addEventListener("abort", stop, { once: true });
    if (reason.aborted) stop();
  }
  void clock.sleep(ms, deadline.signal).then(stop);
  try {
    return await action(deadline.signal);
  } finally {
    stop();
    for (const reason of reasons) reason.removeEventListener("abort", stop);
  }
}

/** Like {@link within}, but for an action that may ignore its signal: once the signal aborts, stops waiting and throws `late`. */
export function orGiveUp<T>(
  clock: Clock,
  ms: number,
  others: readonly AbortSignal[],
  { late, action }: { late: string; action: (deadline: AbortSignal) => Promise<T> },
): Promise<T> {
  return within(clock, ms, others, (signal) => {
    const givenUp = new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(new Error(late)), { once: true }),
    );
    // The signal also aborts when the action ends. Nobody waits for `givenUp` after the action has ended, so a rejection of `givenUp` is
    // ignored here.
    givenUp.catch(() => {});
    return Promise.race([action(signal), givenUp]);
  });
}

/** Returns 0.5 to 1.5 times `ms`, so callers that failed together do not retry together. @param random A number from 0 to 1. */
export const jitter = (ms: number, random = Math.random()): number => ms * (0.5 + random);

/**
 * Calls an action until it succeeds, with a pause after each failed attempt.
 * @param pauseMs Returns how many milliseconds to pause after a failed attempt, or null to give up and throw the attempt's error.
 * Attempts are counted from 1.
 * @param signal Aborts when nobody waits any longer; the pause then ends, and the last error is thrown.
 */
export async function retry<T>(
  clock: Pick<Clock, "sleep">,
  action: (attempt: number) => Promise<T>,
  pauseMs: (error: unknown, attempt: number) => number | null | Promise<number | null>,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action(attempt);
    } catch (error) {
      const ms = signal?.aborted ? null : await pauseMs(error, attempt);
      if (ms === null) throw error;
      if (ms > 0) await clock.sleep(ms, signal);
      if (signal?.aborted) throw error;
    }
  }
}

/** Runs an action for every item, at most `limit` at a time. Waits for all started actions, then throws the first failure. */
export async function pool<T>(limit: number, items: Iterable<T>, action: (item: T) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]();
  const lane = async () => {
    for (let next = left.next(); !next.done; next = left.next()) await action(next.value);
  };
  const lanes = await Promise.allSettled(Array.from({ length: limit }, lane));
  const failed = lanes.find((each) => each.status === "rejected");
  if (failed) throw failed.reason;
}

/**
 * Converts `Retry-After`, in seconds or as an HTTP date (RFC 9110, section 10.2.3), to milliseconds. Returns undefined when the header is
 * absent or unreadable.
 */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const text = headers.get("retry-after")?.trim();
  if (!text) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * SECOND;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** Wakes code that waits for something new in this process, such as a job to claim or an event to forward. */
export type Notifier = {
  notify(): void;
  /** Resolves to true at the next {@link notify}. Resolves to false after `ms` milliseconds, or when the signal aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<boolean>;
};

export function createNotifier(clock: Clock): Notifier {
  const waiters = new Set<() => void>();
  return {
    notify() {
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
