import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { cliEnv } from "./cli.ts";

const SCRIPT = fileURLToPath(new URL("./goldenCli.ts", import.meta.url));
const COMPILE_CACHE = fileURLToPath(new URL("../../node_modules/.cache/compile", import.meta.url));
const PSEUDO_TERMINAL = "/usr/bin/script";
export const hasTerminal = existsSync(PSEUDO_TERMINAL);

/** A session that tries each command and makes typical mistakes. */
export const COMMANDS: string[][] = [
  ["leagues", "list"],
  ["collect"],
  ["collect", "--start", "3d"],
  ["collect", "--start", "2025-02-30", "--league", "demo.l.1"],
  ["collect", "--start", "2d", "--end", "2025-05-08", "--league", "demo.l.1"],
  ["collect", "--start", "3d", "--league", "demo.l.1", "--dry-run"],
  ["collect", "--start", "3d", "--league", "demo.l.1"],
  ["collect", "--start", "4d", "--end", "yesterday", "--only-missing"],
  ["collect", "--resume"],
  ["collect", "--resume", "--start", "3d"],
  ["collect", "--start", "3d", "--concurrency", "9"],
  ["colect"],
  ["update", "--days", "5"],
  ["update", "--since-last"],
  ["update", "--date", "yesterday"],
  ["update", "--days", "5", "--since-last"],
  ["backfill", "--dry-run"],
  ["backfill", "--season", "1999"],
  ["missing", "--start", "9d"],
  ["missing", "--start", "9d", "--dates"],
  ["missing", "--start", "opening-day", "--end", "mon"],
  ["missing", "--start", "someday"],
  ["waive", "8d", "--reason", "no games"],
  ["waive", "8d"],
  ["waive", "9d", "7d", "--reason", "no games either"],
  ["demo"],
  ["validate", "--start", "3d", "--end", "yesterday"],
  ["verify", "--start", "3d"],
  ["verify", "--report", "latest"],
  ["verify", "--report", "nonsense"],
  ["corrections"],
  ["export", "--start", "yesterday", "--end", "yesterday", "--team", "demo.l.1.t.1"],
  ["export", "--start", "yesterday", "--end", "yesterday", "--team", "nobody"],
  ["export", "--env", "test", "--start", "yesterday"],
  ["jobs", "status"],
  ["jobs", "status", "lineup_update_nonsense"],
  ["jobs", "status", "ffffff"],
  ["events", "--first", "4"],
  ["workers"],
  ["jobs", "list"],
  ["jobs", "list", "--status", "failed,odd"],
  ["jobs", "stats"],
  ["jobs", "resumable"],
  ["jobs", "watch"],
  ["jobs", "pause", "latest"],
  ["jobs", "cancel", "latest"],
  ["jobs", "resume", "latest"],
  ["jobs", "lst"],
  ["schedules", "list"],
  ["schedules", "add", "0 25 * * *"],
  ["schedules", "add", "0 6,13,22 * * *", "--name", "thrice"],
  ["schedules", "disable", "thrice"],
  ["schedules", "enable", "thrice"],
  ["schedules", "run", "thrice"],
  ["schedules", "decisions", "thrice"],
  ["schedules", "remove", "thrice"],
  ["schedules", "remove", "thrice"],
  ["tokens", "create", "home", "--role", "root"],
  ["tokens"],
  ["webhooks"],
  ["lineup", "2", "yesterday"],
  ["lineup", "cafe", "2d"],
  ["lineup", "lodz", "2d"],
  ["lineup", "nobody", "2d"],
  ["lineup", "2", "2024-05-01"],
  ["lineups", "yesterday"],
  ["team", "2", "--slot", "il,c", "--start", "4d"],
  ["team", "2", "--slot", "XX"],
  ["moves", "2", "--start", "3d", "--end", "yesterday"],
  ["moves", "--kind", "in,out", "--start", "3w", "--first", "5"],
  ["moves", "--kind", "odd"],
  ["summary", "--start", "5d"],
  ["summary", "2", "--start", "5d"],
  ["summary", "--by-date", "--start", "2d"],
  ["summary", "2", "--by-date"],
  ["players", "--position", "C", "--first", "4"],
  ["players", "--team", "2", "--first", "4", "--start", "5d"],
  ["player", "9261", "--start", "5d"],
  ["player", "1"],
  ["player", "garc"],
  ["player", "garc", "--first", "3"],
  ["player", "ben garcia", "--start", "5d"],
  ["player", "zzz"],
  ["leagues", "show", "demo.l.1"],
  ["leagues", "show", "458.l.1"],
  ["config"],
  ["config", "set", "league", "nonsense"],
];

/** Commands whose output is only for people or shells. */
export const HELP: string[][] = [
  ["--help"],
  ["collect", "--help"],
  ["jobs", "--help"],
  ["completion", "bash"],
  ["completion", "fish"],
];

type Session = { on: "terminal" | "pipe"; commands: string[][]; more?: string[] };

/**
 * Runs a session in one process, on a pseudo-terminal of 80 columns or in a pipe. The sleep is needed because `script` may lose
 * output that was written just before its command ended.
 */
export async function transcript({ on, commands, more = [] }: Session): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "lineup-ledger-golden-"));
  const node = `'${process.execPath}' '${SCRIPT}'`;
  const [program, args] =
    on === "pipe"
      ? ["/bin/sh", ["-c", `${node} 2>&1`]]
      : [PSEUDO_TERMINAL, ["-qfec", `stty cols 80 -onlcr; ${node}; sleep 0.3`, "/dev/null"]];
  const child = spawn(program, args as string[], {
    env: {
      PATH: process.env.PATH ?? "",
      TERM: "xterm",
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      CONCURRENCY: "1",
      COMMANDS: JSON.stringify({ commands, more }),
      ...cliEnv(folder),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  for await (const chunk of child.stdout) text += chunk;
  rmSync(folder, { recursive: true, force: true });
  expect(text.match(/^\(exit code \d+\)\r?$/gm), "all of them were run").toHaveLength(commands.length);
  return settled(text);
}

/** Replaces what differs from run to run: random ids and the number of progress lines. */
const settled = (text: string): string =>
  text
    .replaceAll("\r\n", "\n")
    .replace(/(lineup_\w+_\d{8}_\d{6}_)[0-9a-f]{6}/g, "$1xxxxxx")
    .replace(/schedule_[0-9a-f]{12}/g, "schedule_xxxxxxxxxxxx")
    // A table on a terminal shows only the last digits of ids.
    .replace(/(^|STARTED {2})[0-9a-f]{6}(?= {2})/gm, "$1xxxxxx")
    .replaceAll("\x1b", "^[")
    // Keep only the last text of a line that was rewritten in place.
    .replace(/(?:\r\^\[\[K[^\r\n]*)*\r\^\[\[K/g, "")
    .replace(/(?:^\d+ % .*\n)+/gm, "… progress …\n");
