/**
 * When a problem of a tool that never says `resolved` is over: learned from how the tool and the problem talk. For the backtest; live, a problem
 * ends when its tool says so.
 */

/** Silence after which a problem is over where nothing else is known. */
export const QUIET_MS = 60_000

/** A tool that measures in steps may leave out no step, and be half a step late. */
const STEPS = 1.5
/** Steps below this are within the usual silence. */
const STEP_MIN_MS = 90_000
const QUIET_MAX_MS = 15 * 60_000
/** Moments closer than this are one: a tool takes a while to say all it has to say of one step. */
const ONE_MOMENT_MS = 2_000
/** Pauses between moments heard before the step is believed, and the share of them that may be shorter than it. */
const PAUSES_MIN = 5
const SHORTER_SHARE = 0.1
/** Lengths of pauses, three to each doubling of a second; up to two days. */
const LENGTHS = 54
const PER_DOUBLING = 3

/** A problem that repeats so often is a storm: over once it is silent for so many of its own pauses, but not before five seconds are over. */
const STORM_COUNT = 20
const STORM_PAUSES = 20
const STORM_QUIET_MS = 5_000

interface Tool {
  lastMs: number
  readonly pauses: number[]
  count: number
  stepMs: number
}

/** What is learned of every tool. */
export class Silence {
  readonly #quietMs: number
  readonly #tools = new Map<string, Tool>()

  constructor(quietMs: number) {
    this.#quietMs = quietMs
  }

  /** Hears that a tool spoke, in order of time. */
  hear(name: string, atMs: number): void {
    const tool = this.#tools.get(name)
    if (tool === undefined) {
      this.#tools.set(name, { lastMs: atMs, pauses: new Array<number>(LENGTHS).fill(0), count: 0, stepMs: 0 })
      return
    }
    const pauseMs = atMs - tool.lastMs
    tool.lastMs = atMs
    if (pauseMs <= ONE_MOMENT_MS) return
    const length = Math.min(LENGTHS - 1, Math.round(PER_DOUBLING * Math.log2(pauseMs / 1_000)))
    tool.pauses[length] = (tool.pauses[length] ?? 0) + 1
    tool.count += 1
    tool.stepMs = stepOf(tool)
  }

  /** How long a problem of the tool may be silent, in ms; `count` observations of it came within `lastedMs`. */
  allowedMs(name: string, count: number, lastedMs: number): number {
    const stepMs = this.#tools.get(name)?.stepMs ?? 0
    if (stepMs >= STEP_MIN_MS) return Math.max(this.#quietMs, Math.min(QUIET_MAX_MS, STEPS * stepMs))
    if (count < STORM_COUNT) return this.#quietMs
    return Math.min(this.#quietMs, Math.max(STORM_QUIET_MS, (STORM_PAUSES * lastedMs) / count))
  }
}

function stepOf({ pauses, count }: Tool): number {
  if (count < PAUSES_MIN) return 0
  let left = Math.max(1, count * SHORTER_SHARE)
  for (let i = 0; i < LENGTHS; i += 1) {
    left -= pauses[i] ?? 0
    if (left <= 0) return 1_000 * 2 ** (i / PER_DOUBLING)
  }
  return 0
}

/** What falls due, to the second; what was put off is asked again later. */
export class DueSeconds {
  readonly #keys = new Map<number, string[]>()
  #next = Number.POSITIVE_INFINITY

  add(key: string, dueMs: number): void {
    const second = Math.floor(dueMs / 1_000) + 1
    const keys = this.#keys.get(second)
    if (keys === undefined) this.#keys.set(second, [key])
    else keys.push(key)
    if (second < this.#next) this.#next = second
  }

  /** Hands over every key whose second has come, in order. */
  take(atMs: number, due: (key: string) => void): void {
    const now = Math.floor(atMs / 1_000)
    for (; this.#next <= now && this.#keys.size > 0; this.#next += 1) {
      const keys = this.#keys.get(this.#next)
      if (keys === undefined) continue
      this.#keys.delete(this.#next)
      for (const key of keys) due(key)
    }
    if (this.#keys.size === 0) this.#next = Number.POSITIVE_INFINITY
  }
}
