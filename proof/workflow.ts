import { parseArgs } from "node:util";
import { datesBetween } from "../src/calendar.ts";
import { expectedRecords } from "../test/support/kills.ts";
import { hasRealWeeks, madeSeason, REAL_END, REAL_START, realWeeks } from "../test/support/season.ts";
import { collectUnderWorkflowKills } from "../test/support/workflowKills.ts";

// Collects five weeks on workerd through a Workflow instance, while isolates are replaced and the runtime is killed. Then compares the
// ledger's records with the source's.
//
//   npm run proof:workflow -- --kills 6

const { values } = parseArgs({ options: { kills: { type: "string", default: "6" } } });
const season = hasRealWeeks ? realWeeks() : madeSeason();
const expected = expectedRecords(season, datesBetween(REAL_START, REAL_END));
const began = Date.now();
const report = await collectUnderWorkflowKills(season, {
  start: REAL_START,
  end: REAL_END,
  kills: Number(values.kills),
});
const found = new Set(report.records);
const lost = expected.filter((record) => !found.has(record)).length;
const tooMany =
  report.records.length - found.size + report.records.filter((record) => !expected.includes(record)).length;
console.log(
  `${report.status} in ${Math.round((Date.now() - began) / 1000)} s: isolates replaced ${report.kills.isolates} times, runtime killed ` +
    `${report.kills.runtime} times, ${report.instances} instances; ${report.records.length} of ${expected.length} records, ${lost} lost, ` +
    `${tooMany} too many, ${report.rosterRequests} requests for 35 dates`,
);
process.exit(report.status === "COMPLETED" && lost === 0 && tooMany === 0 ? 0 : 1);
