import { makeAlert, readEach, reject } from '../build.ts'
import { at, firstText, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** `alertSeverityString` and `alertSeverity` ("How do I interpret Auvik webhook notifications?"): two words for what cannot wait. */
const SEVERITIES: SeverityTable = { emergency: 'critical', critical: 'critical', warning: 'medium', info: 'info', informational: 'info', 1: 'critical', 2: 'critical', 3: 'medium', 4: 'info' }

/** `alertStatusString` and `alertStatus`. */
const STATUSES: StatusTable = { triggered: 'firing', cleared: 'resolved', 0: 'firing', 1: 'resolved' }

/** One notification; an array where a relay gathered several. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(body: unknown, path: string): Normalised {
  const id = firstText(body, 'correlationId', 'alertId')
  const name = firstText(body, 'alertName')
  const entity = firstText(body, 'entityName')
  if (!isObject(body) || (id === null && name === null && entity === null)) return [reject(path, 'no alertId, alertName or entityName; use a notification channel of the type Webhook')]
  const status = statusFrom(STATUSES, firstText(body, 'alertStatusString', 'alertStatus'))
  return [
    makeAlert({
      source: 'auvik',
      // A cleared notification has an alertId of its own; the trigger's stands in both as correlationId.
      externalId: id,
      asset: entity ?? firstText(body, 'companyName'),
      signature: name,
      severity: severityFrom(SEVERITIES, firstText(body, 'alertSeverityString', 'alertSeverity')),
      status,
      title: name ?? firstText(body, 'subject'),
      message: firstText(body, 'alertDescription', 'subject'),
      // The date of this notification, so that of a cleared one is its end.
      startsAtMs: status === 'resolved' ? null : instantMs(at(body, 'date')),
      labels: [
        ['companyName', firstText(body, 'companyName')],
        ['companyId', firstText(body, 'companyId')],
        ['entityId', firstText(body, 'entityId')],
        ['entityType', firstText(body, 'entityType')],
        ['alertId', firstText(body, 'alertId')],
        ['subject', firstText(body, 'subject')],
        ['link', firstText(body, 'link')],
      ],
    }),
  ]
}
