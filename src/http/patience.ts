import { LRUCache } from "lru-cache";
import { type Clock, SECOND } from "../clock.ts";
import { LIMITS } from "../schema/limits.ts";

/** For how long a client's refused documents count. */
const WINDOW_MS = 10 * SECOND;
/** Clients that are remembered: more would be somebody who has many, and whom this does not slow down. */
const CLIENTS = 10_000;

/** How many documents that could not be taken a client has sent of late. */
export type Patience = {
  /** One more was refused. */
  note(client: string): void;
  /** Whether it has sent so many that a document that is not known is not even read. */
  isOver(client: string): boolean;
};

export function createPatience({ now }: Pick<Clock, "now">): Patience {
  const refused = new LRUCache<string, { until: number; documents: number }>({ max: CLIENTS });
  const current = (client: string) => {
    const entry = refused.get(client);
    return entry && entry.until > now() ? entry : undefined;
  };
  return {
    note(client) {
      const entry = current(client) ?? { until: now() + WINDOW_MS, documents: 0 };
      entry.documents++;
      refused.set(client, entry);
    },
    isOver: (client) => (current(client)?.documents ?? 0) >= LIMITS.refusedDocuments,
  };
}
