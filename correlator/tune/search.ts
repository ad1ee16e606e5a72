/**
 * A search for better settings: coordinate descent in an order that a seed decides, with shrinking steps and restarts beside the best point. A move counts
 * only when it is better on the whole and worse on no part of the time, and the newest part is never looked at: it tells in the end whether what
 * was found holds for days that were not searched.
 */
import type { TunedScore, TunedSettings } from '../../schemas/tuning.ts'
import { randomFrom, shuffled } from './random.ts'
import { pointOf, settingsAt, type Point } from './space.ts'

/** Parts of the time that scores are given for; the newest is kept back. */
export const PARTS = 4
/** Gain that counts, and loss on one part that is forgiven. */
const GAIN = 0.001
const LOSS = 0.01
const STEPS = [0.3, 0.15, 0.07]
/** Where a restart begins: so far from the best at most. */
const RESTART = 0.25

/** What a search is given. */
export interface SearchOptions {
  readonly start: TunedSettings
  /** Scores of settings by part of the time, oldest first; NaN for a part that says nothing. Must always answer the same for the same settings. */
  readonly evaluate: (settings: TunedSettings) => readonly number[]
  readonly seed: number
  /** Settings tried at most, the first of them those to start from. */
  readonly evaluations: number
  /** Called after each. */
  readonly onTried?: (tried: number) => void
}

/** What it found. */
export interface Found {
  readonly settings: TunedSettings
  readonly before: TunedScore
  readonly after: TunedScore
  readonly evaluations: number
  readonly isBetter: boolean
}

interface Tried { readonly point: Point; readonly score: TunedScore }

/** Searches. Deterministic: the same options give the same answer. */
export function search({ start, evaluate, seed, evaluations, onTried }: SearchOptions): Found {
  const random = randomFrom(seed)
  const known = new Map<string, TunedScore>()
  let tried = 0
  const score = (point: Point): TunedScore | null => {
    const settings = settingsAt(point)
    const key = JSON.stringify(settings)
    const before = known.get(key)
    if (before !== undefined) return before
    if (tried >= evaluations) return null
    const judged = scoreOf(evaluate(tried === 0 ? start : settings))
    known.set(key, judged)
    tried += 1
    onTried?.(tried)
    return judged
  }

  const first: Tried = { point: pointOf(start), score: score(pointOf(start)) ?? scoreOf([]) }
  let best = descend(first, { score, random })
  for (let restarts = 0; tried < evaluations && restarts < evaluations; restarts += 1) {
    const point = Object.fromEntries(Object.entries(best.point).map(([name, value]) => [name, Math.min(1, Math.max(0, value + (random() * 2 - 1) * RESTART))]))
    const from = score(point)
    if (from === null) break
    const reached = descend({ point, score: from }, { score, random })
    if (isBetter(reached.score, best.score)) best = reached
  }
  const isHeld = best.score.keptBack === null || first.score.keptBack === null || best.score.keptBack >= first.score.keptBack
  const better = isBetter(best.score, first.score) && isHeld
  return { settings: best === first ? start : settingsAt(best.point), before: first.score, after: best.score, evaluations: tried, isBetter: better }
}

/** Walks from a point as long as a step leads to something better. */
function descend(from: Tried, { score, random }: { readonly score: (point: Point) => TunedScore | null; readonly random: () => number }): Tried {
  let best = from
  for (const step of STEPS) {
    for (let isMoving = true; isMoving;) {
      isMoving = false
      for (const name of shuffled(Object.keys(best.point), random)) {
        for (const direction of random() < 0.5 ? [1, -1] : [-1, 1]) {
          const value = Math.min(1, Math.max(0, (best.point[name] ?? 0) + direction * step))
          const point = { ...best.point, [name]: value }
          const judged = value === best.point[name] ? null : score(point)
          if (judged === null || !isBetter(judged, best.score)) continue
          best = { point, score: judged }
          isMoving = true
          break
        }
      }
    }
  }
  return best
}

function isBetter(one: TunedScore, than: TunedScore): boolean {
  return one.mean >= than.mean + GAIN && one.searched.every((value, part) => value === null || value >= (than.searched[part] ?? 0) - LOSS)
}

function scoreOf(parts: readonly number[]): TunedScore {
  const told = parts.map((value) => (Number.isNaN(value) ? null : value))
  const searched = told.slice(0, PARTS - 1)
  const known = searched.filter((value) => value !== null)
  return { searched, mean: known.length === 0 ? 0 : known.reduce((sum, value) => sum + value, 0) / known.length, keptBack: told[PARTS - 1] ?? null }
}
