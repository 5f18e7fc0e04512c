import { systemClock } from "../../src/clock.ts";
import { parseConfig } from "../../src/config/config.ts";
import { createLog } from "../../src/log.ts";
import { startQuickly } from "../../src/runtimes/quickStart.ts";

// A worker whose clock runs so many times faster than the wall's, from an agreed moment; run as a process of its own by
// test/process/schedules.test.ts. The database keeps the wall's time, as a real one does: leases go by that.

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
    // Never in less than a millisecond, so that the others get their turn.
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
