import type { AlertStatus, Severity } from '../../schemas/records.ts'

/** A closed table from a vendor's word, lower case, to ours. What stands in none is `unknown`. */
export type SeverityTable = Readonly<Record<string, Severity>>

/** A closed table from a vendor's word, lower case, to our status. */
export type StatusTable = Readonly<Record<string, AlertStatus>>

/**
 * The severity words that mean the same in every tool that leaves the word to its users (labels, templates, plain JSON).
 * Warning is medium, error is high; a vendor that means something else by a word has its own table.
 */
export const SEVERITY_WORDS: SeverityTable = {
  critical: 'critical', crit: 'critical', fatal: 'critical', emergency: 'critical', emerg: 'critical', disaster: 'critical', blocker: 'critical', severe: 'critical', panic: 'critical', p1: 'critical', sev1: 'critical', sev0: 'critical', p0: 'critical',
  high: 'high', error: 'high', err: 'high', major: 'high', urgent: 'high', p2: 'high', sev2: 'high', failure: 'high',
  medium: 'medium', warning: 'medium', warn: 'medium', moderate: 'medium', average: 'medium', p3: 'medium', sev3: 'medium',
  low: 'low', minor: 'low', p4: 'low', sev4: 'low',
  info: 'info', information: 'info', informational: 'info', notice: 'info', debug: 'info', p5: 'info', sev5: 'info',
}

/** The state words that mean the same in every tool. */
export const STATUS_WORDS: StatusTable = {
  firing: 'firing', triggered: 'firing', alerting: 'firing', problem: 'firing', open: 'firing', opened: 'firing', active: 'firing', activated: 'firing', new: 'firing', down: 'firing', critical: 'firing', failed: 'firing', failing: 'firing', alarm: 'firing', fired: 'firing', created: 'firing', trigger: 'firing', raised: 'firing', offline: 'firing', unresolved: 'firing', unreachable: 'firing', breached: 'firing', degraded: 'firing', unhealthy: 'firing', expired: 'firing', unavailable: 'firing',
  resolved: 'resolved', recovered: 'resolved', recovery: 'resolved', ok: 'resolved', closed: 'resolved', up: 'resolved', resolve: 'resolved', close: 'resolved', clear: 'resolved', cleared: 'resolved', deactivated: 'resolved', healthy: 'resolved', online: 'resolved', fixed: 'resolved', inactive: 'resolved', success: 'resolved', successful: 'resolved', normal: 'resolved', passed: 'resolved', available: 'resolved', restored: 'resolved',
  acknowledged: 'acknowledged', acknowledge: 'acknowledged', acked: 'acknowledged', ack: 'acknowledged',
}

/** The table's answer to a word in any case, or `unknown`. */
export function severityFrom(table: SeverityTable, word: string | null): Severity {
  return fromTable(table, word) ?? 'unknown'
}

/** The table's answer to a word in any case, or `unknown`. */
export function statusFrom(table: StatusTable, word: string | null): AlertStatus {
  return fromTable(table, word) ?? 'unknown'
}

/** True when the table knows the word. */
export function knows(table: Readonly<Record<string, unknown>>, word: string | null): boolean {
  return fromTable(table, word) !== undefined
}

function fromTable<T>(table: Readonly<Record<string, T>>, word: string | null): T | undefined {
  if (word === null || word.length > 64) return undefined
  const key = word.trim().toLowerCase()
  // Own names only: `constructor` is a word a hostile payload may send.
  return Object.hasOwn(table, key) ? table[key] : undefined
}
