import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** Tests with a real browser, killed processes or many commands: `npm run test:long`. Most have a short version in the suite. */
export default defineConfig({
  ...base,
  test: { ...base.test, include: ["test/**/*.long.test.ts"], exclude: [] },
});
