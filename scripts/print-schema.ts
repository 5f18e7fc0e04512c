import { readFileSync, writeFileSync } from "node:fs";
import { schemaText } from "../src/schema/index.ts";

// Writes schema.graphql, or with --check says whether it is what the code would write.

const FILE = new URL("../schema.graphql", import.meta.url);
const printed = schemaText();
if (!process.argv.includes("--check")) writeFileSync(FILE, printed);
else if (readFileSync(FILE, "utf8") !== printed) {
  console.error("schema.graphql is not what the code prints: run npm run schema:print");
  process.exit(1);
}
