/**
 * An async iterator that can be stopped at any moment. Of a bare `async function*` a `return()` would wait behind the `next()`
 * under way, which may never settle: here it aborts what the generator waits for first.
 *
 * @param reasons Abort when the client goes away or the server stops.
 */
export function cancellable<T>(
  reasons: readonly (AbortSignal | undefined)[],
  start: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>,
): AsyncIterableIterator<T> {
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  for (const reason of reasons) {
    if (reason?.aborted) stop();
    reason?.addEventListener("abort", stop, { once: true });
  }
  const generator = start(stopped.signal);
  const leave = () => {
    for (const reason of reasons) reason?.removeEventListener("abort", stop);
    stop();
  };
  return {
    async next() {
      try {
        const result = await generator.next();
        if (result.done) leave();
        return result;
      } catch (error) {
        // What fails since the server stops is no news: the client goes on elsewhere by its cursor.
        if (stopped.signal.aborted) return { done: true, value: undefined };
        leave();
        throw error;
      }
    },
    async return() {
      leave();
      await generator.return();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
