import type { Door } from './door.ts'
import { judgeHmac } from './hmac.ts'
import { isFresh } from './timestamp.ts'

/**
 * Grafana's webhook contact point with HMAC ("Configure webhook notifications"): hex HMAC-SHA256 of the body, and of `timestamp:body` where a
 * timestamp header is configured. Its name is free; we know the two that Grafana's own pages use.
 */
export const grafanaDoor: Door = {
  id: 'grafana',
  verify: (request, { clock }) => {
    const { headers, rawBody } = request
    const signature = headers['x-grafana-alerting-signature']
    const timestamp = headers['x-grafana-alerting-timestamp'] ?? headers['x-grafana-alerting-signature-timestamp']
    if (signature !== undefined && timestamp !== undefined && !isFresh(timestamp, clock)) return Promise.resolve({ invalid: 'the timestamp is no time or more than five minutes off' })
    const signed = timestamp === undefined ? [rawBody] : [`${timestamp}:`, rawBody]
    return Promise.resolve(judgeHmac({ algorithm: 'sha256', encoding: 'hex' }, request, signed, signature === undefined ? [] : [signature]))
  },
}
