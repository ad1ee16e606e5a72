import type { Clock } from '../../schemas/clock.ts'
import type { Door } from './door.ts'
import { judgeHmac } from './hmac.ts'

const TOLERANCE_MS = 5 * 60_000

/**
 * Grafana's webhook contact point with HMAC ("Configure webhook notifications"): hex HMAC-SHA256 of the body, and of `timestamp:body` where a
 * timestamp header is configured. Its name is free; `X-Grafana-Alerting-Timestamp` is the one we ask for.
 */
export const grafanaDoor: Door = {
  id: 'grafana',
  verify: ({ headers, rawBody, secret }, { clock }) => {
    const signature = headers['x-grafana-alerting-signature']
    const timestamp = headers['x-grafana-alerting-timestamp']
    if (signature !== undefined && timestamp !== undefined && !isFresh(timestamp, clock)) return Promise.resolve({ invalid: 'the timestamp is more than five minutes off' })
    const signed = timestamp === undefined ? [rawBody] : [`${timestamp}:`, rawBody]
    return Promise.resolve(judgeHmac({ algorithm: 'sha256', encoding: 'hex' }, secret, signed, signature === undefined ? [] : [signature]))
  },
}

/** Unix seconds within the tolerance. */
function isFresh(timestamp: string, clock: Clock): boolean {
  return /^\d{9,11}$/.test(timestamp) && Math.abs(clock.now() - Number(timestamp) * 1_000) <= TOLERANCE_MS
}
