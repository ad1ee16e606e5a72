/** What an analysis is made of, as the store reads it: facts of one incident of one company, before anything is hidden. */
import type { Classification, Finding, RootCause } from '../../schemas/records.ts'

/** The incident as it stood when it was judged. */
export interface IncidentFacts {
  readonly incidentId: string
  readonly companyId: string
  readonly version: number
  readonly title: string
  readonly status: string
  readonly severity: string
  readonly openedAtMs: number
  readonly updatedAtMs: number
  readonly alertCount: number
  readonly problemCount: number
  readonly assetCount: number
  readonly assets: readonly string[]
  readonly sources: readonly string[]
  readonly assignee: string | null
  readonly findings: readonly Finding[]
  readonly rootCause: Pick<RootCause, 'asset' | 'confidence' | 'reason'> | null
  readonly classification: Pick<Classification, 'category' | 'confidence'> | null
}

/** One problem of it. Texts are those of strangers. */
export interface ProblemFacts {
  readonly alertId: string
  readonly asset: string | null
  readonly signature: string | null
  readonly source: string
  readonly severity: string
  readonly status: string
  readonly title: string
  readonly message: string
  readonly labels: Readonly<Record<string, string>>
  readonly count: number
  readonly firstAtMs: number
}

/** Another open incident of the same company. */
export interface OtherIncident {
  readonly incidentId: string
  readonly title: string
  readonly severity: string
  readonly assets: readonly string[]
  readonly openedAtMs: number
}

/** A runbook that may be suggested. */
export interface RunbookFacts {
  readonly id: string
  readonly summary: string
}

/** All of it. */
export interface Material {
  readonly incident: IncidentFacts
  /** At most 40, worst and earliest first. */
  readonly problems: readonly ProblemFacts[]
  /** At most 10, those opened nearest in time. */
  readonly others: readonly OtherIncident[]
  readonly categories: readonly string[]
  readonly runbooks: readonly RunbookFacts[]
  readonly redaction: { readonly hidesHosts: boolean }
}
