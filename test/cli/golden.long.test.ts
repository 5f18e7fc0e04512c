import { describe, expect, it } from "vitest";
import { COMMANDS, HELP, hasTerminal, transcript } from "../support/goldenSession.ts";

describe("command output", () => {
  it("matches golden/pipe.txt in a pipe, including the help texts and the shell completions", async () => {
    const text = await transcript({ on: "pipe", commands: [...COMMANDS, ...HELP] });
    await expect(text).toMatchFileSnapshot("golden/pipe.txt");
  });

  it.skipIf(!hasTerminal)("matches golden/terminal.txt on a terminal", async () => {
    await expect(await transcript({ on: "terminal", commands: COMMANDS })).toMatchFileSnapshot("golden/terminal.txt");
  });

  it("matches golden/json.txt with --json", async () => {
    const commands = [...COMMANDS, ["completion", "bash"], ["completion", "csh"]];
    const text = await transcript({ on: "pipe", commands, more: ["--json"] });
    const shortened = text.replace(/^(.{800}).{200,}$/gm, (line, begin) => `${begin}… (${line.length} characters)`);
    await expect(shortened).toMatchFileSnapshot("golden/json.txt");
    for (const block of text.split(/^\$ lineups .*\n/m).slice(1)) {
      const lines = block
        .trim()
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      // An export prints its records before its result.
      expect(Object.keys(lines.at(-1) ?? {}), block.slice(-300)).toEqual([expect.stringMatching(/^(result|error)$/)]);
    }
  });
});
