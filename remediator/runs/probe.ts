/** Whether a probe holds: its script ended well and its facts are as the runbook expects. */
import type { HeldCommand, HeldRun } from '../../schemas/run-work.ts'
import { expectation, parseExpectation } from '../library/expectation.ts'
import { failureOf } from './run-facts.ts'

/** `why` is a sentence where it does not. Of a simulated run every probe holds: there is no machine to be otherwise. */
export function probeHolds(run: HeldRun, probe: HeldCommand): { readonly holds: boolean; readonly why: string } {
  const failure = failureOf(probe)
  if (failure !== null) return { holds: false, why: failure.message }
  if (probe.status !== 'ended') return { holds: false, why: 'the probe has not ended' }
  if (run.isSimulated) return { holds: true, why: '' }
  const comparisons = parseExpectation(run.runbook.verify?.expect ?? '')
  if (typeof comparisons === 'string') return { holds: false, why: `the expectation cannot be read: it ${comparisons}` }
  const { holds, failing } = expectation(comparisons, probe.result?.facts ?? {})
  return { holds, why: failing.join('; ') }
}
