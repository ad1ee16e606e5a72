/** What other settings would have made of alerts of the past, beside what those in force make of them. */
import type { TuneView } from './tuning.ts'
import type { TrialSettings } from './trial-settings.ts'

/** One of the two sides. */
export interface BacktestSide {
  readonly problems: number
  readonly incidents: number
  /** Alerts that were kept quiet. */
  readonly quietAlerts: number
  /** 1 - incidents / alerts. */
  readonly noiseReduction: number
}

/** An incident as an example shows it. */
export interface IncidentBrief {
  readonly title: string
  readonly openedAt: string
  readonly severity: string
  /** Alerts of it, on its own side. */
  readonly alerts: number
  /** At most 5. */
  readonly assets: readonly string[]
}

/** Incidents that would become one, or one that would become several; lists are cut at 10, largest first, `parts` counts them all. */
export interface RegroupedExample {
  readonly whole: IncidentBrief
  readonly parts: number
  readonly of: readonly IncidentBrief[]
}

/** Both sides beside one another. Counts are whole, examples are the largest. */
export interface ComparisonView {
  readonly alerts: number
  readonly before: BacktestSide
  readonly after: BacktestSide
  /** Incidents that hold the same alerts on both sides. */
  readonly unchanged: number
  /** Incidents after that hold alerts of several before. */
  readonly merges: { readonly count: number; readonly examples: readonly RegroupedExample[] }
  /** Incidents before whose alerts lie in several after. */
  readonly splits: { readonly count: number; readonly examples: readonly RegroupedExample[] }
  /** Incidents before of which nothing would be shown any more, and those after that were kept quiet before. */
  readonly quieted: { readonly count: number; readonly examples: readonly IncidentBrief[] }
  readonly unquieted: { readonly count: number; readonly examples: readonly IncidentBrief[] }
}

/** What is asked for: whose history, from when (inclusive) to when (exclusive), and what to try. */
export interface HistoryBacktestQuery {
  readonly companyId: string
  readonly fromMs: number
  readonly toMs: number
  /** Tried over the settings in force; what is absent stays. */
  readonly settings: TrialSettings
  /** Compared with, over the settings in force; null: those themselves. */
  readonly compareWith: TrialSettings | null
  /** In place of the company's graph; null: that one. */
  readonly topology: readonly { readonly from: string; readonly to: string; readonly kind: string }[] | null
  /** Alerts at most, oldest first. */
  readonly limit: number
  /** Set: settings are searched by what people corrected, and what is found is compared with those in force. */
  readonly tune: { readonly seed: number; readonly evaluations: number } | null
}

/** What came of a backtest over stored history. */
export interface HistoryBacktestResult extends ComparisonView {
  /** What production made of the same time, by its own facts: with the settings, commands and losses of then. */
  readonly production: { readonly incidents: number }
  /** Revision of the settings in force that both sides start from. */
  readonly settingsRevision: number
  /** Where to go on, when there were more alerts than the limit; null when all were read. */
  readonly nextFrom: string | null
  /** What a search found; null where none was asked for. A person puts it in force, or not. */
  readonly tuned: TuneView | null
}

/** States of a backtest; the last three are ends. */
export const BACKTEST_STATES = ['running', 'done', 'failed', 'cancelled'] as const

/** One of the states above. */
export type BacktestState = (typeof BACKTEST_STATES)[number]

/** A backtest as the API shows it. */
export interface BacktestView {
  readonly id: string
  readonly companyId: string
  readonly state: BacktestState
  readonly from: string
  readonly to: string
  readonly settings: TrialSettings
  readonly compareWith: TrialSettings | null
  readonly progress: { readonly done: number; readonly total: number }
  readonly result: HistoryBacktestResult | null
  readonly code: string | null
  readonly message: string | null
  readonly by: string
  readonly createdAt: string
  readonly endedAt: string | null
}
