/** The JSON forms in which the API tells of analyses and of what they cost. Money is in millionths of a US dollar. */

/** Why an incident is analysed; `requested` by a person. */
export type AnalysisReason = 'requested' | 'critical' | 'pattern' | 'several_tools' | 'ambiguous' | 'grown'

/** One analysis of an incident, or why there is none. */
export interface AnalysisView {
  readonly id: string
  /** asking, done, rules_only, over_budget, failed or interrupted. */
  readonly status: string
  readonly reason: string | null
  readonly why: AnalysisReason
  /** Version of the incident that was judged. */
  readonly version: number
  readonly promptVersion: string
  readonly tier: string | null
  readonly provider: string | null
  readonly model: string | null
  readonly calls: number
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly outputTokens: number
  readonly costMicroUsd: number
  readonly latencyMs: number
  readonly isCached: boolean
  readonly repaired: boolean
  readonly output: unknown
  readonly commandId: string | null
  readonly createdAt: string
  readonly endedAt: string | null
}

/** A company's use of language models in one month, UTC. */
export interface LlmMonth {
  /** `2026-03` */
  readonly month: string
  readonly calls: number
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly outputTokens: number
  readonly spentMicroUsd: number
  /** Set aside for calls under way. */
  readonly reservedMicroUsd: number
  /** Calls not made for want of budget. */
  readonly refused: number
  /** Incidents left out because too many waited. */
  readonly skipped: number
  readonly cacheHits: number
  readonly cacheMisses: number
  /** 0 to 1 */
  readonly cacheHitRate: number
  /** 80 or 100 once people were told. */
  readonly alertedPercent: number
}

/** What a company's month has come to, and the months before, newest first. */
export interface LlmUsageView {
  readonly companyId: string
  readonly month: string
  readonly budgetMicroUsd: number
  /** False: it is the one for all companies. */
  readonly budgetIsOwn: boolean
  /** Whether names of machines are hidden from models. */
  readonly hidesHosts: boolean
  readonly usedPercent: number
  readonly isAlerted: boolean
  readonly isStopped: boolean
  readonly months: readonly LlmMonth[]
}

/** What may be decided; null takes a company's own value back. */
export interface LlmSettingsChange {
  readonly monthlyMicroUsd?: number | null
  readonly hidesHosts?: boolean | null
}
