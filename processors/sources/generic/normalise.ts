import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { filled } from '../fields.ts'
import { at, isObject, textEntries, textOf } from '../json.ts'
import { readMarks } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { slug } from '../text.ts'
import { instantMs } from '../time.ts'
import { knows, SEVERITY_WORDS, severityFrom, STATUS_WORDS, statusFrom } from '../words.ts'

const ACCEPTED = 'asset_name, signature, severity, message, tool_source, status, external_id, started_at, labels'

/** One object or an array of them; each element fails alone. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, `an alert must be an object with some of ${ACCEPTED}`)]
  const field = (name: string): string | null => filled(textOf(at(element, name)))
  const marks = readMarks(field('signature'))
  const message = field('message')
  const asset = field('asset_name') ?? marks.scope.find(([name]) => name === 'host')?.[1] ?? null
  const externalId = field('external_id')
  if (marks.text === null && message === null && asset === null && externalId === null) {
    return [reject(path, `no text in signature, message, asset_name or external_id (unfilled template variables count as none); accepted fields: ${ACCEPTED}. Bodies of other tools go to /api/webhooks/{source}`)]
  }
  const graded = readSeverity(field('severity'))
  const word = field('status')
  return [
    makeAlert({
      source: slug(field('tool_source') ?? '') || 'generic',
      externalId,
      asset,
      signature: marks.text,
      severity: graded.severity === 'unknown' ? (marks.severity ?? 'unknown') : graded.severity,
      // An explicit status beats a mark: senders repeat the title of the opening when they close.
      status: word === null ? (marks.status ?? graded.status ?? 'firing') : statusFrom(STATUS_WORDS, word),
      title: null,
      message,
      startsAtMs: instantMs(at(element, 'started_at')),
      labels: [...marks.scope, ...textEntries(at(element, 'labels'))],
    }),
  ]
}

/** Most urgent first: the worst word of a free text counts. */
const RANK: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info']

/** A severity that may be free text, and the status where its words are a state (`OK`, `Recovered`, Datadog's `$ALERT_STATUS`). */
function readSeverity(given: string | null): { severity: Severity; status: AlertStatus | null } {
  const marks = readMarks(given)
  const text = marks.text
  if (text === null) return { severity: marks.severity ?? 'unknown', status: marks.status }
  if (knows(SEVERITY_WORDS, text)) return { severity: severityFrom(SEVERITY_WORDS, text), status: marks.status }
  const words = wordsOf(text)
  const first = words[0] ?? ''
  const alone = words.length === 1 ? statusFrom(STATUS_WORDS, first) : 'unknown'
  const status = marks.status ?? (alone !== 'unknown' ? alone : RECOVERY_WORDS.has(first) ? 'resolved' : null)
  const found = new Set(words.map((word) => severityFrom(SEVERITY_WORDS, word)))
  return { severity: marks.severity ?? RANK.find((severity) => found.has(severity)) ?? 'unknown', status }
}

/** Words that end an alert when a sentence starts with them. `up` and `normal` do not: metrics and monitors are called so. */
const RECOVERY_WORDS = new Set(['ok', 'recovered', 'resolved', 'recovery', 'success'])

/** At most 64 words. Dots and underscores join, so that the metric `trace.http.errors` is no word `errors`. */
function wordsOf(text: string): readonly string[] {
  const words = text.slice(0, 1_024).toLowerCase().split(/[^a-z0-9._-]+/, 64)
  return words.map((word) => word.replace(/(?<![.-])[.-]+$/, '')).filter((word) => word !== '')
}
