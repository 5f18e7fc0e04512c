import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { startServer } from "../../test/support/process.ts";
import { quantile, report, temporaryFolder, timed } from "../row.ts";

// Measures a thousand subscribers of one job, connected by sockets to a server in its own process: the time to open a subscription, the
// delay from an event's commit to its arrival, and memory. The subscribers come from fifty addresses of this machine, because one client
// may have only twenty subscriptions.

const SUBSCRIBERS = 1_000;
const PER_ADDRESS = 20;
const server = await startServer({
  DATABASE_URL: `file:${join(temporaryFolder(), "ledger.db")}`,
  LOG_LEVEL: "error",
  WORKER: "off",
});
const { port } = new URL(server.url);
const rss = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, "utf8"))?.[1] ?? 0) / 1024;

const { job } = (
  await server.data(
    'mutation { startCollection(input: { leagueKey: "demo.l.1", start: "2025-04-01", end: "2025-04-02" }) { job { id } } }',
  )
).startCollection;

const delays: number[] = [];
const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
const DOCUMENT = `subscription { jobEvents(after: "AFTER") { cursor type date at } }`;
const after = (await server.data('{ jobEvents(jobId: "latest", first: 500) { cursor } }')).jobEvents.cursor;

/** Opens a subscription. Resolves once the server has sent the response's status. */
const open = (i: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const sent = request(
      {
        host: "127.0.0.1",
        port,
        path: "/graphql",
        method: "POST",
        agent,
        localAddress: `127.0.0.${2 + Math.floor(i / PER_ADDRESS)}`,
        headers: { "content-type": "application/json", accept: "text/event-stream" },
      },
      (response) => {
        if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
        response.setEncoding("utf8");
        let rest = "";
        response.on("data", (chunk: string) => {
          const now = Date.now();
          rest += chunk;
          const blocks = rest.split("\n\n");
          rest = blocks.pop() ?? "";
          for (const block of blocks) {
            const at = /"at":"([^"]+)"/.exec(block)?.[1];
            if (at && !block.includes("HEARTBEAT")) delays.push(now - Date.parse(at));
          }
        });
        resolve();
      },
    );
    sent.on("error", reject);
    sent.end(JSON.stringify({ query: DOCUMENT.replace("AFTER", after) }));
  });

const ms = await timed(async () => {
  for (let i = 0; i < SUBSCRIBERS; i += PER_ADDRESS)
    await Promise.all(Array.from({ length: PER_ADDRESS }, (_, k) => open(i + k)));
});
report({ what: "open a subscription", ours: ms / SUBSCRIBERS, unit: "ms", against: "set", limit: 1, goal: 1 });
await new Promise((resolve) => setTimeout(resolve, 1_000));

// Every half second, causes one event that all subscribers receive.
for (let i = 0; i < 20; i++) {
  const action = i % 2 === 0 ? "pauseCollection" : "resumeCollection";
  await server.data(`mutation { ${action}(jobId: "${job.id}") { job { id } } }`);
  await new Promise((resolve) => setTimeout(resolve, 500));
}
if (delays.length !== 20 * SUBSCRIBERS) throw new Error(`Wrong number of events: got ${delays.length}`);
report({
  what: `commit to ${SUBSCRIBERS} subscribers, p99`,
  ours: quantile(delays, 0.99),
  unit: "ms",
  against: "set",
  limit: 100,
  goal: 1,
});
report({
  what: `commit to ${SUBSCRIBERS} subscribers, median`,
  ours: quantile(delays, 0.5),
  unit: "ms",
  against: "set",
  limit: 100,
  goal: null,
});
const most = rss();
// An idle server returns unused memory to the operating system within seconds.
await new Promise((resolve) => setTimeout(resolve, 30_000));
report({
  what: `resident memory with ${SUBSCRIBERS} subscribers, half a minute later`,
  ours: rss(),
  unit: "MB",
  against: "set",
  limit: 250,
  goal: 1,
});
report({ what: "… right after the events", ours: most, unit: "MB", against: "set", limit: 250, goal: null });
await server.kill("SIGKILL");
process.exit(0);
