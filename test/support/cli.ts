import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Io } from "../../src/cli/io.ts";
import { run } from "../../src/cli/run.ts";
import { type Clock, systemClock } from "../../src/clock.ts";

const BIN = fileURLToPath(new URL("../../bin/lineups.js", import.meta.url));
const COMPILE_CACHE = fileURLToPath(new URL("../../node_modules/.cache/compile", import.meta.url));

/** Noon in New York of the 61st day of the demo league's season: it is never shorter. */
export const NOW = Date.parse("2025-05-04T16:00:00.000Z");

const MAX_PAUSE_MS = 29_000;

/** Stands still, and makes short work of pauses: a thousandth of them. What is longer than a pause, as a time-out, stays as it is. */
export const hurriedClock = (now = NOW): Clock => ({
  now: () => now,
  sleep: (ms, signal) => systemClock.sleep(ms < MAX_PAUSE_MS ? ms / 1_000 : ms, signal),
});

export type Ran = { exit: number; out: string; err: string; lines: Record<string, any>[] };

/** Runs a command within the test, its terminal a pipe; `interrupt` is Ctrl+C, `answer` what a person at the terminal types. */
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

/** The environment of a command on a database of its own. */
export const cliEnv = (folder: string, more: Record<string, string> = {}): Record<string, string> => ({
  DATABASE_URL: `file:${join(folder, "cli.db")}`,
  REQUESTS_PER_SECOND: "0",
  ...more,
});

/** Runs the package's own bin in a process of its own, its output a pipe. */
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
