import { mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** Every runtime on every database: `npm run test:runtimes`. */
export default mergeConfig(base, {
  test: { include: ["test/contract/*.runtimes.ts"], env: { RUNTIMES: "all" }, maxWorkers: 1 },
});
