/**
 * Calls counted in sliding windows. A window is cut into slices; a slice counts until the whole of it lies outside, and a call counts from when it was begun until its
 * window after it *ended*. The vendor counts it somewhere in between, so whatever its window's start, and however long the way, it never sees more than is counted here.
 */
import type { AccountState, CallSlot } from '../../schemas/call-accounts.ts'
import type { CallLimit, Pace } from '../port.ts'

/** Slices of a window: the window is at most so much longer here than at the vendor's (1/60). */
const SLICES = 60
/** A clock that jumped back may not keep a call under way for longer than this. */
const CALL_MOST_MS = 5 * 60_000

/** Length of a slice, in ms. */
export const sliceMs = (limit: Pick<CallLimit, 'windowMs'>): number => Math.max(1, Math.ceil(limit.windowMs / SLICES))

/** A limit of the vendor, or what reading back uses of it. */
export type CountedLimit = Omit<CallLimit, 'counts'> & { readonly counts?: CallLimit['counts'] | 'read_back' }

/** What of a limit reading back uses, counted for itself. */
export const readBackOf = (limit: CallLimit): CountedLimit => ({ ...limit, name: `${limit.name}: read back`, counts: 'read_back' })

/** Whether a limit counts such a call. */
export const counts = (limit: CountedLimit, { isWrite, isReadBack = false }: Pick<CallSlot, 'isWrite' | 'isReadBack'>): boolean =>
  limit.counts === undefined || (limit.counts === 'read_back' ? isReadBack : (limit.counts === 'writes') === isWrite)

/** Everything that is counted of an account. Reading is no writing. */
const countedLimits = (pace: Pace): readonly CountedLimit[] => pace.limits.flatMap((limit) => (limit.counts === 'writes' ? [limit] : [limit, readBackOf(limit)]))

/** The state without what lies outside every window; calls whose end nobody told are counted as ended when they were lost. */
export function swept(state: AccountState, pace: Pace, nowMs: number): AccountState {
  const lost = state.underWay.filter(({ untilMs }) => untilMs <= nowMs)
  const underWay = state.underWay.filter(({ untilMs }) => untilMs > nowMs).map((slot) => (slot.untilMs > nowMs + CALL_MOST_MS ? { ...slot, untilMs: nowMs + CALL_MOST_MS } : slot))
  const windows = Object.fromEntries(countedLimits(pace).map((limit) => {
    const width = sliceMs(limit)
    const now = Math.floor(nowMs / width)
    const kept = new Map<number, number>()
    const add = (slice: number, count: number): void => {
      // What lies ahead was counted before the clock jumped back.
      const at = Math.min(slice, now)
      if ((at + 1) * width > nowMs - limit.windowMs) kept.set(at, (kept.get(at) ?? 0) + count)
    }
    for (const [slice, count] of Object.entries(state.windows[limit.name] ?? {})) add(Number(slice), count)
    for (const slot of lost) if (counts(limit, slot)) add(Math.floor(slot.untilMs / width), 1)
    return [limit.name, Object.fromEntries(kept)]
  }))
  return { ...state, windows, underWay }
}

/** Counts a call that ended at `atMs`. */
export function counted(state: AccountState, pace: Pace, call: Pick<CallSlot, 'isWrite' | 'isReadBack'>, atMs: number): AccountState {
  const windows = { ...state.windows }
  for (const limit of countedLimits(pace)) {
    if (!counts(limit, call)) continue
    const slice = String(Math.floor(atMs / sliceMs(limit)))
    const window = windows[limit.name] ?? {}
    windows[limit.name] = { ...window, [slice]: (window[slice] ?? 0) + 1 }
  }
  return { ...state, windows }
}

/** Calls a limit counts now, those under way among them. The state must be swept. */
export function usedOf(state: AccountState, limit: CountedLimit): number {
  const ended = Object.values(state.windows[limit.name] ?? {}).reduce((sum, count) => sum + count, 0)
  return ended + state.underWay.filter((slot) => counts(limit, slot)).length
}

/** When a limit counts `count` calls or fewer, if none is begun until then; null: not before one that is under way has ended. */
export function whenAtMost(state: AccountState, limit: CountedLimit, count: number, nowMs: number): number | null {
  const width = sliceMs(limit)
  let used = usedOf(state, limit)
  if (used <= count) return nowMs
  for (const [slice, calls] of Object.entries(state.windows[limit.name] ?? {}).sort(([a], [b]) => Number(a) - Number(b))) {
    used -= calls
    if (used <= count) return Math.max(nowMs, (Number(slice) + 1) * width + limit.windowMs)
  }
  return null
}
