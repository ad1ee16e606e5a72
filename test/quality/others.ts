/** Sets without incidents to group: what is measured on them instead. */
import { serviceLevels } from './service-levels.ts'
import { telecomCauses } from './telecom.ts'
import { ticketTopics } from './ticket-topics.ts'

/** One figure beside the one to reach. */
export interface Figure {
  readonly name: string
  readonly ours: number | string
  readonly wanted: number | string
  /** Null where there is nothing to compare with, or nothing to measure yet. */
  readonly isMet: boolean | null
}

/** What came of one set. */
export interface OtherResult {
  readonly set: string
  readonly figures: readonly Figure[]
}

/** How a set is measured. */
export interface OtherMeasure {
  readonly set: string
  readonly measure: () => Promise<OtherResult>
}

/** All of them. */
export const OTHER_MEASURES: readonly OtherMeasure[] = [
  { set: 'it-tickets', measure: ticketTopics },
  { set: 'telecom-pcic', measure: telecomCauses },
  { set: 'uci-incidents', measure: serviceLevels },
]
