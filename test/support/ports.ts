import type { ChildProcess } from "node:child_process";
import { createServer } from "node:net";

/** A range below the ports that the system assigns, because most of the tests' processes let the system assign theirs. */
const [LOWEST, HIGHEST] = [15_000, 32_000];

/** Returns a port that is free now and that the system gives to no other process before it is used. */
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
