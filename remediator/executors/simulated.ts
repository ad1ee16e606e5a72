/** Stands in for a cloud in mode demo: nothing is called, every command ends well after a moment, and what it tells says that it was simulated. It keeps nothing, so any process goes on with it. */
import type { Clock } from '../../schemas/clock.ts'
import type { Cloud } from '../../schemas/runs.ts'
import type { Executor } from './port.ts'

/** How long a command seems to take. */
const TAKES_MS = 1_500

/** One for a cloud. */
export function simulatedExecutor(cloud: Cloud, clock: Clock): Executor {
  return {
    cloud,
    capabilities: { systems: ['linux', 'windows'], automation: true, cancel: true, findsSent: true, timeoutMaxMs: 86_400_000, scriptMaxBytes: 1_000_000 },
    send: ({ token }) => Promise.resolve({ simulated: token, atMs: String(clock.now()) }),
    find: ({ token }, sinceMs) => Promise.resolve({ simulated: token, atMs: String(sinceMs) }),
    poll(ref, { token, target }) {
      if (clock.now() < Number(ref['atMs'] ?? 0) + TAKES_MS) return Promise.resolve({ kind: 'going', stdout: '', stderr: '' })
      const result = { aw: 1, outcome: 'ok', code: null, message: `Simulated: nothing was done on ${target.asset}.`, changed: [], changedCount: 0, facts: { simulated: true } }
      return Promise.resolve({ kind: 'ended', outcome: 'ok', exitCode: 0, stdout: `[simulated] ${token}\n${JSON.stringify(result)}\n`, stderr: '', isTruncated: false, message: null })
    },
    cancel: () => Promise.resolve(),
    clean: () => Promise.resolve(),
    machines: () => Promise.resolve([]),
    check: () => Promise.resolve({ ok: true, findings: [{ name: 'simulated', ok: true, message: 'In mode demo nothing is called.' }] }),
    costMicroUsd: () => 0,
  }
}
