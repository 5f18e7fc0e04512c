import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isReached, type Row, ratioOf } from "./row.ts";

// Runs the parts one after the other, each in its own process, and prints one table with each figure beside its limit.
// A part is a file of bench/parts, such as growth.
//
//   node bench/bench.ts [PART …] [--json]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false } },
});
const PARTS = fileURLToPath(new URL("./parts/", import.meta.url));
const known = readdirSync(PARTS).map((file) => file.replace(/\.ts$/, ""));
const unknown = positionals.filter((part) => !known.includes(part));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(", ")}. Choose from ${known.join(", ")}.`);
  process.exit(2);
}

/** Runs a part and returns its rows. Throws when the part's process fails. */
async function run(part: string): Promise<Row[]> {
  const child = spawn(process.execPath, [`${PARTS}${part}.ts`], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`Part ${part} failed: its exit code is ${code}`);
  return out
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row);
}

const figure = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

const all: (Row & { part: string })[] = [];
for (const part of positionals.length > 0 ? positionals : known) {
  process.stderr.write(`${part} …\n`);
  for (const row of await run(part)) all.push({ part, ...row });
}
if (values.json) console.log(JSON.stringify(all, null, 1));
else {
  const [cpu] = cpus();
  console.log(
    `${cpus().length} × ${cpu?.model.trim()}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}\n`,
  );
  console.log("| what | ours | limit | ours / limit | to reach | |\n|---|---|---|---|---|---|");
  for (const row of all) {
    const { what, ours, unit, against, limit, goal, isMoreBetter } = row;
    const reached = isReached(row);
    const wanted = goal === null ? "" : `${isMoreBetter ? "at least" : "at most"} ${goal.toFixed(2)}`;
    console.log(
      `| ${what} | ${figure(ours)} ${unit} | ${figure(limit)} ${unit}, ${against} | ${ratioOf(row).toFixed(2)} | ${wanted} | ${reached === null ? "" : reached ? "reached" : "not reached"} |`,
    );
  }
}
