/** A company's correlation settings, with every default filled in and every number inside its limits. */
import type { CompanyEntry } from '../schemas/records.ts'
import { DEFAULT_SETTINGS } from '../schemas/settings.ts'
import { canonical } from './text.ts'

/** What each feature adds to a score at most. A company may tune them by name. */
export interface Weights {
  /** Same asset. */
  readonly same_asset: number
  /** The assets are joined in the dependency graph, or the labels of one name the other. */
  readonly related_asset: number
  /** The assets are in one connected part of the dependency graph, and the problems began together. */
  readonly began_together: number
  /** Same signature. */
  readonly same_signature: number
  /** Two assets of a site cannot be reached since about the same time. */
  readonly site_outage: number
  /** Another tool says the same of the same asset. */
  readonly other_tool: number
  /** Labels agree; labels that name different places count against. */
  readonly labels: number
  /** Titles and messages share words. */
  readonly text: number
  /** How much of the score is lost over time: 0 nothing inside the window, 1 as the curve of `nearness` says. */
  readonly nearness: number
}

/** Chosen over all data sets at once; see docs/correlation.md. */
export const DEFAULT_WEIGHTS: Weights = {
  same_asset: 0.45,
  related_asset: 0.5,
  began_together: 0.3,
  same_signature: 0.35,
  site_outage: 0.5,
  other_tool: 0.2,
  labels: 0.25,
  text: 0.15,
  nearness: 1,
}

/** Settings ready for use. */
export interface Tuning {
  readonly windowMs: number
  readonly maxLifeMs: number
  readonly threshold: number
  readonly weights: Weights
  /** Canonical names. */
  readonly critical: ReadonlySet<string>
}

const MINUTE_MS = 60_000
const WINDOW_MAX_MS = 60 * MINUTE_MS

/** Settings of a company that has sent none. */
export const DEFAULT_TUNING: Tuning = {
  windowMs: DEFAULT_SETTINGS.windowMs,
  maxLifeMs: DEFAULT_SETTINGS.maxLifeMs,
  threshold: DEFAULT_SETTINGS.joinThreshold,
  weights: DEFAULT_WEIGHTS,
  critical: new Set(),
}

/** Fills in defaults; unknown weights are ignored and numbers are clamped, so that no settings record can stop the stream. */
export function tuningOf(entry: Pick<CompanyEntry, 'windowMs' | 'maxLifeMs' | 'joinThreshold' | 'weights' | 'criticalAssets'>): Tuning {
  const weights: Record<string, number> = { ...DEFAULT_WEIGHTS }
  for (const name of Object.keys(DEFAULT_WEIGHTS)) {
    const weight = entry.weights[name]
    if (weight !== undefined && Number.isFinite(weight)) weights[name] = clamp(weight, 0, 1)
  }
  return {
    windowMs: clamp(entry.windowMs, MINUTE_MS, WINDOW_MAX_MS),
    maxLifeMs: Math.max(entry.maxLifeMs, MINUTE_MS),
    threshold: clamp(entry.joinThreshold, 0.05, 1),
    weights: weights as { [K in keyof Weights]: number },
    critical: new Set(entry.criticalAssets.flatMap((name) => canonical(name) ?? [])),
  }
}

const clamp = (value: number, low: number, high: number): number => (Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : low)
