/** All advice over problems of the past. Deterministic: the same problems in any order give the same advice. No model is asked. */
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
  const isApplied = ({ proposal }: Advice): boolean => proposal !== null && (book[proposal.list] ?? []).some(({ id }) => id === proposal.rule.id)
  return found.map((one) => ({ ...one, isApplied: isApplied(one) })).sort((a, b) => saved(b) - saved(a) || (b.figures['alerts'] ?? 0) - (a.figures['alerts'] ?? 0) || (a.id < b.id ? -1 : 1))
}

function saved({ figures }: Advice): number {
  return figures['saved'] ?? 0
}
