import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { SlowFiles } from './test/harness/slow-files.ts'

/** Five tiers: unit and golden beside the code; contract and acceptance on the embedded engines; services on real servers; runbooks, whose scripts are run for real in throw-away roots. */
export default defineConfig({
  test: {
    // More than cores: a story of the program waits far more than it computes.
    maxWorkers: Math.max(4, availableParallelism()),
    // Beside the tests' own account, what has been running for long: the last word of a run that hangs.
    reporters: ['default', new SlowFiles()],
    // Waiting for what must come is bounded by the test, not by the second that polls have by default. Limits are for what hangs: others may have the cores.
    expect: { poll: { timeout: 60_000 } },
    projects: [
      { test: { name: 'unit', include: ['{app,schemas,ingest,processors,correlator,remediator,connectors,storage,api,dashboards}/**/*.test.ts', '*.test.ts', 'test/unit/**/*.test.ts'], setupFiles: ['test/harness/property-seed.ts'], testTimeout: 180_000, hookTimeout: 180_000, sequence: { shuffle: true } } },
      { test: { name: 'contract', include: ['test/contracts/**/*.test.ts'], exclude: ['**/*.services.test.ts'], setupFiles: ['test/harness/property-seed.ts'], testTimeout: 180_000, hookTimeout: 180_000 } },
      { test: { name: 'acceptance', include: ['test/acceptance/**/*.test.ts'], exclude: ['**/*.services.test.ts'], testTimeout: 300_000, hookTimeout: 300_000 } },
      { test: { name: 'services', include: ['test/**/*.services.test.ts'], exclude: ['test/runbooks/**'], globalSetup: ['test/services/global-setup.ts'], testTimeout: 600_000, hookTimeout: 300_000, fileParallelism: false } },
      { test: { name: 'runbooks', include: ['test/runbooks/**/*.services.test.ts'], testTimeout: 300_000, hookTimeout: 120_000 } },
    ],
  },
})
