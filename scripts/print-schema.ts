import { readFileSync, writeFileSync } from "node:fs";
import { schemaText } from "../src/schema/index.ts";

// Writes schema.graphql. With --check, fails if the file is out of date.

const FILE = new URL("../schema.graphql", import.meta.url);
const printed = schemaText();
if (!process.argv.includes("--check")) writeFileSync(FILE, printed);
else if (readFileSync(FILE, "utf8") !== printed) {
  console.error("schema.graphql is out of date: run npm run schema:print");
  process.exit(1);
}
