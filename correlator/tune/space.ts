/** Settings as points that a search can move: each coordinate from 0 to 1. */
import type { TunedSettings } from '../../schemas/tuning.ts'
import { LIMITS } from '../../schemas/settings-rules.ts'
import { DEFAULT_WEIGHTS } from '../settings.ts'

/** Coordinates by name; those of the weights by `weights.<name>`. */
export type Point = Readonly<Record<string, number>>

const HOUR_MS = 3_600_000
const SECOND_MS = 1_000
const THRESHOLD = { min: 0.2, max: 0.95 }
const LIFE = { minMs: HOUR_MS, maxMs: 24 * HOUR_MS }
const PREFIX = 'weights.'

const share = (value: number, min: number, max: number): number => Math.min(1, Math.max(0, (value - min) / (max - min)))
const at = (position: number, min: number, max: number): number => min + position * (max - min)
const thousandths = (value: number): number => Math.round(value * 1_000) / 1_000

/** The point of settings; what lies outside of the space is moved to its edge. */
export function pointOf({ windowMs, maxLifeMs, joinThreshold, weights }: TunedSettings): Point {
  return {
    joinThreshold: share(joinThreshold, THRESHOLD.min, THRESHOLD.max), windowMs: share(windowMs, LIMITS.windowMs.min, LIMITS.windowMs.max),
    maxLifeMs: share(Math.log2(maxLifeMs), Math.log2(LIFE.minMs), Math.log2(LIFE.maxMs)),
    ...Object.fromEntries(Object.entries({ ...DEFAULT_WEIGHTS, ...weights }).map(([name, weight]) => [`${PREFIX}${name}`, share(weight, 0, 1)])),
  }
}

/** The settings of a point, in round numbers. */
export function settingsAt(point: Point): TunedSettings {
  const coordinate = (name: string): number => point[name] ?? 0
  const minute = 60 * SECOND_MS
  return {
    windowMs: Math.round(at(coordinate('windowMs'), LIMITS.windowMs.min, LIMITS.windowMs.max) / SECOND_MS) * SECOND_MS,
    maxLifeMs: Math.round(2 ** at(coordinate('maxLifeMs'), Math.log2(LIFE.minMs), Math.log2(LIFE.maxMs)) / minute) * minute,
    joinThreshold: thousandths(at(coordinate('joinThreshold'), THRESHOLD.min, THRESHOLD.max)),
    weights: Object.fromEntries(Object.entries(point).filter(([name]) => name.startsWith(PREFIX)).map(([name, value]) => [name.slice(PREFIX.length), thousandths(value)])),
  }
}
