import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { datesBetween } from "../src/calendar.ts";
import { interruptedCollection } from "../test/support/interrupts.ts";
import { expectedRecords } from "../test/support/kills.ts";
import { hasRealWeeks, madeSeason, REAL_END, REAL_START, realWeeks } from "../test/support/season.ts";

// Interrupts `lineups collect` with SIGINT at random moments, and each time continues with the printed command. `--times` sets the number
// of interrupts. At the end, compares the ledger's records with the records of the source.
//
//   npm run proof:interrupts -- --times 20

const { values } = parseArgs({ options: { times: { type: "string", default: "20" } } });
const times = Number(values.times);
const season = hasRealWeeks ? realWeeks() : madeSeason();
const expected = expectedRecords(season, datesBetween(REAL_START, REAL_END));

let total = 0;
for (let round = 1; total < times; round++) {
  const folder = mkdtempSync(join(tmpdir(), "lineup-ledger-proof-"));
  const left = times - total;
  const report = await interruptedCollection(season, { start: REAL_START, end: REAL_END, times: left, folder });
  rmSync(folder, { recursive: true, force: true });
  const interrupted = report.exits.filter((exit) => exit === 130).length;
  total += interrupted;
  const found = new Set(report.records);
  const lost = expected.filter((record) => !found.has(record)).length;
  const tooMany = report.records.length - expected.length + lost;
  console.log(
    `round ${round}: ${interrupted} interrupts: ${report.records.length} of ${expected.length} records, ${lost} lost, ${tooMany} too many; ` +
      `${report.rosterRequests} requests for 35 dates; exit codes ${report.exits.join(" ")}; the job is ${report.jobs.join(", ")}`,
  );
  if (lost + tooMany > 0 || interrupted === 0 || report.jobs.join() !== "COMPLETED") process.exit(1);
}
console.log(`${total} interrupts: nothing lost, nothing repeated`);
