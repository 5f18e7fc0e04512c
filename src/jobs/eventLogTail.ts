import { type Clock, type Notifier, SECOND } from "../clock.ts";
import type { Db } from "../db/client.ts";
import { eventsAfter, type JobEvent, lastEventId } from "../db/events.ts";
import { LedgerError } from "../errors.ts";
import type { Log } from "../log.ts";

/**
 * Events as they are committed, by any process. However many follow, one poll reads the table; what it finds is kept for a while,
 * so that followers who keep up cost no read of their own. A follower is a cursor and nothing else: one that stops reading has
 * no buffer to grow, and goes on from the table when it reads again.
 */
export type EventLogTail = {
  /**
   * Events after the cursor, oldest first, at most a page; `upTo` is how far the table has been looked through. Throws CURSOR_AHEAD
   * when the table ends before the cursor.
   * @param toTheLast Whether the very newest matter, which the last poll may not have seen.
   */
  read(after: number, jobId: string | undefined, toTheLast?: boolean): Promise<{ events: JobEvent[]; upTo: number }>;
  /** Resolves when there is an event after the position, after `ms` milliseconds, or when the signal aborts. */
  wait(position: number, ms: number, signal: AbortSignal): Promise<void>;
  /** One computation for all who want the same once the events up to a position are there. */
  share<T>(key: string, position: number, compute: () => Promise<T>): Promise<T>;
};

/** The database was put back to an earlier state: what comes after the cursor would be taken for what was seen already. */
export const cursorAhead = (cursor: number, newest: number) =>
  new LedgerError(
    "CURSOR_AHEAD",
    `Cannot go on after ${cursor} as the newest event is ${newest}: the database was restored to an earlier state. Begin anew, without after, or go on after ${newest}`,
    { newest: String(newest) },
  );

/** How soon an event of another process is seen. */
const POLL_MS = 1 * SECOND;
const KEPT = 1_000;
const PAGE = 200;
const WOKEN = "woken";

/** @param closing Aborts when nobody is going to follow any more. */
export function createEventLogTail({
  db,
  clock,
  notifier,
  log,
  closing,
}: {
  db: Db;
  clock: Clock;
  notifier: Notifier;
  log: Log;
  closing: AbortSignal;
}): EventLogTail {
  /** The newest events without a gap: all after `keptAfter`, up to `head`. */
  let kept: JobEvent[] = [];
  let keptAfter = 0;
  let head: number | null = null;
  let isPolling = false;
  const shared = new Map<string, { position: number; value: Promise<unknown> }>();
  const waiting = new Set<{ position: number; wakeUp: () => void }>();

  /** A database that was put back to an earlier state under the process has fewer events than were seen: what is kept is no longer so. */
  const startOverIfRestored = async () => {
    const newest = await lastEventId(db);
    if (head === null || newest >= head) return;
    log.error("The database has fewer events than before: it was restored to an earlier state", {
      before: head,
      newest,
    });
    kept = [];
    keptAfter = newest;
    head = newest;
  };

  const refresh = async () => {
    if (head === null) {
      head = await lastEventId(db);
      keptAfter = head;
    }
    let page: JobEvent[];
    do {
      page = await eventsAfter(db, head, { limit: PAGE });
      head = page.at(-1)?.id ?? head;
      kept.push(...page);
      if (kept.length > KEPT) {
        keptAfter = kept.at(-KEPT - 1)?.id ?? keptAfter;
        kept = kept.slice(-KEPT);
      }
    } while (page.length === PAGE);
    if (page.length === 0) await startOverIfRestored();
    // Whoever stands beyond the newest event is to hear of it, too: the database was restored.
    for (const waiter of waiting) if (waiter.position !== head) waiter.wakeUp();
  };

  /** Runs while anybody waits: one read per commit of this process, and one a second for those of others. */
  const poll = async () => {
    if (isPolling) return;
    isPolling = true;
    while (waiting.size > 0 && !closing.aborted) {
      const notified = notifier.wait(POLL_MS, closing);
      await refresh().catch((error) => log.warn("Events could not be read and are tried again", { error }));
      await notified;
    }
    isPolling = false;
    shared.clear();
  };

  return {
    async read(after, jobId, toTheLast = false) {
      const fromTable = toTheLast || head === null || after < keptAfter || after > head;
      // Ids grow in the order of commits, so that a read after this one sees all of them.
      const newest = head === null || fromTable ? await lastEventId(db) : head;
      if (after > newest) throw cursorAhead(after, newest);
      const events = fromTable
        ? await eventsAfter(db, after, { jobId, limit: PAGE })
        : kept.filter((event) => event.id > after && (jobId === undefined || event.jobId === jobId)).slice(0, PAGE);
      const last = events.at(-1)?.id ?? after;
      return { events, upTo: events.length === PAGE ? last : Math.max(last, newest) };
    },
    async wait(position, ms, signal) {
      if (signal.aborted || (head !== null && head > position)) return;
      const ended = new AbortController();
      // With a reason: without one an error is made for each of a thousand followers, stack and all.
      const wakeUp = () => ended.abort(WOKEN);
      const waiter = { position, wakeUp };
      waiting.add(waiter);
      signal.addEventListener("abort", wakeUp, { once: true });
      void poll();
      await clock.sleep(ms, ended.signal);
      signal.removeEventListener("abort", wakeUp);
      waiting.delete(waiter);
    },
    share<T>(key: string, position: number, compute: () => Promise<T>) {
      const known = shared.get(key);
      // What was begun earlier may have been read before the last of the events.
      if (known && known.position >= position) return known.value as Promise<T>;
      const value = compute();
      shared.set(key, { position, value });
      return value;
    },
  };
}
