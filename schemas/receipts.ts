/** Receipts of deliveries and dead letters as the API answers them. Times are ISO 8601 in UTC; absent values are null. */
import type { ErrorCode } from './errors.ts'
import type { QuietKind } from './quiet-views.ts'
import type { Fate, IncidentSeverity, IncidentStatus, ProblemStatus, Severity } from './records.ts'

/** What became of an alert, in the words of a receipt. */
export const ALERT_STATES = ['in_flight', 'stored', 'repeated', 'suppressed', 'dropped', 'dead_lettered'] as const

/** One of the words above. */
export type AlertState = (typeof ALERT_STATES)[number]

/** How many alerts of a delivery are in each state. */
export type StateCounts = Readonly<Record<AlertState, number>>

/** The problem an alert reached, as it is now. */
export interface ReceiptProblem {
  readonly key: string
  readonly title: string
  readonly status: ProblemStatus
  readonly severity: Severity
  readonly episode: number
  readonly alertCount: number
}

/** The incident an alert reached, as it is now; the survivor where the first was merged. */
export interface ReceiptIncident {
  readonly id: string
  readonly number: number
  readonly title: string
  readonly status: IncidentStatus
  readonly severity: IncidentSeverity
  /** Where the API tells more. */
  readonly link: string
}

/** Why an alert was set aside, and whether it was sent through anew since. */
export interface ReceiptLetter {
  readonly id: string
  readonly code: string
  readonly message: string
  readonly replayedAt: string | null
  readonly replayedBy: string | null
  readonly link: string
}

/** One thing that happened to an alert; an alert that was sent through anew has several. */
export interface AlertStep {
  readonly at: string
  readonly fate: Fate | 'in_flight'
  readonly reason: string | null
  readonly explanation: string
  readonly deadLetterId: string | null
  /** Who sent it through anew; null for what the sender sent. */
  readonly replayedBy: string | null
}

/** One alert of a delivery and what became of it last; `history` tells what came before, oldest first. */
export interface DeliveryElement {
  readonly element: number
  readonly state: AlertState
  /** The ledger's word for it. */
  readonly fate: Fate | 'in_flight'
  readonly reason: string | null
  readonly explanation: string
  readonly suppressedBy: QuietKind | 'overflow' | null
  /** By which rule and until when, where its problem is kept quiet. */
  readonly quiet: { readonly kind: QuietKind; readonly ruleId: string | null; readonly reason: string; readonly until: string | null } | null
  readonly problemKey: string | null
  readonly incidentId: string | null
  readonly at: string
  readonly alert: unknown
  readonly problem: ReceiptProblem | null
  readonly incident: ReceiptIncident | null
  readonly deadLetter: ReceiptLetter | null
  /** Who sent it through anew; null for what the sender sent. */
  readonly replayedBy: string | null
  readonly history: readonly AlertStep[]
}

/** A delivery in a list. */
export interface DeliveryLine {
  readonly deliveryId: string
  readonly companyId: string
  readonly integrationId: string
  readonly source: string
  readonly receivedAt: string
  /** `in_flight` while any alert still is. */
  readonly state: 'in_flight' | 'settled'
  /** What the sender was told as accepted. */
  readonly accepted: number
  readonly counts: StateCounts
}

/** The fate of a delivery, alert by alert. */
export interface DeliveryView extends DeliveryLine {
  readonly elements: readonly DeliveryElement[]
  /** When all or part of it was sent through anew, oldest first. */
  readonly replays: readonly { readonly at: string; readonly by: string }[]
}

/** Which deliveries of a list. */
export interface DeliveryFilter {
  readonly source: string | null
  readonly integrationId: string | null
  readonly state: AlertState | null
}

/** What a replay came to. `pending`: it is being appended. */
export interface ReplayView {
  readonly at: string
  readonly by: string
  readonly state: 'pending' | 'in_flight' | 'done'
  /** What became of the alert; null while in flight, and for records that are no deliveries. */
  readonly outcome: { readonly state: AlertState; readonly fate: Fate; readonly reason: string | null; readonly problemKey: string | null; readonly deadLetterId: string | null } | null
}

/** A record that could not be understood. */
export interface DeadLetterView {
  readonly id: string
  readonly companyId: string | null
  readonly topic: string
  readonly stage: string
  readonly code: string
  readonly message: string
  readonly attempts: number
  readonly at: string
  /** Null where the record is no delivery. */
  readonly deliveryId: string | null
  readonly integrationId: string | null
  readonly source: string | null
  /** Which alert of the delivery. */
  readonly element: number
  readonly replay: ReplayView | null
}

/** A dead letter with the start of its original as text. */
export interface DeadLetterDetail extends DeadLetterView {
  /** Null where the log keeps neither the record nor the letter any more. */
  readonly original: {
    readonly contentType: string
    readonly bytes: number
    /** Control characters are shown as \u0000, values under names of secrets as ***. */
    readonly text: string
    readonly encoding: 'text' | 'base64'
    readonly isTruncated: boolean
    /** Where all its bytes are. */
    readonly link: string
  } | null
}

/** Which dead letters. Nulls mean any. */
export interface DeadLetterFilter {
  readonly code: string | null
  readonly stage: string | null
  readonly source: string | null
  /** Words in the message, or a delivery id, integration id or letter id. */
  readonly q: string | null
  readonly replayed: boolean | null
}

/** How many dead letters have one code. */
export interface DeadLetterCount {
  readonly code: string
  readonly stage: string
  readonly source: string | null
  readonly count: number
  readonly replayed: number
  readonly oldestAt: string
  readonly newestAt: string
}

/** What came of asking for one replay. */
export interface ReplayAnswer {
  readonly id: string
  readonly companyId: string | null
  readonly deliveryId: string | null
  readonly replayedAt: string
  readonly replayedBy: string
  /** True where it was sent through before; nothing was done now. */
  readonly wasReplayed: boolean
}

/** What one step of a replay of many did. */
export interface ReplayStep {
  /** Records of letters that fit the filter and were not replayed when the first step was asked for. */
  readonly matched: number
  readonly replayed: number
  readonly already: number
  readonly failed: readonly { readonly id: string; readonly code: ErrorCode; readonly message: string }[]
  /** Records replayed by company; '' stands for those of no known company. */
  readonly companies: Readonly<Record<string, number>>
  /** To go on with; null when nothing is left. */
  readonly next: string | null
}
