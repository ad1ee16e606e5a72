/** The JSON forms the API answers with. Times are ISO 8601 in UTC; versions and counts are whole numbers; absent values are null. */
import type { IntegrationAuthentication } from './authentication.ts'
import type { IntegrationProcessing } from './integration-processing.ts'
import type { Actor, Classification, CommandAction, Evidence, IncidentSeverity, IncidentStatus, ProblemStatus, Severity, SeverityJudgement, TopologyEdge } from './records.ts'
import type { RunView } from './runs.ts'
import type { CompanySettings, Role } from './settings.ts'
import type { TicketView } from './tickets.ts'

/** One page of a list; `next` is the cursor of the following page, null on the last. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

/** Which page of a list. */
export interface PageQuery {
  readonly limit: number
  readonly cursor: string | null
}

/** A company as stored. */
export interface CompanyView {
  readonly id: string
  readonly name: string
  readonly settings: CompanySettings
  readonly settingsRevision: number
  readonly createdAt: string
  readonly updatedAt: string
}

/** A company's instance of a source, with its live keys; never their text. */
export interface IntegrationView extends IntegrationProcessing {
  readonly id: string
  readonly companyId: string
  /** Null: the key may post as any source. */
  readonly source: string | null
  readonly name: string
  readonly requireHmac: boolean
  /** True: it takes nothing for now, whatever its keys. */
  readonly disabled: boolean
  readonly authentication: IntegrationAuthentication
  /** Whether the vendor's secret is stored; it is never shown again. */
  readonly hasVendorSecret: boolean
  /** When the newest one was stored. */
  readonly vendorSecretSince: string | null
  /** Until when the one before it counts too; null when only one does. */
  readonly previousVendorSecretExpiresAt: string | null
  readonly createdAt: string
  readonly keys: readonly { readonly id: string; readonly createdAt: string; readonly expiresAt: string | null; readonly lastUsedAt: string | null }[]
}

/** A new key and secret: shown once, kept only as hash and ciphertext. */
export interface IssuedKey {
  readonly integrationId: string
  readonly apiKey: string
  readonly hmacSecret: string
  readonly source: string | null
  /** When the keys before this one stop working; null when there were none. */
  readonly previousExpireAt: string | null
}

/** A user without the password. */
export interface UserView {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly role: Role
  /** Company ids; only those the reader may see. */
  readonly companies: readonly string[]
  readonly disabled: boolean
  readonly createdAt: string
  readonly updatedAt: string
}

/** What may be said of an asset. */
export interface AssetFields {
  readonly name: string
  /** Short name, FQDN, IP: other names monitoring tools use. */
  readonly aliases: readonly string[]
  readonly critical: boolean
  readonly cloudProvider: 'aws' | 'azure' | 'gcp' | null
  readonly region: string | null
  readonly account: string | null
  readonly instanceId: string | null
  readonly resourceGroup: string | null
  readonly vmName: string | null
  readonly tags: Readonly<Record<string, string>>
}

/** An asset as stored. */
export interface AssetView extends AssetFields {
  readonly id: string
  readonly companyId: string
  readonly createdAt: string
  readonly updatedAt: string
}

/** A pattern seen in or around an incident. */
export interface FindingView {
  /** storm, cascade, periodic, recurrence, missing or flapping. */
  readonly kind: string
  readonly confidence: number
  readonly reason: string
  readonly since: string
  /** The problems it rests on. */
  readonly problemKeys: readonly string[]
  /** By name, with the unit in the name. */
  readonly figures: Readonly<Record<string, number>>
}

/** The asset most likely at fault, and how trouble went from there to others. */
export interface RootCauseView {
  readonly asset: string
  readonly confidence: number
  readonly reason: string
  /** Cause first; empty where no other asset of the incident is known to depend on it. */
  readonly chain: readonly { readonly asset: string; readonly problemKey: string; readonly at: string; readonly because: string }[]
}

/** An incident in a list. */
export interface IncidentView {
  readonly id: string
  readonly companyId: string
  readonly number: number
  readonly title: string
  readonly status: IncidentStatus
  readonly severity: IncidentSeverity
  readonly priority: number
  readonly openedAt: string
  readonly updatedAt: string
  readonly acknowledgedAt: string | null
  readonly resolvedAt: string | null
  readonly closedAt: string | null
  readonly alertCount: number
  readonly problemCount: number
  readonly assets: readonly string[]
  readonly sources: readonly string[]
  readonly assignee: string | null
  readonly category: string | null
  /** The strongest of the findings. */
  readonly pattern: FindingView | null
  readonly rootCause: RootCauseView | null
  readonly analysis: unknown
  readonly suggestedRunbooks: readonly unknown[]
  readonly responseDueAt: string | null
  readonly resolveDueAt: string | null
  readonly slaState: string | null
  readonly mergedInto: string | null
  readonly version: number
}

/** A problem of an incident, with the evidence for its place. */
export interface ProblemView {
  readonly problemKey: string
  readonly status: ProblemStatus
  readonly severity: Severity
  readonly source: string
  readonly integrationId: string
  readonly asset: string | null
  readonly signature: string | null
  readonly title: string
  readonly message: string
  readonly labels: Readonly<Record<string, string>>
  readonly flapping: boolean
  readonly acknowledged: boolean
  readonly episode: number
  readonly alertCount: number
  readonly firstAt: string
  readonly lastAt: string
  readonly resolvedAt: string | null
  readonly evidence: Evidence
}

/** One line of an incident's history. */
export interface TimelineEntry {
  readonly eventId: string
  readonly at: string
  readonly kind: string
  readonly actor: Actor | null
  readonly text: string
}

/** An incident with all that is told of it. Problems and timeline are the newest 200; the counts say how many there are. */
export interface IncidentDetail extends IncidentView {
  readonly openProblemCount: number
  readonly assetCount: number
  readonly resolution: string | null
  readonly reopenCount: number
  /** Every pattern seen, most confident first, at most 8. */
  readonly findings: readonly FindingView[]
  readonly classification: Classification | null
  readonly severityJudgement: SeverityJudgement | null
  readonly problems: readonly ProblemView[]
  readonly timeline: readonly TimelineEntry[]
  /** Its own first, the newest generation first, then linked ones; at most 50. */
  readonly tickets: readonly TicketView[]
  /** Newest first, at most 50, without their plans. */
  readonly runs: readonly Omit<RunView, 'plan'>[]
}

/** A command and, once there is one, its outcome. */
export interface CommandView {
  readonly id: string
  readonly companyId: string
  readonly incidentId: string
  readonly action: CommandAction
  readonly status: 'pending' | 'done' | 'refused'
  readonly code: string | null
  readonly message: string | null
  /** Version of the incident that shows the outcome. */
  readonly version: number | null
  /** The incident it was applied to: the survivor where the named one was merged. */
  readonly appliedIncidentId: string | null
  readonly createdAt: string
  readonly settledAt: string | null
}

/** One change, who made it and from where. */
export interface AuditEntry {
  readonly id: number
  readonly at: string
  readonly actor: { readonly kind: string; readonly id: string; readonly name: string }
  readonly ip: string | null
  readonly companyId: string | null
  readonly action: string
  readonly subject: string
  readonly before: unknown
  readonly after: unknown
}

/** How much noise was taken away; firing alerts only, merged-away incidents not counted. */
export interface NoiseView {
  readonly alerts: number
  readonly problems: number
  readonly incidents: number
  /** 1 − incidents / alerts; 0 when there were no alerts. */
  readonly noiseReduction: number
}

/** Minutes in which a company's incidents of a severity are to be resolved. */
export interface SlaTarget {
  readonly companyId: string
  readonly severity: string
  readonly resolveMinutes: number
}

/** How long incidents took and what they kept; null where there is nothing to say it of. */
export interface SlaFigures {
  readonly incidents: number
  readonly resolved: number
  readonly reopened: number
  readonly meanHoursToResolve: number | null
  readonly medianHoursToResolve: number | null
  readonly meanMinutesToAcknowledge: number | null
  readonly kept: number
  readonly breached: number
  /** Kept of those judged, 0 to 1. */
  readonly keptShare: number | null
}

/** The same for all, and by severity and priority. */
export interface SlaView extends SlaFigures {
  readonly bySeverity: readonly (SlaFigures & { readonly severity: string })[]
  readonly byPriority: readonly (SlaFigures & { readonly priority: number })[]
}

export type { DeadLetterView, DeliveryElement, DeliveryView } from './receipts.ts'

/** A live key as ingest judges deliveries by it. */
export interface IngestCredential {
  readonly keyId: string
  /** SHA-256 of the API key, hex. */
  readonly keyHash: string
  readonly integrationId: string
  readonly companyId: string
  /** Null: any source. Never null when `requireHmac` is off. */
  readonly source: string | null
  readonly requireHmac: boolean
  /** Every live secret of the integration, newest first: during a rotation either may sign. */
  readonly hmacSecrets: readonly string[]
  /** Every live secret that the vendor shares with the company, newest first. */
  readonly vendorSecrets: readonly string[]
  readonly authentication: IntegrationAuthentication
  readonly requestsPerMinute: number
  readonly burst: number
  /** Wall time in ms from which the key no longer works. */
  readonly expiresAtMs: number | null
}

/** The dependency graph a company has posted; `from` depends on `to`. */
export interface TopologyView {
  /** 0 while none was posted. */
  readonly revision: number
  readonly nodes: readonly { readonly id: string; readonly type: string | null }[]
  readonly edges: readonly TopologyEdge[]
  readonly updatedAt: string | null
}
