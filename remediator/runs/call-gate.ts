/**
 * How often one account is called. Clouds throttle by account and region; a call that is refused for it costs more than one that waits here. The rates are half or less
 * of what is published, because others call the same account:
 *
 * | cloud | send | ask | published |
 * | --- | --- | --- | --- |
 * | aws | 2 a second, 10 at once | 10 a second, 20 at once | Systems Manager throttles Run Command by account and region at some tens of requests a second; STS at 100 and more |
 * | azure | 2 a second, 20 at once | 10 a second, 50 at once | Azure Resource Manager: per subscription and principal 200 writes refilled at 10 a second, 250 reads at 25 a second |
 * | gcp | 1 a second, 10 at once | 5 a second, 20 at once | OS Config and Compute: some hundreds to 1,500 a minute and project |
 * | datto_rmm | 1 in 2 seconds, 5 at once | 3 a second, 20 at once | 600 reads and 100 writes a minute for all of the MSP; who goes on after 429 is blocked for five minutes |
 */
import type { Cloud } from '../../schemas/runs.ts'
import type { CallGate } from './ports.ts'

interface Rate { readonly perSecond: number; readonly burst: number }
interface Bucket { tokens: number; atMs: number }

/** Calls by cloud and kind. */
export const CALL_RATES: Readonly<Record<Cloud, Readonly<Record<'send' | 'ask', Rate>>>> = {
  aws: { send: { perSecond: 2, burst: 10 }, ask: { perSecond: 10, burst: 20 } },
  azure: { send: { perSecond: 2, burst: 20 }, ask: { perSecond: 10, burst: 50 } },
  gcp: { send: { perSecond: 1, burst: 10 }, ask: { perSecond: 5, burst: 20 } },
  datto_rmm: { send: { perSecond: 0.5, burst: 5 }, ask: { perSecond: 3, burst: 20 } },
}

/** Accounts remembered; one that is forgotten has its whole burst again. */
const ACCOUNTS_MAX = 10_000

/** Makes one for this process. Several processes together may call as many times as often, which the rates leave room for. */
export function callGate(rates: typeof CALL_RATES = CALL_RATES): CallGate {
  const buckets = new Map<string, Bucket>()
  const resting = new Map<string, number>()
  return {
    take(cloud, accountId, kind, nowMs) {
      const restMs = Math.max(0, (resting.get(`${cloud} ${accountId}`) ?? 0) - nowMs)
      const { perSecond, burst } = rates[cloud][kind]
      const key = `${cloud} ${accountId} ${kind}`
      const bucket = buckets.get(key) ?? { tokens: burst, atMs: nowMs }
      bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, nowMs - bucket.atMs) * perSecond) / 1_000)
      bucket.atMs = Math.max(nowMs, bucket.atMs)
      // Below nothing it is the row of those that wait, so that each is told its turn once instead of asking again and again.
      bucket.tokens -= 1
      keep(buckets, key, bucket)
      return Math.ceil(restMs + Math.max(0, (-bucket.tokens * 1_000) / perSecond))
    },
    rest(cloud, accountId, untilMs) {
      const key = `${cloud} ${accountId}`
      keep(resting, key, Math.max(untilMs, resting.get(key) ?? 0))
    },
    isResting: (cloud, accountId, nowMs) => (resting.get(`${cloud} ${accountId}`) ?? 0) > nowMs,
  }
}

function keep<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > ACCOUNTS_MAX && oldest !== undefined) map.delete(oldest)
}
