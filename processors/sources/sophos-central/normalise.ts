import { makeAlert, readEach, reject } from '../build.ts'
import { at, firstText, isObject, textEntries } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, type SeverityTable } from '../words.ts'
import { eventType } from './event-types.ts'

/** `severity` of alerts (high, medium, low) and of events (none to critical). None says that nothing is wrong. */
const SEVERITIES: SeverityTable = { critical: 'critical', high: 'high', medium: 'medium', low: 'low', none: 'info', informational: 'info' }

/** One alert or event of the SIEM or the Common API, several in an array, or the `items` the API answers. */
export function normalise(payload: unknown): Normalised {
  if (Array.isArray(payload)) return readEach(payload, '', readOne)
  const items = at(payload, 'items')
  return Array.isArray(items) ? readEach(items, '/items', readOne) : readOne(payload, '')
}

function readOne(body: unknown, path: string): Normalised {
  const type = firstText(body, 'type', 'event_type')
  const description = firstText(body, 'description', 'name')
  if (!isObject(body) || (type === null && description === null)) return [reject(path, 'no `type` or `description`; forward the objects of /siem/v1/alerts, /siem/v1/events or /common/v1/alerts as they are')]
  const said = eventType(type ?? '')
  const asset = firstText(body, 'location', ['managedAgent', 'name'], ['managedAgent', 'hostname'], ['endpoint', 'hostname'], 'dhost', ['managedAgent', 'id'], 'endpoint_id', ['data', 'endpoint_id'])
  const machine = firstText(body, 'endpoint_id', ['data', 'endpoint_id'], ['managedAgent', 'id']) ?? asset
  return [
    makeAlert({
      source: 'sophos-central',
      // Sophos numbers each alert and says no end. Where begin and end are two types, the machine and the condition tie them.
      externalId: said.condition === null || machine === null ? firstText(body, 'id', 'event_service_event_id') : `${machine}:${said.condition}`,
      asset,
      signature: type ?? firstText(body, 'category', 'group'),
      severity: severityFrom(SEVERITIES, firstText(body, 'severity')),
      status: said.status,
      title: description,
      message: description,
      // An end tells when it ended.
      startsAtMs: said.status === 'resolved' ? null : instantMs(firstText(body, 'when', 'raisedAt', 'created_at')),
      labels: [
        ...textEntries(at(body, 'source_info')),
        ['id', firstText(body, 'id')],
        ['threat', firstText(body, 'threat')],
        ['category', firstText(body, 'category', 'group')],
        ['product', firstText(body, 'product')],
        ['user', firstText(body, ['person', 'name'], 'source', 'suser')],
        ['ip', firstText(body, ['source_info', 'ip'], ['data', 'source_info', 'ip'])],
        ['endpoint_id', firstText(body, 'endpoint_id', ['data', 'endpoint_id'], ['managedAgent', 'id'])],
        ['endpoint_type', firstText(body, 'endpoint_type', ['data', 'endpoint_type'], ['managedAgent', 'type'])],
        ['platform', firstText(body, ['data', 'endpoint_platform'])],
        ['customer_id', firstText(body, 'customer_id', ['tenant', 'id'])],
        ['tenant', firstText(body, ['tenant', 'name'])],
        ['threat_status', firstText(body, ['data', 'threat_status'])],
      ],
    }),
  ]
}
