import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cliEnv, lineups } from "../support/cli.ts";
import { makeFolder } from "../support/ledger.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The help texts of all commands. */
const HELP = readFileSync(join(ROOT, "docs/reference/command-line.md"), "utf8");

/** Splits a line with plain and single-quoted words as a shell does. */
const split = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");

/** Commands that need a source, a terminal or a running job. Other tests run them. */
const ELSEWHERE =
  /^(login|logout|serve|completion|config|waive|doctor|leagues (mine|add|remove)|jobs (pause|resume|cancel|watch))\b/;

describe("help examples", () => {
  it("run without changes", async () => {
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
