import { systemClock } from "../clock.ts";
import type { Io } from "./io.ts";

const INTERRUPTED = 130;
const NARROWEST = 20;
const USUAL_WIDTH = 80;

/** The process's own terminal, or pipe. */
export function terminal(): Io {
  const { stdout, stderr, env } = process;
  const isDumb = env.TERM === "dumb";
  // `lineups export | head`: whoever reads no more has what he wanted.
  for (const stream of [stdout, stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

  const listeners = new Set<() => void>();
  let signals = 0;
  const heed = (code: number) => () => {
    signals++;
    if (signals > 1 || listeners.size === 0) process.exit(code);
    for (const listener of listeners) listener();
  };
  process.on("SIGINT", heed(INTERRUPTED));
  process.on("SIGTERM", heed(INTERRUPTED));

  return {
    env,
    clock: systemClock,
    out: (text) => new Promise((resolve) => void (stdout.write(text) ? resolve() : stdout.once("drain", resolve))),
    err: (text) => void stderr.write(text),
    columns: () => (stderr.isTTY && !isDumb ? Math.max(NARROWEST, stderr.columns || USUAL_WIDTH) : null),
    hasColor: stdout.isTTY === true && !isDumb && !env.NO_COLOR,
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
