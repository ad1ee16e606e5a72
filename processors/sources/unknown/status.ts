import type { AlertStatus } from '../../../schemas/records.ts'
import { knows, SEVERITY_WORDS, STATUS_WORDS, statusFrom, type StatusTable } from '../words.ts'
import { siblingsOf, type Entry } from './entries.ts'
import { wordsOf } from './calls.ts'
import { BEGAN_FLAGS, ENDED_FLAGS } from './names.ts'

/** Words that say the state inside a longer name or sentence: `check.recovered`, `CONDITION_RESET`, `Power supply went down`. */
const TELLING_WORDS: StatusTable = {
  down: 'firing', failed: 'firing', failure: 'firing', failing: 'firing', triggered: 'firing', firing: 'firing', fired: 'firing', offline: 'firing', unreachable: 'firing', unavailable: 'firing', unhealthy: 'firing', exceeded: 'firing', breached: 'firing', missing: 'firing', degraded: 'firing', opened: 'firing', alerting: 'firing', expired: 'firing', crashed: 'firing', unsuccessful: 'firing', alarm: 'firing', lost: 'firing', disconnected: 'firing', unresponsive: 'firing', raised: 'firing',
  recovered: 'resolved', recovery: 'resolved', recover: 'resolved', resolved: 'resolved', cleared: 'resolved', restored: 'resolved', reset: 'resolved', closed: 'resolved', up: 'resolved', online: 'resolved', reconnected: 'resolved',
  acknowledged: 'acknowledged', acknowledge: 'acknowledged',
}

/** Words that say it only where a whole field says nothing else. */
const FIELD_WORDS: StatusTable = {
  create: 'firing', fail: 'firing', error: 'firing', begin: 'firing', began: 'firing', started: 'firing', occurred: 'firing', investigating: 'firing', identified: 'firing', alert: 'firing', fault: 'firing', detected: 'firing', infected: 'firing',
  recover: 'resolved', responding: 'resolved', passing: 'resolved', responsive: 'resolved', reachable: 'resolved', ended: 'resolved', reset: 'resolved', connected: 'resolved', reconnected: 'resolved', completed: 'resolved', complete: 'resolved', reporting: 'resolved', remediated: 'resolved', mitigated: 'resolved', cleaned: 'resolved', dismissed: 'resolved',
}

const NEGATIONS = new Set(['not', 'no', 'non', 'never', 'without'])
const SENTENCE_MAX = 512

/**
 * The state a field's whole value says: a word of the table, a grade other than information (a check that says `CRIT` fires), or the last
 * telling word of a compound name. Null for every other value.
 */
export function stateOfField(value: string): AlertStatus | null {
  if (value.length > 64) return null
  if (knows(STATUS_WORDS, value)) return statusFrom(STATUS_WORDS, value)
  if (knows(SEVERITY_WORDS, value)) return SEVERITY_WORDS[value.trim().toLowerCase()] === 'info' ? null : 'firing'
  if (knows(FIELD_WORDS, value)) return statusFrom(FIELD_WORDS, value)
  const words = wordsOf(value)
  if (words.length < 2) return statusOf(words)
  const [before = '', last = ''] = words.slice(-2)
  if (NEGATIONS.has(before)) return stateOfField(last) === 'resolved' ? 'firing' : null
  // The end of a problem names the problem as well: `ResolvedCritical`.
  if (words.some((word) => word === 'resolved' || word === 'recovered' || word === 'cleared')) return words.some((word) => NEGATIONS.has(word)) ? 'firing' : 'resolved'
  return statusOf([before, last])
}

/** The state a sentence says by its telling words; null when it says none, or several that differ. */
export function stateOfSentence(text: string | null): AlertStatus | null {
  const window = (text ?? '').slice(0, SENTENCE_MAX)
  const words = wordsOfSentence(window)
  const found = new Set(words.flatMap((word, index) => (Object.hasOwn(TELLING_WORDS, word) && (word !== 'up' || (index === words.length - 1 && !endsInParticle(window))) ? [TELLING_WORDS[word]] : [])))
  const [only] = found
  // "Recovered from being down" names both; the end of a problem is what is told then.
  return found.size === 1 ? (only ?? null) : found.has('resolved') && (words.includes('recovered') || words.includes('resolved')) ? 'resolved' : null
}

/** True for a title such as `Budget is used up`, whose last word is no state. */
export function endsInParticle(text: string): boolean {
  return /[a-z] up$/.test(text.trimEnd()) && !/ (?:is|are|was|back|now|came|went|be) up$/i.test(text.trimEnd())
}

/** True for a single word that is a state and no grade: `down`, `resolved`, `triggered`. */
export function isStateWord(word: string): boolean {
  const key = word.toLowerCase()
  return !knows(SEVERITY_WORDS, key) && (Object.hasOwn(TELLING_WORDS, key) || knows(STATUS_WORDS, key) || knows(FIELD_WORDS, key))
}

/** What a truth value of this name, in the form of `fieldName`, says of the state; null for other names and texts. */
export function stateOfFlag(name: string, text: string): AlertStatus | null {
  const truth = TRUTHS.get(text.slice(0, 8).toLowerCase())
  if (truth === undefined) return null
  if (ENDED_FLAGS.some((flag) => flag === name)) return truth ? 'resolved' : 'firing'
  return BEGAN_FLAGS.some((flag) => flag === name) ? (truth ? 'firing' : 'resolved') : null
}

const TRUTHS: ReadonlyMap<string, boolean> = new Map([['true', true], ['false', false], ['yes', true], ['no', false], ['1', true], ['0', false]])

/** Exit codes of the monitoring plugins that Nagios began and a dozen tools run: the status of a check beside its output. */
export function exitCodeOf(entry: Entry, entries: readonly Entry[]): 0 | 1 | 2 | 3 | null {
  if (!/^[0-3]$/.test(entry.text) || !['check', 'service', 'plugin'].includes(entry.parent.at(-1) ?? '')) return null
  if (!siblingsOf(entries, entry).some(({ words }) => ['output', 'pluginoutput'].includes(words.join('')))) return null
  return entry.text === '0' ? 0 : entry.text === '1' ? 1 : entry.text === '2' ? 2 : 3
}

function statusOf(words: readonly string[]): AlertStatus | null {
  const word = words.findLast((candidate) => Object.hasOwn(TELLING_WORDS, candidate) || knows(STATUS_WORDS, candidate) || knows(FIELD_WORDS, candidate))
  return word === undefined ? null : Object.hasOwn(TELLING_WORDS, word) ? (TELLING_WORDS[word] ?? null) : knows(STATUS_WORDS, word) ? statusFrom(STATUS_WORDS, word) : statusFrom(FIELD_WORDS, word)
}

function wordsOfSentence(text: string): readonly string[] {
  return text.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase().split(/[^a-z0-9]+/, 96).filter((word) => word !== '')
}
