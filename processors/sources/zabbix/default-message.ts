import type { AlertStatus } from '../../../schemas/records.ts'
import { filled } from '../fields.ts'
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

/** The state of a trigger (templates before 4.0), and what a discovery rule saw: LOST and DISCOVERED are the turns between up and down. */
const STATED: StatusTable = { problem: 'firing', ok: 'resolved', up: 'resolved', discovered: 'resolved', down: 'firing', lost: 'firing' }

/**
 * Reads the default templates (Zabbix manual, "Media types", message templates): `Problem name: …`, `Host: …`, `Severity: …`,
 * `Original problem ID: …`, and the first line's `Problem started at` or `Problem has been resolved`; those before 4.0 (`Trigger: …`,
 * `Trigger status: …`, `Trigger severity: …`); and those of discovery and autoregistration
 * (`Device IP: …`, `Device status: DOWN`, `Host name: …`). Times there have no zone and are not read.
 */
export function readDefaultMessage(body: string | null): DefaultMessage {
  const values = new Map<string, string>()
  let status: AlertStatus | null = null
  let itemHost: string | null = null
  for (const line of (body ?? '').slice(0, 8_192).split('\n', LINES_MAX)) {
    const text = line.trim()
    if (text.startsWith('Problem started at')) status ??= 'firing'
    if (text.startsWith('Problem has been resolved')) status ??= 'resolved'
    // `1. CPU time (db-3:system.cpu.util[,iowait]): 30 %` names the host of the first item; an unfilled macro names none.
    if (text.startsWith('1. ')) itemHost ??= filled(/ \(([^():]{1,255}):/.exec(text.slice(0, 600))?.[1] ?? null)
    const colon = text.indexOf(': ')
    if (colon > 0 && colon <= 30) {
      const name = text.slice(0, colon).toLowerCase()
      if (!values.has(name)) values.set(name, text.slice(colon + 2).trim())
    }
  }
  const value = (name: string): string | null => values.get(name) || null
  const stated = statusFrom(STATED, value('trigger status') ?? value('service status') ?? value('device status'))
  return {
    name: value('problem name') ?? value('trigger'),
    host: value('host') ?? value('device ip') ?? value('host name') ?? itemHost,
    severity: value('severity') ?? value('trigger severity'),
    eventId: value('original problem id') ?? value('original event id'),
    status: status ?? (stated === 'unknown' ? null : stated),
  }
}
