import { LRUCache } from "lru-cache";

/** Clients that are remembered: more would be somebody who has many, and whom this does not slow down. */
const CLIENTS = 10_000;

/** Counts what each client has done since its window began; the window begins with the first of it, and then a new one. */
export type Tally = {
  /** Counts one more; answers how many there are. */
  add(client: string): number;
  count(client: string): number;
};

/** @param now Milliseconds since 1970. @param windowMs For how long what was counted counts. */
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
