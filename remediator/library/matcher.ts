/** What `match` of a runbook says: matchers of schemas/conditions.ts and four more words, over a problem and its incident. */
import { AppError } from '../../schemas/errors.ts'
import { parseCondition, type Subject } from '../../schemas/conditions.ts'
import type { RunbookMatch } from '../../schemas/runbooks.ts'
import type { MatcherForm } from './definition.ts'

/** A problem with what its incident adds. */
export interface MatchSubject extends Subject {
  /** Category of the incident; null while it has none. */
  readonly category: string | null
  /** Firing observations of the problem's episode so far. */
  readonly count: number
}

/** Asked of a subject: the matchers that do not hold, as written. Empty when the runbook fits. */
export type Match = (subject: MatchSubject) => readonly string[]

type Ask = (subject: MatchSubject) => boolean

/** Severities, worst last; `unknown` is below all, because nobody said that it is bad. */
const SEVERITIES = ['unknown', 'info', 'low', 'medium', 'high', 'critical']
const AT_LEAST = /^\s*(severity|count)\s*>=\s*(\w+)\s*$/
const WORDS = /^\s*words\s*=\s*(?:"([^"]*)"|(.*?))\s*$/s
const OWN = /^\s*(category|text)\s*(=~|!~|!=|=)/
const TEXT_CHARS = 4_096

/** Reads one matcher. Throws `bad_request` with what is wrong and how to write it. */
export function parseMatcher(text: string): Ask {
  const [, field, least = ''] = AT_LEAST.exec(text) ?? []
  if (field === 'severity') return severityAtLeast(least)
  if (field === 'count') return countAtLeast(least)
  const words = WORDS.exec(text)
  if (words !== null) return allWords(words[1] ?? words[2] ?? '')
  // The two fields a condition of the rules does not know are asked as labels, of a subject that has these two alone.
  const own = OWN.exec(text)
  const [matcher] = parseCondition([own === null ? text : text.replace(OWN, `labels.aw:$1$2`)])
  if (matcher === undefined) return () => true
  return own === null ? matcher.holds : (subject) => matcher.holds({ ...subject, labels: { 'aw:category': subject.category ?? '', 'aw:text': `${subject.title}\n${subject.message}`.slice(0, TEXT_CHARS) } })
}

/** Makes a question of a runbook's match. Throws as `parseMatcher`. */
export function matchOf(match: RunbookMatch): Match {
  const all = match.all.map((text) => ({ text, holds: parseMatcher(text) }))
  const any = match.any.map((text) => ({ text, holds: parseMatcher(text) }))
  if (all.length + any.length === 0) return () => ['it has no criteria and is run by people only']
  return (subject) => {
    const failing = all.filter(({ holds }) => !holds(subject)).map(({ text }) => text)
    if (any.length === 0 || any.some(({ holds }) => holds(subject))) return failing
    return [...failing, `any of: ${any.map(({ text }) => text).join('; ')}`]
  }
}

/** The text of a matcher that was written as an object. */
export function matcherText(form: MatcherForm): string {
  if (typeof form === 'string') return form.trim()
  if ('severity' in form) return `severity>=${form.severity.atLeast}`
  if ('count' in form) return `count>=${form.count.atLeast}`
  if ('words' in form) return `words="${form.words.replaceAll('"', ' ')}"`
  const name = form.label === undefined ? (form.field ?? '') : `labels.${form.label}`
  if (form.matches !== undefined) return `${name}=~"${form.matches.replaceAll('"', '\\"')}"`
  if (form.oneOf !== undefined) return `${name}=~"(?:${form.oneOf.map(literal).join('|')})"`
  if (form.not !== undefined) return `${name}!="${quoted(form.not)}"`
  return `${name}="${quoted(form.equals ?? '')}"`
}

const quoted = (text: string) => text.replace(/["\\]/g, '\\$&')
const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('"', '\\"')

function severityAtLeast(least: string): Ask {
  const rank = SEVERITIES.indexOf(least)
  if (rank < 1) throw new AppError('bad_request', `"${least}" is no severity; use info, low, medium, high or critical`)
  return (subject) => SEVERITIES.indexOf(subject.severity) >= rank
}

function countAtLeast(least: string): Ask {
  if (!/^[1-9]\d{0,6}$/.test(least)) throw new AppError('bad_request', `"${least}" is no count; write count>=3`)
  return (subject) => subject.count >= Number(least)
}

/** All of the words stand in title, message or signature, each as a word of its own, in any order. */
function allWords(text: string): Ask {
  const wanted = wordsOf(text)
  if (wanted.size === 0) throw new AppError('bad_request', 'words needs one word or more, such as words="disk space"')
  return (subject) => {
    const said = wordsOf(`${subject.title} ${subject.message} ${subject.signature ?? ''}`.slice(0, TEXT_CHARS))
    return [...wanted].every((word) => said.has(word))
  }
}

const wordsOf = (text: string): Set<string> => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])
