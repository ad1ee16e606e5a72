/** Judges a rule book as a person wrote it: every mistake with its place and how to mend it. */
import { AppError } from './errors.ts'
import { clockTime, condition, fields, flag, isObject, listOf, object, oneOf, text, time, timeZone, whole, type Check, type Say, type Shape } from './rule-shapes.ts'
import { RULE_LISTS, type RuleList, type StoredRuleBook } from './rules.ts'

/** Limits of a rule book. */
export const RULE_LIMITS = {
  /** Rules in one list. */
  rules: 500,
  /** UTF-8 bytes of the document as JSON: a company's log carries the MSP's and its own in one record. */
  documentBytes: 131_072,
} as const

/** One mistake: `grouping[2].when[0]`, and a sentence. */
export interface RuleMistake {
  readonly path: string
  readonly message: string
}

const MISTAKES_TOLD = 100
const DAY_MINUTES = 1_440
const WEEK_MINUTES = 7 * DAY_MINUTES
const SILENCE_MAX_MS = 366 * DAY_MINUTES * 60_000

const id: Check = (value, path, say) => {
  if (typeof value !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(value)) say(path, 'must be 1 to 64 letters, digits, "-" or "_"')
}
const COMMON: Shape = { id, 'name?': text(200), 'enabled?': flag }

const GROUPING: Readonly<Record<string, Shape>> = {
  group_by: { when: condition, by: fields(1) },
  never_join: { left: condition, right: condition },
  always_join: { left: condition, right: condition, 'equal?': fields(0) },
}
const SCHEDULES: Readonly<Record<string, Shape>> = {
  once: { startsAt: time, endsAt: time },
  daily: { from: clockTime, minutes: whole(1, DAY_MINUTES) },
  weekly: { days: listOf(whole(1, 7), 1, 7, 'days, 1 (Monday) to 7 (Sunday)'), from: clockTime, minutes: whole(1, WEEK_MINUTES) },
  monthly: { nth: oneOf(1, 2, 3, 4, -1), day: whole(1, 7), from: clockTime, minutes: whole(1, WEEK_MINUTES) },
}

/** A thing whose other fields depend on its kind. */
const byKind = (kinds: Readonly<Record<string, Shape>>, common: Shape): Check => (value, path, say) => {
  const kind = isObject(value) ? value['kind'] : undefined
  const shape = typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  if (isObject(value) && shape === undefined) say(`${path}.kind`, `must be one of ${Object.keys(kinds).join(', ')}`)
  else object(value, path, { kind: () => undefined, ...common, ...shape }, say)
}

const schedule: Check = (value, path, say) => {
  byKind(SCHEDULES, {})(value, path, say)
  if (isObject(value) && value['kind'] === 'once') inOrder(value, path, say)
}

const plain = (shape: Shape, more?: (rule: Readonly<Record<string, unknown>>, path: string, say: Say) => void): Check => (value, path, say) => {
  if (object(value, path, { ...COMMON, ...shape }, say)) more?.(value, path, say)
}

const RULES: Readonly<Record<RuleList, Check>> = {
  grouping: byKind(GROUPING, COMMON),
  maintenance: plain({ when: condition, schedule, timeZone, reason: text(500) }),
  silences: plain({ when: condition, startsAt: time, endsAt: time, reason: text(500), by: text(200) }, (rule, path, say) => inOrder(rule, path, say, SILENCE_MAX_MS)),
  inhibitions: plain({ source: condition, target: condition, equal: fields(0) }),
  holds: plain({ when: condition, minutes: whole(1, 60) }),
  severities: plain({ when: condition, severity: oneOf('critical', 'high', 'medium', 'low', 'info'), 'reason?': text(500) }),
  categories: plain({ 'when?': condition, words: listOf(word, 0, 200, 'words or phrases'), 'canResolveAutomatically?': flag, 'action?': oneOf('resolve_automatically', 'assign', 'escalate') }, (rule, path, say) => {
    if (rule['when'] === undefined && Array.isArray(rule['words']) && rule['words'].length === 0) say(path, 'needs words, or a condition in "when"')
  }),
}

const SWITCHES: Shape = { 'dependencySuppression?': flag, 'storm?': flag, 'cascade?': flag, 'periodic?': flag, 'recurrence?': flag, 'missing?': flag }

/** What is wrong with a rule book of one scope, at most 100 mistakes; empty when nothing is. */
export function ruleBookMistakes(document: unknown): RuleMistake[] {
  const mistakes: RuleMistake[] = []
  const say: Say = (path, message) => {
    if (mistakes.length < MISTAKES_TOLD) mistakes.push({ path, message })
  }
  if (!isObject(document)) return [{ path: '', message: 'a rule book must be an object with any of the lists ' + RULE_LISTS.join(', ') }]
  const bytes = Buffer.byteLength(JSON.stringify(document))
  if (bytes > RULE_LIMITS.documentBytes) return [{ path: '', message: `a rule book has at most ${RULE_LIMITS.documentBytes} bytes, this one has ${bytes}: join rules whose conditions differ in one value by a pattern` }]
  for (const name of Object.keys(document)) {
    if (name !== 'switches' && !RULE_LISTS.some((list) => list === name)) say(name.slice(0, 60), `is no part of a rule book; use ${RULE_LISTS.join(', ')}, switches`)
  }
  for (const list of RULE_LISTS) if (document[list] !== undefined) judgeList(list, document[list], say)
  if (document['switches'] !== undefined) object(document['switches'], 'switches', SWITCHES, say)
  return mistakes
}

/** The document as a rule book. Throws `bad_request` with every mistake. */
export function ruleBookFrom(document: unknown): StoredRuleBook {
  const mistakes = ruleBookMistakes(document)
  if (mistakes.length > 0) {
    const told = mistakes.slice(0, 20).map(mistakeText).join('; ')
    throw new AppError('bad_request', mistakes.length > 20 ? `${told}; and ${mistakes.length - 20} more` : told, { details: { mistakes } })
  }
  return document as StoredRuleBook
}

/** A mistake as a sentence. */
export function mistakeText({ path, message }: RuleMistake): string {
  return path === '' ? message : `${path} ${message}`
}

function judgeList(list: RuleList, rules: unknown, say: Say): void {
  if (!Array.isArray(rules)) return say(list, 'must be a list of rules')
  if (rules.length > RULE_LIMITS.rules) return say(list, `has ${rules.length} rules, at most ${RULE_LIMITS.rules} are allowed: join rules whose conditions differ in one value by a pattern`)
  const seen = new Map<string, number>()
  rules.forEach((rule: unknown, i) => {
    const path = `${list}[${i}]`
    if (isSwitchedOff(rule)) object(rule, path, { id, enabled: flag }, say)
    else RULES[list](rule, path, say)
    const name = isObject(rule) ? rule['id'] : undefined
    if (typeof name !== 'string') return
    const first = seen.get(name)
    if (first === undefined) seen.set(name, i)
    else say(`${path}.id`, `"${name.slice(0, 64)}" is the id of ${list}[${first}] already; ids are unique in their list`)
  })
}

/** Only an id and `enabled: false`. */
function isSwitchedOff(rule: unknown): boolean {
  return isObject(rule) && rule['enabled'] === false && Object.keys(rule).every((name) => name === 'id' || name === 'enabled')
}

function word(value: unknown, path: string, say: Say): void {
  text(100)(value, path, say)
  if (typeof value === 'string' && value !== value.toLowerCase()) say(path, 'must be in lower case; case does not matter when it is looked for')
}

function inOrder(value: Readonly<Record<string, unknown>>, path: string, say: Say, longestMs = Number.POSITIVE_INFINITY): void {
  const [from, to] = [value['startsAt'], value['endsAt']].map((at) => (typeof at === 'string' ? Date.parse(at) : Number.NaN)) as [number, number]
  if (to <= from) say(`${path}.endsAt`, 'must be later than startsAt')
  else if (to - from > longestMs) say(`${path}.endsAt`, `must be at most ${longestMs / (DAY_MINUTES * 60_000)} days after startsAt`)
}
