import { type Clock, DAY, MINUTE, SECOND } from "../clock.ts";
import { type Budget, RENEW_MS, type Window } from "../db/budget.ts";
import { plural } from "../text.ts";
import { SourceError } from "./source.ts";

export type Limiter = {
  /**
   * Runs the request when its turn comes. Throws RATE_LIMITED at once if requests are blocked. Throws STOPPED if the signal aborts before
   * the request starts.
   */
  run<T>(request: () => Promise<T>, signal: AbortSignal): Promise<T>;
};

/** Yahoo's blocks last 10 to 15 minutes, and Yahoo does not say how long a block will last (docs/yahoo.md, Limits). */
const DEFAULT_BLOCK_MS = 15 * MINUTE;
const MAX_BLOCK_MS = DAY;

const stopped = () => new SourceError("STOPPED", "Stopped before the request was made");

/**
 * Returns the error for a time window in which all allowed requests have been made. The ledger stops its requests before the source would
 * block them.
 */
const spent = ({ forMs, window: { requests, minutes } }: { forMs: number; window: Window }) => {
  const span = minutes % (24 * 60) === 0 ? plural(minutes / (24 * 60), "day") : plural(minutes, "minute");
  const message = `The budget of ${plural(requests, "request")} in ${span} is spent (REQUESTS_PER_WINDOW, REQUESTS_PER_DAY)`;
  return new SourceError("RATE_LIMITED", message, { retryAfterMs: forMs });
};

/**
 * Spaces the requests of one credential across all jobs of this process, or across all processes that share `budget`. Blocks all requests
 * when the source reports a rate limit. After a block, one request goes ahead as a probe; the other requests follow when the probe is
 * answered.
 *
 * @param requestsPerSecond 0 means unlimited.
 * @param concurrency Maximum number of requests under way at once.
 * @param budget Shared with other processes; undefined when this process has its own limits.
 */
export function createLimiter(
  clock: Clock,
  { requestsPerSecond, concurrency }: { requestsPerSecond: number; concurrency: number },
  budget?: Budget,
): Limiter {
  const spacingMs = requestsPerSecond === 0 ? 0 : SECOND / requestsPerSecond;
  let nextStart = 0;
  let blockedUntil = 0;
  let isProbing = false;
  let underWay = 0;
  const queue: (() => void)[] = [];

  const refuseWhileBlocked = () => {
    blockedUntil = Math.min(blockedUntil, clock.now() + MAX_BLOCK_MS);
    const leftMs = blockedUntil - clock.now();
    if (leftMs > 0)
      throw new SourceError("RATE_LIMITED", "The source accepts no requests for now", { retryAfterMs: leftMs });
  };
  const isFull = () => underWay >= (isProbing ? 1 : concurrency);

  const enter = async (signal: AbortSignal) => {
    while (isFull()) {
      await new Promise<void>((resolve) => {
        const go = () => {
          signal.removeEventListener("abort", go);
          resolve();
        };
        queue.push(go);
        signal.addEventListener("abort", go, { once: true });
      });
      if (signal.aborted) throw stopped();
      refuseWhileBlocked();
    }
    underWay++;
  };
  const leave = () => {
    underWay--;
    for (const waiting of queue.splice(0)) waiting();
  };
  /**
   * Waits until the spacing allows a request. Requests that have started delay later requests; requests that are aborted while waiting do
   * not.
   */
  const space = async (signal: AbortSignal) => {
    // Never wait longer than the spacing. `nextStart` may be far ahead if the clock was fast and has been put back.
    const leftMs = () => Math.min(nextStart - clock.now(), spacingMs);
    while (leftMs() > 0) {
      await clock.sleep(leftMs(), signal);
      if (signal.aborted) throw stopped();
      refuseWhileBlocked();
    }
    nextStart = clock.now() + spacingMs;
  };
  const block = (error: SourceError) => {
    const asked = error.retryAfterMs ?? DEFAULT_BLOCK_MS;
    const waitMs = Math.min(Math.max(asked, SECOND), MAX_BLOCK_MS);
    blockedUntil = Math.max(blockedUntil, clock.now() + waitMs);
    isProbing = true;
    return new SourceError("RATE_LIMITED", error.message, { retryAfterMs: blockedUntil - clock.now(), cause: error });
  };
  /**
   * Sends the request. A rate limit starts a block. The probe ends once a request that started after the block has a result other than a
   * rate limit.
   */
  const ask = async <T>(request: () => Promise<T>): Promise<T> => {
    const startedAt = clock.now();
    const settle = () => {
      if (startedAt >= blockedUntil) isProbing = false;
    };
    try {
      const answer = await request();
      settle();
      return answer;
    } catch (error) {
      if (error instanceof SourceError && error.kind === "RATE_LIMITED") throw block(error);
      settle();
      throw error;
    }
  };

  /** Renews the reservation of a request until the request is over. */
  const keep = async (shared: Budget, id: string, over: AbortSignal) => {
    for (;;) {
      await clock.sleep(RENEW_MS, over);
      if (over.aborted) return;
      await shared.renew(id).catch(() => {});
    }
  };

  /** Sends the request within the shared budget. While another process is blocked, this process is blocked too. */
  const share = async <T>(shared: Budget, request: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    const id = crypto.randomUUID();
    const over = new AbortController();
    let blockMs: number | null | undefined;
    const hold = (forMs: number) => {
      if (forMs > 0) blockedUntil = Math.max(blockedUntil, clock.now() + forMs);
      refuseWhileBlocked();
    };
    try {
      for (;;) {
        if (signal.aborted) throw stopped();
        refuseWhileBlocked();
        const grant = await shared.reserve(id);
        if (grant.kind === "blocked") hold(grant.forMs);
        else if (grant.kind === "spent") throw spent(grant);
        else await clock.sleep(grant.waitMs, signal);
        if (signal.aborted) throw stopped();
        if (grant.kind !== "granted") continue;
        // During the wait another request may have been rate limited.
        if (grant.waitMs > 0) hold(await shared.blockedMs());
        break;
      }
      blockMs = null;
      void keep(shared, id, over.signal);
      return await ask(request);
    } catch (error) {
      if (blockMs === null && error instanceof SourceError && error.kind === "RATE_LIMITED")
        blockMs = error.retryAfterMs;
      throw error;
    } finally {
      over.abort();
      // Ignore a failed write, because the source's answer is valid anyway and the reservation expires by itself.
      await shared.release(id, blockMs).catch(() => {});
    }
  };

  return {
    async run(request, signal) {
      if (signal.aborted) throw stopped();
      refuseWhileBlocked();
      await enter(signal);
      try {
        if (budget) return await share(budget, request, signal);
        await space(signal);
        return await ask(request);
      } finally {
        leave();
      }
    },
  };
}
