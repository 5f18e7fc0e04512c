import { defineConfig } from "vitest/config";

export default defineConfig({
  // As Node itself resolves: otherwise tests would load graphql twice, once in its development build.
  ssr: {
    resolve: {
      conditions: ["node", "import", "module-sync", "default"],
      externalConditions: ["node", "import", "module-sync", "default"],
    },
  },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/support/template.ts",
    pool: "forks",
    // One more than the two cores that a run is measured by: a third of the time is spent waiting for processes of their own.
    maxWorkers: 3,
    // No test leaves anything behind in a module, so that each worker loads them once.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 30_000,
    restoreMocks: true,
  },
});
