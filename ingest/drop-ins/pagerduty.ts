/**
 * PagerDuty's Events API: v2 `POST /v2/enqueue` and `/v2/change/enqueue`, v1 `POST /generic/2010-04-15/create_event.json` ("Send an alert event",
 * "Send a change event", "Events API v1"). The routing key is our API key; where a client takes only 32 hex characters for one, the key stands in
 * a header, the query or the path, and what the client sends as routing key counts for nothing. It never goes to the log.
 */
import type { BodyFault } from '../body.ts'
import { JSON_TYPE, json, uuidOf, type Answer, type DropIn, type DropInRequest, type RefusedRequest, type Taken } from './drop-in.ts'
import { BODY_KEY_NAMES } from './body-key.ts'
import { readJson, readObject, rewritten, textIn, type JsonObject } from './read-object.ts'

const SOURCE = 'pagerduty-events'
const ACTIONS_V2 = ['trigger', 'acknowledge', 'resolve']

/** Their own words for what a client must mend (400), for too many (429) and for everything else. */
function refusal({ status, message }: RefusedRequest): Answer {
  if (status === 429) return json(status, { status: 'throttle exceeded', message: 'Requests for this service are arriving too quickly.  Please retry later.', errors: [message] })
  if (status >= 500) return json(status, { status: 'error', message, errors: [message] })
  return json(status, { status: 'invalid event', message: 'Event object is invalid', errors: [message] })
}

/** The event as it goes to the log: without the key, and with the key of the incident that the client is told. */
function event(object: JsonObject, keyName: string, deliveryId: string): { body: Buffer; incidentKey: string } {
  const incidentKey = textIn(object, keyName) ?? uuidOf(deliveryId).replaceAll('-', '')
  return { body: rewritten(object, BODY_KEY_NAMES, { [keyName]: incidentKey }), incidentKey }
}

function invalid(message: string): BodyFault {
  return { code: 'body_invalid', message }
}

function takeV2({ body, deliveryId }: DropInRequest): Taken | BodyFault {
  const read = readObject(body)
  if ('fault' in read) return read.fault
  const action = textIn(read.value, 'event_action')
  if (action === null || !ACTIONS_V2.includes(action)) return invalid(`'event_action' must be one of ${ACTIONS_V2.join(', ')}`)
  const payload = read.value['payload']
  if (action === 'trigger' && (typeof payload !== 'object' || payload === null || Array.isArray(payload))) return invalid("'payload' is missing or blank")
  if (action !== 'trigger' && textIn(read.value, 'dedup_key') === null) return invalid("'dedup_key' is missing or blank")
  const taken = event(read.value, 'dedup_key', deliveryId)
  return { body: taken.body, contentType: JSON_TYPE, answer: json(202, { status: 'success', message: 'Event processed', dedup_key: taken.incidentKey }) }
}

function takeChange({ body }: DropInRequest): Taken | BodyFault {
  const read = readObject(body)
  if ('fault' in read) return read.fault
  const payload = read.value['payload']
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return invalid("'payload' is missing or blank")
  return { body: rewritten(read.value, [...BODY_KEY_NAMES, 'event_action']), contentType: JSON_TYPE, answer: json(202, { status: 'success', message: 'Change event processed' }) }
}

function takeV1({ body, deliveryId }: DropInRequest): Taken | BodyFault {
  const read = readObject(body)
  if ('fault' in read) return read.fault
  const type = textIn(read.value, 'event_type')
  if (type === null || !ACTIONS_V2.includes(type)) return invalid(`Event type must be one of ${ACTIONS_V2.join(', ')}`)
  if (type !== 'trigger' && textIn(read.value, 'incident_key') === null) return invalid('Incident key is missing or blank')
  const taken = event(read.value, 'incident_key', deliveryId)
  return { body: taken.body, contentType: JSON_TYPE, answer: json(200, { status: 'success', message: 'Event processed', incident_key: taken.incidentKey }) }
}

/** The webhook address of the same source, where several events may come in an array: what would be the key in PagerDuty's own body stays out of the log there too. */
function takeWebhook({ body }: DropInRequest): Taken | BodyFault {
  const read = readJson(body)
  if ('fault' in read) return read.fault
  const stripped = Array.isArray(read.value) ? (read.value as unknown[]).map(withoutKey) : withoutKey(read.value)
  if (typeof stripped !== 'object' || stripped === null) return invalid('The body is JSON, but neither an object nor an array; send one event, or an array of events.')
  return { body: Buffer.from(JSON.stringify(stripped)), contentType: JSON_TYPE, answer: null }
}

function withoutKey(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => !BODY_KEY_NAMES.some((key) => key === name)))
}

/** Their three addresses, and our webhook of the same source. */
export const PAGERDUTY: readonly DropIn[] = [
  { methods: ['POST'], path: '/v2/enqueue', source: SOURCE, hasKeyInBody: true, take: takeV2, refusal },
  { methods: ['POST'], path: '/v2/change/enqueue', source: SOURCE, hasKeyInBody: true, take: takeChange, refusal },
  { methods: ['POST'], path: '/generic/2010-04-15/create_event.json', source: SOURCE, hasKeyInBody: true, take: takeV1, refusal },
  { methods: ['POST'], path: `/api/webhooks/${SOURCE}`, source: SOURCE, take: takeWebhook, refusal: null },
]
