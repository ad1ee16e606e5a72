/**
 * How near in time two problems must have begun to say something, learned for each place of a company. Where a new problem comes every
 * quarter of an hour, two within a minute are hardly chance; where one comes every ten seconds, only those within two seconds are not.
 *
 * What is learned: the pauses between the seconds in which problems began, by length, each counting half after an hour. The span is the
 * shortest time within which the next unrelated problem begins with a chance of about one in eight. A problem is judged by what was learned up to
 * the minute before the last, so that problems that arrive up to the lateness bound apart may come in any order.
 *
 * A storm of one cause that goes on at an even pace for minutes looks like a busy place. So the span falls in two steps: at once to a third of the
 * longest of the last hour, which still joins what the storm brings, and below that only where the pace has lasted for an hour.
 */
import type { CorrelateEntry, TempoEntry } from '../schemas/records.ts'
import { LATENESS_MS } from './score.ts'

/** The span while nothing is known, and the longest for tools that speak every minute and oftener. */
export const SPAN_MS = LATENESS_MS
const SPAN_MIN_MS = 2_000
/** A tool that measures every five minutes tells what began together five minutes apart. */
const SPAN_MAX_MS = 6 * 60_000

const MINUTE_S = 60
/** Minutes before that of the problem that are not learned from yet. */
const UNSETTLED = 2
/** So long a pace must last, in minutes, before the span falls below a part of what it was: a storm of one cause is over by then. */
const LASTING = 60
const FLOOR_SHARE = 1 / 3
/** Minutes whose span is still known: those, and as many more as a problem may arrive late. */
const SPANS = LASTING + 3
const HALF_LIFE_S = 3_600
/** Pauses are counted by length, four lengths to each doubling; up to 36 hours. */
const LENGTHS = 68
const PER_DOUBLING = 4
/** A longer pause counts as so long: a night of silence does not make the morning quiet. */
const PAUSE_MAX_S = 3_600
/** What is believed before anything is heard: so many pauses of so many seconds. */
const PRIOR_PAUSES = 2
const PRIOR_PAUSE_S = 480
/** The chance of an unrelated problem within the span. */
const CHANCE = 0.13
/** The pauses of a tool that measures in steps are hardly ever shorter than a step; this share of them may be. */
const STEP_SHARE = 0.1
const STEP_FROM_S = 2
const STEP_PAUSES = 3
const STEP_SLACK = 1.2

/** The tempo of one place. */
export class Tempo {
  readonly stateKey: string
  readonly entry: CorrelateEntry
  readonly #state: TempoEntry

  constructor(companyId: string, place: string, stored: TempoEntry | null = null) {
    this.#state = stored ?? { type: 'tempo', companyId, place, minute: -1, lastS: -1, heardS: 0, pauses: new Array<number>(LENGTHS).fill(0), pendingS: [], spansMs: [SPAN_MS] }
    this.stateKey = `${companyId}|o|${place}`
    this.entry = { event: this.#state }
  }

  get place(): string {
    return this.#state.place
  }

  /** Hears of a problem that began; the span it is judged by, in ms. */
  hear(onsetMs: number): number {
    const state = this.#state
    const second = Math.floor(onsetMs / 1_000)
    const settled = Math.floor(second / MINUTE_S) - UNSETTLED
    this.#settle(settled)
    if (Math.floor(second / MINUTE_S) > state.minute) insert(state.pendingS, second)
    const { spansMs } = state
    const at = Math.max(0, spansMs.length - 1 - (state.minute - settled))
    let longestMs = 0
    for (let i = Math.max(0, at - LASTING + 1); i <= at; i += 1) longestMs = Math.max(longestMs, spansMs[i] ?? SPAN_MS)
    return Math.max(spansMs[at] ?? SPAN_MS, Math.round(FLOOR_SHARE * Math.min(SPAN_MS, longestMs)))
  }

  #settle(upTo: number): void {
    const state = this.#state
    const { pendingS } = state
    let at = 0
    while (at < pendingS.length) {
      const minute = Math.floor((pendingS[at] ?? 0) / MINUTE_S)
      if (minute > upTo) break
      this.#pass(minute - 1)
      for (; at < pendingS.length && Math.floor((pendingS[at] ?? 0) / MINUTE_S) === minute; at += 1) this.#count(pendingS[at] ?? 0)
      this.#tell(minute, this.#span())
    }
    pendingS.splice(0, at)
    this.#pass(upTo)
    if (state.spansMs.length > SPANS) state.spansMs.splice(0, state.spansMs.length - SPANS)
  }

  /** Minutes in which nothing began. */
  #pass(upTo: number): void {
    const { minute, spansMs } = this.#state
    const span = spansMs.at(-1) ?? SPAN_MS
    for (let i = Math.max(minute + 1, upTo - SPANS + 1); i <= upTo; i += 1) this.#tell(i, span)
  }

  #tell(minute: number, spanMs: number): void {
    const state = this.#state
    state.minute = minute
    state.spansMs.push(spanMs)
  }

  #count(second: number): void {
    const state = this.#state
    const pauseS = second - state.lastS
    const isFirst = state.lastS < 0
    state.lastS = second
    if (isFirst) return
    const keep = 2 ** (-pauseS / HALF_LIFE_S)
    const { pauses } = state
    for (let i = 0; i < LENGTHS; i += 1) pauses[i] = (pauses[i] ?? 0) * keep
    state.heardS = state.heardS * keep + Math.min(pauseS, PAUSE_MAX_S)
    const length = lengthOf(pauseS)
    pauses[length] = (pauses[length] ?? 0) + 1
  }

  #span(): number {
    const { pauses, heardS } = this.#state
    let longer = PRIOR_PAUSES
    for (const count of pauses) longer += count
    const seconds = CHANCE * (heardS + PRIOR_PAUSES * PRIOR_PAUSE_S)
    let spanS = 0
    for (let i = 0; i < LENGTHS; i += 1) {
      longer -= pauses[i] ?? 0
      spanS = 2 ** (i / PER_DOUBLING)
      if (spanS * longer >= seconds) break
    }
    const longestMs = Math.min(SPAN_MAX_MS, Math.max(SPAN_MS, 1_000 * STEP_SLACK * stepS(pauses)))
    return Math.round(Math.min(longestMs, Math.max(SPAN_MIN_MS, 1_000 * spanS)))
  }
}

/** The step in which the tools of a place measure, in s; 0 where there is none or it is not known yet. */
function stepS(pauses: readonly number[]): number {
  let all = 0
  const from = lengthOf(STEP_FROM_S) + 1
  for (let i = from; i < LENGTHS; i += 1) all += pauses[i] ?? 0
  if (all < STEP_PAUSES) return 0
  let left = all * STEP_SHARE
  for (let i = from; i < LENGTHS; i += 1) {
    left -= pauses[i] ?? 0
    if (left <= 0) return 2 ** (i / PER_DOUBLING)
  }
  return 0
}

const lengthOf = (pauseS: number): number => Math.min(LENGTHS - 1, Math.round(PER_DOUBLING * Math.log2(Math.max(1, pauseS))))

/** Keeps the list ascending and without repetition; most come at its end. */
function insert(seconds: number[], second: number): void {
  let at = seconds.length
  while (at > 0 && (seconds[at - 1] ?? 0) > second) at -= 1
  if (at === 0 || seconds[at - 1] !== second) seconds.splice(at, 0, second)
}
