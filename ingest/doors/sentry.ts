import type { Door } from './door.ts'
import { judgeHmac } from './hmac.ts'

/** Sentry's integration platform ("Webhooks"): hex HMAC-SHA256 of the raw body with the client secret, which Sentry makes. Its timestamp is not signed. The legacy plugin signs nothing. */
export const sentryDoor: Door = {
  id: 'sentry',
  verify: (request) => {
    const signature = request.headers['sentry-hook-signature']
    return Promise.resolve(judgeHmac({ algorithm: 'sha256', encoding: 'hex', isVendorMade: true }, request, [request.rawBody], signature === undefined ? [] : [signature]))
  },
  deliveryId: ({ headers }) => headers['request-id'] ?? null,
}
