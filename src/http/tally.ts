import { LRUCache } from "lru-cache";

/** How many clients are remembered. Somebody with more addresses than this is not slowed down anyway. */
const CLIENTS = 10_000;

/** Counts what each client has done in its window. The first count starts a window, and so does the first count after its end. */
export type Tally = {
  /** Counts one more. Returns the count of the window. */
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
