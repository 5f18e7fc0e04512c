import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Io } from "../../src/cli/io.ts";
import { run } from "../../src/cli/run.ts";
import { type Clock, systemClock } from "../../src/clock.ts";

const BIN = fileURLToPath(new URL("../../bin/lineups.js", import.meta.url));
const COMPILE_CACHE = fileURLToPath(new URL("../../node_modules/.cache/compile", import.meta.url));

/** Noon in New York on the 61st day of the demo league's season, the earliest day on which that league is shown. */
export const NOW = Date.parse("2025-05-04T16:00:00.000Z");

const MAX_PAUSE_MS = 29_000;

/** A clock whose time stands still. Shortens each pause to a thousandth, but shortens no timeouts or other long sleeps. */
export const hurriedClock = (now = NOW): Clock => ({
  now: () => now,
  sleep: (ms, signal) => systemClock.sleep(ms < MAX_PAUSE_MS ? ms / 1_000 : ms, signal),
});

export type Ran = { exit: number; out: string; err: string; lines: Record<string, any>[] };

/** Runs a command in the test's process with a pipe as its output. `interrupt` acts as Ctrl+C, and `answer` is what a person types. */
export async function lineups(
  argv: readonly string[],
  env: Record<string, string>,
  {
    clock = hurriedClock(),
    onStart,
    answer = null,
    width = null,
  }: { clock?: Clock; onStart?: (interrupt: () => void) => void; answer?: string | null; width?: number | null } = {},
): Promise<Ran> {
  let [out, err] = ["", ""];
  const listeners = new Set<() => void>();
  onStart?.(() => {
    for (const listener of listeners) listener();
  });
  const io: Io = {
    env,
    clock,
    out: async (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    ask: async () => answer,
    columns: () => null,
    width: () => width,
    hasColor: false,
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const exit = await run(argv, io);
  const lines = argv.includes("--json")
    ? out
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];
  return { exit, out, err, lines };
}

/** Returns a command's environment with a database in `folder`. */
export const cliEnv = (folder: string, more: Record<string, string> = {}): Record<string, string> => ({
  DATABASE_URL: `file:${join(folder, "cli.db")}`,
  REQUESTS_PER_SECOND: "0",
  ...more,
});

/** Runs the package's bin in a child process with a pipe as its output. */
export function spawnLineups(argv: readonly string[], env: Record<string, string>, cwd?: string) {
  const child = spawn(process.execPath, [BIN, ...argv], {
    env: { PATH: process.env.PATH ?? "", NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  const ended = new Promise<Ran>((resolve) =>
    child.once("close", (code, signal) =>
      resolve({ exit: code ?? (signal === "SIGKILL" ? 137 : -1), out, err, lines: [] }),
    ),
  );
  return { child, ended, out: () => out, err: () => err };
}
