import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// Proves that clients get their types from the schema without a cast. Installs examples/typed in a temporary folder, generates the types
// with graphql-code-generator and gql.tada, and compiles the examples. Then checks that an example does not compile if it queries a name
// that the schema lacks. Needs the npm registry.
//
//   npm run proof:typed-clients

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "lineup-ledger-typed-"));
const app = join(folder, "examples/typed");
const say = (text: string) => process.stdout.write(`${text}\n`);

function run(what: string, args: readonly string[]): { isFine: boolean; output: string } {
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync("npm", args, { cwd: app, encoding: "utf8" });
  say(`${status === 0 ? "ok    " : "failed"}  ${what}  ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return { isFine: status === 0, output: `${stdout}\n${stderr}` };
}

try {
  mkdirSync(join(folder, "examples"), { recursive: true });
  cpSync(join(ROOT, "schema.graphql"), join(folder, "schema.graphql"));
  cpSync(join(ROOT, "examples/typed"), app, {
    recursive: true,
    filter: (path) => !/\/(node_modules|generated)(\/|$)/.test(path),
  });
  for (const [what, args] of [
    ["npm ci", ["ci"]],
    ["types are generated from the schema", ["run", "generate"]],
    ["the examples compile", ["run", "check"]],
  ] as const) {
    const { isFine, output } = run(what, args);
    if (isFine) continue;
    say(output);
    process.exitCode = 1;
    break;
  }
  if (process.exitCode === undefined) {
    for (const name of ["codegen/season.ts", "tada/season.ts"]) {
      const file = join(app, name);
      const text = readFileSync(file, "utf8");
      const cast = /\bas (any|unknown|never)\b|: any\b|@ts-/.exec(text);
      if (cast) throw new Error(`${name} has a cast: ${cast[0]}`);
      writeFileSync(file, text.replace("player.name", "player.nickname").replace("why: reason", "why: excuse"));
      const { isFine } = run(`${name} with a name that the schema lacks: failing to compile is expected`, [
        "run",
        "check",
      ]);
      if (isFine) throw new Error(`${name} compiles although it uses a name that the schema lacks`);
      writeFileSync(file, text);
    }
    say("Both generators type the examples without a cast");
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
