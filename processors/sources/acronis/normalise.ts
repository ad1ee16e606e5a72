import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, reject } from '../build.ts'
import { at, firstText, isObject, textEntries, textOf } from '../json.ts'
import { readPages } from '../pages.ts'
import type { Normalised } from '../source.ts'
import { instantMs, zonedMs } from '../time.ts'
import { knows, severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'
import { readMail } from './mail.ts'

/** Severities of the Alert Manager (API reference); `ok` says that all is well. */
const SEVERITIES: SeverityTable = { critical: 'critical', error: 'high', warning: 'medium', information: 'info', informational: 'info', info: 'info' }

/** Ends of events about alerts (`alert.created`, `alerts.deleted`, …) and words of templates. */
const EVENTS: StatusTable = { created: 'firing', activated: 'firing', raised: 'firing', active: 'firing', open: 'firing', updated: 'firing', new: 'firing', deleted: 'resolved', dismissed: 'resolved', deactivated: 'resolved', cleared: 'resolved', resolved: 'resolved', closed: 'resolved', acknowledged: 'acknowledged' }

/** Where an alert's type keeps the machine's name; a mailbox or a tenant where it is about none. */
const MACHINES: readonly (readonly string[])[] = [['details', 'resourceName'], ['details', 'machineName'], ['details', 'computerName'], ['details', 'deviceName'], ['details', 'hostName'], ['details', 'hostname'], ['details', 'workloadName'], ['details', 'fields', 'Device'], ['details', 'fields', 'device'], ['details', 'fields', 'Workload'], ['details', 'fields', 'Machine'], ['resource', 'name'], ['resourceName'], ['machineName'], ['deviceName'], ['device'], ['workload', 'name'], ['details', 'agentName'], ['details', 'mailbox']]

/** One alert; pages of the API (`items`), `alerts`, `events` and arrays are read too. */
export function normalise(payload: unknown): Normalised {
  return readPages(payload, ['items', 'alerts', 'events'], readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'an Acronis alert is an object of the Alert Manager; see the guide for what to post')]
  const inside = [at(element, 'alert'), at(element, 'data', 'alert'), at(element, 'payload', 'alert'), at(element, 'data'), at(element, 'payload')].find(isObject)
  const event = inside === undefined ? null : eventOf(element)
  const alert = inside ?? element
  const id = firstText(alert, 'id', 'alertId', 'alert_id', 'uuid')
  const type = firstText(alert, 'type', 'alertType', 'alert_type')
  if (id === null && type === null) return readMail('acronis', element, path, SEVERITIES)
  const severity = firstText(alert, 'severity')
  const title = firstText(alert, ['details', 'title'], 'title', 'name') ?? wordsOf(type)
  const endedMs = zonedMs(firstText(alert, 'deletedAt', 'dismissedAt', 'resolvedAt', 'clearedAt'))
  return [
    makeAlert({
      source: 'acronis',
      externalId: id,
      asset: firstText(alert, ...MACHINES),
      signature: type ?? title,
      severity: severityFrom(SEVERITIES, severity),
      status: statusOf(alert, event, severity, endedMs !== null),
      title,
      message: firstText(alert, ['details', 'description'], ['details', 'errorMessage', 'text'], ['details', 'errorMessage', 'message'], ['details', 'errorMessage'], ['details', 'message'], 'message', 'description'),
      startsAtMs: instantMs(at(alert, 'createdAt') ?? at(alert, 'created_at')) ?? instantMs(at(alert, 'receivedAt') ?? at(alert, 'received_at')),
      labels: [
        ...textEntries(at(alert, 'details')).filter(([name]) => name !== 'title' && name !== 'description').slice(0, 24),
        ...textEntries(at(alert, 'details', 'fields')).slice(0, 24),
        ['category', firstText(alert, ['details', 'category'], 'category')],
        ['tenant', firstText(alert, ['tenant', 'name'], ['tenant', 'id'], ['tenant', 'uuid'], 'tenant', 'tenantName', 'tenantId', 'tenantID')],
        ['tenant_locator', firstText(alert, ['tenant', 'locator'])],
        ['plan', firstText(alert, ['details', 'planName'], ['plan', 'name'], 'planName')],
        ['source', firstText(alert, 'source', '_source')],
        ['event', event],
      ],
    }),
  ]
}

/** A deleted alert is what the console calls dismissed or cleared. Without an event an alert of the list is active. */
function statusOf(alert: unknown, event: string | null, severity: string | null, hasEnded: boolean): AlertStatus {
  if (hasEnded || severity?.toLowerCase() === 'ok') return 'resolved'
  if (textOf(at(alert, 'deleted')) === 'true' || textOf(at(alert, 'dismissed')) === 'true') return 'resolved'
  const word = firstText(alert, 'state', 'status') ?? (event === null ? null : lastStep(event))
  return word === null ? 'firing' : statusFrom(EVENTS, word)
}

/** What an event says happened: of its type, topic and action the one whose end we know. */
function eventOf(element: unknown): string | null {
  const named = [['event'], ['type'], ['eventType'], ['action'], ['topic']].flatMap((name) => firstText(element, name) ?? [])
  return named.find((text) => knows(EVENTS, lastStep(text))) ?? named[0] ?? null
}

/** `deleted` of `alert.deleted`. */
function lastStep(text: string): string {
  return text.slice(0, 200).split(/[._:/ ]/).at(-1) ?? text
}

/** `BackupFailed` as `Backup failed`; a name of capitals alone stays. */
function wordsOf(type: string | null): string | null {
  if (type === null) return null
  const spaced = type.slice(0, 200).replace(/([a-z0-9])([A-Z])/g, '$1 $2')
  return spaced.slice(0, 1) + spaced.slice(1).replace(/ [A-Z](?=[a-z])/g, (letter) => letter.toLowerCase())
}
