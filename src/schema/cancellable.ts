/**
 * Returns an async iterator that can be stopped at any moment. With a bare `async function*`, `return()` would wait for the pending
 * `next()`, which may never settle. This iterator's `return()` first aborts the operation that the generator awaits.
 *
 * @param reasons Signals that abort when the client disconnects or the server stops.
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
        // Ignore errors after the stop; clients reconnect with their cursor.
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
