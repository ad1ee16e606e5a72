import type { Door } from './door.ts'
import { judgeHmac } from './hmac.ts'

/** PagerDuty V3 ("Verifying signatures"): `v1=` and hex HMAC-SHA256 of the raw body, several joined by commas while a secret rotates. PagerDuty makes the secret and shows it once. V1 and V2 sign nothing. */
export const pagerdutyDoor: Door = {
  id: 'pagerduty',
  verify: (request) => {
    const header = request.headers['x-pagerduty-signature']
    const versions = (header ?? '').split(',', 8).map((part) => part.trim()).filter((part) => part.startsWith('v1=')).map((part) => part.slice(3))
    if (versions.length === 0 && header !== undefined) return Promise.resolve({ invalid: 'X-PagerDuty-Signature has no version v1' })
    return Promise.resolve(judgeHmac({ algorithm: 'sha256', encoding: 'hex', isVendorMade: true }, request, [request.rawBody], versions))
  },
}
