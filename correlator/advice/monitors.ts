/** Problems of the past by the monitor they come from, and the words for both. */
import { createHash } from 'node:crypto'
import type { PastProblem } from '../../schemas/advice.ts'

/** Problems of one check of one tool. */
export interface Monitor {
  readonly source: string
  readonly signature: string
  readonly problems: readonly PastProblem[]
}

const SIGNATURE_CHARS = 300
export const MINUTE_MS = 60_000
export const DAY_MS = 86_400_000

/** All monitors, in a stable order. A problem without a signature, or with one too long for a rule, has none. */
export function monitorsOf(problems: readonly PastProblem[]): readonly Monitor[] {
  const named = problems.filter(({ signature }) => signature !== null && signature.length <= SIGNATURE_CHARS)
  const groups = Map.groupBy(named, ({ source, signature }) => `${source}\n${signature ?? ''}`)
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, list]) => ({ source: list[0]?.source ?? '', signature: list[0]?.signature ?? '', problems: list }))
}

/** A matcher for one value. */
export function matcher(field: string, value: string): string {
  return `${field}="${value.replace(/[\\"]/g, '\\$&')}"`
}

/** The condition for a monitor. */
export function conditionOf({ source, signature }: Pick<Monitor, 'source' | 'signature'>): string[] {
  return [matcher('source', source), matcher('signature', signature)]
}

/** An id that stays while the advice does. */
export function adviceId(kind: string, ...words: readonly string[]): string {
  return `${kind}-${createHash('sha256').update(words.join('\n')).digest('hex').slice(0, 12)}`
}

/** Incidents of which nothing is left without these problems. */
export function emptied(all: readonly PastProblem[], gone: ReadonlySet<PastProblem>): number {
  const left = new Set(all.filter((problem) => !gone.has(problem)).map(({ incidentId }) => incidentId))
  return new Set([...gone].map(({ incidentId }) => incidentId).filter((id) => id !== '' && !left.has(id))).size
}

/** The value at a share of a sorted list. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
