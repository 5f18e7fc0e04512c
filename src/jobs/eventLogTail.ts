import { type Clock, type Notifier, SECOND } from "../clock.ts";
import type { Db } from "../db/client.ts";
import { eventsAfter, type JobEvent, lastEventId } from "../db/events.ts";
import { LedgerError } from "../errors.ts";
import type { Log } from "../log.ts";

/**
 * Passes events to all followers, whichever process commits them. One poll reads the table for everybody and keeps the newest events, so a
 * follower that keeps up needs no reads of its own. A follower has only a cursor and no buffer. A follower that stops reading costs no
 * memory, and later continues from the table.
 */
export type EventLogTail = {
  /**
   * Returns the events after the cursor, oldest first, at most one page. `upTo` is the cursor for the next read. Throws CURSOR_AHEAD when
   * the cursor is beyond the newest event in the table.
   * @param toTheLast Whether to include events newer than the last poll.
   */
  read(after: number, jobId: string | undefined, toTheLast?: boolean): Promise<{ events: JobEvent[]; upTo: number }>;
  /** Resolves when there is an event after the position, when `ms` milliseconds have passed, or when the signal aborts. */
  wait(position: number, ms: number, signal: AbortSignal): Promise<void>;
  /**
   * Returns the value that all callers with the same key share. Computes a new value if there is none yet, or if the shared value was
   * computed at an earlier position.
   */
  share<T>(key: string, position: number, compute: () => Promise<T>): Promise<T>;
};

/**
 * The error for a cursor beyond the newest event. The database was restored to an earlier state, so new events would get ids that the
 * cursor has already passed.
 */
export const cursorAhead = (cursor: number, newest: number) =>
  new LedgerError(
    "CURSOR_AHEAD",
    `Cannot continue after ${cursor}: the newest event is ${newest}, because the database was restored to an earlier state. ` +
      `Leave out the argument \`after\`, or set it to ${newest}`,
    { newest: String(newest) },
  );

/** Poll interval for events of other processes. */
const POLL_MS = 1 * SECOND;
const KEPT = 1_000;
const PAGE = 200;
const WOKEN = "woken";

/** @param closing Aborts when all followers have to stop. */
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
  /** The newest events: all events with an id above `keptAfter` and up to `head`. */
  let kept: JobEvent[] = [];
  let keptAfter = 0;
  let head: number | null = null;
  let isPolling = false;
  const shared = new Map<string, { position: number; value: Promise<unknown> }>();
  const waiting = new Set<{ position: number; wakeUp: () => void }>();

  /** Drops the kept events if the database was restored to an earlier state meanwhile: these events no longer exist. */
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
    // Also wake a waiter whose position is beyond the newest event, which happens after the database was restored from a backup.
    for (const waiter of waiting) if (waiter.position !== head) waiter.wakeUp();
  };

  /** Runs while somebody waits for an event. Reads after each commit of this process, and once a second for commits of other processes. */
  const poll = async () => {
    if (isPolling) return;
    isPolling = true;
    while (waiting.size > 0 && !closing.aborted) {
      const notified = notifier.wait(POLL_MS, closing);
      await refresh().catch((error) => log.warn("Cannot read events; retrying", { error }));
      await notified;
    }
    isPolling = false;
    shared.clear();
  };

  return {
    async read(after, jobId, toTheLast = false) {
      const fromTable = toTheLast || head === null || after < keptAfter || after > head;
      // Ids grow in the order of commits, so the read below sees every event up to `newest`.
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
      // Abort with a reason: without a reason, each abort creates an error with a stack, and there may be a thousand followers.
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
      // A computation begun at an earlier position may have missed the latest events.
      if (known && known.position >= position) return known.value as Promise<T>;
      const value = compute();
      shared.set(key, { position, value });
      return value;
    },
  };
}
