/** Whether a problem is to be kept quiet, by what, and until when. The first that applies: maintenance, silence, inhibition, dependency, hold. */
import { holds } from '../../schemas/conditions.ts'
import type { Suppression } from '../../schemas/records.ts'
import { LATENESS_MS } from '../score.ts'
import { cut } from '../text.ts'
import { openUntil } from './schedule.ts'
import { cutOffBy, inhibitor, type Question, type Witness } from './witness.ts'

/** How a suppression may come about. */
export type QuietKind = 'maintenance' | 'silence' | 'inhibition' | 'dependency' | 'hold'

/** How long what was explained may take to clear by itself after its cause has ended; within the bound it may also just not have been told yet. */
export const SETTLE_MS = LATENESS_MS

const MINUTE_MS = 60_000
const REASON_CHARS = 600

/** What keeps the problem quiet from `atMs` on; null when nothing does. */
export function judge(question: Question): Suppression | null {
  return byTime(question) ?? byCause(question) ?? byHold(question)
}

/** By what began with another problem: an inhibition or a dependency. */
export function byCause(question: Question): Suppression | null {
  const { company, problem: { state: { problem } } } = question
  for (const inhibition of company.rules.inhibitions) {
    if (!holds(inhibition.target, problem)) continue
    const witness = inhibitor(question, inhibition)
    const { rule } = inhibition
    if (witness !== null) return explained(question, 'inhibition', rule.id, witness, `explained by ${titleOf(witness)}, rule ${rule.name ?? rule.id}`)
  }
  const witness = cutOffBy(question)
  return witness === null ? null : explained(question, 'dependency', null, witness, `behind ${witness.problem.state.problem.asset ?? ''}, which cannot be reached: ${titleOf(witness)}`)
}

function byTime({ company: { rules }, problem: { state: { problem } }, atMs }: Question): Suppression | null {
  for (const { rule, when } of rules.maintenance) {
    if (!holds(when, problem)) continue
    const untilMs = openUntil(rule.schedule, rule.timeZone, atMs)
    if (untilMs !== null) return suppression('maintenance', rule.id, `maintenance ${rule.name ?? rule.id}: ${rule.reason}`, atMs, untilMs)
  }
  for (const { rule, when, startsAtMs, endsAtMs } of rules.silences) {
    if (startsAtMs <= atMs && atMs < endsAtMs && holds(when, problem)) return suppression('silence', rule.id, `silenced by ${rule.by}: ${rule.reason}`, atMs, endsAtMs)
  }
  return null
}

/** Of several holds the longest counts: the problem must outlive each. */
function byHold({ company: { rules }, problem: { state: { problem } }, atMs }: Question): Suppression | null {
  let longest: Suppression | null = null
  for (const { rule, when } of rules.holds) {
    const untilMs = problem.firstAtMs + rule.minutes * MINUTE_MS
    if (!(untilMs > atMs && untilMs > (longest?.untilMs ?? 0)) || !holds(when, problem)) continue
    longest = suppression('hold', rule.id, `may clear by itself within ${rule.minutes} min, rule ${rule.name ?? rule.id}`, atMs, untilMs)
  }
  return longest
}

function explained({ atMs }: Question, kind: QuietKind, ruleId: string | null, { problem, endMs }: Witness, reason: string): Suppression {
  return { ...suppression(kind, ruleId, reason, atMs, Number.isFinite(endMs) ? endMs + SETTLE_MS : null), byProblemKey: problem.state.problem.problemKey }
}

function suppression(kind: QuietKind, ruleId: string | null, reason: string, sinceMs: number, untilMs: number | null): Suppression {
  return { kind, ruleId, reason: cut(reason, REASON_CHARS), byProblemKey: null, sinceMs, untilMs: untilMs === null ? null : Math.round(untilMs) }
}

function titleOf({ problem: { state: { problem } } }: Witness): string {
  return `"${cut(problem.title, 200)}"${problem.asset === null ? '' : ` on ${cut(problem.asset, 100)}`}`
}
