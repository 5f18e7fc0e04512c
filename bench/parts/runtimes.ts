import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  cron,
  runtimeFolder,
  type ServerProcess,
  startDeno,
  startServer,
  startWorkerd,
} from "../../test/support/process.ts";
import { startSqld } from "../../test/support/sqld.ts";
import { report, temporaryFolder, timed } from "../row.ts";

// Collects the same ten dates of the demo league on each runtime. Measures the time to the first answer, processor time per date, and
// memory. workerd has its database in sqld, because a Worker has no files. Processor time and memory do not include `wrangler dev`, which
// runs workerd here.

const DAYS = 10;
const sqld = await startSqld();
const kept = runtimeFolder();
const STARTS: Record<string, () => Promise<ServerProcess>> = {
  Node: () => startServer({ DATABASE_URL: `file:${join(temporaryFolder(), "node.db")}`, LOG_LEVEL: "error" }),
  Deno: () => startDeno({ DATABASE_URL: `file:${join(temporaryFolder(), "deno.db")}`, LOG_LEVEL: "error" }),
  workerd: () => startWorkerd({ DATABASE_URL: sqld.url, LOG_LEVEL: "error" }, kept.path),
};

/** Returns a list with the id of the server's process. For workerd, the list has the ids of both processes that wrangler starts. */
function pidsOf(name: string, { child }: ServerProcess): number[] {
  if (name !== "workerd") return [child.pid ?? 0];
  const commandOf = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8");
    } catch {
      return "";
    }
  };
  const all = readdirSync("/proc").filter((each) => /^\d+$/.test(each));
  return all.filter((pid) => /workerd\0serve/.test(commandOf(pid))).map(Number);
}
const sum = (values: readonly number[]): number => values.reduce((all, each) => all + each, 0);
const cpuMs = (pids: readonly number[]): number =>
  sum(
    pids.map((pid) => {
      const [user = 0, system = 0] = readFileSync(`/proc/${pid}/stat`, "utf8").split(" ").slice(13, 15).map(Number);
      return (user + system) * 10;
    }),
  );
const megabytes = (pids: readonly number[]): number =>
  Math.max(...pids.map((pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0))) /
  1024;

for (const [name, start] of Object.entries(STARTS)) {
  let server: ServerProcess | undefined;
  const cold = await timed(async () => {
    server = await start();
    await server.data("{ __typename }");
  });
  if (!server) continue;
  const pids = pidsOf(name, server);
  const before = cpuMs(pids);
  const first = new Date(Date.now() - (DAYS + 3) * 86_400_000).toISOString().slice(0, 10);
  const last = new Date(Date.now() - 4 * 86_400_000).toISOString().slice(0, 10);
  const { job } = (
    await server.data(
      `mutation { startCollection(input: { leagueKey: "demo.l.1", start: "${first}", end: "${last}" }) { job { id } } }`,
    )
  ).startCollection;
  for (let status = ""; status !== "COMPLETED"; ) {
    if (name === "workerd") await cron(server).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 100));
    status = (await server.data(`{ job(id: "${job.id}") { status } }`)).job.status;
    if (status === "FAILED") throw new Error(`The job failed on ${name}`);
  }
  report({
    what: `${name}: first answer${name === "workerd" ? ", with wrangler's build" : ""}`,
    ours: cold,
    unit: "ms",
    against: "set",
    limit: 600,
    goal: null,
  });
  report({
    what: `${name}: processor time a date`,
    ours: (cpuMs(pids) - before) / DAYS,
    unit: "ms",
    against: "set",
    limit: 100,
    goal: null,
  });
  report({
    what: `${name}: peak resident memory`,
    ours: megabytes(pids),
    unit: "MB",
    against: name === "workerd" ? "a Worker's 128 MB" : "set",
    limit: name === "workerd" ? 128 : 256,
    goal: null,
  });
  await server.kill("SIGKILL");
}
kept.remove();
await sqld.close();

const wrangler = fileURLToPath(new URL("../../node_modules/wrangler/bin/wrangler.js", import.meta.url));
const said = execFileSync(
  process.execPath,
  [wrangler, "deploy", "--dry-run", "--env", "", "--minify", "--outdir", temporaryFolder()],
  {
    encoding: "utf8",
    env: { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false" },
    stdio: ["ignore", "pipe", "pipe"],
  },
);
const gzip = Number(/gzip: ([\d.]+) KiB/.exec(said)?.[1] ?? Number.NaN);
report({
  what: "size of the Worker, compressed",
  ours: gzip * 1.024,
  unit: "kB",
  against: "a free Worker's 3 MB",
  limit: 3_000,
  goal: 1,
});
process.exit(0);
