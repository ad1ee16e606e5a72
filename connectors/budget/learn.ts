/** What an answer teaches of an account: its limits, how long to wait, and whether the other side is well. Pure. */
import type { AccountState, LearnedLimits } from '../../schemas/call-accounts.ts'
import type { CallLimit, ConnectorCode, Pace } from '../port.ts'
import { toldLimit } from './headers.ts'
import { atOnceOf, limitsInForce, mainLimit } from './limits.ts'
import { withReady } from './take.ts'
import { counted, counts, swept, usedOf } from './windows.ts'

/** Failures in a row that open the breaker. */
export const BREAKER_FAILURES = 5
const BREAKER_FIRST_MS = 30_000
const BREAKER_MOST_MS = 5 * 60_000
/** Pause after a refusal without a word on how long, doubled with each in a row. */
const REFUSED_FIRST_MS = 5_000
const REFUSED_MOST_MS = 5 * 60_000
/** Nobody is believed for longer. */
const BLOCK_MOST_MS = 15 * 60_000
/** What was taken when a refusal came, lessened to this, is the limit from then on, where it was enough to tell. */
const DECREASE = 0.9
const TELLING_CALLS = 5
const TELLING_SHARE = 0.05
/** Clocks differ. */
const RESET_SLACK_MS = 5_000
/** The other side is not well, as against: it does not like what was asked. */
const FAILURES: readonly string[] = ['unreachable', 'tls', 'timeout', 'cut_off', 'server_error', 'bad_answer']

/** An answer, or that none came. */
export interface CallEnd {
  readonly slotId: string
  readonly headers: Headers | null
  readonly outcome: 'success' | ConnectorCode
  readonly retryAfterMs: number | null
  readonly atMs: number
  /** From 0 up to 1. */
  readonly jitter: number
}

/** The state after a call has ended. */
export function afterCall(before: AccountState, pace: Pace, end: CallEnd): AccountState {
  const { atMs } = end
  const slot = before.underWay.find(({ id }) => id === end.slotId)
  const swept0 = swept({ ...before, underWay: before.underWay.filter(({ id }) => id !== end.slotId) }, pace, atMs)
  // A slot that was lost is counted already.
  const state = slot === undefined ? swept0 : counted(swept0, pace, slot, atMs)
  const told = learnTold(state, pace, end)
  const taught = end.outcome === 'rate_limited' ? refused(told, pace, end, slot?.isWrite ?? true) : end.outcome === 'success' ? welcome(told) : told
  return withReady(breaker(taught, end), pace, atMs)
}

/** New credentials show with the first call that is taken; what was held for another reason waits for its probe. */
function welcome(state: AccountState): AccountState {
  const isMended = state.heldCode === 'unauthorized'
  return { ...state, learned: { ...state.learned, refusals: 0 }, heldCode: isMended ? null : state.heldCode, heldUntilMs: isMended ? null : state.heldUntilMs }
}

function learnTold(state: AccountState, pace: Pace, { headers, atMs }: CallEnd): AccountState {
  const told = headers === null || pace.isTold === false ? null : toldLimit(headers, atMs)
  const main = told === null ? null : spokenOf(pace, told.resetAtMs, atMs)
  if (told === null || main === null) return state
  const known = state.learned.calls?.[main.name]
  // The published limit, told, is nothing new; a refusal knows better than a header that did not keep it away.
  const isNews = told.limit !== null && !(known === undefined && told.limit === main.calls) && !(known?.from === 'refused' && told.limit >= known.calls)
  const learned: LearnedLimits = { ...state.learned, ...(isNews ? { calls: { ...state.learned.calls, [main.name]: { calls: told.limit, atMs, from: 'told' as const } } } : {}) }
  if (told.left === null) return { ...state, learned }
  // What is gone and was not ours was others'. Ours count for longer here than there, so this is never too much.
  const limit = told.limit ?? main.calls
  const calls = Math.max(0, limit - told.left - usedOf(state, main))
  return { ...state, learned: { ...learned, others: { limit: main.name, calls, untilMs: Math.min(told.resetAtMs ?? Number.POSITIVE_INFINITY, atMs + main.windowMs) } } }
}

/** Which limit a number is of: it starts anew within its window, so one that starts anew in half an hour is not of a minute. */
function spokenOf(pace: Pace, resetAtMs: number | null, atMs: number): CallLimit | null {
  const main = mainLimit(pace)
  if (main === null || resetAtMs === null || resetAtMs - atMs <= main.windowMs + RESET_SLACK_MS) return main
  return pace.limits.filter(({ counts: of, windowMs }) => of === undefined && windowMs + RESET_SLACK_MS >= resetAtMs - atMs).sort((a, b) => a.windowMs - b.windowMs)[0] ?? null
}

function refused(state: AccountState, pace: Pace, { retryAfterMs, atMs }: CallEnd, isWrite: boolean): AccountState {
  const { learned } = state
  // Several of one burst are refused together; only the first teaches, and makes the pause longer.
  const isEcho = state.blockedUntilMs !== null && state.blockedUntilMs > atMs
  const refusals = (learned.refusals ?? 0) + (isEcho ? 0 : 1)
  const pauseMs = retryAfterMs ?? (isEcho ? 0 : Math.min(REFUSED_MOST_MS, REFUSED_FIRST_MS * 2 ** (refusals - 1)))
  const blockedUntilMs = Math.max(Math.min(state.blockedUntilMs ?? 0, atMs + BLOCK_MOST_MS), atMs + Math.min(pauseMs, BLOCK_MOST_MS))
  const fullest = limitsInForce(state, pace, atMs).filter((limit) => counts(limit, { isWrite })).map((limit) => ({ limit, used: usedOf(state, limit), fill: usedOf(state, limit) / limit.calls })).sort((a, b) => b.fill - a.fill)[0]
  const next: LearnedLimits = { ...learned, refusals, refused: (learned.refused ?? 0) + 1 }
  if (isEcho || fullest === undefined) return { ...state, blockedUntilMs, learned: next }
  // Refused again though it was slower: it may be about how many come at once.
  const taughtAtOnce = refusals < 2 ? {} : { taughtAtOnce: { calls: Math.max(1, Math.floor(atOnceOf(state, pace, atMs) / 2)), atMs } }
  // Neither this one was taken nor, as far as is known, those on their way.
  const taken = fullest.used - 1 - state.underWay.filter((slot) => counts(fullest.limit, slot)).length
  // Hardly any of ours: others used it up, or it is about a burst, and what was taken says little.
  const isTelling = taken >= Math.max(TELLING_CALLS, fullest.limit.published * TELLING_SHARE)
  const calls = Math.max(1, Math.floor(isTelling ? Math.min(taken, fullest.limit.calls) * DECREASE : fullest.limit.calls / 2))
  return { ...state, blockedUntilMs, learned: { ...next, ...taughtAtOnce, calls: { ...next.calls, [fullest.limit.name]: { calls: Math.min(calls, fullest.limit.published), atMs, from: 'refused' } } } }
}

function breaker(state: AccountState, { outcome, atMs, jitter }: CallEnd): AccountState {
  if (outcome === 'aborted' || outcome === 'budget') return state
  if (!FAILURES.includes(outcome)) return { ...state, breaker: { failures: 0, opened: 0, openUntilMs: 0 } }
  const failures = state.breaker.failures + 1
  if (failures < BREAKER_FAILURES) return { ...state, breaker: { ...state.breaker, failures } }
  const pauseMs = Math.min(BREAKER_MOST_MS, BREAKER_FIRST_MS * 2 ** Math.min(state.breaker.opened, 10)) * (0.8 + 0.4 * jitter)
  // Those that were under way when it opened say nothing new.
  const isNew = state.breaker.openUntilMs === 0 || state.underWay.length === 0
  return { ...state, breaker: isNew ? { failures, opened: state.breaker.opened + 1, openUntilMs: Math.round(atMs + pauseMs) } : { ...state.breaker, failures } }
}
