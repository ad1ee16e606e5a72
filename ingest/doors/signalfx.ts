import type { Door } from './door.ts'
import { judgeHmac } from './hmac.ts'

/** Characters of a SHA-1 digest in base64. */
const SHA1_CHARS = 28

/**
 * Splunk Observability, formerly SignalFx ("Send alerts to a webhook", shared secret): base64 HMAC of the body. Its client library says SHA-1, its newer
 * developer pages say SHA-256; the length tells which one it is, and as an HMAC both are sound.
 */
export const signalfxDoor: Door = {
  id: 'signalfx',
  verify: (request) => {
    const signature = request.headers['x-sfx-signature']
    const algorithm = signature?.length === SHA1_CHARS ? 'sha1' : 'sha256'
    return Promise.resolve(judgeHmac({ algorithm, encoding: 'base64' }, request, [request.rawBody], signature === undefined ? [] : [signature]))
  },
}
