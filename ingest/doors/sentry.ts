import type { Door } from './door.ts'
import { judgeHmac } from './hmac.ts'

/** Sentry's integration platform ("Webhooks"): hex HMAC-SHA256 of the raw body with the client secret. The legacy plugin signs nothing. */
export const sentryDoor: Door = {
  id: 'sentry',
  verify: ({ headers, rawBody, secret }) => {
    const signature = headers['sentry-hook-signature']
    return Promise.resolve(judgeHmac({ algorithm: 'sha256', encoding: 'hex' }, secret, [rawBody], signature === undefined ? [] : [signature]))
  },
  deliveryId: ({ headers }) => headers['request-id'] ?? null,
}
