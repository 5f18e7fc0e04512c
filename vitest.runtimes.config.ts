import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** Every runtime on every database: `npm run test:runtimes`. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["test/contract/*.runtimes.ts", "test/contract/runtimes.long.test.ts"],
    exclude: [],
    env: { ...base.test?.env, RUNTIMES: "all" },
    maxWorkers: 1,
  },
});
