/** Lets so many actions run at once; the others wait in the order in which they came. */
export type Gate = {
  /** Runs the action when its turn comes. Throws a {@link GateFullError} at once where too many wait already. */
  run<T>(action: () => Promise<T>): Promise<T>;
};

/** So many wait already that one more would not be served in reasonable time. */
export class GateFullError extends Error {
  override name = "GateFullError";
}

/** @param waiting How many may wait. */
export function createGate({ atOnce, waiting = Number.POSITIVE_INFINITY }: { atOnce: number; waiting?: number }): Gate {
  let running = 0;
  const queue: (() => void)[] = [];
  return {
    async run(action) {
      if (running >= atOnce) {
        if (queue.length >= waiting) throw new GateFullError(`${running} run and ${queue.length} wait already`);
        // Whoever ends hands its place on.
        await new Promise<void>((resolve) => queue.push(resolve));
      } else {
        running++;
      }
      try {
        return await action();
      } finally {
        const next = queue.shift();
        if (next) next();
        else running--;
      }
    },
  };
}
