/** The whole decision of one alert, as `GET /api/alerts/{id}/explain` and `aw explain` tell it. Times are ISO 8601; absent values are null. */
import type { DeliveryElement, ReceiptIncident } from './receipts.ts'
import type { Evidence, Feature, Suppression } from './records.ts'
import type { RuleTrial } from './rule-trial.ts'

/** What was made of the payload. */
export interface ExplainedAlert {
  readonly externalId: string | null
  readonly asset: string | null
  readonly signature: string | null
  readonly severity: string | null
  readonly status: string | null
  readonly title: string | null
  readonly message: string | null
  readonly startsAt: string | null
  readonly labels: Readonly<Record<string, string>>
}

/** Another incident that was looked at. */
export interface ExplainedCandidate {
  readonly problemKey: string
  readonly title: string | null
  readonly asset: string | null
  /** Null where the caller may not see it. */
  readonly incident: ReceiptIncident | null
  readonly score: number
  readonly reason: string
}

/** Why the problem is in its incident. */
export interface ExplainedDecision {
  /** The same in a sentence. */
  readonly sentence: string
  readonly rule: Evidence['rule']
  readonly ruleId: string | null
  readonly score: number
  readonly threshold: number
  readonly features: readonly Feature[]
  /** The problem it was joined to. */
  readonly with: { readonly problemKey: string; readonly title: string | null; readonly asset: string | null } | null
  readonly considered: readonly ExplainedCandidate[]
}

/** The rules it was judged by. */
export interface ExplainedRules {
  /** The revision of the rules in effect that the evidence names. */
  readonly revision: number
  readonly mspRevision: number
  readonly companyRevision: number
  readonly savedAt: string | null
  readonly asked: number
  readonly matched: readonly RuleTrial[]
  /** Rules that lacked least; null for who may not read the settings. */
  readonly nearest: readonly RuleTrial[] | null
}

/** The settings it was judged by. */
export interface ExplainedSettings {
  readonly revision: number
  readonly since: string
  /** The settings are at this revision now. */
  readonly presentRevision: number
  readonly windowMs: number
  readonly maxLifeMs: number
  readonly joinThreshold: number
  readonly weights: Readonly<Record<string, number>>
}

/** The whole decision of one alert. */
export interface ExplainView {
  /** As it was asked for. */
  readonly id: string
  readonly companyId: string
  /** Null where a problem was asked for by its key. */
  readonly delivery: { readonly id: string; readonly element: number; readonly receivedAt: string; readonly source: string; readonly integrationId: string; readonly integration: string | null } | null
  /** Null where it could not be read. */
  readonly normalised: { readonly by: 'mapping' | 'adapter' | 'recogniser' | 'program'; readonly how: string; readonly alert: ExplainedAlert } | null
  readonly fate: Pick<DeliveryElement, 'state' | 'fate' | 'reason' | 'explanation' | 'history' | 'deadLetter' | 'at'> | null
  /** As it is now; null where the alert reached none. */
  readonly problem: { readonly key: string; readonly title: string; readonly status: string; readonly severity: string; readonly episode: number; readonly alertCount: number; readonly firstAt: string; /** False: the alert belongs to an earlier episode, whose evidence is no longer held. */ readonly isPresentEpisode: boolean } | null
  /** What keeps the problem quiet now. */
  readonly suppression: Suppression | null
  readonly incident: ReceiptIncident | null
  /** Null where there is none, or where the caller may not see the incident. */
  readonly decision: ExplainedDecision | null
  readonly rules: ExplainedRules | null
  readonly settings: ExplainedSettings | null
}
