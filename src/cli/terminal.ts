import { createInterface } from "node:readline/promises";
import { systemClock } from "../clock.ts";
import { EXIT, type Io } from "./io.ts";

const NARROWEST = 20;
const USUAL_WIDTH = 80;
/**
 * Several signals within this time count as one signal. A terminal's Ctrl+C may reach a process twice, directly and through its parent
 * process.
 */
const ONE_PRESS_MS = 100;

/** Returns the process's own terminal or pipe. */
export function terminal(): Io {
  const { stdout, stderr, env } = process;
  const isDumb = env.TERM === "dumb";

  const listeners = new Set<() => void>();
  let pressedAt = Number.NEGATIVE_INFINITY;
  let presses = 0;
  const heed = () => {
    const now = performance.now();
    if (now - pressedAt < ONE_PRESS_MS) return;
    pressedAt = now;
    if (++presses > 1 || listeners.size === 0) process.exit(EXIT.interrupted);
    for (const listener of listeners) listener();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, heed);

  // When the reader of a pipe is gone (`lineups export | head`), stop the output and pause the followed job.
  let isGone = false;
  const lose = (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") {
      if (!isGone) stderr.write(`Cannot write: ${error.message}\n`);
      process.exit(EXIT.failed);
    }
    if (listeners.size === 0) process.exit(EXIT.ok);
    if (!isGone) heed();
    isGone = true;
  };
  stdout.on("error", lose);
  stderr.on("error", () => {});

  return {
    env,
    clock: systemClock,
    out: (text) =>
      new Promise((resolve) => {
        if (isGone || stdout.write(text)) resolve();
        else {
          stdout.once("drain", resolve);
          stdout.once("error", () => resolve());
        }
      }),
    err: (text) => void stderr.write(text),
    async ask(question) {
      if (!process.stdin.isTTY || !stderr.isTTY) return null;
      const lines = createInterface({ input: process.stdin, output: stderr });
      lines.on("SIGINT", heed);
      const answer = await lines.question(question);
      lines.close();
      return answer.trim();
    },
    columns: () => (stderr.isTTY && !isDumb ? Math.max(NARROWEST, stderr.columns || USUAL_WIDTH) : null),
    width: () => (stdout.isTTY ? Math.max(NARROWEST, stdout.columns || USUAL_WIDTH) : null),
    hasColor: stdout.isTTY === true && !isDumb && !env.NO_COLOR,
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
