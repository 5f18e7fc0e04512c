import { spawn } from "node:child_process";
import { globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { makeFolder } from "./support/ledger.ts";

const SRC = resolve(import.meta.dirname, "../src");
const FILES = globSync("**/*.ts", { cwd: SRC })
  .filter((file) => !file.endsWith(".d.ts"))
  .sort();

/** What each part may import from, besides itself: everything to its left. */
const ORDER = ["foundations", "db", "source", "jobs", "schema", "http", "server", "runtimes"] as const;
/** Files directly in `src` that know nothing of the rest. */
const FOUNDATIONS = [
  "config.ts",
  "calendar.ts",
  "clock.ts",
  "digest.ts",
  "gate.ts",
  "log.ts",
  "secrets.ts",
  "variables.ts",
];

const part = (file: string): (typeof ORDER)[number] => {
  if (FOUNDATIONS.includes(file)) return "foundations";
  if (file === "server.ts") return "server";
  if (file.startsWith("cli/")) return "runtimes";
  const [folder = ""] = file.split("/");
  const found = ORDER.find((each) => each === folder);
  if (!found) throw new Error(`src/${file} belongs to no part of the house`);
  return found;
};

const importsOf = (file: string): string[] =>
  [
    ...readFileSync(join(SRC, file), "utf8").matchAll(
      /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+"([^"]+)"|import\s+"([^"]+)"|import\("([^"]+)"\)/g,
    ),
  ].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? "");

const code = (file: string) => readFileSync(join(SRC, file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");

describe("the house", () => {
  it.each(FILES)("src/%s imports from its left only", (file) => {
    for (const target of importsOf(file).filter((name) => name.startsWith(".") && !name.endsWith(".json"))) {
      const imported = relative(SRC, resolve(SRC, dirname(file), target));
      expect(imported, "has its suffix").toMatch(/\.ts$/);
      const [from, to] = [ORDER.indexOf(part(file)), ORDER.indexOf(part(imported))];
      expect(to, `${file} (${part(file)}) imports ${imported} (${part(imported)})`).toBeLessThanOrEqual(from);
    }
  });

  it("drizzle-orm is imported by src/db alone", () => {
    expect(
      FILES.filter((file) => importsOf(file).some((name) => name.startsWith("drizzle-orm")) && part(file) !== "db"),
    ).toEqual([]);
    expect(
      FILES.filter((file) => importsOf(file).some((name) => name.startsWith("drizzle-orm"))).length,
    ).toBeGreaterThan(5);
  });

  it("a runtime is named by src/runtimes and src/cli alone", () => {
    const named = FILES.filter(
      (file) =>
        /(?<![.\w])(process|Deno|Buffer|Bun)\s*[.[]/.test(code(file)) ||
        importsOf(file).some((name) => /^(node|cloudflare|bun):/.test(name)),
    );
    expect(named.filter((file) => part(file) !== "runtimes")).toEqual([]);
    expect(named.length).toBeGreaterThan(0);
  });

  it("time is never added up in hours of a day: league dates are calendar dates", () => {
    const adding = FILES.filter((file) => /setDate\(|getDate\(|86_?400_?000/.test(code(file)));
    expect(adding).toEqual([]);
  });

  it("files stay small", () => {
    const long = FILES.filter((file) => readFileSync(join(SRC, file), "utf8").split("\n").length > 251);
    expect(long).toEqual([]);
  });

  it("importing any file but a runtime does no work", async () => {
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
