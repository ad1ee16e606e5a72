/** A rule book made ready for the engine: conditions parsed once per revision, so that a problem costs no more than asking them. */
import { fieldOf, parseCondition, type Matchers, type Subject } from '../../schemas/conditions.ts'
import { AppError } from '../../schemas/errors.ts'
import type { CompanyEntry } from '../../schemas/records.ts'
import type { CategoryRule, Condition, GroupingRule, HoldRule, InhibitionRule, MaintenanceRule, RuleBook, RuleList, RuleSwitches, SeverityRule, SilenceRule } from '../../schemas/rules.ts'

/** Reads one field of a problem; lower case, because values agree whatever their case. */
export type Reader = (subject: Subject) => string

/** A rule with its condition parsed. */
export interface Ready<R> { readonly rule: R; readonly when: Matchers }
/** A grouping rule; `at` is its place in the order, from 0, and `names` are the fields that `by` and `equal` read. */
export type ReadyGrouping =
  | { readonly kind: 'group_by'; readonly at: number; readonly id: string; readonly when: Matchers; readonly by: readonly Reader[]; readonly names: readonly string[] }
  | { readonly kind: 'never_join'; readonly at: number; readonly id: string; readonly left: Matchers; readonly right: Matchers }
  | { readonly kind: 'always_join'; readonly at: number; readonly id: string; readonly left: Matchers; readonly right: Matchers; readonly equal: readonly Reader[]; readonly names: readonly string[] }
/** A silence with its span. */
export interface ReadySilence extends Ready<SilenceRule> { readonly startsAtMs: number; readonly endsAtMs: number }
/** An inhibition; `equal` are the fields that must agree. */
export interface ReadyInhibition { readonly rule: InhibitionRule; readonly source: Matchers; readonly target: Matchers; readonly equal: readonly Reader[] }
/** A category; without a condition it holds for any problem. */
export type ReadyCategory = Ready<CategoryRule>

/** One revision of a company's rules in effect. A rule that cannot be read is left out and counted: no settings record can stop the stream. */
export class RuleBookIndex {
  /** Revision that evidence names. */
  readonly revision: number
  /** As it came, so that a record that changes only other settings is told from one that changes rules. */
  readonly text: string
  readonly grouping: readonly ReadyGrouping[]
  readonly maintenance: readonly Ready<MaintenanceRule>[]
  readonly silences: readonly ReadySilence[]
  readonly inhibitions: readonly ReadyInhibition[]
  readonly holds: readonly Ready<HoldRule>[]
  readonly severities: readonly Ready<SeverityRule>[]
  readonly categories: readonly ReadyCategory[]
  readonly switches: RuleSwitches
  /** Rules that were left out, as `<list>/<id>`. */
  readonly broken: readonly string[]

  constructor(text: string, revision: number) {
    const broken: string[] = []
    const book = parsed(text, broken)
    const read = <R extends { readonly id: string; readonly enabled?: boolean }, T>(list: RuleList, rules: readonly R[] | undefined, ready: (rule: R, at: number) => T): T[] => {
      const made: T[] = []
      for (const rule of Array.isArray(rules) ? (rules as readonly R[]) : []) {
        try {
          if (rule.enabled !== false) made.push(ready(rule, made.length))
        } catch (thrown) {
          broken.push(`${list}/${nameOf(rule, thrown)}`)
        }
      }
      return made
    }
    const when = <R extends { readonly when: Condition }>(rule: R): Ready<R> => ({ rule, when: parseCondition(rule.when) })
    this.text = text
    this.revision = revision
    this.grouping = read('grouping', book.grouping, groupingOf)
    this.maintenance = read('maintenance', book.maintenance, when)
    this.silences = read('silences', book.silences, (rule) => ({ ...when(rule), startsAtMs: Date.parse(rule.startsAt), endsAtMs: Date.parse(rule.endsAt) }))
    this.inhibitions = read('inhibitions', book.inhibitions, (rule) => ({ rule, source: parseCondition(rule.source), target: parseCondition(rule.target), equal: rule.equal.map(readerOf) }))
    this.holds = read('holds', book.holds, when)
    this.severities = read('severities', book.severities, when)
    this.categories = read('categories', book.categories, (rule) => ({ rule, when: parseCondition(rule.when ?? []) }))
    this.switches = book.switches ?? {}
    this.broken = broken
  }
}

/** The rules of a company that has none. */
export const NO_RULES = new RuleBookIndex('', 0)

/** The rules of a settings entry; the known ones where the entry carries the same. */
export function rulesOf({ rules, rulesRevision }: Pick<CompanyEntry, 'rules' | 'rulesRevision'>, known: RuleBookIndex): RuleBookIndex {
  return rules === known.text && rulesRevision === known.revision ? known : new RuleBookIndex(rules, rulesRevision)
}

/** Reads a field in lower case. Throws `bad_request` for a name that is none. */
export function readerOf(name: string): Reader {
  const read = fieldOf(name)
  return (subject) => read(subject).toLowerCase()
}

function groupingOf(rule: GroupingRule, at: number): ReadyGrouping {
  const { id } = rule
  // A later release may know more kinds than this one.
  const kind: string = rule.kind
  if (rule.kind === 'group_by') return { kind: rule.kind, at, id, when: parseCondition(rule.when), by: rule.by.map(readerOf), names: rule.by }
  const sides = { at, id, left: parseCondition(rule.left), right: parseCondition(rule.right) }
  if (rule.kind === 'never_join') return { kind: rule.kind, ...sides }
  if (kind === 'always_join') return { kind, ...sides, equal: (rule.equal ?? []).map(readerOf), names: rule.equal ?? [] }
  throw new AppError('bad_request', `"${kind}" is no kind of grouping rule`)
}

function parsed(text: string, broken: string[]): RuleBook {
  if (text === '') return {}
  try {
    const book = JSON.parse(text) as RuleBook | null
    return typeof book === 'object' && book !== null ? book : {}
  } catch (thrown) {
    broken.push(`book: ${thrown instanceof Error ? thrown.message : 'not JSON'}`)
    return {}
  }
}

function nameOf(rule: { readonly id?: unknown } | null, thrown: unknown): string {
  return `${typeof rule?.id === 'string' ? rule.id : ''}: ${thrown instanceof Error ? thrown.message : 'cannot be read'}`.slice(0, 200)
}
