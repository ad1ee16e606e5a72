/** Which company, thing or person of a PSA is which of ours. Times are ISO 8601. */

/** What is matched. */
export const MATCH_KINDS = ['company', 'asset', 'user'] as const

/** One of the kinds above. */
export type MatchKind = (typeof MATCH_KINDS)[number]

/** `asked`: rules are unsure, and a person has to say; `none`: there is none there, by a person's word or by the rules. */
export const MATCH_STATUSES = ['matched', 'asked', 'none'] as const

/** One of the statuses above. */
export type MatchStatus = (typeof MATCH_STATUSES)[number]

/** Something of the PSA that may be meant. */
export interface MatchCandidate {
  readonly externalId: string
  readonly name: string
}

/** What is known of one match. */
export interface MatchFound {
  readonly status: MatchStatus
  readonly externalId: string | null
  readonly externalName: string | null
  /** The rule that matched, or who said so. */
  readonly by: string
  readonly candidates: readonly MatchCandidate[]
}

/** A match as shown. Candidates of companies are an MSP Admin's alone to see. */
export interface MatchView extends MatchFound {
  readonly connectionId: string
  readonly connectionName: string
  readonly connector: string
  readonly companyId: string
  readonly companyName: string
  readonly kind: MatchKind
  /** Ours: company id, asset name, user id. */
  readonly name: string
  /** What people call it. */
  readonly title: string
  readonly lookedAt: string
  /** Incidents that wait for the answer. */
  readonly waiting: number
}
