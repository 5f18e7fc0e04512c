import { contractSuite } from "./suite.ts";
import { TARGETS } from "./targets.ts";

// `npm run test:runtimes` runs the whole contract on every runtime. The long tests run only the contract's
// first part, on two of the runtimes.
const isWhole = process.env.RUNTIMES === "all";
const SHORT = new Set(["Deno on a file", "workerd on sqld"]);

for (const [name, make] of Object.entries(TARGETS))
  if (isWhole || SHORT.has(name)) contractSuite(name, make, { short: !isWhole });
