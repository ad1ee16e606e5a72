/** The severity that a text claims, for tools that send none. */
import type { IncidentSeverity } from '../../schemas/records.ts'
import { PhraseBook } from './phrases.ts'
import { wordsOf } from './words.ts'

/** What the words say, how sure that is, 0 to 1, and which words. */
export interface SeverityGuess {
  readonly severity: IncidentSeverity
  readonly confidence: number
  readonly reason: string
}

const WORDS: Readonly<Record<IncidentSeverity, string>> = {
  critical: 'critical, emergency, fatal, disaster, ransomware, data loss, total outage, panic, down hard, all hosts, fire, breach, compromised',
  high: 'error, failed, failure, down, unreachable, offline, outage, unavailable, not responding, no response, crashed, not running, corrupt, out of memory, no space left, malware, severe, major, dead, lost',
  medium: 'warning, warn, degraded, slow, high, low, exceeded, above, below, threshold, retrying, expires, expiring, flapping, unstable, delayed, minor, missed, timeout',
  low: 'notice, reminder, scheduled, recommended, update available, outdated, reboot required, pending',
  info: 'info, information, informational, started, completed, succeeded, success, test, resolved, recovered, ok, logged in',
}
const RANK: readonly IncidentSeverity[] = ['critical', 'high', 'medium', 'low', 'info']
/** One word is a hint, several are a claim. */
const ONE = 0.55
const EACH_FURTHER = 0.15
const CONFIDENCE_MAX = 0.85

const book = new PhraseBook<IncidentSeverity>()
for (const severity of RANK) for (const phrase of (WORDS[severity]).split(', ')) book.add(phrase, severity)

/** Reads title and message; the worst severity that a word of the title claims wins, then of the message. Null where no word says any. */
export function severityInWords(title: string, message: string): SeverityGuess | null {
  return inText(title) ?? inText(message)
}

function inText(text: string): SeverityGuess | null {
  const said = new Map<IncidentSeverity, Set<string>>()
  book.find(wordsOf(text), ({ means, words }) => {
    const known = said.get(means)
    if (known === undefined) said.set(means, new Set([words.join(' ')]))
    else known.add(words.join(' '))
  })
  for (const severity of RANK) {
    const words = said.get(severity)
    if (words === undefined) continue
    const confidence = Math.min(CONFIDENCE_MAX, ONE + EACH_FURTHER * (words.size - 1))
    return { severity, confidence: Math.round(confidence * 100) / 100, reason: `the text says ${[...words].slice(0, 4).map((word) => `"${word}"`).join(', ')}` }
  }
  return null
}
