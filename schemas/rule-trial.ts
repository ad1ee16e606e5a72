/** One problem against every rule of a book: which match, and of the others which clauses failed. */
import { failing, fieldOf, parseCondition, type Subject } from './conditions.ts'
import { toAppError } from './errors.ts'
import { RULE_LISTS, type Condition, type RuleBook, type RuleList, type Schedule } from './rules.ts'

/** One rule asked about one problem. Rules of two sides are asked for each side. */
export interface RuleTrial {
  readonly list: RuleList
  readonly ruleId: string
  readonly name: string | null
  /** `group_by`, `never_join`, `always_join` of grouping rules, else the list. */
  readonly kind: string
  /** `when`, or which side: left, right, source, target. */
  readonly side: string
  readonly matches: boolean
  /** Clauses that hold, of how many. */
  readonly held: number
  readonly clauses: number
  /** As written; empty where it matches. */
  readonly failed: readonly string[]
}

/** What a trial tells: rules that match, and of the others those that lack least. */
export interface RuleTrials {
  readonly matched: readonly RuleTrial[]
  /** Fewest failed clauses first; at most 20. */
  readonly nearest: readonly RuleTrial[]
  /** Rules asked, each side counted. */
  readonly asked: number
}

const MATCHED_MAX = 200
const NEAREST_MAX = 20
const SIDES = ['when', 'left', 'right', 'source', 'target'] as const

/** When a maintenance window ends that is open at a time; null while it is not. The engine's own reckoning, handed in. */
export type OpenUntil = (schedule: Schedule, timeZone: string, atMs: number) => number | null

/** Asks every rule. `atMs` is the time of the problem, for silences and maintenance; rules that cannot be read do not match and say why. */
export function tryRules(book: RuleBook, subject: Subject, atMs: number, openUntil: OpenUntil): RuleTrials {
  const trials = RULE_LISTS.flatMap((list) => (book[list] ?? []).flatMap((rule) => trialsOf(list, { ...rule }, subject, (one) => outside(list, one, atMs, openUntil))))
  const nearest = trials.filter(({ matches }) => !matches).map((trial, at) => ({ trial, at }))
    .sort((a, b) => a.trial.failed.length - b.trial.failed.length || b.trial.held - a.trial.held || a.at - b.at)
  return { matched: trials.filter(({ matches }) => matches).slice(0, MATCHED_MAX), nearest: nearest.slice(0, NEAREST_MAX).map(({ trial }) => trial), asked: trials.length }
}

type Rule = Readonly<Record<string, unknown>> & { readonly id: string; readonly name?: string }

function trialsOf(list: RuleList, rule: Rule, subject: Subject, late: (rule: Rule) => string[]): RuleTrial[] {
  const kind = typeof rule['kind'] === 'string' ? rule['kind'] : list
  const sides = SIDES.filter((side) => Array.isArray(rule[side]))
  // A category without a condition goes by its words alone.
  return (sides.length === 0 ? ['when'] : sides).map((side) => {
    const condition = (rule[side] ?? []) as Condition
    const failed = [...failedOf(condition, subject), ...missing(rule, subject), ...late(rule)]
    const clauses = Math.max(condition.length, 1)
    return { list, ruleId: rule.id, name: rule.name ?? null, kind, side, matches: failed.length === 0, held: Math.max(0, clauses - failed.length), clauses, failed }
  })
}

function failedOf(condition: Condition, subject: Subject): string[] {
  try {
    return failing(parseCondition(condition), subject)
  } catch (thrown) {
    return [toAppError(thrown).message]
  }
}

/** What a grouping goes by must be there. */
function missing(rule: Readonly<Record<string, unknown>>, subject: Subject): string[] {
  const names = rule['kind'] === 'group_by' && Array.isArray(rule['by']) ? (rule['by'] as string[]) : []
  return names.filter((name) => fieldOf(name)(subject) === '').map((name) => `by: the problem has no ${name}`)
}

function outside(list: RuleList, rule: Rule, atMs: number, openUntil: OpenUntil): string[] {
  if (list === 'maintenance') return openUntil(rule['schedule'] as Schedule, String(rule['timeZone']), atMs) === null ? ['schedule: the window is not open then'] : []
  if (list !== 'silences') return []
  const [from, to] = [rule['startsAt'], rule['endsAt']].map((at) => Date.parse(String(at))) as [number, number]
  if (atMs < from) return [`startsAt: it begins at ${String(rule['startsAt'])}`]
  return atMs >= to ? [`endsAt: it ended at ${String(rule['endsAt'])}`] : []
}
