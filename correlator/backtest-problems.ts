/** The least deduplication a backtest needs when it is not given the live one: one problem per source, asset and signature of a company. */
import type { PlacedProblem, ProblemChange, ProblemEvent, Severity } from '../schemas/records.ts'
import { DueSeconds, QUIET_MS, Silence } from './silence.ts'

/** A line of a backtest file. */
export interface BacktestAlert {
  readonly id: string
  readonly ts: string
  readonly company: string
  readonly source: string
  readonly asset: string | null
  readonly signature: string | null
  readonly severity: string
  readonly status: string
  readonly message: string
  readonly labels: Readonly<Record<string, unknown>>
}

/** What an alert did: the problem it belongs to, null where it was dropped, and the events to correlate, in order. */
export interface Deduplicated {
  readonly companyId: string
  readonly problemKey: string | null
  readonly events: readonly ProblemEvent[]
}

/** Turns alerts, given in order of time, into problem events; `position` grows with every call. Stateful. */
export type Deduplicate = (alert: BacktestAlert, atMs: number, position: number) => Deduplicated

const SEVERITIES: Readonly<Record<string, Severity>> = {
  critical: 'critical', fatal: 'critical', emergency: 'critical', high: 'high', error: 'high', medium: 'medium', warning: 'medium',
  low: 'low', info: 'info', information: 'info',
}

/**
 * Counts repeats (told at 2, 4, 8 …), resolves and reopens. A tool that has resolved something before is believed to resolve everything;
 * a problem of any other tool expires when it has been silent for `quietMs`, or for as long as `Silence` says that this is its way.
 */
export function deduplicator(quietMs: number = QUIET_MS): Deduplicate {
  const problems = new Map<string, PlacedProblem>()
  /** Firing problems of tools that do not resolve: when each is over. */
  const dueMs = new Map<string, number>()
  const due = new DueSeconds()
  const silence = new Silence(quietMs)
  const resolvers = new Set<string>()

  const tell = (problem: PlacedProblem, change: ProblemChange, atMs: number, version: number): ProblemEvent => {
    Object.assign(problem, { change, atMs, version })
    return { ...problem, type: 'problem' }
  }
  return (alert, atMs, position) => {
    const events: ProblemEvent[] = []
    const expire = (key: string): void => {
      const problem = problems.get(key)
      if (problem === undefined) return
      dueMs.delete(key)
      problem.status = 'resolved'
      problem.resolvedAtMs = problem.lastAtMs
      events.push(tell(problem, 'expired', atMs, position))
    }
    due.take(atMs, (key) => {
      const atLast = dueMs.get(key)
      if (atLast === undefined) return
      if (atLast < atMs) expire(key)
      else due.add(key, atLast)
    })
    const tool = `${alert.company}|${alert.source}`
    const problemKey = `v1:${alert.source}:${alert.asset ?? ''}|${alert.signature ?? ''}`
    const key = `${alert.company}|${problemKey}`
    const known = problems.get(key)
    silence.hear(tool, atMs)
    if ((dueMs.get(key) ?? atMs) < atMs) expire(key)
    if (alert.status === 'resolved') {
      resolvers.add(tool)
      dueMs.delete(key)
      if (known?.status !== 'firing') return { companyId: alert.company, problemKey: known === undefined ? null : problemKey, events }
      Object.assign(known, { status: 'resolved', resolvedAtMs: atMs, lastAtMs: atMs })
      events.push(tell(known, 'resolved', atMs, position))
      return { companyId: alert.company, problemKey, events }
    }
    const severity = SEVERITIES[alert.severity.toLowerCase()] ?? 'unknown'
    const title = alert.signature ?? alert.message
    let problem = known
    if (problem?.status === 'firing') {
      problem.lastAtMs = atMs
      problem.count += 1
      if (severity !== problem.severity) {
        problem.severity = severity
        events.push(tell(problem, 'changed', atMs, position))
      } else if (Number.isInteger(Math.log2(problem.count))) events.push(tell(problem, 'repeated', atMs, position))
    } else {
      problem = {
        problemKey, companyId: alert.company, integrationId: alert.source, source: alert.source, change: 'opened', status: 'firing', flapping: false,
        acknowledged: false, episode: (known?.episode ?? 0) + 1, count: 1, alertId: alert.id, asset: alert.asset, signature: alert.signature,
        severity, title, message: alert.message, labels: texts(alert.labels), firstAtMs: atMs, lastAtMs: atMs, resolvedAtMs: null, startsAtMs: null,
        partition: 0, atMs, version: position,
      }
      problems.set(key, problem)
      events.push(tell(problem, known === undefined ? 'opened' : 'reopened', atMs, position))
    }
    if (resolvers.has(tool)) dueMs.delete(key)
    else {
      const overMs = atMs + silence.allowedMs(tool, problem.count, atMs - problem.firstAtMs)
      if (!dueMs.has(key)) due.add(key, overMs)
      dueMs.set(key, overMs)
    }
    return { companyId: alert.company, problemKey, events }
  }
}

function texts(labels: Readonly<Record<string, unknown>>): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [name, value] of Object.entries(labels)) out[name] = typeof value === 'string' ? value : JSON.stringify(value)
  return out
}
