import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { zonedMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom, statusFrom, type SeverityTable } from '../words.ts'
import { MESSAGE_STATES, readDefaultMessage } from './default-message.ts'

/** Severity of an alert in words or as its number: Information, Warning, Error, Critical. */
const SEVERITIES: SeverityTable = { ...SEVERITY_WORDS, 1: 'info', 2: 'medium', 3: 'high', 4: 'critical' }

/** One alert; arrays of them are read too, and a text that is the default message of a monitor. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(given: unknown, path: string): Normalised {
  const element = typeof given === 'string' ? { message: given } : (at(given, 'alert') ?? at(given, 'Alert') ?? given)
  if (!isObject(element)) return [reject(path, 'a ConnectWise Automate alert is an object or the text of a monitor; see the guide for the script of the alert template')]
  const fields = new Fields(element)
  const message = fields.path('message', 'alertmessage', 'body', 'description', 'text', 'failuremessage')
  const subject = fields.path('subject', 'title', 'alertsubject', 'ticketsubject')
  const told = readDefaultMessage(message) ?? readDefaultMessage(subject)
  const computer = fields.path('computername', 'computer', 'agentname', 'agent', 'hostname', 'machinename', 'devicename', 'device') ?? told?.computer ?? null
  const name = fields.path('monitorname', 'monitor', 'alertname', 'name', 'sourcename', 'check') ?? told?.name ?? subject
  const alertId = fields.path('alertid', 'alertguid', 'id')
  const monitorId = fields.path('monitorid', 'agentid')
  const computerId = fields.path('computerid')
  if (computer === null && name === null && alertId === null && told === null) return [reject(path, 'no computer, monitor or alert; pass %computername%, %NAME% and %STATUS% from the alert template')]
  const field = fields.path('fieldname', 'field') ?? told?.field ?? null
  const word = fields.path('status', 'monitorstatus', 'alertstatus', 'state')
  return [
    makeAlert({
      source: 'connectwise-automate',
      externalId: identityOf(monitorId, computerId, field, name, alertId),
      asset: computer,
      signature: name ?? fields.path('fieldname'),
      severity: severityFrom(SEVERITIES, fields.path('severity', 'alertseverity', 'alertlevel')),
      status: word === null ? (told?.status ?? 'firing') : statusFrom(MESSAGE_STATES, word),
      title: subject ?? ([computer, name].filter((part) => part !== null).join(' ') || null),
      message: message ?? fields.path('result'),
      startsAtMs: zonedMs(fields.path('startedat', 'alertdate', 'when', 'date', 'timestamp', 'createddate', 'created')),
      labels: [
        ['client', fields.path('clientname', 'client', 'company') ?? told?.client ?? null],
        ['location', fields.path('locationname', 'location') ?? told?.location ?? null],
        ['field', field],
        ['result', fields.path('result') ?? told?.result ?? null],
        ['computer_id', computerId],
        ['monitor_id', monitorId],
        ['client_id', fields.path('clientid')],
        ['location_id', fields.path('locationid')],
        ['alert_id', alertId],
        ['ticket_id', fields.path('ticketid')],
        ['category', fields.path('category', 'alertcategory')],
        ['source', fields.path('source')],
      ],
    }),
  ]
}

/**
 * A monitor (by number, else by name), a computer and the field it looks at (`C:`) are one check. Computers of two clients share names, so the
 * computer counts by its number; an alert of the API has a number of its own.
 */
function identityOf(monitorId: string | null, computerId: string | null, field: string | null, name: string | null, alertId: string | null): string | null {
  const monitor = monitorId ?? (alertId === null ? name : null)
  if (monitor === null || computerId === null) return alertId
  return [monitor, computerId, field].flatMap((part) => (part === null ? [] : part.slice(0, 256).replaceAll('/', '%2F'))).join('/')
}
