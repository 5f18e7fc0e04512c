import { readFileSync } from "node:fs";
import { join } from "node:path";
import { addDays } from "../../src/calendar.ts";
import { startServer } from "../../test/support/process.ts";
import { report, temporaryFolder } from "../row.ts";

// Measures the resident memory of a server after fifty collections of thirty dates of the demo league.

const COLLECTIONS = 50;
const server = await startServer({
  DATABASE_URL: `file:${join(temporaryFolder(), "ledger.db")}`,
  LOG_LEVEL: "error",
  ...(process.env.BENCH_NODE_OPTIONS ? { NODE_OPTIONS: process.env.BENCH_NODE_OPTIONS } : {}),
});
const megabytes = (name: string): number =>
  Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${server.child.pid}/status`, "utf8"))?.[1] ?? 0) /
  1024;
const today = new Date().toISOString().slice(0, 10);
let records = 0;
const idle = megabytes("VmRSS");
for (let i = 0; i < COLLECTIONS; i++) {
  const environment = i % 2 === 0 ? "PRODUCTION" : "TEST";
  const input = `leagueKey: "demo.l.1", start: "${addDays(today, -40 - i)}", end: "${addDays(today, -11 - i)}", environment: ${environment}`;
  const { job } = (await server.data(`mutation { startCollection(input: { ${input} }) { job { id } } }`))
    .startCollection;
  for (let status = ""; status !== "COMPLETED"; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const found = (await server.data(`{ job(id: "${job.id}") { status recordsProcessed } }`)).job;
    status = found.status;
    if (status === "FAILED") throw new Error("The job failed");
    if (status === "COMPLETED") records += found.recordsProcessed;
  }
}
if (records < COLLECTIONS * 30 * 300) throw new Error(`Too few records: got ${records}`);
report({ what: "resident memory of an idle server", ours: idle, unit: "MB", against: "set", limit: 256, goal: null });
const most = megabytes("VmHWM");
// An idle server returns its garbage to the system within seconds.
await new Promise((resolve) => setTimeout(resolve, 30_000));
report({
  what: `resident memory after ${COLLECTIONS} collections, half a minute later`,
  ours: megabytes("VmRSS"),
  unit: "MB",
  against: "set",
  limit: 256,
  goal: 1,
});
report({
  what: "… at most, while collecting without a pause",
  ours: most,
  unit: "MB",
  against: "set",
  limit: 256,
  goal: null,
});
await server.kill("SIGKILL");
process.exit(0);
