/** What is wrong with remediation settings, in sentences: their form, their limits, and what a company sets wider than the MSP allows. */
import { effectiveRisk, REMEDIATION_NUMBER_NAMES, REMEDIATION_NUMBERS, remediationLimits } from './remediation-settings.ts'
import { RISKS, riskRank, type Risk } from './runbooks.ts'
import type { RemediationSettings } from './runs.ts'

/** Freezes and runbook policies of one scope. */
export const REMEDIATION_LIST_MAX = { freezes: 50, runbooks: 500 } as const
const REASON_CHARS = 500
const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/
const SWITCHES = ['stopped', 'automaticLowRisk', 'fourEyes'] as const
const NAMES: readonly string[] = [...SWITCHES, 'stoppedReason', ...REMEDIATION_NUMBER_NAMES, 'freezes', 'runbooks']

/** Everything wrong with the settings of one scope, whoever sets them; a grant has no stop switch and no freezes. Empty when nothing is. */
export function remediationMistakes(settings: unknown, kind: 'settings' | 'grant' = 'settings'): readonly string[] {
  if (!isRecord(settings)) return ['the settings must be an object']
  const given = settings
  const mistakes: string[] = []
  const allowed = kind === 'settings' ? NAMES : NAMES.filter((name) => name !== 'stopped' && name !== 'stoppedReason' && name !== 'freezes')
  for (const name of Object.keys(given)) if (!allowed.includes(name)) mistakes.push(`"${name.slice(0, 60)}" is no setting${kind === 'grant' ? ' that can be granted' : ''}; use ${allowed.join(', ')}`)
  for (const name of SWITCHES) if (given[name] !== undefined && typeof given[name] !== 'boolean') mistakes.push(`${name} must be true or false`)
  if (given['stoppedReason'] !== undefined) mistakes.push(...reasonMistakes('stoppedReason', given['stoppedReason']))
  for (const name of REMEDIATION_NUMBER_NAMES) if (given[name] !== undefined) mistakes.push(...numberMistakes(name, given[name]))
  if (given['freezes'] !== undefined) mistakes.push(...freezeMistakes(given['freezes']))
  if (given['runbooks'] !== undefined) mistakes.push(...policyMistakes(given['runbooks']))
  return mistakes
}

/**
 * What a company sets wider than the MSP lets it. It would not count, so it is refused rather than kept as a promise. `riskOf` tells a runbook's own risk, where
 * it is known.
 */
export function wideningMistakes(msp: RemediationSettings, company: RemediationSettings, riskOf: (runbookId: string) => Risk | null = () => null): readonly string[] {
  const most = remediationLimits(msp, {})
  const mistakes: string[] = []
  for (const name of REMEDIATION_NUMBER_NAMES) {
    const wish = company[name]
    if (wish !== undefined && wish > most[name]) mistakes.push(`${name} may be at most ${most[name]}, as the MSP set it; ask an MSP Admin to grant more`)
  }
  if (company.automaticLowRisk === true && !most.automaticLowRisk) mistakes.push('automaticLowRisk is switched off by the MSP; ask an MSP Admin to grant it')
  if (company.fourEyes === false && most.fourEyes) mistakes.push('fourEyes may only be given up by an MSP Admin, who grants it')
  for (const [id, policy] of Object.entries(company.runbooks ?? {})) {
    if (policy.enabled === true && msp.runbooks?.[id]?.enabled === false) mistakes.push(`runbooks.${id} is switched off by the MSP; ask an MSP Admin to grant it`)
    const own = msp.runbooks?.[id]?.risk ?? riskOf(id)
    if (policy.risk === undefined || own === null) continue
    const least = effectiveRisk({ id, risk: own, origin: 'library' }, msp, {})
    if (riskRank(policy.risk) < riskRank(least)) mistakes.push(`runbooks.${id}.risk may be ${least} or higher; only an MSP Admin lowers a risk`)
  }
  return mistakes
}

function numberMistakes(name: (typeof REMEDIATION_NUMBER_NAMES)[number], value: unknown): string[] {
  const { min, max, isWhole } = REMEDIATION_NUMBERS[name]
  const fits = typeof value === 'number' && value >= min && value <= max && (!isWhole || Number.isInteger(value))
  return fits ? [] : [`${name} must be a ${isWhole ? 'whole ' : ''}number from ${min} to ${max}`]
}

function freezeMistakes(value: unknown): string[] {
  if (!Array.isArray(value) || value.length > REMEDIATION_LIST_MAX.freezes) return [`freezes must be a list of at most ${REMEDIATION_LIST_MAX.freezes}`]
  const ids = new Set<unknown>()
  return value.flatMap((freeze: unknown, at): string[] => {
    const name = `freezes[${at}]`
    if (!isRecord(freeze)) return [`${name} must be an object with id, reason, startsAt and endsAt`]
    const { id, reason, startsAt, endsAt, ...rest } = freeze
    const mistakes = [...Object.keys(rest).map((key) => `${name} has no "${key.slice(0, 60)}"`), ...reasonMistakes(`${name}.reason`, reason)]
    if (typeof id !== 'string' || !ID.test(id)) mistakes.push(`${name}.id must be letters, digits, - and _, at most 80`)
    else if (ids.has(id)) mistakes.push(`${name}.id is used twice`)
    ids.add(id)
    for (const [key, instant] of Object.entries({ startsAt, endsAt })) if (!isInstant(instant)) mistakes.push(`${name}.${key} must be an instant with its offset, such as 2026-12-24T00:00:00Z`)
    if (isInstant(startsAt) && isInstant(endsAt) && Date.parse(startsAt) >= Date.parse(endsAt)) mistakes.push(`${name} must end after it starts`)
    return mistakes
  })
}

function policyMistakes(value: unknown): string[] {
  if (!isRecord(value) || Object.keys(value).length > REMEDIATION_LIST_MAX.runbooks) return [`runbooks must be an object of at most ${REMEDIATION_LIST_MAX.runbooks} runbook ids`]
  return Object.entries(value).flatMap(([id, policy]): string[] => {
    const name = `runbooks.${id.slice(0, 80)}`
    if (!ID.test(id)) return [`${name}: a runbook id has letters, digits, - and _, at most 80`]
    if (!isRecord(policy)) return [`${name} must be an object with enabled or risk`]
    const { enabled, risk, ...rest } = policy
    const mistakes = Object.keys(rest).map((key) => `${name} has no "${key.slice(0, 60)}"; use enabled and risk`)
    if (enabled !== undefined && typeof enabled !== 'boolean') mistakes.push(`${name}.enabled must be true or false`)
    if (risk !== undefined && !RISKS.some((one) => one === risk)) mistakes.push(`${name}.risk must be ${RISKS.join(', ')}`)
    return mistakes
  })
}

function reasonMistakes(name: string, value: unknown): string[] {
  return typeof value === 'string' && value.trim() !== '' && value.length <= REASON_CHARS ? [] : [`${name} must be a text of 1 to ${REASON_CHARS} characters`]
}

function isInstant(value: unknown): value is string {
  return typeof value === 'string' && INSTANT.test(value) && Number.isFinite(Date.parse(value))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
