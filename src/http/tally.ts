import { LRUCache } from "lru-cache";

/**
 * How many clients are remembered. Remembering more clients would not help: somebody with more than 10,000 addresses cannot be slowed down
 * anyway.
 */
const CLIENTS = 10_000;

/**
 * Counts what each client does within a window of time. A client's first action starts a window. The first action after the end of a window
 * starts the next window.
 */
export type Tally = {
  /** Counts one action. Returns the number of the client's actions in the current window. */
  add(client: string): number;
  count(client: string): number;
};

/** @param now Milliseconds since 1970. @param windowMs The length of a window. */
export function createTally(now: () => number, windowMs: number): Tally {
  const counted = new LRUCache<string, { until: number; n: number }>({ max: CLIENTS });
  const current = (client: string) => {
    const entry = counted.get(client);
    return entry && entry.until > now() ? entry : undefined;
  };
  return {
    add(client) {
      const entry = current(client) ?? { until: now() + windowMs, n: 0 };
      entry.n++;
      counted.set(client, entry);
      return entry.n;
    },
    count: (client) => current(client)?.n ?? 0,
  };
}
