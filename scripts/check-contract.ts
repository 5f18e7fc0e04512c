import { existsSync, readFileSync } from "node:fs";
import { buildSchema, findBreakingChanges } from "graphql";

// Says whether schema.graphql keeps every promise of the public contract, where the contract is at hand. What is promised and
// not built yet is named here; a name that is built, or was never promised, has to go from the list.

const NOT_YET = {
  types: [
    ...["OverlapPolicy", "CatchUpPolicy", "Schedule", "ScheduleOutcome", "ScheduleDecision"],
    ...["CreateScheduleInput", "UpdateScheduleInput", "SchedulePayload", "DeleteSchedulePayload"],
  ],
  fields: [
    ...["schedules", "schedule"].map((name) => `Query.${name}`),
    ...["createSchedule", "updateSchedule", "deleteSchedule", "triggerSchedule"].map((name) => `Mutation.${name}`),
  ],
};

const CONTRACT = new URL("../../shared/contract.graphql", import.meta.url);
if (!existsSync(CONTRACT)) {
  console.log("The contract is not on this machine: not checked");
  process.exit(0);
}

const read = (url: URL) => buildSchema(readFileSync(url, "utf8"), { assumeValidSDL: true });
const broken = findBreakingChanges(read(CONTRACT), read(new URL("../schema.graphql", import.meta.url))).map(
  ({ description }) => description,
);
const expected = [
  ...NOT_YET.types.map((name) => `${name} was removed.`),
  ...NOT_YET.fields.map((name) => `Field ${name} was removed.`),
];
const unexpected = broken.filter((description) => !expected.includes(description));
const stale = expected.filter((description) => !broken.includes(description));
for (const description of unexpected) console.log(`Breaks the contract: ${description}`);
for (const description of stale)
  console.log(`Listed as not built yet, but is: ${description.replace(" was removed.", "")}`);
console.log(
  `${unexpected.length} breaking changes against the contract; ${broken.length - unexpected.length} promises not built yet`,
);
process.exit(unexpected.length + stale.length > 0 ? 1 : 0);
