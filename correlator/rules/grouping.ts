/**
 * Grouping rules at work. Rules are taken in order, and between a problem and an incident the first one that applies to it and any problem of that
 * incident decides: group_by joins what agrees and keeps all others away, never_join keeps away, always_join joins.
 *
 * What an incident holds is read from the same kind of index as its other keys, so an answer costs the same however many incidents are open and
 * however many problems one has, and a restart finds it again: `g<n>` + values, problems that rule n groups by these values; `G<n>`, all that rule n
 * groups; `L<n>`, `R<n>`, the sides of a never_join; `l<n>`, `r<n>` + values, the sides of an always_join.
 */
import { holds, type Subject } from '../../schemas/conditions.ts'
import type { Evidence } from '../../schemas/records.ts'
import type { IncidentNode } from '../incident-node.ts'
import { KeyList } from '../key-list.ts'
import type { ProblemNode } from '../problem-node.ts'
import type { Reader, ReadyGrouping, RuleBookIndex } from './rule-book.ts'

/** What a rule has to do with one problem. */
type Step =
  | { readonly kind: 'group'; readonly rule: ReadyGrouping; /** Null: the rule groups others, not this one. */ readonly key: string | null; readonly all: string }
  | { readonly kind: 'never'; readonly rule: ReadyGrouping; readonly against: readonly string[] }
  | { readonly kind: 'always'; readonly rule: ReadyGrouping; readonly with: readonly string[] }

/** What the rules say of one problem, by what it says of itself alone. */
export interface Ruling {
  readonly rules: RuleBookIndex
  /** Rules that may decide on it, in order. */
  readonly steps: readonly Step[]
  /** What it is indexed under. */
  readonly keys: readonly string[]
}

/** A company's grouping rules over its index. */
export class GroupingIndex {
  readonly #rules: RuleBookIndex
  readonly #lists = new Map<string, KeyList>()

  constructor(rules: RuleBookIndex) {
    this.#rules = rules
  }

  /** Puts a problem into the index. */
  add(problem: ProblemNode, incident: IncidentNode): void {
    for (const key of this.rulingOf(problem).keys) KeyList.of(this.#lists, key).add(incident, problem)
  }

  /** True when what a problem says of itself now moves it to other rules, so that its incident has to be indexed anew. */
  isMoved(problem: ProblemNode, before: Ruling | null): boolean {
    if (before === null || problem.ruling === before) return false
    const now = this.rulingOf(problem)
    return before.rules !== now.rules || before.keys.length !== now.keys.length || before.keys.some((key, i) => key !== now.keys[i])
  }

  /** What the rules say of a problem. */
  rulingOf(problem: ProblemNode): Ruling {
    if (problem.ruling?.rules !== this.#rules) problem.ruling = rulingOf(this.#rules, problem.state.problem)
    return problem.ruling
  }

  /** The lists in which a rule finds what a problem must join, with that rule; in order. */
  *joining(problem: ProblemNode): Generator<{ readonly rule: ReadyGrouping; readonly lists: readonly KeyList[] }> {
    for (const step of this.rulingOf(problem).steps) {
      const keys = step.kind === 'always' ? step.with : step.kind === 'group' && step.key !== null ? [step.key] : []
      const lists = keys.flatMap((key) => this.#lists.get(key) ?? [])
      if (lists.length > 0) yield { rule: step.rule, lists }
    }
  }

  /** The first rule before `below` that keeps a problem out of an incident; null where none does. */
  barring(problem: ProblemNode, incident: IncidentNode, below = Number.POSITIVE_INFINITY): ReadyGrouping | null {
    for (const step of this.rulingOf(problem).steps) {
      if (step.rule.at >= below) return null
      if (step.kind === 'never' && step.against.some((key) => this.#has(incident, key))) return step.rule
      if (step.kind !== 'group') continue
      if (step.key === null ? this.#has(incident, step.all) : !this.#has(incident, step.key)) return step.rule
      // It is of the same group, which decides.
      if (step.key !== null) return null
    }
    return null
  }

  /** The first rule before `below` that keeps two incidents apart. */
  parting(a: IncidentNode, b: IncidentNode, below = Number.POSITIVE_INFINITY): ReadyGrouping | null {
    for (const rule of this.#rules.grouping) {
      if (rule.at >= below) return null
      if (rule.kind === 'never_join') {
        const [left, right] = [`L${rule.at}`, `R${rule.at}`]
        if ((this.#has(a, left) && this.#has(b, right)) || (this.#has(a, right) && this.#has(b, left))) return rule
      } else if (rule.kind === 'group_by' && (this.#has(a, `G${rule.at}`) || this.#has(b, `G${rule.at}`))) {
        return this.#agree(a, b, `g${rule.at}\n`) ? null : rule
      }
    }
    return null
  }

  #has(incident: IncidentNode, key: string): boolean {
    const list = this.#lists.get(key)
    return list !== undefined && incident.groups.has(list)
  }

  /** True when both hold problems of one value. */
  #agree(a: IncidentNode, b: IncidentNode, prefix: string): boolean {
    for (const list of a.groups.keys()) if (list.key.startsWith(prefix) && this.#lists.get(list.key) === list && b.groups.has(list)) return true
    return false
  }
}

/** The evidence of a problem that a rule put where it is. */
export function evidenceByRule(rule: ReadyGrouping, problem: ProblemNode, other: ProblemNode, threshold: number, rulesRevision: number): Evidence {
  const detail = rule.kind === 'group_by' ? `rule ${rule.id} groups by ${rule.names.join(', ')}: ${rule.by.map((read) => read(problem.state.problem)).join(', ')}`
    : `rule ${rule.id} always joins the two${rule.kind === 'always_join' && rule.names.length > 0 ? `, which agree in ${rule.names.join(', ')}` : ''}`
  return {
    rule: 'scored', withProblemKey: other.state.problem.problemKey, score: 1, threshold, features: [{ name: 'rule', value: 1, weight: 1, detail }], ruleId: rule.id, rulesRevision, considered: [],
  }
}

function rulingOf(rules: RuleBookIndex, subject: Subject): Ruling {
  const steps: Step[] = []
  const keys: string[] = []
  let isGrouped = false
  for (const rule of rules.grouping) {
    const { at } = rule
    if (rule.kind === 'group_by') {
      const all = `G${at}`
      // Of several that would group it the first one does.
      const values = isGrouped || !holds(rule.when, subject) ? null : valuesOf(rule.by, subject)
      if (values !== null) {
        isGrouped = true
        keys.push(all, `g${at}\n${values}`)
      }
      steps.push({ kind: 'group', rule, all, key: values === null ? null : `g${at}\n${values}` })
      continue
    }
    const [left, right] = [holds(rule.left, subject), holds(rule.right, subject)]
    if (!left && !right) continue
    if (rule.kind === 'never_join') {
      keys.push(...(left ? [`L${at}`] : []), ...(right ? [`R${at}`] : []))
      steps.push({ kind: 'never', rule, against: [...(left ? [`R${at}`] : []), ...(right ? [`L${at}`] : [])] })
      continue
    }
    const values = valuesOf(rule.equal, subject)
    if (values === null) continue
    keys.push(...(left ? [`l${at}\n${values}`] : []), ...(right ? [`r${at}\n${values}`] : []))
    steps.push({ kind: 'always', rule, with: [...(left ? [`r${at}\n${values}`] : []), ...(right ? [`l${at}\n${values}`] : [])] })
  }
  return { rules, steps, keys }
}

/** The values that must agree; null where one is absent. */
function valuesOf(readers: readonly Reader[], subject: Subject): string | null {
  const values = readers.map((read) => read(subject))
  return values.includes('') ? null : values.map((value) => value.replaceAll('\n', ' ')).join('\n')
}
