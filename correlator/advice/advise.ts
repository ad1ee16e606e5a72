/** All advice over problems of the past. Deterministic: the same problems in any order give the same advice. No model is asked. */
import { isDeepStrictEqual } from 'node:util'
import type { Advice, PastProblem } from '../../schemas/advice.ts'
import type { StoredRuleBook } from '../../schemas/rules.ts'
import { advisedInhibitions } from './followers.ts'
import { advisedHolds } from './holds.ts'
import { DAY_MS } from './monitors.ts'
import { noisiest } from './noisy.ts'
import { advisedWindows } from './windows.ts'

/** What was read, and the rules there are. */
export interface AdviceQuery {
  readonly fromMs: number
  readonly toMs: number
  /** IANA name in which trouble that comes back is looked for. */
  readonly timeZone: string
  readonly book: StoredRuleBook
}

/** The steps of it, each bounded work; whoever shares a thread with others waits between them. */
export function* advise(problems: readonly PastProblem[], { fromMs, toMs, timeZone, book }: AdviceQuery): Generator<undefined, readonly Advice[]> {
  const sorted = [...problems].sort((a, b) => a.startMs - b.startMs || (a.problemKey < b.problemKey ? -1 : a.problemKey > b.problemKey ? 1 : 0))
  const days = Math.max(1, Math.round((toMs - fromMs) / DAY_MS))
  const steps = [() => advisedHolds(sorted, days), () => advisedWindows(sorted, { fromMs, toMs, timeZone }), () => advisedInhibitions(sorted, { fromMs, toMs }), () => noisiest(sorted)]
  const found: Advice[] = []
  for (const step of steps) {
    found.push(...step())
    yield undefined
  }
  return found.map((one) => ({ ...one, isApplied: isInForce(one, book) })).sort((a, b) => saved(b) - saved(a) || (b.figures['alerts'] ?? 0) - (a.figures['alerts'] ?? 0) || (a.id < b.id ? -1 : 1))
}

function saved({ figures }: Advice): number {
  return figures['saved'] ?? 0
}

/** By its id, or because somebody wrote the same rule under another one. */
function isInForce({ proposal }: Advice, book: StoredRuleBook): boolean {
  if (proposal === null) return false
  if ((book[proposal.list] ?? []).some(({ id }) => id === proposal.rule.id)) return true
  if (proposal.list === 'holds') return (book.holds ?? []).some((rule) => 'when' in rule && rule.enabled !== false && rule.minutes >= proposal.rule.minutes && isDeepStrictEqual(rule.when, proposal.rule.when))
  if (proposal.list === 'maintenance') return false
  return (book.inhibitions ?? []).some((rule) => 'source' in rule && rule.enabled !== false && isDeepStrictEqual([rule.source, rule.target], [proposal.rule.source, proposal.rule.target]))
}
