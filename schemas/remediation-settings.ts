/**
 * What the remediator may do for a company: the MSP says how far, the company may only stay below it. Three layers come together: what the MSP sets for all
 * companies, over it what an MSP Admin grants one company, and what the company sets itself.
 *
 * | setting | together |
 * | --- | --- |
 * | stopped | one of them is enough |
 * | automaticLowRisk | both must allow it |
 * | limits, maxBlastShare, approvalMinutes | the smaller |
 * | fourEyes | one of them is enough |
 * | freezes | all of both |
 * | runbooks.enabled | both must allow it |
 * | runbooks.risk | the MSP's word in place of the runbook's, lower or higher (of a company's own runbook only higher); then the company's where it is higher |
 */
import { higherRisk, type Risk, type Runbook } from './runbooks.ts'
import type { RemediationFreeze, RemediationSettings } from './runs.ts'
import { MODES, type Mode } from './settings.ts'

/** Settings that are a number, with what they are where nobody sets them, and between what they may lie. */
export const REMEDIATION_NUMBERS = {
  maxRunsPerHour: { default: 20, min: 1, max: 10_000, isWhole: true },
  maxRunsPerAssetPerDay: { default: 4, min: 1, max: 1_000, isWhole: true },
  maxConcurrent: { default: 5, min: 1, max: 1_000, isWhole: true },
  maxBlastShare: { default: 0.2, min: 0, max: 1, isWhole: false },
  maxTargets: { default: 5, min: 1, max: 100, isWhole: true },
  approvalMinutes: { default: 60, min: 5, max: 1_440, isWhole: true },
} as const

/** Name of such a setting. */
export type RemediationNumber = keyof typeof REMEDIATION_NUMBERS
/** All of their names. */
export const REMEDIATION_NUMBER_NAMES = Object.keys(REMEDIATION_NUMBERS) as readonly RemediationNumber[]

/** What an MSP Admin may grant one company: everything but the stop switch and freezes, which only ever take away. */
export type RemediationGrant = Omit<RemediationSettings, 'stopped' | 'stoppedReason' | 'freezes'>

/** What counts for a company, with nothing left open. */
export interface RemediationLimits extends Readonly<Record<RemediationNumber, number>> {
  readonly stoppedBy: 'msp' | 'company' | null
  readonly stoppedReason: string | null
  readonly automaticLowRisk: boolean
  readonly fourEyes: boolean
  readonly freezes: readonly RemediationFreeze[]
}

/** The MSP's layers as one: what it grants a company stands over what it sets for all. */
export function mspLayer(forAll: RemediationSettings, granted: RemediationGrant): RemediationSettings {
  return { ...forAll, ...granted, runbooks: { ...forAll.runbooks, ...Object.fromEntries(Object.entries(granted.runbooks ?? {}).map(([id, policy]) => [id, { ...ownPolicy(forAll, id), ...policy }])) } }
}

/** What counts where the MSP allows the one and the company the other. */
export function remediationLimits(msp: RemediationSettings, company: RemediationSettings): RemediationLimits {
  const number = (name: RemediationNumber): number => Math.min(msp[name] ?? REMEDIATION_NUMBERS[name].default, company[name] ?? Infinity)
  const stoppedBy = msp.stopped === true ? 'msp' : company.stopped === true ? 'company' : null
  return {
    stoppedBy,
    stoppedReason: (stoppedBy === 'msp' ? msp.stoppedReason : stoppedBy === 'company' ? company.stoppedReason : null) ?? null,
    automaticLowRisk: (msp.automaticLowRisk ?? true) && (company.automaticLowRisk ?? true),
    fourEyes: (msp.fourEyes ?? true) || (company.fourEyes ?? false),
    freezes: [...msp.freezes ?? [], ...company.freezes ?? []],
    maxRunsPerHour: number('maxRunsPerHour'),
    maxRunsPerAssetPerDay: number('maxRunsPerAssetPerDay'),
    maxConcurrent: number('maxConcurrent'),
    maxBlastShare: number('maxBlastShare'),
    maxTargets: number('maxTargets'),
    approvalMinutes: number('approvalMinutes'),
  }
}

/**
 * The risk that counts: a draft is always high, the MSP's word replaces the runbook's, and the company's may only raise it. Of a company's own runbook the MSP's word, which is about a name,
 * may only raise it too: the company may store another script under that name. An MSP Admin lowers such a one by storing it with a lower risk.
 */
export function effectiveRisk(runbook: Pick<Runbook, 'id' | 'risk' | 'origin'>, msp: RemediationSettings, company: RemediationSettings): Risk {
  if (runbook.origin === 'draft') return 'high'
  const named = ownPolicy(msp, runbook.id).risk ?? runbook.risk
  const base = runbook.origin === 'company' ? higherRisk(named, runbook.risk) : named
  return higherRisk(base, ownPolicy(company, runbook.id).risk ?? base)
}

/** Whether both let the runbook be used. */
export function isRunbookEnabled(id: string, msp: RemediationSettings, company: RemediationSettings): boolean {
  return ownPolicy(msp, id).enabled !== false && ownPolicy(company, id).enabled !== false
}

function ownPolicy(settings: RemediationSettings, id: string): { readonly enabled?: boolean; readonly risk?: Risk } {
  return settings.runbooks !== undefined && Object.hasOwn(settings.runbooks, id) ? settings.runbooks[id] ?? {} : {}
}

/**
 * The mode of a run: the lowest of the program's ceiling, what the company was switched to, and what was asked for. A company that nobody switched stays in
 * dry-run, whatever it inherits: real runs need a word of its own.
 */
export function runMode(ceiling: Mode, company: Mode | null, asked: Mode | null): Mode {
  return MODES[Math.min(...[ceiling, company ?? 'dry-run', asked ?? 'production'].map((mode) => MODES.indexOf(mode)))] ?? 'demo'
}
