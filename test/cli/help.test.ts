import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cliEnv, lineups, spawnLineups } from "../support/cli.ts";
import { makeFolder } from "../support/ledger.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** What every command says of itself. */
const HELP = readFileSync(join(ROOT, "docs/reference/command-line.md"), "utf8");

/** Words as a shell makes them of a line with plain and single-quoted ones. */
const split = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");

/** What wants a source, a terminal or a job that is under way: other tests run it. */
const ELSEWHERE =
  /^(login|logout|serve|completion|config|waive|doctor|leagues (mine|add|remove)|jobs (pause|resume|cancel|watch))\b/;

describe("the examples of each command's help", () => {
  it("run as they stand", async () => {
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
      // There is nothing to go on with.
      const expected = argv.includes("--resume") ? 2 : 0;
      expect({ example, exit, err: exit === 0 ? "" : err }).toMatchObject({ example, exit: expected });
    }
  });

  it("run with the package's own bin as well", async () => {
    const { exit, out } = await spawnLineups(["leagues", "list"], cliEnv(makeFolder())).ended;
    expect({ exit, out }).toEqual({ exit: 0, out: expect.stringMatching(/^League .*\ndemo\.l\.1 .*\n1 league\n$/) });
  });
});

describe("completions", () => {
  const complete = (script: string, shell: string, words: string[]) => {
    const quoted = words.map((word) => `'${word}'`).join(" ");
    const asks: Record<string, string> = {
      bash: `${script}\nCOMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _lineups; printf '%s\\n' "\${COMPREPLY[@]}"`,
      fish: `${script}\ncomplete -C '${words.join(" ")}'`,
    };
    const { stdout, stderr } = spawnSync(
      shell,
      shell === "bash" ? ["--norc", "-c", asks.bash ?? ""] : ["--no-config", "-c", asks.fish ?? ""],
      { encoding: "utf8" },
    );
    expect(stderr).toBe("");
    return stdout
      .split("\n")
      .map((line) => line.split("\t")[0])
      .filter(Boolean);
  };
  const has = (shell: string) => spawnSync(shell, ["--version"]).status === 0;

  for (const shell of ["bash", "fish"]) {
    it.skipIf(!has(shell))(`of ${shell} know the commands and their options`, async () => {
      const { out } = await lineups(["completion", shell], {});
      expect(complete(out, shell, ["lineups", "s"]).sort()).toEqual(["schedules", "serve", "summary"]);
      expect(complete(out, shell, ["lineups", "jobs", "re"])).toEqual(["resumable", "resume"]);
      expect(complete(out, shell, ["lineups", "collect", "--star"])).toEqual(["--start"]);
      expect(complete(out, shell, ["lineups", "jobs", "list", "--st"])).toEqual(["--status"]);
    });
  }

  it.skipIf(!has("zsh"))("of zsh know the commands and their options", async () => {
    const { out } = await lineups(["completion", "zsh"], {});
    const complete = (words: string) =>
      spawnSync(
        "zsh",
        [
          "-f",
          "-c",
          `compdef() { :; }; _describe() { local -a all; all=("\${(@P)2}"); print -l -- "\${all[@]%%:*}"; }\n${out}\nwords=(${words}); CURRENT=$#words; _lineups`,
        ],
        { encoding: "utf8" },
      );
    expect(complete("lineups s")).toMatchObject({ stderr: "", stdout: expect.stringContaining("schedules\n") });
    expect(complete("lineups jobs re")).toMatchObject({
      stderr: "",
      stdout: expect.stringMatching(/^status\n[\s\S]*resumable\n/),
    });
  });
});

/** The machine's own Node, where that is too old to run TypeScript. */
const OLD_NODE = "/usr/bin/node";
const isOld =
  existsSync(OLD_NODE) && Number(/^v(\d+)/.exec(spawnSync(OLD_NODE, ["-v"], { encoding: "utf8" }).stdout)?.[1]) < 22;

describe.skipIf(!isOld)("on a machine whose Node is too old", () => {
  it("the bin runs with the Node that npm ci brought", () => {
    const { status, stdout } = spawnSync(OLD_NODE, [join(ROOT, "bin/lineups.js"), "leagues", "list"], {
      env: cliEnv(makeFolder()),
      encoding: "utf8",
    });
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^League .*\ndemo\.l\.1 .*\n1 league\n$/),
    });
  });

  it("and without that says what it wants", () => {
    const folder = makeFolder();
    mkdirSync(join(folder, "bin"));
    copyFileSync(join(ROOT, "bin/lineups.js"), join(folder, "bin/lineups.mjs"));
    const { status, stderr } = spawnSync(OLD_NODE, [join(folder, "bin/lineups.mjs")], { encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^lineups wants Node 22.18 or newer.+; this one is \d+\.\d+\.\d+\.\nRun `npm ci`/);
  });
});
