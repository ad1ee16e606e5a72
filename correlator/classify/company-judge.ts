/**
 * How a company's incidents are sorted and judged: its severity rules and categories, then what its people said of earlier incidents, then words. A pure
 * function of the rule book and of the lessons, so that a restart judges the same.
 */
import { holds } from '../../schemas/conditions.ts'
import type { Classification, IncidentSeverity, LessonEntry, PlacedProblem, SeverityJudgement } from '../../schemas/records.ts'
import type { CategoryRule } from '../../schemas/rules.ts'
import { NO_RULES, type RuleBookIndex } from '../rules/rule-book.ts'
import { DEFAULT_CATEGORIES, type Category } from './categories.ts'
import { HistoryClassifier } from './history.ts'
import { KeywordClassifier } from './keywords.ts'
import { severityInWords } from './severity-words.ts'

/** Lessons kept for a company; the oldest make room. */
export const LESSONS_MAX = 1_000
/** From so many lessons on, history is asked at all. */
const LESSONS_MIN = 10
/** History is believed from this probability on. */
const HISTORY_SURE = 0.6
/** So many people's judgements of a signature must agree before they count, and then they are taken as so sure. */
const AGREEING_MIN = 2
const AGREEING_CONFIDENCE = 0.8
/** Below this confidence nothing is suggested but a person. */
const SUGGEST_FROM = 0.5
/** A category that history knows and no list has. */
const UNLISTED = { words: [], canResolveAutomatically: false, action: 'assign' } as const

const SEVERITIES = new Set<string>(['critical', 'high', 'medium', 'low', 'info'])

/** True for a severity of incidents. */
export function isSeverity(word: string | null): word is IncidentSeverity {
  return word !== null && SEVERITIES.has(word)
}

/** Severity of a problem; `judgement` says why it is not the tool's own. */
export interface ProblemSeverity {
  readonly severity: IncidentSeverity
  readonly judgement: SeverityJudgement | null
}

/** Judges for one company. Made anew when its rule book or its lessons change. */
export class CompanyJudge {
  readonly #rules: Pick<RuleBookIndex, 'severities' | 'categories'>
  readonly #categories: ReadonlyMap<string, Category>
  readonly #keywords: KeywordClassifier
  readonly #lessons: readonly LessonEntry[]
  readonly #bySignature: ReadonlyMap<string, IncidentSeverity>
  /** Trained when first asked. */
  #history: HistoryClassifier | null = null

  /** `lessons` oldest first. */
  constructor(rules: Pick<RuleBookIndex, 'severities' | 'categories'>, lessons: readonly LessonEntry[]) {
    this.#rules = rules
    const own = rules.categories.map(({ rule }) => rule)
    this.#categories = categoriesOf(own)
    this.#keywords = own.length === 0 ? DEFAULT_KEYWORDS : new KeywordClassifier([...this.#categories.values()])
    this.#lessons = lessons
    this.#bySignature = agreedSeverities(lessons)
  }

  /** The first severity rule that holds; else what people said of the signature at least twice running; else the tool's word; else the words of its text; else medium. */
  severityOf(problem: PlacedProblem): ProblemSeverity {
    for (const { rule, when } of this.#rules.severities) {
      if (!holds(when, problem)) continue
      return { severity: rule.severity, judgement: { severity: rule.severity, confidence: 1, by: 'rule', reason: rule.reason ?? `the rule ${rule.name ?? rule.id} says so` } }
    }
    if (this.#bySignature.size > 0) {
      const severity = this.#bySignature.get(signatureOf(problem))
      if (severity !== undefined) {
        return { severity, judgement: { severity, confidence: AGREEING_CONFIDENCE, by: 'history', reason: `people said ${severity} of "${signatureOf(problem)}" the last ${AGREEING_MIN} times` } }
      }
    }
    if (problem.severity !== 'unknown') return { severity: problem.severity, judgement: null }
    const guess = severityInWords(problem.title, problem.message)
    if (guess === null) return { severity: 'medium', judgement: null }
    return { severity: guess.severity, judgement: { severity: guess.severity, confidence: guess.confidence, by: 'words', reason: guess.reason } }
  }

  /** The category of a problem, which stands for its incident; null where nothing speaks for any. */
  classify(problem: PlacedProblem, severity: IncidentSeverity): Classification | null {
    for (const { rule, when } of this.#rules.categories) {
      const category = this.#categories.get(rule.id)
      if (rule.when !== undefined && category !== undefined && holds(when, problem)) return told(category, 1, `the rule ${rule.name ?? rule.id} says so`, 'rule', severity)
    }
    const { title, message } = problem
    if (this.#lessons.length >= LESSONS_MIN) {
      this.#history ??= new HistoryClassifier(this.#lessons.flatMap(({ text, category }) => (category === null ? [] : [{ text, label: category }])))
      const opinion = this.#history.opinion(`${title} ${message}`)
      if (opinion !== null && opinion.probability >= HISTORY_SURE) {
        const category = this.#categories.get(opinion.label) ?? { ...UNLISTED, id: opinion.label, name: opinion.label }
        return told(category, Math.round(opinion.probability * 100) / 100, `people sorted like texts so: ${opinion.words.map((word) => `"${word}"`).join(', ')}`, 'history', severity)
      }
    }
    const guess = this.#keywords.classify(`${problem.signature ?? ''} ${title === problem.signature ? '' : title}`, message)
    return guess === null ? null : told(guess.category, guess.confidence, guess.reason, 'words', severity)
  }

  /** The same form for a category that somebody has given. */
  given(categoryId: string, confidence: number, reason: string, by: 'person' | 'analyst', severity: IncidentSeverity): Classification {
    return told(this.#categories.get(categoryId) ?? { ...UNLISTED, id: categoryId, name: categoryId }, confidence, reason, by, severity)
  }

  /** Ids of the categories in force. */
  get categoryIds(): readonly string[] {
    return [...this.#categories.keys()]
  }
}

const DEFAULT_KEYWORDS = new KeywordClassifier()

/** For a company without rules and lessons. */
export const DEFAULT_JUDGE = new CompanyJudge(NO_RULES, [])

/** Text of a lesson or a question: what the problem says of itself. */
export function signatureOf({ signature, title }: Pick<PlacedProblem, 'signature' | 'title'>): string {
  return (signature ?? title).trim().toLowerCase().slice(0, 200)
}

function told(category: Category, confidence: number, reason: string, by: string, severity: IncidentSeverity): Classification {
  const isSure = confidence >= SUGGEST_FROM
  const action = !isSure ? 'assign' : severity === 'critical' ? 'escalate' : category.action
  return { category: category.id, confidence, reason, canResolveAutomatically: isSure && category.canResolveAutomatically, action, by }
}

function categoriesOf(rules: readonly CategoryRule[]): ReadonlyMap<string, Category> {
  const all = new Map(DEFAULT_CATEGORIES.map((category) => [category.id, category]))
  for (const { id, name, words, canResolveAutomatically = false, action = 'assign' } of rules) all.set(id, { id, name: name ?? id, words, canResolveAutomatically, action })
  return all
}

function agreedSeverities(lessons: readonly LessonEntry[]): ReadonlyMap<string, IncidentSeverity> {
  const runs = new Map<string, { severity: IncidentSeverity; length: number }>()
  for (const { signature, severity } of lessons) {
    if (!isSeverity(severity)) continue
    const run = runs.get(signature)
    runs.set(signature, run?.severity === severity ? { severity, length: run.length + 1 } : { severity, length: 1 })
  }
  return new Map([...runs].filter(([, { length }]) => length >= AGREEING_MIN).map(([signature, { severity }]) => [signature, severity]))
}
