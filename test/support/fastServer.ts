import { systemClock } from "../../src/clock.ts";
import { parseConfig } from "../../src/config/config.ts";
import { createLog } from "../../src/log.ts";
import { startQuickly } from "../../src/runtimes/quickStart.ts";

// A worker whose clock starts at `FROM` and runs `FASTER` times as fast as the wall clock. test/process/schedules.long.test.ts runs it as
// a process. The database measures leases by the wall clock, as in production.

startQuickly();
const { openDb } = await import("../../src/db/client.ts");
const { createServer } = await import("../../src/server.ts");

const { DATABASE_URL = "", FASTER = "1", FROM = "0", SINCE = "0", SKEW_MS = "0" } = process.env;
const faster = Number(FASTER);
const now = () => Number(FROM) + Number(SKEW_MS) + (Date.now() - Number(SINCE)) * faster;

const config = parseConfig({ DATABASE_URL, REQUESTS_PER_SECOND: "0", LEASE_SECONDS: "2" });
const server = createServer(config, {
  db: openDb({ url: DATABASE_URL }),
  clock: {
    now,
    // Sleeps at least a millisecond, so that other tasks get their turn.
    sleep: (ms, signal) => systemClock.sleep(Math.max(1, ms / faster), signal),
  },
  log: createLog("warn", (line) => process.stderr.write(`${line}\n`)),
});
process.stdout.write("ready\n");
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
await server.work(stop.signal);
await server.close();
process.exit(0);
