import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { cliEnv } from "../support/cli.ts";

const SCRIPT = fileURLToPath(new URL("../support/goldenCli.ts", import.meta.url));
const COMPILE_CACHE = fileURLToPath(new URL("../../node_modules/.cache/compile", import.meta.url));
const PSEUDO_TERMINAL = "/usr/bin/script";

/** What somebody types who tries each command, with the mistakes that people make. */
const COMMANDS: string[][] = [
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

/** Those whose output is for people or shells alone. */
const HELP: string[][] = [
  ["--help"],
  ["collect", "--help"],
  ["jobs", "--help"],
  ["completion", "bash"],
  ["completion", "fish"],
];

type Session = { on: "terminal" | "pipe"; commands: string[][]; more?: string[] };

/**
 * Runs all of it in one process: on a pseudo-terminal of 80 columns, or in a pipe. `script` may lose what was written just before
 * its command ended: hence the sleep.
 */
async function transcript({ on, commands, more = [] }: Session): Promise<string> {
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

/** Without what differs from run to run: random ids, and how often progress was shown. */
const settled = (text: string): string =>
  text
    .replaceAll("\r\n", "\n")
    .replace(/(lineup_\w+_\d{8}_\d{6}_)[0-9a-f]{6}/g, "$1xxxxxx")
    .replace(/schedule_[0-9a-f]{12}/g, "schedule_xxxxxxxxxxxx")
    // A table on a terminal shows the last digits of ids.
    .replace(/(^|STARTED {2})[0-9a-f]{6}(?= {2})/gm, "$1xxxxxx")
    .replaceAll("\x1b", "^[")
    // A line that is written anew shows what it says last.
    .replace(/(?:\r\^\[\[K[^\r\n]*)*\r\^\[\[K/g, "")
    .replace(/(?:^\d+ % .*\n)+/gm, "… progress …\n");

describe("each command", () => {
  const hasTerminal = existsSync(PSEUDO_TERMINAL);
  // All at once, as each is a process of its own; what one of them has to say is said by its test.
  const session = (wanted: Session) => {
    const text = transcript(wanted);
    text.catch(() => {});
    return () => text;
  };
  let [terminal, pipe, json]: (() => Promise<string>)[] = [];
  beforeAll(() => {
    if (hasTerminal) terminal = session({ on: "terminal", commands: COMMANDS });
    pipe = session({ on: "pipe", commands: [...COMMANDS, ...HELP] });
    const commands = [...COMMANDS, ["completion", "bash"], ["completion", "csh"]];
    json = session({ on: "pipe", commands, more: ["--json"] });
  });

  it.skipIf(!hasTerminal)("on a terminal", async () => {
    await expect(await terminal?.()).toMatchFileSnapshot("golden/terminal.txt");
  });

  it("in a pipe, with the help and the completions", async () => {
    await expect(await pipe?.()).toMatchFileSnapshot("golden/pipe.txt");
  });

  it("as JSON", async () => {
    const text = (await json?.()) ?? "";
    const shortened = text.replace(/^(.{800}).{200,}$/gm, (line, begin) => `${begin}… (${line.length} characters)`);
    await expect(shortened).toMatchFileSnapshot("golden/json.txt");
    for (const block of text.split(/^\$ lineups .*\n/m).slice(1)) {
      const lines = block
        .trim()
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      // Of an export, the records themselves come before.
      expect(Object.keys(lines.at(-1) ?? {}), block.slice(-300)).toEqual([expect.stringMatching(/^(result|error)$/)]);
    }
  });
});
