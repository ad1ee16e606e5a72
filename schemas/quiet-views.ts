/** The JSON forms in which what is kept quiet is answered. */
import type { ProblemStatus, Severity } from './records.ts'
import type { PageQuery } from './views.ts'

/** How a problem may come to be kept quiet. */
export const QUIET_KINDS = ['maintenance', 'silence', 'inhibition', 'dependency', 'hold'] as const
/** One of them. */
export type QuietKind = (typeof QUIET_KINDS)[number]

/** A problem that is kept quiet. */
export interface SuppressedView {
  readonly companyId: string
  readonly problemKey: string
  readonly title: string
  readonly asset: string | null
  readonly signature: string | null
  readonly source: string
  readonly integrationId: string
  readonly severity: Severity
  readonly status: ProblemStatus
  readonly flapping: boolean
  readonly episode: number
  readonly alertCount: number
  readonly firstAt: string
  readonly lastAt: string
  readonly resolvedAt: string | null
  readonly kind: QuietKind
  /** Null for a dependency, which needs no rule. */
  readonly ruleId: string | null
  readonly reason: string
  /** The problem that explains it. */
  readonly byProblemKey: string | null
  readonly since: string
  /** Null: until what explains it ends. */
  readonly until: string | null
}

/** Which of them; nulls mean any. */
export interface SuppressedQuery extends PageQuery {
  readonly companyId: string | null
  readonly kind: string | null
  readonly ruleId: string | null
  readonly status: string | null
}

/** What was kept quiet in a time, by kind and rule. */
export interface SuppressedFigure {
  readonly kind: QuietKind
  readonly ruleId: string | null
  readonly problems: number
  readonly alerts: number
  /** Cleared before anybody was told. */
  readonly cleared: number
  /** Told after all. */
  readonly released: number
}

/** A silence in effect or to come. */
export interface SilenceView {
  readonly id: string
  readonly companyId: string
  readonly when: readonly string[]
  readonly startsAt: string
  readonly endsAt: string
  readonly reason: string
  readonly by: string
  /** msp: it holds for all companies, and is changed there. */
  readonly from: 'msp' | 'company'
}
