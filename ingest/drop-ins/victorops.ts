/** The REST endpoint of VictorOps, now Splunk On-Call ("REST Endpoint Integration Guide"): key and routing key are parts of the path. */
import { JSON_TYPE, json, uuidOf, type Answer, type DropIn, type RefusedRequest } from './drop-in.ts'
import { readObject, rewritten, textIn } from './read-object.ts'

function refusal({ status, message }: RefusedRequest): Answer {
  return json(status, { result: 'failure', message })
}

/** `POST /integrations/generic/20131114/alert/<key>/<routing key>`; the routing key says which team and stays with the alert. */
export const VICTOROPS: readonly DropIn[] = ['/integrations/generic/20131114/alert/:key', '/integrations/generic/20131114/alert/:key/:routing_key'].map((path) => ({
  methods: ['POST'], path, source: 'victorops', refusal,
  take: ({ body, params, deliveryId }) => {
    const read = readObject(body)
    if ('fault' in read) return read.fault
    if (textIn(read.value, 'message_type') === null) return { code: 'body_invalid', message: 'message_type is missing: one of CRITICAL, WARNING, ACKNOWLEDGEMENT, INFO, RECOVERY.' }
    const entityId = textIn(read.value, 'entity_id') ?? uuidOf(deliveryId)
    const routingKey = params['routing_key']
    const set = { entity_id: entityId, ...(routingKey === undefined ? {} : { routing_key: routingKey }) }
    return { body: rewritten(read.value, [], set), contentType: JSON_TYPE, answer: json(200, { result: 'success', entity_id: entityId }) }
  },
}))
