import type { Door } from './door.ts'
import { judgeHmac } from './hmac.ts'

/** NetBox ("Webhooks", field Secret): hex HMAC-SHA512 of the body with the secret that the company sets. */
export const netboxDoor: Door = {
  id: 'netbox',
  verify: (request) => {
    const signature = request.headers['x-hook-signature']
    return Promise.resolve(judgeHmac({ algorithm: 'sha512', encoding: 'hex' }, request, [request.rawBody], signature === undefined ? [] : [signature]))
  },
}
