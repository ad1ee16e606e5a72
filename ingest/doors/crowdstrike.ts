import type { Door, DoorRequest, DoorVerdict } from './door.ts'
import { judgeHmac } from './hmac.ts'
import { isFresh } from './timestamp.ts'

const HEX_CHARS = 64

/**
 * CrowdStrike's webhook plugin of Falcon Fusion (HMAC Secret Key): `X-CS-Primary-Signature`, and for a second key `X-CS-Secondary-Signature`, over body
 * and `X-CS-Delivery-Timestamp`. The vendor's page lies behind its log-in; receivers in use read base64 over body then timestamp, or hex over timestamp
 * then body, so either counts. A timestamp cannot be taken for the beginning or end of a JSON object, so neither order can be passed off as the other.
 */
export const crowdstrikeDoor: Door = {
  id: 'crowdstrike',
  verify: (request, { clock }) => {
    const { headers } = request
    const signatures = [headers['x-cs-primary-signature'], headers['x-cs-secondary-signature']].filter((signature) => signature !== undefined && signature !== '') as string[]
    if (signatures.length === 0) return Promise.resolve('absent')
    const timestamp = headers['x-cs-delivery-timestamp']
    const algorithm = headers['x-cs-signature-algorithm'] ?? 'HmacSHA256'
    if (timestamp === undefined) return Promise.resolve({ invalid: 'X-CS-Delivery-Timestamp is missing' })
    if (!/sha-?256/i.test(algorithm)) return Promise.resolve({ invalid: 'X-CS-Signature-Algorithm is not HMAC-SHA256' })
    if (!isFresh(timestamp, clock)) return Promise.resolve({ invalid: 'X-CS-Delivery-Timestamp is no time or more than five minutes off' })
    return Promise.resolve(judge(request, timestamp, signatures))
  },
}

function judge(request: DoorRequest, timestamp: string, signatures: readonly string[]): DoorVerdict {
  const hex = signatures.filter((signature) => signature.length === HEX_CHARS)
  const base64 = signatures.filter((signature) => signature.length !== HEX_CHARS)
  let last: DoorVerdict = 'absent'
  for (const signed of [[request.rawBody, timestamp], [timestamp, request.rawBody]]) {
    for (const [encoding, candidates] of [['hex', hex], ['base64', base64]] as const) {
      const verdict = judgeHmac({ algorithm: 'sha256', encoding }, request, signed, candidates)
      if (verdict === 'valid') return verdict
      if (verdict !== 'absent') last = verdict
    }
  }
  return last
}
