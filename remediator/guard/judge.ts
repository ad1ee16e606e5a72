/**
 * The guard: may this run go ahead now? Rules in a fixed order, of which the first that has something against it answers; what none refuses is asked of
 * people where its risk wants that. Pure: the same facts give the same verdict. docs/remediation.md lists the rules and what to do about each.
 */
import { caseOf, type Case, type Refusal, type Rule } from './case.ts'
import type { GuardFacts, Verdict } from './port.ts'
import { consent } from './rules/consent.ts'
import { approvalRefused } from './rules/questions.ts'
import { cooldown, repeatedFailures } from './rules/history.ts'
import { incidentMerged, incidentOver, problemFlapping, problemQuiet, storm } from './rules/incident.ts'
import { assetBusy, assetLimit, blastRadius, companyLimit, runbookLimit } from './rules/limits.ts'
import { draftOnlyByPerson, runbookChanged, runbookDisabled } from './rules/runbook.ts'
import { stopped } from './rules/stop.ts'
import { accountFits, someTarget, systemFits, targetsFew } from './rules/targets.ts'
import { freeze, maintenance } from './rules/times.ts'

/** Every rule that can refuse, in the order in which they are asked. */
export const RULES: readonly Rule[] = [
  draftOnlyByPerson, runbookDisabled, runbookChanged,
  someTarget, targetsFew, systemFits, accountFits,
  freeze, maintenance,
  incidentMerged, incidentOver, problemQuiet, problemFlapping, storm,
  approvalRefused,
  repeatedFailures, assetBusy, cooldown, assetLimit, runbookLimit, companyLimit, blastRadius,
]

/** Judges a run by the facts of one moment; the caller makes sure that they still hold when it acts (one transaction, company locked). */
export function judge(facts: GuardFacts): Verdict {
  const judged = caseOf(facts)
  const stop = stopped(judged)
  if (stop !== null) return stop
  if (facts.trigger === 'replay') return { kind: 'show', code: 'mode_dry_run', why: 'It is a replay: shown, never run.' }
  if (facts.mode === 'demo') return { kind: 'show', code: 'mode_demo', why: 'The mode is demo: results are simulated and nothing is sent. Set AW_MODE and the company\'s mode higher to run it.' }
  if (facts.mode === 'dry-run') return { kind: 'show', code: 'mode_dry_run', why: `The mode is dry-run: shown, not sent. In mode production: ${wouldBe(judged)}` }
  return firstRefusal(judged) ?? consent(judged)
}

function firstRefusal(judged: Case): Refusal | null {
  for (const rule of RULES) {
    const refusal = rule(judged)
    if (refusal !== null) return refusal
  }
  return null
}

/** What the same facts would come to in mode production, as a sentence. */
function wouldBe({ facts }: Case): string {
  const verdict = judge({ ...facts, mode: 'production' })
  if (verdict.kind === 'run') return `it would run. ${verdict.why}`
  return verdict.kind === 'ask' ? `it would be asked of people (${verdict.code}). ${verdict.why}` : `it would be refused (${verdict.code}). ${verdict.why}`
}
