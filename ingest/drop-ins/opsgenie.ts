/**
 * Opsgenie's Alert API v2 and the ping of its Heartbeat API ("Alert API", "Heartbeat API" in its developer documentation). Clients authenticate with
 * `Authorization: GenieKey <key>`. Opsgenie works asynchronously: it answers with a request id, under which a client may later ask for the
 * alert's id. We keep nothing to ask, so the id we give is made from the alias, and back.
 */
import type { BodyFault } from '../body.ts'
import { JSON_TYPE, json, uuidOf, type Answer, type DropIn, type DropInRequest, type Question, type RefusedRequest, type Taken } from './drop-in.ts'
import { readObject, rewritten, textIn, type JsonObject } from './read-object.ts'

const SOURCE = 'opsgenie-api'
/** Opsgenie cuts longer aliases; so a client that gives one cannot close it by that name either. */
const ALIAS_MAX_CHARS = 512
const ID_PREFIX = 'alias-'
/** What every answer carries: seconds taken. Nobody decides by it. */
const TOOK = 0.001

function refusal({ status, message, deliveryId }: RefusedRequest): Answer {
  return json(status, { message, ...(status === 400 ? { errors: { body: message } } : {}), took: TOOK, requestId: uuidOf(deliveryId) })
}

/** The id we give an alert with this alias. */
export function idOfAlias(alias: string): string {
  return `${ID_PREFIX}${Buffer.from(alias).toString('base64url')}`
}

/** The alias behind an id we gave; null where we did not give it. */
export function aliasOfId(id: string): string | null {
  return id.startsWith(ID_PREFIX) ? Buffer.from(id.slice(ID_PREFIX.length), 'base64url').toString('utf8') || null : null
}

function accepted(requestId: string): Answer {
  return json(202, { result: 'Request will be processed', took: TOOK, requestId })
}

function create({ body, deliveryId }: DropInRequest): Taken | BodyFault {
  const read = readObject(body)
  if ('fault' in read) return read.fault
  if (textIn(read.value, 'message') === null) return { code: 'body_invalid', message: 'Message can not be empty.' }
  const alias = textIn(read.value, 'alias')?.slice(0, ALIAS_MAX_CHARS) ?? uuidOf(deliveryId)
  return { body: rewritten(read.value, ['action', 'apiKey'], { alias }), contentType: JSON_TYPE, answer: accepted(idOfAlias(alias)) }
}

/** Everything that happens to an alert: the adapter reads action and alias from the body, so both are put there. */
function change(actionOf: (request: DropInRequest) => string) {
  return (request: DropInRequest): Taken | BodyFault => {
    const read = request.body.length === 0 ? { value: {} satisfies JsonObject } : readObject(request.body)
    if ('fault' in read) return read.fault
    const identifier = request.params['identifier'] ?? ''
    const type = typeof request.query['identifierType'] === 'string' ? request.query['identifierType'] : 'id'
    // Ids and tiny ids are Opsgenie's own; those we gave lead back to the alias, and a client that uses any other meant the alias.
    const alias = type === 'alias' ? identifier : aliasOfId(identifier) ?? identifier
    return { body: rewritten(read.value, ['apiKey'], { action: actionOf(request), alias: alias.slice(0, ALIAS_MAX_CHARS) }), contentType: JSON_TYPE, answer: accepted(idOfAlias(alias)) }
  }
}

function ping({ params, deliveryId }: DropInRequest): Taken {
  const body = Buffer.from(JSON.stringify({ action: 'heartbeat', heartbeat: params['name'] ?? '' }))
  return { body, contentType: JSON_TYPE, answer: json(202, { result: 'PONG - Heartbeat received', took: TOOK, requestId: uuidOf(deliveryId) }) }
}

/** Create, whatever can be done to an alert, delete, and the ping of a heartbeat, which carries no alert but is heard. */
export const OPSGENIE: readonly DropIn[] = [
  { methods: ['POST'], path: '/v2/alerts', source: SOURCE, take: create, refusal },
  { methods: ['POST', 'PUT', 'PATCH'], path: '/v2/alerts/:identifier/:action', source: SOURCE, take: change(({ params }) => params['action'] ?? ''), refusal },
  { methods: ['POST'], path: '/v2/alerts/:identifier/actions/:name', source: SOURCE, take: change(() => 'custom action'), refusal },
  { methods: ['DELETE'], path: '/v2/alerts/:identifier', source: SOURCE, take: change(() => 'delete'), refusal },
  { methods: ['GET', 'POST', 'PUT', 'PATCH'], path: '/v2/heartbeats/:name/ping', source: SOURCE, take: ping, refusal },
]

/** What became of a request: it was taken, and this is the alert's id. */
export const OPSGENIE_QUESTIONS: readonly Question[] = [{
  methods: ['GET'], path: '/v2/alerts/requests/:id', source: SOURCE, needsKey: true, refusal,
  answer: ({ params, deliveryId }, { nowMs }) => {
    const id = params['id'] ?? ''
    const alias = aliasOfId(id)
    if (alias === null) return json(404, { message: 'Request not found. It might not be processed, yet.', took: TOOK, requestId: uuidOf(deliveryId) })
    const data = { isSuccess: true, success: true, action: 'Create', processedAt: new Date(nowMs).toISOString(), status: 'Created alert', alertId: id, alias, integrationId: '' }
    return json(200, { data, took: TOOK, requestId: uuidOf(deliveryId) })
  },
}]
