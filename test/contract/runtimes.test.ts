import { contractSuite } from "./suite.ts";
import { TARGETS } from "./targets.ts";

// `npm run test:runtimes` runs the whole contract on every runtime. The suite runs its first part on Deno, the long tests on workerd.
const isWhole = process.env.RUNTIMES === "all";

for (const [name, make] of Object.entries(TARGETS))
  if (isWhole || name === "Deno on a file") contractSuite(name, make, { short: !isWhole });
