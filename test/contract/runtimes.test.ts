import { contractSuite } from "./suite.ts";
import { TARGETS } from "./targets.ts";

// `npm run test:runtimes` holds every runtime to the whole contract; the suite two of them to its beginning.
const isWhole = process.env.RUNTIMES === "all";
const SHORT = new Set(["Deno on a file", "workerd on sqld"]);

for (const [name, make] of Object.entries(TARGETS))
  if (isWhole || SHORT.has(name)) contractSuite(name, make, { short: !isWhole });
