/** What becomes of an order after a call. Pure. */
import type { HeldOrder, OrderChange } from '../../schemas/ticket-work.ts'
import { ConnectorError, type ConnectorCode } from '../port.ts'
import type { Sent } from '../budget/budget.ts'
import { PROBE_EVERY_MS } from '../budget/hold.ts'
import { ATTEMPTS_MAX, backOffMs, PATIENCE_MS, UNKNOWN_PAUSE_MS } from './pace.ts'

/** A failed attempt with what is known of it. `held` is the order as it was before the attempt. */
export interface Failure {
  readonly held: HeldOrder
  readonly error: ConnectorError
  /** Calls that were let out for it. */
  readonly sent: Sent
  /** Only asked: nothing can have been done by it. */
  readonly isLook: boolean
  /** The PSA was asked for the ticket, and has none. */
  readonly isGone: boolean
}

/** What is written, and what the account learns; `account` null: nothing. */
export interface Outcome {
  readonly change: OrderChange
  readonly account: { readonly code: ConnectorCode; readonly isHeld: boolean } | null
}

/** Codes under which nobody's orders go: nothing more is tried until somebody mends it. A certificate that is not trusted is one, though it is no refusal. */
const isHolding = (error: ConnectorError): boolean => error.retry === 'hold' || error.code === 'tls'

/** Judges a failure. */
export function afterFailure(failure: Failure, nowMs: number, jitter: () => number): Outcome {
  const { held, error, sent, isLook } = failure
  const known = knowledge(failure, nowMs)
  const waits = (dueAtMs: number, more: Partial<OrderChange> = {}): OrderChange => ({ status: 'waiting', dueAtMs: Math.ceil(dueAtMs), ...known, code: error.code, error: error.message, ...more })
  // What may still be worked on over there must have shown by the next try.
  const leastMs = known.isRepeat === true && sent.writes > 0 ? UNKNOWN_PAUSE_MS : 0
  const later = (): number => nowMs + Math.max(error.retryAfterMs ?? 0, leastMs, backOffMs(nowMs - (held.firstCalledAtMs ?? nowMs), jitter))

  // The budget said no, or this process ends: nobody refused anything, and nobody needs to read of it.
  if (error.code === 'budget') return { change: waits(nowMs + Math.max(1, leastMs, error.retryAfterMs ?? 1_000), { code: null, error: null }), account: null }
  if (error.code === 'aborted') return { change: waits(sent.calls === 0 ? nowMs : later(), { code: null, error: null }), account: null }
  if (error.retry === 'after') return { change: waits(nowMs + Math.max(1_000, leastMs, error.retryAfterMs ?? backOffMs(0, jitter))), account: { code: error.code, isHeld: false } }

  // Where others' orders went well since, it is this one's own fault; else all of the account waits, and nobody's attempts are used up.
  const isOwn = held.accountOkAtMs !== null && held.firstCalledAtMs !== null && held.accountOkAtMs > held.firstCalledAtMs
  const isAccounts = isHolding(error) && !(isOwn && (error.code === 'forbidden' || error.code === 'misconfigured'))
  // Which of rights that lack are an order's own fault is told by when it was called first.
  const isForgiven = error.code !== 'forbidden' && error.code !== 'misconfigured'
  if (isAccounts) return { change: waits(nowMs + PROBE_EVERY_MS, isForgiven ? { isForgiven } : {}), account: { code: error.code, isHeld: true } }

  const isRefusal = error.outcome === 'refused' || error.code === 'defect' || error.retry === 'never' || isOwn
  const attempts = held.attempts + (isRefusal && !isLook ? 1 : 0)
  // What may have been made is looked for, however hopeless another try is.
  const mustLook = held.kind === 'create' && known.unknownAtMs !== null && known.unknownAtMs !== undefined
  const isHopeless = error.retry === 'never' && !mustLook
  const isOver = attempts >= ATTEMPTS_MAX || nowMs - (held.firstCalledAtMs ?? nowMs) > PATIENCE_MS
  const account = { code: error.code, isHeld: false }
  if (!isHopeless && !isOver) return { change: waits(later(), { attempts }), account }
  if (failure.isGone) return { change: { ...known, status: 'dead', attempts, code: 'not_found', error: 'The ticket is gone from the PSA: it was deleted or moved there, or the credentials may not see it any more.', isGone: true }, account: null }
  return { change: { ...known, status: 'dead', attempts, code: error.code, error: error.message }, account }
}

/** What is known after the attempt of whether anything was done by it. */
function knowledge({ held, error, sent, isLook }: Failure, nowMs: number): Pick<OrderChange, 'isRepeat' | 'unknownAtMs' | 'looks'> {
  if (isLook || sent.calls === 0) return { isRepeat: held.isRepeat, unknownAtMs: held.unknownAtMs, looks: held.looks }
  // One write that was refused, or that found nobody, did nothing. With calls after it, or a failure after its answer, it may have been taken.
  const wasKeptOut = error.outcome === 'refused' || error.code === 'unreachable' || error.code === 'tls'
  const isNothingDone = sent.writes === 0 || (sent.writes === 1 && sent.isLastWrite && wasKeptOut)
  if (held.kind !== 'create') return { isRepeat: held.isRepeat || !isNothingDone, unknownAtMs: null, looks: 0 }
  return { isRepeat: true, unknownAtMs: isNothingDone ? null : nowMs, looks: 0 }
}

/** Any thrown thing as an error of connectors: a foreign one is a defect of ours. */
export function asConnectorError(thrown: unknown): ConnectorError {
  return thrown instanceof ConnectorError ? thrown : new ConnectorError('defect', 'a defect of ours while calling the PSA: see the log', { cause: thrown })
}
