import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = resolve(import.meta.dirname, "../src");
const FILES = globSync("**/*.ts", { cwd: SRC })
  .filter((file) => !file.endsWith(".d.ts"))
  .sort();

/** The parts of src, grouped in steps. A part may import from itself and from earlier steps, but not from other parts of its own step. */
const ORDER: readonly (readonly string[])[] = [
  ["foundations"],
  ["db"],
  ["source"],
  ["deps"],
  ["access", "leagues"],
  ["lineups", "jobs"],
  ["schedules", "notifications"],
  ["worker", "schema"],
  ["http"],
  ["server"],
  ["runtimes"],
  ["cli"],
];
/** Files of the part "foundations", besides those in config/. The foundations import nothing from the other parts. */
const FOUNDATIONS = ["calendar.ts", "clock.ts", "errors.ts", "gate.ts", "hash.ts", "log.ts", "secrets.ts", "text.ts"];

const part = (file: string): string => {
  if (FOUNDATIONS.includes(file) || file.startsWith("config/")) return "foundations";
  const name = file.split("/")[0]?.replace(/\.ts$/, "") ?? "";
  if (ORDER.flat().includes(name)) return name;
  throw new Error(`Cannot assign src/${file} to a part: add it to ORDER or FOUNDATIONS`);
};

const mayImport = (from: string, to: string): boolean =>
  from === to || ORDER.findIndex((step) => step.includes(to)) < ORDER.findIndex((step) => step.includes(from));

const importsOf = (file: string): string[] =>
  [
    ...readFileSync(join(SRC, file), "utf8").matchAll(
      /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+"([^"]+)"|import\s+"([^"]+)"|import\("([^"]+)"\)/g,
    ),
  ].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? "");

const code = (file: string) => readFileSync(join(SRC, file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");

describe("source tree", () => {
  it.each(FILES)("lets src/%s import only from its own part and from earlier parts", (file) => {
    for (const target of importsOf(file).filter((name) => name.startsWith(".") && !name.endsWith(".json"))) {
      const imported = relative(SRC, resolve(SRC, dirname(file), target));
      expect(imported, "has its suffix").toMatch(/\.ts$/);
      const [from, to] = [part(file), part(imported)];
      expect(mayImport(from, to), `${file} (${from}) imports ${imported} (${to})`).toBe(true);
    }
  });

  it("has no import cycles", () => {
    const seen = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, path: readonly string[]) => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(" → "));
      if (seen.has(file)) return;
      seen.add(file);
      for (const target of importsOf(file).filter((name) => name.startsWith(".") && name.endsWith(".ts")))
        visit(relative(SRC, resolve(SRC, dirname(file), target)), [...path, file]);
    };
    for (const file of FILES) visit(file, []);
    expect(circles).toEqual([]);
  });

  it("imports drizzle-orm only in src/db", () => {
    expect(
      FILES.filter((file) => importsOf(file).some((name) => name.startsWith("drizzle-orm")) && part(file) !== "db"),
    ).toEqual([]);
    expect(
      FILES.filter((file) => importsOf(file).some((name) => name.startsWith("drizzle-orm"))).length,
    ).toBeGreaterThan(5);
  });

  it("uses features of a specific runtime only in src/runtimes and src/cli", () => {
    const named = FILES.filter(
      (file) =>
        /(?<![.\w])(process|Deno|Buffer|Bun)\s*[.[]/.test(code(file)) ||
        importsOf(file).some((name) => /^(node|cloudflare|bun):/.test(name)),
    );
    expect(named.filter((file) => part(file) !== "runtimes" && part(file) !== "cli")).toEqual([]);
    expect(named.length).toBeGreaterThan(0);
  });

  it("never computes a date by adding hours or milliseconds, because league dates are calendar dates", () => {
    const adding = FILES.filter((file) => /setDate\(|getDate\(|86_?400_?000/.test(code(file)));
    expect(adding).toEqual([]);
  });

  it("has no file with more than 250 lines", () => {
    const ROOT = resolve(SRC, "..");
    const dashboard = globSync("web/src/**/*.{ts,tsx}", { cwd: ROOT }).filter((file) => !file.includes("generated"));
    expect(dashboard.length).toBeGreaterThan(5);
    const long = [...FILES.map((file) => `src/${file}`), ...dashboard].filter(
      (file) => readFileSync(join(ROOT, file), "utf8").split("\n").length > 251,
    );
    expect(long).toEqual([]);
  });
});
