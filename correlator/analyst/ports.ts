/** What the analyst needs of the rest of the program; `storage/analyses` and `app.ts` fit these by shape. */
import type { Analysis } from './answer.ts'
import type { Material, RunbookFacts } from './material.ts'
import type { ModelTier } from './model/port.ts'
import type { Why } from './worth.ts'

/** An incident that waits to be analysed, in the hands of this process. */
export interface Waiting {
  readonly incidentId: string
  readonly companyId: string
  readonly why: Why
}

/**
 * How an analysis stands. `asking`: a call may be under way; `done`; `rules_only`: no model was asked, on purpose; `over_budget`; `failed`: every
 * provider failed, or the answer was no use; `interrupted`: the process ended during the call, which may have been paid for.
 */
export type AnalysisStatus = 'asking' | 'done' | 'rules_only' | 'over_budget' | 'failed' | 'interrupted'

/** Tokens and money. */
export interface Spent {
  readonly calls: number
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly outputTokens: number
  readonly costMicroUsd: number
}

/** Where an analysis begins. */
export interface Beginning {
  readonly material: Material
  readonly why: Why
  readonly promptVersion: string
  /** Set aside before the first call, in millionths of a US dollar; 0 where none will be made. */
  readonly reserveMicroUsd: number
}

/** `known`: this version was analysed by these words, or a call for it is under way. */
export type Begun = { readonly kind: 'begun'; readonly analysisId: string } | { readonly kind: 'known' | 'over_budget' }

/** How an analysis ends. */
export interface Ending {
  readonly status: Exclude<AnalysisStatus, 'asking'>
  /** Why there is none, in words; null when there is one. */
  readonly reason: string | null
  readonly tier: ModelTier | null
  readonly provider: string | null
  readonly model: string | null
  readonly spent: Spent
  readonly latencyMs: number
  readonly isCached: boolean
  readonly repaired: boolean
  readonly output: Analysis | null
  /** The answer as the model gave it, for others of this shape; null: not to be kept. */
  readonly keep: { readonly shape: string; readonly answer: unknown } | null
  /** Text of the note and what it advises; null: nothing is said. */
  readonly note: { readonly text: string; readonly severity: string | null; readonly confidence: number | null } | null
}

/** An answer from the cache. */
export interface CachedAnswer {
  readonly answer: unknown
  readonly provider: string
  readonly model: string
}

/** What a company's month has come to crossed 80 or 100 per cent of its budget just now; null: neither. */
export type BudgetAlert = { readonly companyId: string; readonly percent: 80 | 100; readonly spentMicroUsd: number; readonly budgetMicroUsd: number } | null

/** Kept in the database, each step in a transaction of its own. */
export interface AnalysisStore {
  /** Takes incidents that are due into this process's hands, at most `limit`. `logNowMs` by partition; those of other partitions are left to whoever reads them. */
  claim(logNowMs: ReadonlyMap<number, number>, limit: number): Promise<readonly Waiting[]>
  /** The incident as it is shown now; `behind` while the projection does not show it yet, null when it is over or gone. */
  material(waiting: Waiting): Promise<Omit<Material, 'categories' | 'runbooks'> | 'behind' | null>
  /** Gives it back, to be taken again later. */
  release(incidentId: string): Promise<void>
  /** Takes it off the list. */
  drop(incidentId: string): Promise<void>
  /** Writes the row that says a call is about to be made, and sets money aside, together; no two processes get `begun` for one version. */
  begin(beginning: Beginning): Promise<{ readonly begun: Begun; readonly alert: BudgetAlert }>
  /** Sets more aside for a further call; false when the budget does not allow it. */
  reserve(analysisId: string, companyId: string, microUsd: number): Promise<boolean>
  /** Result, money, cache, note and list in one durable transaction. */
  end(analysisId: string, material: Material, ending: Ending): Promise<BudgetAlert>
  cached(companyId: string, shape: string): Promise<CachedAnswer | null>
  /** Settles calls of processes that ended during them; answers how many. */
  sweep(): Promise<number>
  /** Incidents that wait now, and those left out because too many did, since the last time this was asked. */
  queue(): Promise<{ readonly waiting: number; readonly skipped: number }>
}

/** What the runbook library offers for an incident. */
export interface RunbookLibrary {
  list(companyId: string): Promise<readonly RunbookFacts[]>
}

/** A company's categories, the default ones included. */
export type CategoriesOf = (companyId: string) => Promise<readonly string[]>

/** The fields every `incident_updated` has, and how the analysis ended. */
export interface UpdatedIncident {
  readonly id: string
  readonly companyId: string
  readonly version: number
  readonly status: string
  readonly severity: string
  readonly title: string
  readonly assignee: string | null
  readonly alertCount: number
  readonly problemCount: number
  readonly mergedInto: null
  readonly analysis: AnalysisStatus
}

/** What is told while an analysis comes about. */
export type AnalystNews =
  | { readonly type: 'analysis_delta'; readonly companyId: string; readonly assignee: string | null; readonly data: { readonly incidentId: string; readonly analysisId: string; readonly at: number; readonly text: string } }
  | { readonly type: 'incident_updated'; readonly companyId: string; readonly assignee: string | null; readonly data: UpdatedIncident }
  | { readonly type: 'notification'; readonly companyId: string; readonly data: { readonly kind: 'llm_budget'; readonly companyId: string; readonly percent: number; readonly spentMicroUsd: number; readonly budgetMicroUsd: number } }

/** Counters; labels are bounded. */
export interface AnalystMetrics {
  ended(status: AnalysisStatus, why: Why): void
  spent(tier: ModelTier, spent: Spent): void
  cache(result: 'hit' | 'miss'): void
  queue(waiting: number, skipped: number): void
  budget(percent: 80 | 100): void
}

/** What people should read. */
export interface AnalystLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}
