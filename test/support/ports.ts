import type { ChildProcess } from "node:child_process";
import { createServer } from "node:net";

/** Below those that a system hands out by itself: whoever asks for any port, as most of what tests start does, gets none of these. */
const [LOWEST, HIGHEST] = [15_000, 32_000];

/** A port that nobody listens on right now, and that nobody is given by chance before it is used. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await isFree(port)) return port;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(false) : reject(error),
    );
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });

/** Sends a signal to a detached process and all that it has started; to one that is gone nothing. */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  process.kill(-child.pid, signal);
}
