import { parseArgs } from "node:util";
import { openDb } from "../src/db/client.ts";
import { rostersPayload } from "../src/source/demo/payload.ts";
import { startSqld } from "../test/support/sqld.ts";
import { ask } from "./ask.ts";
import { DATES, leagueOf, lineupsOf, serverOn, sourceOf } from "./ledger.ts";
import { timed } from "./row.ts";

// Estimates the cost of many leagues per night: measures one league's night on sqld, then multiplies by the number of leagues. Turso bills
// by the numbers of rows read and rows written, which sqld reports for each statement.
//
//   node bench/nightly.ts [--leagues 100000] [--lookback 3] [--reads 1] [--writes 1] [--storage 0.5]
//
// Prices are in dollars: per billion rows read, per million rows written, and per gigabyte and month. The defaults are Turso's overage
// prices as of 2026.

const { values } = parseArgs({
  options: {
    leagues: { type: "string", default: "100000" },
    lookback: { type: "string", default: "3" },
    reads: { type: "string", default: "1" },
    writes: { type: "string", default: "1" },
    storage: { type: "string", default: "0.5" },
  },
});
const [leagues, lookback, reads, writes, storage] = [
  Number(values.leagues),
  Number(values.lookback),
  Number(values.reads),
  Number(values.writes),
  Number(values.storage),
];
if (![leagues, lookback, reads, writes, storage].every((each) => each > 0))
  throw new Error("Cannot estimate the costs: each option must be a number above 0");

const KEY = "458.l.1";
const sqld = await startSqld();
const spent = { requests: 0, read: 0, written: 0 };
const db = openDb({
  url: sqld.url,
  fetch: async (request) => {
    const response = await fetch(request);
    const text = await response.clone().text();
    spent.requests++;
    for (const [, read, written] of text.matchAll(/"rows_read":(\d+),"rows_written":(\d+)/g)) {
      spent.read += Number(read);
      spent.written += Number(written);
    }
    return response;
  },
});
const server = serverOn(db, sourceOf());
const collect = async (first: number, days: number) => {
  await ask(
    server,
    `mutation { startCollection(input: { leagueKey: "${KEY}", start: "${DATES[first]}", end: "${DATES[first + days - 1]}" }) { job { id } } }`,
  );
  return timed(async () => {
    while (await server.tick({ budgetMs: 3_600_000 }));
  });
};
// First collects three weeks without measuring. Then measures one night: collects the newest date, and repeats the dates before it.
await collect(0, 21);
Object.assign(spent, { requests: 0, read: 0, written: 0 });
const ms = await collect(21 - (lookback - 1), lookback);
await server.close();
await sqld.close();

const league = leagueOf(KEY);
const lineups = lineupsOf(league, DATES[0] ?? "");
const records = lineups.reduce((all, { slots }) => all + slots.length, 0);
const bytes = rostersPayload(league, DATES[0] ?? "", lineups).length;
/** File size in bytes per record, with indexes and other tables, as measured by `node bench/bench.ts growth`. */
const BYTES_A_RECORD = 276;
const NIGHT_HOURS = 6;
const short = (n: number) =>
  new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 }).format(n);
const sizeOf = (n: number): string => {
  const unit = ["B", "kB", "MB", "GB", "TB", "PB"];
  const power = Math.floor(Math.log10(n) / 3);
  return `${(n / 1000 ** power).toPrecision(3)} ${unit[power]}`;
};
const dollars = (n: number) => `$${short(n)}`;
const rows: [string, string, string][] = [
  ["requests to the source", `${lookback}`, short(leagues * lookback)],
  ["bytes from the source", sizeOf(bytes * lookback), sizeOf(leagues * bytes * lookback)],
  ["records written", short(records), short(leagues * records)],
  ["requests to the database", short(spent.requests), short(leagues * spent.requests)],
  ["rows read, as they are billed", short(spent.read), short(leagues * spent.read)],
  ["rows written, as they are billed", short(spent.written), short(leagues * spent.written)],
  [
    "storage of a season of 180 dates",
    sizeOf(records * 180 * BYTES_A_RECORD),
    sizeOf(leagues * records * 180 * BYTES_A_RECORD),
  ],
  [
    "a month of rows read",
    dollars(((spent.read * 30) / 1e9) * reads),
    dollars(((leagues * spent.read * 30) / 1e9) * reads),
  ],
  [
    "a month of rows written",
    dollars(((spent.written * 30) / 1e6) * writes),
    dollars(((leagues * spent.written * 30) / 1e6) * writes),
  ],
  [
    "a month of a season's storage",
    dollars(((records * 180 * BYTES_A_RECORD) / 1e9) * storage),
    dollars(((leagues * records * 180 * BYTES_A_RECORD) / 1e9) * storage),
  ],
  ["worker seconds", (ms / 1000).toFixed(2), short((leagues * ms) / 1000)],
  [`workers for a night of ${NIGHT_HOURS} hours`, "1", `${Math.ceil((leagues * ms) / 1000 / 3600 / NIGHT_HOURS)}`],
  [
    "requests a second to the source",
    "",
    `${Math.ceil((leagues * lookback) / 3600 / NIGHT_HOURS)}, where one login may make about one`,
  ],
];
console.log(`| a night | one league | ${short(leagues)} leagues |\n|---|---|---|`);
for (const row of rows) console.log(`| ${row.join(" | ")} |`);
process.exit(0);
