import type { Door } from './door.ts'
import { judgeHmac } from './hmac.ts'

/** Checkly's webhook alert channel ("Webhook Secrets"): hex HMAC-SHA256 of the body with the secret that the company sets. */
export const checklyDoor: Door = {
  id: 'checkly',
  verify: (request) => {
    const signature = request.headers['x-checkly-signature']
    return Promise.resolve(judgeHmac({ algorithm: 'sha256', encoding: 'hex' }, request, [request.rawBody], signature === undefined ? [] : [signature]))
  },
}
