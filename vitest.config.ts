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
    maxWorkers: 2,
    // No test leaves anything behind in a module, so that each worker loads them once.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 30_000,
    restoreMocks: true,
  },
});
