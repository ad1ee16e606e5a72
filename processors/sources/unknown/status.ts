import type { AlertStatus } from '../../../schemas/records.ts'
import { knows, SEVERITY_WORDS, STATUS_WORDS, statusFrom, type StatusTable } from '../words.ts'

/** Words that say the state inside a longer name or sentence: `check.recovered`, `CONDITION_RESET`, `Power supply went down`. */
const TELLING_WORDS: StatusTable = {
  down: 'firing', failed: 'firing', failure: 'firing', failing: 'firing', triggered: 'firing', firing: 'firing', offline: 'firing', unreachable: 'firing', unavailable: 'firing', unhealthy: 'firing', exceeded: 'firing', breached: 'firing', missing: 'firing', degraded: 'firing', opened: 'firing', alerting: 'firing', expired: 'firing', crashed: 'firing', unsuccessful: 'firing', alarm: 'firing', lost: 'firing',
  recovered: 'resolved', recovery: 'resolved', resolved: 'resolved', cleared: 'resolved', restored: 'resolved', reset: 'resolved', closed: 'resolved', up: 'resolved', online: 'resolved',
  acknowledged: 'acknowledged', acknowledge: 'acknowledged',
}

const SENTENCE_MAX = 512

/**
 * The state a field's whole value says: a word of the table, a grade other than information (a check that says `CRIT` fires), or the last
 * telling word of a compound name. Null for every other value.
 */
export function stateOfField(value: string): AlertStatus | null {
  if (value.length > 64) return null
  if (knows(STATUS_WORDS, value)) return statusFrom(STATUS_WORDS, value)
  if (knows(SEVERITY_WORDS, value)) return SEVERITY_WORDS[value.trim().toLowerCase()] === 'info' ? null : 'firing'
  const words = wordsOf(value)
  return words.length < 2 ? (statusOf(words) ?? null) : statusOf(words.slice(-2))
}

/** The state a sentence says by its telling words; null when it says none, or several that differ. `up` counts only at the end. */
export function stateOfSentence(text: string | null): AlertStatus | null {
  const words = wordsOf((text ?? '').slice(0, SENTENCE_MAX))
  const found = new Set(words.flatMap((word, index) => (Object.hasOwn(TELLING_WORDS, word) && (word !== 'up' || index === words.length - 1) ? [TELLING_WORDS[word]] : [])))
  const [only] = found
  // "Recovered from being down" names both; the end of a problem is what is told then.
  return found.size === 1 ? (only ?? null) : found.has('resolved') && (words.includes('recovered') || words.includes('resolved')) ? 'resolved' : null
}

function statusOf(words: readonly string[]): AlertStatus | null {
  const word = words.findLast((candidate) => Object.hasOwn(TELLING_WORDS, candidate) || knows(STATUS_WORDS, candidate))
  return word === undefined ? null : (TELLING_WORDS[word] ?? statusFrom(STATUS_WORDS, word))
}

function wordsOf(text: string): readonly string[] {
  return text.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase().split(/[^a-z0-9]+/, 96).filter((word) => word !== '')
}
