import { statfsSync } from "node:fs";
import { defineConfig } from "vitest/config";

/** Databases of tests lie in memory where there is room: no test needs a disk's durability, and a commit waits for the disk. */
function temporaryFolder(): { TMPDIR?: string } {
  const MEMORY = "/dev/shm";
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize > 2_000_000_000 ? { TMPDIR: MEMORY } : {};
  } catch {
    return {};
  }
}

export default defineConfig({
  // Resolves as Node does. Otherwise tests would load graphql twice, once in its development build.
  ssr: {
    resolve: {
      conditions: ["node", "import", "module-sync", "default"],
      externalConditions: ["node", "import", "module-sync", "default"],
    },
  },
  test: {
    include: ["test/**/*.test.ts"],
    // The long tests run by `npm run test:long`.
    exclude: ["test/**/*.long.test.ts"],
    globalSetup: "test/support/template.ts",
    env: temporaryFolder(),
    pool: "forks",
    // One more than the two cores of the reference machine, because tests wait for child processes a third of the time.
    maxWorkers: 2,
    // No test leaves state in a module, so each worker loads the modules only once.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 30_000,
    restoreMocks: true,
  },
});
