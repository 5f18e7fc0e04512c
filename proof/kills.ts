import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { datesBetween } from "../src/calendar.ts";
import { collectUnderKills, expectedRecords } from "../test/support/kills.ts";
import { hasRealWeeks, madeSeason, REAL_END, REAL_START, realWeeks } from "../test/support/season.ts";

// Kills server processes at random moments while they collect. `--kills` sets the number of kills. Each round collects five weeks into a
// new database and then compares the ledger's records with the source's.
//
//   npm run proof:kills -- --kills 20 --workers 1

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "20" },
    workers: { type: "string", default: "1" },
    "kills-a-round": { type: "string", default: "20" },
  },
});
const [kills, workers, aRound] = [Number(values.kills), Number(values.workers), Number(values["kills-a-round"])];
const season = hasRealWeeks ? realWeeks() : madeSeason();
const expected = expectedRecords(season, datesBetween(REAL_START, REAL_END));

let total = 0;
for (let round = 1; total < kills; round++) {
  const folder = mkdtempSync(join(tmpdir(), "lineup-ledger-proof-"));
  const report = await collectUnderKills(season, {
    start: REAL_START,
    end: REAL_END,
    kills: Math.min(aRound, kills - total),
    workers,
    folder,
  });
  rmSync(folder, { recursive: true, force: true });
  total += report.kills;
  const found = new Set(report.records);
  const lost = expected.filter((record) => !found.has(record)).length;
  const repeated =
    report.records.length - found.size + report.records.filter((record) => !expected.includes(record)).length;
  const good =
    lost === 0 &&
    repeated === 0 &&
    report.askedAgain.length === 0 &&
    report.integrity === "ok" &&
    report.status === "COMPLETED";
  console.log(
    `round ${round}: ${report.kills} kills, ${workers} process(es): ${report.records.length} of ${expected.length} records, ${lost} lost, ${repeated} too many, ` +
      `${report.rosterRequests} requests for 35 dates, ${report.askedAgain.length} done dates asked for again, integrity ${report.integrity}: ${good ? "good" : "BAD"}`,
  );
  if (!good || report.kills === 0) process.exit(1);
}
console.log(`${total} kills: nothing lost, nothing repeated`);
