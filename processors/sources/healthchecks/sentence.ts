import type { AlertStatus } from '../../../schemas/records.ts'

/** What a sentence of Healthchecks says: `"Nightly backup" is DOWN`. */
export interface Sentence {
  readonly name: string | null
  readonly status: AlertStatus | null
  readonly text: string | null
}

const ENDINGS: readonly (readonly [string, AlertStatus])[] = [[' is down', 'firing'], [' is now down', 'firing'], [' went down', 'firing'], [' is up', 'resolved'], [' is now up', 'resolved']]

/** Reads the first line of a text; a line that does not end so has no name and no state. */
export function readSentence(text: string | null): Sentence {
  const line = (text ?? '').slice(0, 1_024).split(/[\r\n]/, 1)[0]?.trim() ?? ''
  const first = line.replace(/^(the check|down \||up \|)\s/i, '').replace(/[.!]$/, '')
  const lower = first.toLowerCase()
  for (const [ending, status] of ENDINGS) {
    const at = lower.lastIndexOf(ending)
    // The state may be followed by why: `is DOWN (success signal did not arrive on time)`.
    const after = lower.slice(at + ending.length)
    if (at <= 0 || (after !== '' && !/^[\s.,(]/.test(after))) continue
    const name = first.slice(0, at).trim().replace(/^["'“]|["'”]$/g, '')
    return { name: name || null, status, text: line }
  }
  return { name: null, status: null, text: line || null }
}
