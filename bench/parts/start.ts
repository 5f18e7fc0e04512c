import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startDeno, startServer } from "../../test/support/process.ts";
import { median, report, temporaryFolder, timed } from "../row.ts";

// Measures the time from the command to the first answer. Each run is a new process. Node's
// compile cache is warm, as it is after a first start.

const ROUNDS = 7;
const BIN = fileURLToPath(new URL("../../bin/lineups.js", import.meta.url));
const folder = temporaryFolder();
const url = `file:${join(folder, "ledger.db")}`;

async function firstAnswer(start: typeof startServer): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    let stop = async () => {};
    const ms = await timed(async () => {
      const server = await start({ DATABASE_URL: url, WORKER: "off", LOG_LEVEL: "error" });
      await server.data("{ leagues { key } }");
      stop = async () => void (await server.kill("SIGKILL"));
    });
    await stop();
    if (round > 0) times.push(ms);
  }
  return median(times);
}

const command = (...args: string[]): Promise<number> =>
  timed(() =>
    execFileSync(process.execPath, [BIN, ...args], {
      env: {
        PATH: process.env.PATH ?? "",
        DATABASE_URL: url,
        NODE_COMPILE_CACHE: fileURLToPath(new URL("../../node_modules/.cache/compile", import.meta.url)),
      },
      stdio: "ignore",
    }),
  );

async function commandOften(...args: string[]): Promise<number> {
  await command(...args);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await command(...args));
  return median(times);
}

const node = await timed(() => execFileSync(process.execPath, ["-e", "0"]));
const row = { unit: "ms", against: "set" } as const;
report({ ...row, what: "first answer of the server, Node", ours: await firstAnswer(startServer), limit: 600, goal: 1 });
report({ ...row, what: "first answer of the server, Deno", ours: await firstAnswer(startDeno), limit: 600, goal: 1 });
await command("collect", "--league", "demo.l.1", "--start", "3d", "--quiet").catch(() => 0);
report({ ...row, what: "`lineups jobs status`", ours: await commandOften("jobs", "status"), limit: 400, goal: 1 });
report({ ...row, what: "`lineups --help`", ours: await commandOften("--help"), limit: 270, goal: 1 });
report({ ...row, what: "Node alone", ours: node, limit: 270, goal: null });
process.exit(0);
