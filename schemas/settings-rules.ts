/** The limits of company settings, in one place for everybody who writes them. */
import { MODES, type CompanySettings, type Role } from './settings.ts'

/** An MSP Admin may go beyond what a company may ask for itself. */
export const LIMITS = {
  windowMs: { min: 5 * 60_000, max: 15 * 60_000 },
  maxLifeMs: { min: 5 * 60_000, max: 24 * 3_600_000 },
  requestsPerMinute: { min: 1, max: 1_000, mspMax: 100_000 },
  burst: { min: 0, max: 5_000, mspMax: 500_000 },
  weight: { min: 0, max: 10 },
  slaMinutes: { min: 1, max: 525_600 },
} as const

const WEIGHTS_MAX = 32
const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info']

/**
 * What is wrong with a change of settings, as sentences; empty when nothing is. `next` is the whole outcome, `changed` what this caller sets:
 * a rate that an MSP Admin raised stays legal while a company admin changes something else.
 */
export function settingsMistakes(next: CompanySettings, changed: Partial<CompanySettings>, role: Role): string[] {
  const mistakes: string[] = []
  const range = (name: string, value: number, min: number, max: number, whole = true): void => {
    if (!Number.isFinite(value) || value < min || value > max || (whole && !Number.isInteger(value))) {
      mistakes.push(`${name} must be ${whole ? 'a whole number' : 'a number'} from ${min} to ${max}`)
    }
  }
  const ceiling = (limit: { max: number; mspMax: number }) => (role === 'msp_admin' ? limit.mspMax : limit.max)

  if (changed.windowMs !== undefined) range('windowMs', changed.windowMs, LIMITS.windowMs.min, LIMITS.windowMs.max)
  if (changed.maxLifeMs !== undefined) range('maxLifeMs', changed.maxLifeMs, LIMITS.maxLifeMs.min, LIMITS.maxLifeMs.max)
  if (next.maxLifeMs < next.windowMs) mistakes.push('maxLifeMs must not be less than windowMs')
  if (changed.joinThreshold !== undefined) range('joinThreshold', changed.joinThreshold, 0, 1, false)
  if (changed.requestsPerMinute !== undefined) {
    range('requestsPerMinute', changed.requestsPerMinute, LIMITS.requestsPerMinute.min, ceiling(LIMITS.requestsPerMinute))
  }
  if (changed.burst !== undefined) range('burst', changed.burst, LIMITS.burst.min, ceiling(LIMITS.burst))
  if (changed.mode !== undefined && !MODES.includes(changed.mode)) mistakes.push(`mode must be one of ${MODES.join(', ')}`)
  if (changed.weights !== undefined) {
    const weights = Object.entries(changed.weights)
    if (weights.length > WEIGHTS_MAX) mistakes.push(`weights must name at most ${WEIGHTS_MAX} features`)
    for (const [name, weight] of weights.slice(0, WEIGHTS_MAX)) range(`weights.${name}`, weight, LIMITS.weight.min, LIMITS.weight.max, false)
  }
  for (const [severity, target] of Object.entries(changed.sla ?? {})) {
    if (!SEVERITIES.includes(severity)) {
      mistakes.push(`sla.${severity} is no severity; use ${SEVERITIES.join(', ')}`)
      continue
    }
    range(`sla.${severity}.responseMinutes`, target.responseMinutes, LIMITS.slaMinutes.min, LIMITS.slaMinutes.max)
    range(`sla.${severity}.resolveMinutes`, target.resolveMinutes, LIMITS.slaMinutes.min, LIMITS.slaMinutes.max)
    if (target.resolveMinutes < target.responseMinutes) mistakes.push(`sla.${severity}.resolveMinutes must not be less than responseMinutes`)
  }
  return mistakes
}
