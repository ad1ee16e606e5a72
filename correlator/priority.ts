/** Severity and priority of an incident, as pure functions. */
import type { IncidentSeverity, Severity } from '../schemas/records.ts'

const RANK: Readonly<Record<IncidentSeverity, number>> = { critical: 5, high: 4, medium: 3, low: 2, info: 1 }

/** An unknown severity is taken as medium. */
export function severityOf(severity: Severity): IncidentSeverity {
  return severity === 'unknown' ? 'medium' : severity
}

/** The more severe of two. */
export function worse(a: IncidentSeverity, b: IncidentSeverity): IncidentSeverity {
  return RANK[b] > RANK[a] ? b : a
}

/** True when `a` is more severe than `b`. */
export function isWorse(a: IncidentSeverity, b: IncidentSeverity): boolean {
  return RANK[a] > RANK[b]
}

/** Orders severities of problems, the worst first. */
export function compareSeverity(a: Severity, b: Severity): number {
  return RANK[severityOf(b)] - RANK[severityOf(a)]
}

/** What the priority is computed from. */
export interface PriorityInput {
  readonly severity: IncidentSeverity
  /** One of its assets is on the company's list of critical ones. */
  readonly isCritical: boolean
  readonly alertCount: number
  readonly assetCount: number
  /** Kinds of tools that report it. */
  readonly toolCount: number
  /** Time since it opened. */
  readonly ageMs: number
}

const HOUR_MS = 3_600_000
const SEVERITY_POINTS: Readonly<Record<IncidentSeverity, number>> = { critical: 80, high: 60, medium: 40, low: 20, info: 0 }

/**
 * 1 (most urgent) to 5. Points: 80, 60, 40, 20 or 0 by severity; 20 for a critical asset; 2 for each doubling of the alerts, at most 10;
 * 2 for each doubling of the assets, at most 10; 5 for each further tool that agrees, at most 10; less 1 for each hour of age, at most 10,
 * because what nobody touched for hours was not that urgent. 80 points and more are 1, then one less for every 20.
 */
export function priorityOf(input: PriorityInput): 1 | 2 | 3 | 4 | 5 {
  const points = SEVERITY_POINTS[input.severity]
    + (input.isCritical ? 20 : 0)
    + Math.min(10, 2 * Math.log2(Math.max(1, input.alertCount)))
    + Math.min(10, 2 * Math.log2(Math.max(1, input.assetCount)))
    + Math.min(10, 5 * Math.max(0, input.toolCount - 1))
    - Math.min(10, Math.max(0, input.ageMs) / HOUR_MS)
  if (points >= 80) return 1
  if (points >= 60) return 2
  if (points >= 40) return 3
  return points >= 20 ? 4 : 5
}
