/** What the guard judges by, and how it answers: between remediator/guard, which judges, and storage/remediation, which reads the facts. */
import type { Mode, Role } from './settings.ts'
import type { Risk, Runbook } from './runbooks.ts'
import type { ReasonCode, RemediationSettings, RunStatus, RunTarget, RunTrigger } from './runs.ts'

/** A run that counts against the limits. */
export interface PastRun {
  readonly runId: string
  readonly runbookId: string
  readonly status: RunStatus
  readonly assets: readonly string[]
  /** The machines themselves, as `machineKey` names them: one machine may be called by several names. */
  readonly machines: readonly string[]
  /** When it was admitted (queued). */
  readonly startedAtMs: number
  readonly endedAtMs: number | null
  readonly trigger: RunTrigger
}

/** A machine by where it is, in lower case: what limits count by besides the name that an alert calls it. */
export function machineKey({ cloudAccountId, region, group, instanceId }: Pick<RunTarget, 'cloudAccountId' | 'region' | 'group' | 'instanceId'>): string {
  return [cloudAccountId, region, group ?? '', instanceId].join('/').toLowerCase()
}

/** A cloud account that a target names. */
export interface GuardAccount {
  readonly id: string
  readonly companyId: string
  readonly environment: 'production' | 'sandbox'
  readonly enabled: boolean
}

/** The incident as it stands when it is judged; null for a run without one. */
export interface GuardIncident {
  readonly status: 'open' | 'assigned' | 'in_progress' | 'resolved' | 'closed'
  readonly mergedInto: string | null
  readonly assignee: string | null
  /** Kinds of the patterns found. */
  readonly findings: readonly string[]
  readonly problem: { readonly status: 'firing' | 'resolved'; readonly isSuppressed: boolean; readonly suppression: string | null; readonly flapping: boolean } | null
}

/** Everything the guard knows. Two judgements of the same facts are the same. */
export interface GuardFacts {
  readonly nowMs: number
  readonly companyId: string
  /** The lower of AW_MODE, the company's and the one that was asked for. */
  readonly mode: Mode
  readonly trigger: RunTrigger
  /** Who asked; `role` null for the program itself. `hands`: who else could act in their name, see schemas/hands.ts. */
  readonly requester: { readonly id: string; readonly role: Role | null; readonly hands: readonly string[] }
  readonly requestedAtMs: number
  /** What people were asked, if they were; `void` questions are none. */
  readonly question: { readonly status: 'pending' | 'approved' | 'refused' | 'expired'; readonly expiresAtMs: number } | null
  /** Who has said yes so far, to this very plan, and when. */
  readonly approvals: readonly { readonly id: string; readonly role: Role; readonly atMs: number; readonly hands: readonly string[] }[]
  /** As it was when the plan was made. */
  readonly runbook: Runbook
  /** Of the same runbook as the library has it now; null: it is gone. */
  readonly currentDigest: string | null
  /** After the company's policy; never lower than the MSP lets it be. */
  readonly risk: Risk
  readonly targets: readonly RunTarget[]
  /** Machines it could be, where no target is known yet: a person has to choose. */
  readonly candidates: number
  /** Those the targets name, as far as there are such. */
  readonly accounts: readonly GuardAccount[]
  readonly incident: GuardIncident | null
  /** What the MSP lets this company do, and what the company itself allows; the narrower of the two counts, see schemas/remediation-settings.ts. */
  readonly msp: RemediationSettings
  readonly company: RemediationSettings
  /**
   * Runs of the company but this one: those admitted in the last seven days, all that are active, and, however old, the latest `maxFailures` of this runbook that
   * ended on each target. Simulated ones are not among them.
   */
  readonly past: readonly PastRun[]
  /** Assets the company has on its list. */
  readonly knownAssets: number
  /** Maintenance windows of the company that are open now and hold one of the targets, by rule id. */
  readonly maintenance: readonly string[]
}

/** The facts that the database knows, all read in one transaction. What the library has now, and which windows are open, is found out before it and added. */
export type StoredFacts = Omit<GuardFacts, 'currentDigest' | 'maintenance'>

/** What the guard says. */
export type Verdict =
  | { readonly kind: 'run'; readonly why: string }
  | { readonly kind: 'ask'; readonly code: ReasonCode; readonly why: string; readonly role: 'technician' | 'company_admin' | 'msp_admin'; readonly fourEyes: boolean; readonly timeoutMs: number }
  | { readonly kind: 'show'; readonly code: ReasonCode; readonly why: string }
  /** `untilMs`: when it may be otherwise by itself; null: not by waiting. */
  | { readonly kind: 'refuse'; readonly code: ReasonCode; readonly why: string; readonly untilMs: number | null }
