/** What the guard's rules share: the facts, what follows from them, and the form of a rule. */
import { effectiveRisk, remediationLimits, type RemediationLimits } from '../../schemas/remediation-settings.ts'
import { higherRisk, type Risk } from '../../schemas/runbooks.ts'
import { ACTIVE_STATUSES } from '../../schemas/runs.ts'
import { machineKey } from '../../schemas/guard-facts.ts'
import type { GuardFacts, PastRun, Verdict } from './port.ts'

/** The facts with what every rule needs of them. */
export interface Case {
  readonly facts: GuardFacts
  readonly limits: RemediationLimits
  /** Never below what the policies say, whatever the facts claim. */
  readonly risk: Risk
  /** Names of the targets as limits count them, and the machines themselves. */
  readonly assets: readonly { readonly name: string; readonly machine: string; readonly shown: string }[]
  /** Runs that hold their assets now. */
  readonly active: readonly PastRun[]
  /** A person asked for it, rather than the rules or the analyst. */
  readonly isByPerson: boolean
}

/** A rule that has something against the run. */
export type Refusal = Extract<Verdict, { readonly kind: 'refuse' }>
/** One rule: null where it has nothing against the run. */
export type Rule = (judged: Case) => Refusal | null

/** Makes a refusal; `untilMs` where time alone may mend it. */
export function refuse(code: Refusal['code'], why: string, untilMs: number | null = null): Refusal {
  return { kind: 'refuse', code, why, untilMs }
}

/** An asset's name as locks and limits count it. */
export function assetKey(asset: string): string {
  return asset.trim().toLowerCase()
}

/** Works out what the rules share. */
export function caseOf(facts: GuardFacts): Case {
  return {
    facts,
    limits: remediationLimits(facts.msp, facts.company),
    risk: higherRisk(facts.risk, effectiveRisk(facts.runbook, facts.msp, facts.company)),
    assets: facts.targets.map((target) => ({ name: assetKey(target.asset), machine: machineKey(target), shown: target.asset })),
    active: facts.past.filter(({ status }) => ACTIVE_STATUSES.includes(status)),
    isByPerson: facts.trigger === 'person',
  }
}

/** Whether a past run touched the asset, under this name or another. */
export function touched(run: PastRun, { name, machine }: Case['assets'][number]): boolean {
  return run.machines.includes(machine) || run.assets.some((one) => assetKey(one) === name)
}
