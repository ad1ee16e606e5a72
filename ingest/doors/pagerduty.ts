import type { Door } from './door.ts'
import { judgeHmac } from './hmac.ts'

/** PagerDuty V3 ("Verifying signatures"): `v1=` and hex HMAC-SHA256 of the raw body, several joined by commas while a secret rotates. V1 and V2 sign nothing. */
export const pagerdutyDoor: Door = {
  id: 'pagerduty',
  verify: ({ headers, rawBody, secret }) => {
    const parts = (headers['x-pagerduty-signature'] ?? '').split(',', 8).map((part) => part.trim())
    const versions = parts.filter((part) => part.startsWith('v1=')).map((part) => part.slice(3))
    if (versions.length === 0 && headers['x-pagerduty-signature'] !== undefined) return Promise.resolve({ invalid: 'X-PagerDuty-Signature has no version v1' })
    return Promise.resolve(judgeHmac({ algorithm: 'sha256', encoding: 'hex' }, secret, [rawBody], versions))
  },
}
