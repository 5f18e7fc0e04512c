import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { cliEnv, lineups, spawnLineups } from "../support/cli.ts";
import { makeFolder } from "../support/ledger.ts";

describe("examples in the help texts", () => {
  it("can be run through the package's bin file", async () => {
    const { exit, out } = await spawnLineups(["leagues", "list"], cliEnv(makeFolder())).ended;
    expect({ exit, out }).toEqual({ exit: 0, out: expect.stringMatching(/^League .*\ndemo\.l\.1 .*\n1 league\n$/) });
  });
});

it("a cron pattern without quotes is refused with the advice to quote it", async () => {
  const { exit, err } = await lineups(["schedules", "add", ..."0 6 * * *".split(" "), "--name", "x"], {});
  const quoted = await lineups(["schedules", "add", "0 6 * * *", "extra", "--name", "x"], {});
  expect(quoted.err).not.toContain("quotes");
  expect({ exit, err }).toEqual({
    exit: 2,
    err: "too many arguments for 'add'. Expected 1 argument but got 5: 0, 6, *, *, *.\nPut the cron pattern in quotes: '0 6 * * *'\nSee: lineups schedules add --help\n",
  });
});

describe("shell completion", () => {
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
    it.skipIf(!has(shell))(`completes commands and their options in ${shell}`, async () => {
      const { out } = await lineups(["completion", shell], {});
      expect(complete(out, shell, ["lineups", "s"]).sort()).toEqual(["schedules", "serve", "summary"]);
      expect(complete(out, shell, ["lineups", "jobs", "re"])).toEqual(["resumable", "resume"]);
      expect(complete(out, shell, ["lineups", "collect", "--star"])).toEqual(["--start"]);
      expect(complete(out, shell, ["lineups", "jobs", "list", "--st"])).toEqual(["--status"]);
    });
  }

  it.skipIf(!has("zsh"))("completes commands and their options in zsh", async () => {
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
