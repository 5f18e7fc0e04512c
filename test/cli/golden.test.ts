import { expect, it } from "vitest";
import { COMMANDS, HELP, transcript } from "../support/goldenSession.ts";

// The same session on a terminal and with --json: golden.long.test.ts.
it("golden output matches golden/pipe.txt in a pipe, with the help and the completions", async () => {
  const text = await transcript({ on: "pipe", commands: [...COMMANDS, ...HELP] });
  await expect(text).toMatchFileSnapshot("golden/pipe.txt");
});
