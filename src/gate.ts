/** Limits how many actions run at once. Further actions wait in the order of their arrival. */
export type Gate = {
  /**
   * Runs the action when its turn comes. Throws a {@link GateFullError} at once if too many are waiting already.
   * @param signal When it aborts, an action that still waits never runs, and the signal's reason is thrown.
   */
  run<T>(action: () => Promise<T>, signal?: AbortSignal): Promise<T>;
};

/** Thrown when so many actions wait that a new action could not run in reasonable time. */
export class GateFullError extends Error {
  override name = "GateFullError";
}

/** @param waiting Maximum number of waiting actions. */
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
        if (queue.size >= waiting) throw new GateFullError(`${running} actions run and ${queue.size} wait`);
        // When an action ends, the next waiting action gets the free place.
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
