import type { AlertStatus } from '../../../schemas/records.ts'
import { STATUS_WORDS, statusFrom, type StatusTable } from '../words.ts'

/** Words of %STATUS% and of an alert's status. */
export const MESSAGE_STATES: StatusTable = { ...STATUS_WORDS, failed: 'firing', failure: 'firing', failing: 'firing', error: 'firing', warning: 'firing', fail: 'firing', success: 'resolved', succeeded: 'resolved', successful: 'resolved', suppressed: 'acknowledged' }

/** What the default message of a monitor says. */
export interface DefaultMessage {
  readonly name: string
  readonly status: AlertStatus
  readonly client: string | null
  readonly computer: string | null
  readonly location: string | null
  readonly field: string | null
  readonly result: string | null
}

/**
 * Reads `%NAME% %STATUS% on %CLIENTNAME%\%COMPUTERNAME% at %LOCATIONNAME% for %FIELDNAME% result %RESULT%.`, the message monitors are
 * made with. Null for every other text; searched word by word, so that cost grows with its length only.
 */
export function readDefaultMessage(text: string | null): DefaultMessage | null {
  const line = (text ?? '').slice(0, 4_096).trim()
  const on = line.indexOf(' on ')
  const slash = on < 0 ? -1 : line.indexOf('\\', on)
  if (slash < 0) return null
  // Names of monitors may hold ` on ` too; the one just before the client's backslash counts.
  const start = line.lastIndexOf(' on ', slash)
  const head = line.slice(0, start).trim()
  const space = head.lastIndexOf(' ')
  const status = statusFrom(MESSAGE_STATES, head.slice(space + 1))
  if (space < 1 || status === 'unknown') return null
  const [computer, afterComputer] = cutAt(line.slice(slash + 1).replace(/^\\/, ''), ' at ')
  const [location, afterLocation] = cutAt(afterComputer, ' for ')
  const [field, result] = cutAt(afterLocation, ' result ')
  return { name: head.slice(0, space).trim(), status, client: orNull(line.slice(start + 4, slash)), computer: orNull(computer), location: orNull(location), field: orNull(field), result: orNull(result.replace(/\.$/, '')) }
}

function cutAt(text: string, word: string): readonly [string, string] {
  const place = text.indexOf(word)
  return place < 0 ? [text.replace(/\.$/, ''), ''] : [text.slice(0, place), text.slice(place + word.length)]
}

function orNull(text: string): string | null {
  return text.trim() || null
}
