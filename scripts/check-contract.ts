import { existsSync, readFileSync } from "node:fs";
import { buildSchema, findBreakingChanges } from "graphql";

// If the public contract is on this machine, looks for changes in schema.graphql that break the contract.

const CONTRACT = new URL("../../shared/contract.graphql", import.meta.url);
if (!existsSync(CONTRACT)) {
  console.log("Skipped the contract check: the contract is not on this machine");
  process.exit(0);
}

const read = (url: URL) => buildSchema(readFileSync(url, "utf8"), { assumeValidSDL: true });
const broken = findBreakingChanges(read(CONTRACT), read(new URL("../schema.graphql", import.meta.url)));
for (const { description } of broken) console.log(`Breaks the contract: ${description}`);
console.log(`${broken.length} breaking changes against the contract`);
process.exit(broken.length > 0 ? 1 : 0);
