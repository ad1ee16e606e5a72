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
 *
 * Look-ups of machines count as asking and have no place in the row: they get what is left above half of what may be asked at once, so commands never wait for more than their own.
 */
import type { AccountState } from '../../schemas/call-accounts.ts'
import type { Cloud } from '../../schemas/runs.ts'
import { REST_MOST_MS } from './pace.ts'
import type { CallGate, GateAccounts } from './ports.ts'

interface Rate { readonly perSecond: number; readonly burst: number }

/** Calls by cloud and kind. */
export const CALL_RATES: Readonly<Record<Cloud, Readonly<Record<'send' | 'ask', Rate>>>> = {
  aws: { send: { perSecond: 2, burst: 10 }, ask: { perSecond: 10, burst: 20 } },
  azure: { send: { perSecond: 2, burst: 20 }, ask: { perSecond: 10, burst: 50 } },
  gcp: { send: { perSecond: 1, burst: 10 }, ask: { perSecond: 5, burst: 20 } },
  datto_rmm: { send: { perSecond: 0.5, burst: 5 }, ask: { perSecond: 3, burst: 20 } },
}

/** A time that lies further ahead was written before a clock jumped back; clocks of two processes differ by less. */
const AHEAD_MOST_MS = 60_000

/** Makes the gate of this process over the counts that all processes share, so that however many there are, an account is called no more often. */
export function callGate(accounts: GateAccounts): CallGate {
  return {
    take: (cloud, accountId, kind, nowMs) => accounts.change(nameOf(cloud, accountId), cloud, (state) => {
      const rate = CALL_RATES[cloud][kind]
      const { tokens, atMs } = windowOf(state, kind, rate, nowMs)
      // Below nothing it is the row of those that wait, so that each is told its turn once instead of asking again and again.
      const left = tokens - 1
      const waitMs = restMs(state, nowMs) + Math.max(0, (-left * 1_000) / rate.perSecond)
      return { state: { ...state, windows: { ...state.windows, [kind]: { tokens: left, atMs } } }, answer: Math.ceil(waitMs) }
    }),
    spare: (cloud, accountId, nowMs) => accounts.change(nameOf(cloud, accountId), cloud, (state) => {
      const { ask } = CALL_RATES[cloud]
      const { tokens, atMs } = windowOf(state, 'ask', ask, nowMs)
      const left = tokens - 1
      const waitMs = restMs(state, nowMs) + Math.max(0, ((ask.burst / 2 - left) * 1_000) / ask.perSecond)
      return waitMs > 0 ? { state, answer: Math.ceil(waitMs) } : { state: { ...state, windows: { ...state.windows, ask: { tokens: left, atMs } } }, answer: 0 }
    }),
    rest: (cloud, accountId, untilMs, nowMs) => accounts.change(nameOf(cloud, accountId), cloud, (state) => (
      { state: { ...state, blockedUntilMs: nowMs + Math.max(restMs(state, nowMs), Math.min(untilMs - nowMs, REST_MOST_MS)) }, answer: undefined }
    )),
    async isResting(cloud, accountId, nowMs) {
      const name = nameOf(cloud, accountId)
      const state = (await accounts.read([name])).get(name)
      return state !== undefined && restMs(state, nowMs) > 0
    },
  }
}

/** Calls that may be made now, and when that was reckoned. */
function windowOf({ windows }: AccountState, kind: 'send' | 'ask', { perSecond, burst }: Rate, nowMs: number): { readonly tokens: number; readonly atMs: number } {
  const { tokens = burst, atMs = nowMs } = windows[kind] ?? {}
  return { tokens: Math.min(burst, tokens + (Math.max(0, nowMs - atMs) * perSecond) / 1_000), atMs: atMs > nowMs + AHEAD_MOST_MS ? nowMs : Math.max(nowMs, atMs) }
}

/** No connector of a PSA is called "cloud", so the two never share a row. */
function nameOf(cloud: Cloud, accountId: string): string {
  return `cloud:${cloud}:${accountId}`
}

function restMs({ blockedUntilMs }: AccountState, nowMs: number): number {
  return Math.min(REST_MOST_MS, Math.max(0, (blockedUntilMs ?? 0) - nowMs))
}
