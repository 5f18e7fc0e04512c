import type { ChildProcess } from "node:child_process";
import { createServer } from "node:net";

/** A range below the ports that the system assigns, because most processes of the tests let the system assign their ports. */
const [LOWEST, HIGHEST] = [15_000, 32_000];

/** Returns a free port that the system does not assign to another process before the caller uses the port. */
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

/** Sends a signal to a detached process and its children. Does nothing when the process has ended. */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  process.kill(-child.pid, signal);
}
