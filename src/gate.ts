/** Lets so many actions run at once; the others wait in the order in which they came. */
export type Gate = {
  /**
   * Runs the action when its turn comes. Throws a {@link GateFullError} at once where too many wait already.
   * @param signal When it aborts, an action that still waits gives up its place: its reason is thrown, and the action never runs.
   */
  run<T>(action: () => Promise<T>, signal?: AbortSignal): Promise<T>;
};

/** So many wait already that one more would not be served in reasonable time. */
export class GateFullError extends Error {
  override name = "GateFullError";
}

/** @param waiting How many may wait. */
export function createGate({ atOnce, waiting = Number.POSITIVE_INFINITY }: { atOnce: number; waiting?: number }): Gate {
  let running = 0;
  const queue = new Set<() => void>();
  const waitForPlace = (signal: AbortSignal | undefined) =>
    new Promise<void>((resolve, reject) => {
      const leave = () => {
        queue.delete(begin);
        reject(signal?.reason);
      };
      const begin = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      queue.add(begin);
      signal?.addEventListener("abort", leave, { once: true });
    });
  return {
    async run(action, signal) {
      signal?.throwIfAborted();
      if (running >= atOnce) {
        if (queue.size >= waiting) throw new GateFullError(`${running} run and ${queue.size} wait already`);
        // Whoever ends hands its place on.
        await waitForPlace(signal);
      } else {
        running++;
      }
      try {
        return await action();
      } finally {
        const [next] = queue;
        if (next) {
          queue.delete(next);
          next();
        } else running--;
      }
    },
  };
}
