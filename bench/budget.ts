import { sql } from "drizzle-orm";
import { systemClock } from "../src/clock.ts";
import { createBudget } from "../src/db/budget.ts";
import { openDb } from "../src/db/client.ts";
import { createLimiter } from "../src/source/limiter.ts";
import { startSqld } from "../test/support/sqld.ts";

// Measures how closely clients keep to a source's limit when they share its budget through the database (sqld on this machine). Also
// measures the cost of the sharing, compared with the cheapest round trip. The result shows whether a budget in the database is good
// enough, or whether it has to be kept nearer to the clients.

const ROUNDS = 300;
const SECONDS = 5;
const PROCESSES = 4;

const sqld = await startSqld();
const median = (all: number[]) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
const p95 = (all: number[]) => all.sort((a, b) => a - b)[Math.floor(all.length * 0.95)] ?? 0;
const timed = async (action: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await action();
  return performance.now() - began;
};

const db = openDb({ url: sqld.url });
const free = createBudget(db, "bench", { spacingMs: 0, concurrency: 4 });
const [bare, shared]: [number[], number[]] = [[], []];
for (let i = 0; i < ROUNDS; i++) {
  bare.push(await timed(() => db.orm.all(sql`select 1`)));
  shared.push(
    await timed(async () => {
      await free.reserve(String(i));
      await free.release(String(i), null);
    }),
  );
}
console.log(
  `one request reserved and released: median ${median(shared).toFixed(1)} ms, p95 ${p95(shared).toFixed(1)} ms; ` +
    `${(median(shared) / median(bare)).toFixed(1)} times the cheapest round trip (${median(bare).toFixed(1)} ms)`,
);

for (const requestsPerSecond of [1, 10, 50]) {
  const limits = { requestsPerSecond, concurrency: 4 };
  const limiters = Array.from({ length: PROCESSES }, () =>
    createLimiter(
      systemClock,
      limits,
      createBudget(openDb({ url: sqld.url }), `bench ${requestsPerSecond}`, {
        spacingMs: 1000 / requestsPerSecond,
        concurrency: 4,
      }),
    ),
  );
  const over = new AbortController();
  const starts: number[] = [];
  const ask = async (limiter: (typeof limiters)[number]) => {
    while (!over.signal.aborted)
      await limiter.run(async () => void starts.push(performance.now()), over.signal).catch(() => {});
  };
  const asking = limiters.flatMap((limiter) => [ask(limiter), ask(limiter)]);
  await systemClock.sleep(SECONDS * 1000);
  over.abort();
  await Promise.all(asking);
  const gaps = starts.sort((a, b) => a - b).map((at, i) => at - (starts[i - 1] ?? Number.NEGATIVE_INFINITY));
  const rate = (starts.length - 1) / (((starts.at(-1) ?? 0) - (starts[0] ?? 0)) / 1000);
  console.log(
    `${PROCESSES} clients at ${requestsPerSecond} a second: ${rate.toFixed(1)} a second, ${((rate / requestsPerSecond) * 100).toFixed(0)} % of the limit; ` +
      `shortest gap ${Math.min(...gaps).toFixed(0)} of ${1000 / requestsPerSecond} ms`,
  );
}
await db.close();
await sqld.close();
process.exit(0);
