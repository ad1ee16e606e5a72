import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** Five tiers: unit and golden beside the code; contract and acceptance on the embedded engines; services on real servers; runbooks, whose scripts are run for real in throw-away roots. */
export default defineConfig({
  test: {
    // More than cores: a story of the program waits far more than it computes.
    maxWorkers: Math.max(4, availableParallelism()),
    // Waiting for what must come is bounded by the test, not by the second that polls have by default.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      { test: { name: 'unit', include: ['{app,schemas,ingest,processors,correlator,remediator,connectors,storage,api,dashboards}/**/*.test.ts', '*.test.ts', 'test/unit/**/*.test.ts'], setupFiles: ['test/harness/property-seed.ts'], testTimeout: 60_000, hookTimeout: 60_000, sequence: { shuffle: true } } },
      { test: { name: 'contract', include: ['test/contracts/**/*.test.ts'], exclude: ['**/*.services.test.ts'], setupFiles: ['test/harness/property-seed.ts'], testTimeout: 60_000, hookTimeout: 60_000 } },
      { test: { name: 'acceptance', include: ['test/acceptance/**/*.test.ts'], exclude: ['**/*.services.test.ts'], testTimeout: 180_000, hookTimeout: 120_000 } },
      { test: { name: 'services', include: ['test/**/*.services.test.ts'], exclude: ['test/runbooks/**'], globalSetup: ['test/services/global-setup.ts'], testTimeout: 600_000, hookTimeout: 300_000, fileParallelism: false } },
      { test: { name: 'runbooks', include: ['test/runbooks/**/*.services.test.ts'], testTimeout: 300_000, hookTimeout: 120_000 } },
    ],
  },
})
