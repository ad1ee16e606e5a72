/** What people said about grouping by merging and splitting. */
import type { Actor } from './records.ts'

/** Two problems that a person's act puts together or apart, and how they were judged at that time. */
export interface LabelPair {
  readonly left: string
  readonly right: string
  /** Score of these two as the evidence of one of them named it; null where neither was compared with the other. */
  readonly score: number | null
  /** By which rule the left one was in its incident. */
  readonly rule: string
}

/** One act of a person. */
export interface Label {
  readonly commandId: string
  readonly companyId: string
  readonly action: 'merge' | 'split'
  /** The incident it was asked of; for a split the one that stays. */
  readonly incidentId: string
  /** The one it was merged with, or the one that left. */
  readonly otherIncidentId: string
  readonly together: boolean
  /** At most 50. */
  readonly pairs: readonly LabelPair[]
  readonly actor: Actor
  readonly at: string
}

/** How far people agreed with the grouping in one week, which begins on a Monday in UTC. */
export interface AgreementWeek {
  readonly week: string
  /** Incidents as the engine made them. */
  readonly incidents: number
  /** Those that people merged or split. */
  readonly corrected: number
  readonly merges: number
  readonly splits: number
  /** 1 - corrected / incidents. */
  readonly agreement: number
}

/** The same over all, and by week. */
export interface AgreementView {
  readonly incidents: number
  readonly corrected: number
  /** Null where there were no incidents. */
  readonly agreement: number | null
  readonly weeks: readonly AgreementWeek[]
}
