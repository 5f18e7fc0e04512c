import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** Tests with a real browser, killed processes or many commands: `npm run test:long`. The suite has a short version of each. */
export default defineConfig({
  ...base,
  test: { ...base.test, include: ["test/**/*.long.test.ts"], exclude: [] },
});
