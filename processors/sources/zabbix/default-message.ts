import type { AlertStatus } from '../../../schemas/records.ts'
import { statusFrom, type StatusTable } from '../words.ts'

/** What the default message templates of Zabbix say in their lines. */
export interface DefaultMessage {
  readonly name: string | null
  readonly host: string | null
  readonly severity: string | null
  readonly eventId: string | null
  readonly status: AlertStatus | null
}

const LINES_MAX = 40

/** What a discovery rule saw: LOST and DISCOVERED are the turns between the two. */
const DISCOVERED: StatusTable = { up: 'resolved', discovered: 'resolved', down: 'firing', lost: 'firing' }

/**
 * Reads the default templates (Zabbix manual, "Media types", message templates): `Problem name: …`, `Host: …`, `Severity: …`,
 * `Original problem ID: …`, and the first line's `Problem started at` or `Problem has been resolved`; and those of discovery and autoregistration
 * (`Device IP: …`, `Device status: DOWN`, `Host name: …`). Times there have no zone and are not read.
 */
export function readDefaultMessage(body: string | null): DefaultMessage {
  const values = new Map<string, string>()
  let status: AlertStatus | null = null
  for (const line of (body ?? '').slice(0, 8_192).split('\n', LINES_MAX)) {
    const text = line.trim()
    if (text.startsWith('Problem started at')) status ??= 'firing'
    if (text.startsWith('Problem has been resolved')) status ??= 'resolved'
    const colon = text.indexOf(': ')
    if (colon > 0 && colon <= 30) {
      const name = text.slice(0, colon).toLowerCase()
      if (!values.has(name)) values.set(name, text.slice(colon + 2).trim())
    }
  }
  const value = (name: string): string | null => values.get(name) || null
  const discovered = statusFrom(DISCOVERED, value('service status') ?? value('device status'))
  return {
    name: value('problem name'),
    host: value('host') ?? value('device ip') ?? value('host name'),
    severity: value('severity'),
    eventId: value('original problem id'),
    status: status ?? (discovered === 'unknown' ? null : discovered),
  }
}
