import type { Severity } from '../../../schemas/records.ts'
import { instantMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom } from '../words.ts'
import { wordsOf } from './calls.ts'
import { isStateWord, stateOfField } from './status.ts'

/** The grade a value says: a word of the table, or the only such word of a short name such as `CRITICALITY_LEVEL_WARNING` or `1 - Critical`. Null for all else, numbers too: no scale is told. */
export function gradeOf(value: string): Severity | null {
  const whole = severityFrom(SEVERITY_WORDS, value)
  if (whole !== 'unknown') return whole
  if (value.length > 64) return null
  const words = wordsOf(value)
  const joined = severityFrom(SEVERITY_WORDS, words.join(''))
  if (joined !== 'unknown') return joined
  if (words.length > 5 || words.includes('non') || words.includes('not')) return null
  const grades = new Set(words.map((word) => severityFrom(SEVERITY_WORDS, word)).filter((grade) => grade !== 'unknown'))
  const [only] = grades
  return grades.size === 1 ? (only ?? null) : null
}

/** Grades that people write where a state belongs; `error` and `failed` there are states and no grades. */
export function gradeOfState(value: string): Severity | null {
  return /^(?:crit(?:ical)?|warn(?:ing)?|major|minor|emerg(?:ency)?|disaster|fatal)$/i.test(value) ? gradeOf(value) : null
}

/** The grade in brackets inside a title: `Alert triggered: [critical] Disk full`. */
export function gradeInTitle(title: string | null): Severity | null {
  for (const [, word] of (title ?? '').slice(0, 512).matchAll(/[[(]([A-Za-z]{3,13})[\])]/g)) {
    const grade = gradeOf(word ?? '')
    if (grade !== null) return grade
  }
  return null
}

/** A text that is no JSON. */
export function plain(text: string): string | null {
  return /^[{[]\s*["{[]/.test(text) ? null : text
}

/** A text for people has a letter and is no address, truth value or JSON. */
export function worded(text: string): string | null {
  return plain(text) !== null && /\p{L}/u.test(text.slice(0, 512)) && !/^(https?:\/\/\S*|true|false)$/.test(text.slice(0, 2_048)) ? text : null
}

/** A longer text with blanks in it is a sentence and no id. */
const IDS_WORDS_MAX = 256

/** An id is no truth value, no word for nothing, and no page. */
export function idText(text: string): string | null {
  return plain(text) === null || /^(?:true|false|0|-1|none)$/i.test(text.slice(0, 8)) || (text.length > IDS_WORDS_MAX && /\s/.test(text.slice(0, IDS_WORDS_MAX))) ? null : text
}

/** A check's name is no state, no grade and no type of news like `alert.resolved` or `incident_triggered`. */
export function nameOfCheck(text: string): string | null {
  if (worded(text) === null || text.length > 512 || severityFrom(SEVERITY_WORDS, text) !== 'unknown') return null
  const isNews = !text.includes(' ') && stateOfField(text) !== null && wordsOf(text).every((word) => NEWS_WORDS.has(word) || stateOfField(word) !== null)
  return isNews ? null : text
}

const NEWS_WORDS = new Set(['alert', 'alarm', 'incident', 'problem', 'issue', 'event', 'item', 'notification', 'monitor', 'check', 'in', 'state', 'status', 'condition', 'trigger', 'webhook', 'new'])

/** A compound kind without a state at its end: `power.supply.failed` is `power.supply`. Null where no compound would be left. */
export function compoundKind(text: string): string | null {
  // An underscore joins and is no part of what is joined: read as both, a text of 60 characters takes longer than anybody waits.
  if (text.length > 256 || !/^_*[^\W_]+(?:[:/._-]+[^\W_]+)+_*$/.test(text) || !/[A-Za-z]/.test(text)) return null
  const last = /[A-Za-z0-9]+$/.exec(text)?.[0] ?? ''
  const bare = isStateWord(last) ? text.slice(0, -last.length) : text
  return /[^\W_][:/._-]+[^\W_]/.test(bare) && nameOfCheck(bare) !== null ? withoutEnd(bare) : null
}

/** A kind of several words in one, such as `RemovedMovieCheck`, unless it only says that something is told. */
export function camelKind(text: string): string | null {
  if (text.length > 64 || !/^[A-Z][A-Za-z0-9]+$/.test(text)) return null
  const words = wordsOf(text)
  return words.length < 2 || words.some((word) => RECORD_WORDS.has(word)) ? null : nameOfCheck(text)
}

const RECORD_WORDS = new Set(['alert', 'alarm', 'event', 'notification', 'message', 'card', 'resource', 'monitor', 'status', 'state', 'webhook', 'incident', 'change', 'changed', 'object', 'record', 'request'])

/** A machine's name or address: one line, no truth value, neither a link into the tool itself nor a person's address. */
export function nameOfAsset(text: string): string | null {
  if (text.length > 256 || /^(?:true|false|none|unknown)$/i.test(text)) return null
  const isLink = /^https?:\/\//.test(text) && text.includes('?')
  return isLink || /^[^\s@]{1,64}@[^\s@]+$/.test(text) ? null : plain(text)
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** An instant as `instantMs` reads it, and dates of mail (`Mon, 01 May 2023 10:11:12 +0000`), with slashes (`2024/08/14 21:28:56 GMT`) or the zone in brackets. */
export function momentOf(text: string): number | null {
  const known = instantMs(text)
  if (known !== null || text.length > 64) return known
  const bare = text.replace(/\((\w{1,5})\)/, '$1').trim()
  const mail = /^(?:[A-Z][a-z]{2,8},?\s+)?(\d{1,2})\s+([A-Z][a-z]{2})[a-z]*\s+(\d{4})\s+(\d\d):(\d\d)(?::(\d\d))?\s*([+-]\d{4}|[A-Z]{1,4})$/i.exec(bare)
  if (mail === null) return instantMs(bare.replace(/^(\d{4})\/(\d\d)\/(\d\d)/, '$1-$2-$3'))
  const month = MONTHS.indexOf((mail[2] ?? '').toLowerCase()) + 1
  const [, day = '', , year, hour, minute, second = '00', zone] = mail
  return month === 0 ? null : instantMs(`${year}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')}T${hour}:${minute}:${second}${zone}`)
}

/** A title without what changes each time: amounts with their unit, moments, ids, and the brackets they stand in. The title itself where nothing would be left. */
export function stableTitle(text: string): string {
  const window = text.slice(0, 1_024)
  const bare = window
    .replace(/\s?[([][^()[\]]{0,64}?\d[\d.,]{0,20}\s?(?:%|[kmgt]?i?b|m?s|min|h|d)?[)\]]/gi, '')
    .replace(/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)?/g, '')
    .replace(/\b[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\b/gi, '')
    .replace(/[<>=]{0,2}\s?\b\d[\d.,]{0,20}\s?%/g, '')
    .replace(/\b\d{1,15}\.\d{1,15}\b(?![.\d])/g, '')
    .replace(/\s{2,}/g, ' ')
  const name = bare === window ? window : withoutEnd(bare).trim()
  return /\p{L}/u.test(name) ? name : window
}

/** By place and not by pattern: one that looks for the end behind each of 1,024 marks takes long. */
function withoutEnd(text: string): string {
  let end = text.length
  while (end > 0 && ' \t:,;|–=<>-._/'.includes(text[end - 1] ?? '')) end--
  return text.slice(0, end)
}
