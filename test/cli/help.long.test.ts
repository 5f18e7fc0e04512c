import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cliEnv, lineups } from "../support/cli.ts";
import { makeFolder } from "../support/ledger.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The help texts of all commands. */
const HELP = readFileSync(join(ROOT, "docs/reference/command-line.md"), "utf8");

/** Splits a line into plain and single-quoted words, as a shell does. */
const split = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");

/** Commands that need a source, a terminal or a running job. Other tests run these commands. */
const ELSEWHERE =
  /^(login|logout|serve|completion|config|waive|doctor|leagues (mine|add|remove)|jobs (pause|resume|cancel|watch))\b/;

describe("examples in the help texts", () => {
  it("run exactly as they are written", async () => {
    const folder = makeFolder();
    mkdirSync(join(folder, "data"));
    const env = cliEnv(folder);
    const examples = new Set<string>();
    for (const [, example = ""] of HELP.matchAll(/^ {2}lineups ([^[\n]+)$/gm))
      if (!ELSEWHERE.test(example)) examples.add(example);
    expect(examples.size).toBeGreaterThan(30);
    for (const example of examples) {
      const argv = split(example).map((word) => (word.endsWith(".csv") ? join(folder, word) : word));
      const { exit, err } = await lineups(argv, env);
      // There is no job to resume.
      const expected = argv.includes("--resume") ? 2 : 0;
      expect({ example, exit, err: exit === 0 ? "" : err }).toMatchObject({ example, exit: expected });
    }
  });
});

/** The machine's own Node, which may be too old to run TypeScript. */
const OLD_NODE = "/usr/bin/node";
const isOld =
  existsSync(OLD_NODE) && Number(/^v(\d+)/.exec(spawnSync(OLD_NODE, ["-v"], { encoding: "utf8" }).stdout)?.[1]) < 22;

describe.skipIf(!isOld)("bin/lineups.js on a machine with an old Node", () => {
  it("uses the Node that `npm ci` has installed", () => {
    const { status, stdout } = spawnSync(OLD_NODE, [join(ROOT, "bin/lineups.js"), "leagues", "list"], {
      env: cliEnv(makeFolder()),
      encoding: "utf8",
    });
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^League .*\ndemo\.l\.1 .*\n1 league\n$/),
    });
  });

  it("exits with 1 and names the required Node version if `npm ci` has not been run", () => {
    const folder = makeFolder();
    mkdirSync(join(folder, "bin"));
    copyFileSync(join(ROOT, "bin/lineups.js"), join(folder, "bin/lineups.mjs"));
    const { status, stderr } = spawnSync(OLD_NODE, [join(folder, "bin/lineups.mjs")], { encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^lineups requires Node 22.18 or newer.+; this one is \d+\.\d+\.\d+\.\nRun `npm ci`/);
  });
});
