import type { SourceGuide } from '../source.ts'

/** How a script, or a tool whose payload is a template, posts an alert of its own. */
export const guide: SourceGuide = {
  name: 'Generic JSON',
  family: 'format',
  setup: [
    'For scripts and for tools whose users write the body themselves: POST {url} with Content-Type application/json and X-API-Key: {key}.',
    'Send one object, or an array of objects, with the fields below; all are optional, but something must be said. A body of another tool goes to /api/webhooks/{source} instead.',
    'Say external_id where the sender has an id that stays the same from beginning to end; without one, asset_name and signature together are the problem.',
    'Send status firing at the beginning (again as often as you like: repeats are counted) and resolved at the end, with the same external_id.',
    'severity is critical, high, medium, low or info; other words of the kind (error, warning, P1) and free texts are read too. started_at is ISO 8601 with a zone.',
    'Send X-Delivery-ID with a value of your own, so that a retry after a lost answer counts once.',
  ],
  authentication: 'The key in X-API-Key or as a bearer token; and a signature: X-Timestamp (Unix seconds) and X-Signature, sha256=<hex HMAC-SHA256 of timestamp, a dot, and the body> with the integration\'s secret. Where the tool cannot sign, switch the HMAC off for this integration.',
  proof: 'optional',
  template: '{"asset_name":"db-1.example.com","signature":"Disk is filling up","severity":"high","message":"/var is 91 % full","tool_source":"My script","status":"firing","external_id":"db-1/disk/var","started_at":"2026-01-31T08:15:00Z","labels":{"site":"Utrecht"}}',
  references: ['https://www.rfc-editor.org/rfc/rfc8259', 'https://www.rfc-editor.org/rfc/rfc3339', 'https://www.standardwebhooks.com/'],
}
