/** Matchers of rule conditions: parsed once, asked often, and able to say which clause failed. */
import { RE2JS } from 're2js'
import { AppError } from './errors.ts'
import type { Condition } from './rules.ts'

/** What a condition is asked about: a problem, or anything with its fields. */
export interface Subject {
  readonly asset: string | null
  readonly signature: string | null
  readonly source: string
  readonly integrationId: string
  readonly severity: string
  readonly status: string
  readonly title: string
  readonly message: string
  readonly labels: Readonly<Record<string, string>>
}

/** Fields by name; `labels.<name>` beside them. */
const FIELDS: Readonly<Record<string, (subject: Subject) => string>> = {
  asset: (subject) => subject.asset ?? '',
  signature: (subject) => subject.signature ?? '',
  source: (subject) => subject.source,
  integration: (subject) => subject.integrationId,
  severity: (subject) => subject.severity,
  status: (subject) => subject.status,
  title: (subject) => subject.title,
  message: (subject) => subject.message,
  site: ({ labels }) => labels['site'] ?? labels['site_name'] ?? labels['location'] ?? '',
  service: ({ labels }) => labels['service'] ?? labels['service_name'] ?? labels['app'] ?? labels['application'] ?? '',
}

const MATCHER = /^\s*([A-Za-z_][\w.\-/:]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|(.*?))\s*$/s
const LABELS = 'labels.'
/** Longest text a pattern is tried on, in characters. */
const TEXT_CHARS = 4_096
const PATTERN_CHARS = 500

/** One parsed matcher. */
export interface Matcher {
  /** As it was written. */
  readonly text: string
  readonly holds: (subject: Subject) => boolean
}

/** A parsed condition. */
export type Matchers = readonly Matcher[]

/** Reads a field of a subject. Throws `bad_request` for a name that is none. */
export function fieldOf(name: string): (subject: Subject) => string {
  if (name.startsWith(LABELS) && name.length > LABELS.length) {
    const label = name.slice(LABELS.length)
    return ({ labels }) => labels[label] ?? ''
  }
  const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined
  if (field === undefined) throw new AppError('bad_request', `"${name}" is no field; use ${Object.keys(FIELDS).join(', ')} or labels.<name>`)
  return field
}

/** Parses a condition. Throws `bad_request` naming the matcher that is wrong and how to write it. */
export function parseCondition(condition: Condition): Matchers {
  return condition.map(parseMatcher)
}

function parseMatcher(text: string): Matcher {
  const [, name = '', operator, quoted, bare = ''] = MATCHER.exec(text) ?? []
  if (operator === undefined) throw new AppError('bad_request', `"${text.slice(0, 200)}" is no matcher; write <field><operator><value>, for example asset=~"web-.*" or labels.site!=Leeds`)
  const read = fieldOf(name)
  const value = quoted === undefined ? bare : quoted.replace(/\\(.)/gs, '$1')
  if (operator === '=' || operator === '!=') {
    const wanted = value.toLowerCase()
    return { text, holds: (subject) => (read(subject).toLowerCase() === wanted) === (operator === '=') }
  }
  // In a pattern a backslash belongs to the pattern; only the quotation mark is unescaped.
  const pattern = compile(quoted === undefined ? bare : quoted.replace(/\\"/g, '"'), text)
  return { text, holds: (subject) => pattern.matches(read(subject).slice(0, TEXT_CHARS)) === (operator === '=~') }
}

/** RE2 takes linear time whatever the pattern, so no rule can hold up the stream. */
function compile(pattern: string, text: string): RE2JS {
  if (pattern.length > PATTERN_CHARS) throw new AppError('bad_request', `the pattern of "${text.slice(0, 60)}…" is longer than ${PATTERN_CHARS} characters`)
  try {
    return RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE | RE2JS.DOTALL)
  } catch (cause) {
    throw new AppError('bad_request', `"${text}" has no valid RE2 pattern: ${cause instanceof Error ? cause.message : 'it does not compile'}`, { cause })
  }
}

/** True when all matchers hold. */
export function holds(matchers: Matchers, subject: Subject): boolean {
  for (const matcher of matchers) if (!matcher.holds(subject)) return false
  return true
}

/** The matchers that do not hold, as written; empty when the condition holds. */
export function failing(matchers: Matchers, subject: Subject): string[] {
  return matchers.filter((matcher) => !matcher.holds(subject)).map(({ text }) => text)
}
