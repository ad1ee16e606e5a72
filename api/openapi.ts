/** What the OpenAPI document says beside the routes: its head, how to log in, and the webhooks, which another part of the program serves. */

const ACCEPTED = { type: 'object', properties: { deliveryId: { type: 'string' }, accepted: { type: 'integer' } }, required: ['deliveryId', 'accepted'] }
const KNOWN = { type: 'object', properties: { deliveryId: { type: 'string' }, duplicate: { type: 'boolean' } }, required: ['deliveryId', 'duplicate'] }

const GENERIC = {
  type: 'object',
  properties: {
    asset_name: { type: 'string' }, signature: { type: 'string' }, severity: { type: 'string' }, message: { type: 'string' }, tool_source: { type: 'string' },
    status: { type: 'string', enum: ['firing', 'resolved'] }, external_id: { type: 'string' }, started_at: { type: 'string' }, labels: { type: 'object', additionalProperties: { type: 'string' } },
  },
  required: ['asset_name', 'signature', 'severity', 'message', 'tool_source'],
}

function webhook(summary: string, schema: object, parameters: readonly object[] = []): object {
  const header = (name: string, description: string) => ({ name, in: 'header', required: false, schema: { type: 'string' }, description })
  return {
    post: {
      tags: ['webhooks'], summary, security: [{ apiKey: [] }],
      parameters: [
        ...parameters, header('X-Timestamp', 'Unix seconds, at most five minutes off'), header('X-Signature', 'sha256=<hex HMAC-SHA256(secret, timestamp + "." + raw body)>'),
        header('X-Delivery-ID', 'makes the delivery idempotent for 24 h'),
      ],
      requestBody: { required: true, content: { 'application/json': { schema } } },
      responses: {
        200: { description: 'this delivery is known', content: { 'application/json': { schema: KNOWN } } },
        202: { description: 'durable', content: { 'application/json': { schema: ACCEPTED } } },
        400: { description: 'the body is not what its content type says' }, 401: { description: 'no or wrong key, signature or timestamp' }, 413: { description: 'too large' },
        415: { description: 'wrong content type' }, 429: { description: 'over the limit of the company; see Retry-After' }, 503: { description: 'the log cannot take it now; see Retry-After' },
      },
    },
  }
}

/** The document's fixed part. */
export function openapiHead(version: string): object {
  return {
    openapi: '3.1.0',
    info: { title: 'Alert Whisperer', version, description: 'Alert noise in, a few explained incidents out. Errors are `{"code","message"}`; lists are `{"items","next"}`.' },
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' } } },
    security: [{ bearer: [] }],
    paths: {
      '/api/webhooks/alerts': webhook('Generic alerts: one object or an array', { oneOf: [GENERIC, { type: 'array', items: GENERIC }] }),
      '/api/webhooks/{source}': webhook('Alerts as a monitoring tool posts them', {}, [{ name: 'source', in: 'path', required: true, schema: { type: 'string' }, description: 'alertmanager, zabbix, datadog, …' }]),
    },
  }
}
