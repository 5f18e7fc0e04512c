import { spawn } from "node:child_process";
import { globSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { makeFolder } from "./support/ledger.ts";

const SRC = resolve(import.meta.dirname, "../src");
const FILES = globSync("**/*.ts", { cwd: SRC })
  .filter((file) => !file.endsWith(".d.ts"))
  .sort();

describe("source tree", () => {
  it("does no work when any file except a runtime or a command is imported", async () => {
    const modules = FILES.filter(
      (file) => !/^runtimes\/(node|deno|cloudflare|workersGraphiql)\.ts$/.test(file) && !file.startsWith("cli/"),
    );
    const folder = makeFolder();
    const script = `
      globalThis.fetch = () => { throw new Error("fetched on import"); };
      for (const module of ${JSON.stringify(modules.map((file) => join(SRC, file)))}) await import(module);
      const left = process.getActiveResourcesInfo().filter((name) => !/^(Pipe|TTY|FSReq|CloseReq)/.test(name));
      console.log(JSON.stringify(left));`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let out = "";
    for await (const chunk of child.stdout) out += chunk;
    expect(JSON.parse(out)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });
});
