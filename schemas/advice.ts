/** What the past suggests to change, with the figures it rests on. */
import type { HoldRule, InhibitionRule, MaintenanceRule } from './rules.ts'

/** A problem of the past: one episode. */
export interface PastProblem {
  readonly problemKey: string
  /** Empty: it never had one, as it was kept quiet. */
  readonly incidentId: string
  readonly source: string
  readonly asset: string | null
  readonly signature: string | null
  readonly severity: string
  readonly alerts: number
  readonly startMs: number
  /** Null: it never ended. */
  readonly endMs: number | null
}

/** Kinds of advice. */
export const ADVICE_KINDS = ['hold', 'maintenance', 'inhibition', 'noisy'] as const

/** One of the kinds above. */
export type AdviceKind = (typeof ADVICE_KINDS)[number]

/** The rule that would follow it, and the list of the rule book it belongs to. */
export type AdvisedRule =
  | { readonly list: 'holds'; readonly rule: HoldRule }
  | { readonly list: 'maintenance'; readonly rule: MaintenanceRule }
  | { readonly list: 'inhibitions'; readonly rule: InhibitionRule }

/** One piece of advice. */
export interface Advice {
  /** The same for the same monitor as long as the advice stands. */
  readonly id: string
  readonly kind: AdviceKind
  /** A sentence for people, with its counts. */
  readonly text: string
  /** What it rests on, with the unit in the name; `problems` is how many it concerns, `saved` how many would not have been shown. */
  readonly figures: Readonly<Record<string, number>>
  /** Null where no rule helps, only a change in the tool. */
  readonly proposal: AdvisedRule | null
  /** The company's rule book has this rule already. */
  readonly isApplied: boolean
}

/** Advice over a time. */
export interface AdviceView {
  readonly companyId: string
  readonly from: string
  readonly to: string
  readonly timeZone: string
  /** Problems read; the newest where there were more than are read at once. */
  readonly problems: number
  readonly isCut: boolean
  /** Most saved first. */
  readonly items: readonly Advice[]
}
