/**
 * How fast a company's problems and alerts usually come, by hour of the week in UTC: mean and mean square of the counts of minutes and the most within a
 * minute, each an exponentially weighted mean over the weeks. Learned when an hour is over, so its cost is that of an hour, not of a problem.
 */
import type { CorrelateEntry, UsualEntry, UsualRates } from '../../schemas/records.ts'

/** What is counted. */
export type Measure = 'problems' | 'alerts'

/** From how many within a minute on a measure is a storm, and what is usual. */
export interface Limit {
  readonly limit: number
  /** A minute, on average. */
  readonly usual: number
  /** Most within a minute; null while too little is known. */
  readonly usualPeak: number | null
}

const WEEK_HOURS = 168
const DAY_HOURS = 24
/** An hour of the week counts once it was seen so often; until then the same hour of other days stands for it. */
const SEEN_MIN = 2
/** Weight of the newest week, once four were seen. */
const WEIGHT_MIN = 0.25
/** A storm is so many times the usual peak, and so many standard deviations above the mean. */
const PEAK_FACTOR = 3
const DEVIATIONS = 6
/** Fewer than this within a minute are never a storm. */
export const FLOOR: Readonly<Record<Measure, number>> = { problems: 20, alerts: 400 }
/** While a company has been heard for less than a day nothing is usual, and this many within a minute are a storm. */
export const COLD: Readonly<Record<Measure, number>> = { problems: 60, alerts: 1_200 }
/** Hours a company is heard before its own figures count. */
export const COLD_HOURS = 24

const MINUTES = 60

const zeros = (): number[] => new Array<number>(WEEK_HOURS).fill(0)
const noRates = (): UsualRates => ({ rate: zeros(), square: zeros(), peak: zeros() })

/** The rates of one company. */
export class Usual {
  readonly stateKey: string
  readonly entry: CorrelateEntry
  readonly #state: UsualEntry

  constructor(companyId: string, stored: UsualEntry | null) {
    this.#state = stored ?? { type: 'usual', companyId, seen: zeros(), problems: noRates(), alerts: noRates() }
    this.stateKey = `${companyId}|u`
    this.entry = { event: this.#state }
  }

  /** Learns from a whole hour, given its number since 1970 and, by measure, sums over its minutes. */
  learn(hour: number, of: Readonly<Record<Measure, { readonly hourSum: number; readonly hourSquare: number; readonly hourPeak: number }>>): void {
    const slot = hour % WEEK_HOURS
    const seen = this.#state.seen[slot] ?? 0
    const weight = Math.max(WEIGHT_MIN, 1 / (seen + 1))
    for (const measure of ['problems', 'alerts'] as const) {
      const { hourSum, hourSquare, hourPeak } = of[measure]
      const { rate, square, peak } = this.#state[measure]
      rate[slot] = toward(rate[slot], hourSum / MINUTES, weight)
      square[slot] = toward(square[slot], hourSquare / MINUTES, weight)
      peak[slot] = toward(peak[slot], hourPeak, weight)
    }
    this.#state.seen[slot] = Math.min(seen + 1, 1_000)
  }

  /** What is usual in an hour. Its neighbours count for the peak, so that neither a job that runs at the full hour nor summer time makes a storm. */
  limitAt(hour: number, measure: Measure, hoursKnown: number): Limit {
    if (hoursKnown < COLD_HOURS) return { limit: COLD[measure], usual: 0, usualPeak: null }
    const { rate, square, peak } = this.#state[measure]
    let [limit, usualPeak] = [FLOOR[measure], 0]
    for (const near of [hour - 1, hour, hour + 1]) {
      for (const slot of this.#slots(near)) {
        const [mean = 0, meanSquare = 0, most = 0] = [rate[slot], square[slot], peak[slot]]
        usualPeak = Math.max(usualPeak, most)
        limit = Math.max(limit, PEAK_FACTOR * most, mean + DEVIATIONS * Math.sqrt(Math.max(mean, meanSquare - mean * mean)))
      }
    }
    const here = this.#slots(hour)
    return { limit: Math.ceil(limit), usual: here.reduce((sum, slot) => sum + (rate[slot] ?? 0), 0) / Math.max(1, here.length), usualPeak }
  }

  /** The hour of the week itself once it is known, else the same hour of every day that was seen. */
  #slots(hour: number): readonly number[] {
    const { seen } = this.#state
    const slot = hour % WEEK_HOURS
    if ((seen[slot] ?? 0) >= SEEN_MIN) return [slot]
    const slots: number[] = []
    for (let same = slot % DAY_HOURS; same < WEEK_HOURS; same += DAY_HOURS) if ((seen[same] ?? 0) > 0) slots.push(same)
    return slots
  }
}

function toward(before: number | undefined, now: number, weight: number): number {
  return (before ?? 0) + ((now - (before ?? 0)) * weight)
}
