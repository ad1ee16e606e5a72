/** Runs of runbooks: plan, state and answers, as the remediator keeps them, storage stores them and the API shows them. Times are ISO 8601 where the name ends in `At`, milliseconds where it ends in `Ms`. */
import type { Actor } from './records.ts'
import type { Risk, System } from './runbooks.ts'
import type { Mode } from './settings.ts'

/** Where commands can be run: clouds, and monitoring tools that run scripts on the devices they look after. */
export const CLOUDS = ['aws', 'azure', 'gcp', 'datto_rmm'] as const

/** One of the clouds above. */
export type Cloud = (typeof CLOUDS)[number]

/**
 * How a run stands.
 *
 * | status | next |
 * | --- | --- |
 * | planned | ended at once in mode dry-run, else judged by the guard |
 * | awaiting_approval | approved, refused, expired, cancelled |
 * | queued | running, refused (the guard judges again), cancelled |
 * | running | verifying, rolling_back, failed, cancelled, succeeded (nothing to verify) |
 * | verifying | succeeded, rolling_back, failed |
 * | rolling_back | rolled_back, failed |
 *
 * The rest are ends: succeeded, failed, rolled_back, refused, expired, cancelled, and shown (a plan of mode dry-run).
 */
export const RUN_STATUSES = ['planned', 'awaiting_approval', 'queued', 'running', 'verifying', 'rolling_back', 'succeeded', 'failed', 'rolled_back', 'refused', 'expired', 'cancelled', 'shown'] as const

/** One of the statuses above. */
export type RunStatus = (typeof RUN_STATUSES)[number]

/** Statuses in which a run holds its assets: no other run may touch them. */
export const ACTIVE_STATUSES: readonly RunStatus[] = ['queued', 'running', 'verifying', 'rolling_back']
/** Statuses a run leaves by itself or by a person. */
export const OPEN_STATUSES: readonly RunStatus[] = ['planned', 'awaiting_approval', ...ACTIVE_STATUSES]

/** What came of it for the incident. `none`: a plan only, or a runbook that only reports. */
export type RunOutcome = 'self_healed' | 'verified' | 'reported' | 'failed' | 'escalated' | 'none'

/** Why a run was asked for: by the rules alone, by a person, or because the analyst named the runbook. */
export type RunTrigger = 'automatic' | 'person' | 'analyst' | 'replay'

/** Why a run is refused or does not run by itself; closed list, documented in docs/remediation.md. */
export const REASON_CODES = [
  'stopped_globally', 'stopped_company', 'mode_demo', 'mode_dry_run', 'runbook_disabled', 'automatic_off', 'incident_over', 'incident_merged', 'problem_quiet', 'problem_flapping', 'person_at_work',
  'risk_needs_approval', 'four_eyes', 'same_hands', 'role_insufficient', 'approval_expired', 'approval_refused', 'freeze', 'maintenance', 'storm', 'asset_busy', 'asset_limit', 'company_limit', 'runbook_limit', 'cooldown', 'repeated_failures',
  'blast_radius', 'too_many_targets', 'target_unknown', 'target_ambiguous', 'target_foreign', 'system_unsupported', 'no_cloud_account', 'cloud_account_off', 'executor_unsupported', 'input_missing', 'input_invalid', 'draft_only_by_person', 'runbook_changed', 'cancelled',
] as const

/** One of the reasons above. */
export type ReasonCode = (typeof REASON_CODES)[number]

/** A machine a run is aimed at. */
export interface RunTarget {
  /** Name of the asset as the company calls it; locks and limits count by it. */
  readonly asset: string
  readonly cloud: Cloud
  readonly cloudAccountId: string
  readonly system: System
  readonly region: string
  /** AWS instance or managed-node id, Azure VM name, GCP instance name, Datto RMM device uid. */
  readonly instanceId: string
  /** Azure resource group; GCP zone; else null. */
  readonly group: string | null
  /** How it was found: asset_list, label, tag, inventory, person. */
  readonly foundBy: 'asset_list' | 'label' | 'tag' | 'inventory' | 'person'
  readonly isCritical: boolean
}

/** One command on one machine, exactly as it will be sent. */
export interface PlannedCommand {
  readonly stepId: string
  readonly phase: 'step' | 'verify' | 'rollback'
  readonly asset: string
  /** Unique in the run: the once-guard on the machine and the look-up after a crash go by it. */
  readonly token: string
  readonly system: System
  /** The whole text, with the parameters; null where an Automation document runs. */
  readonly script: string | null
  readonly automation: { readonly document: string; readonly parameters: Readonly<Record<string, string>> } | null
  /** SHA-256 of `script`, or of the document and its parameters, in hex. */
  readonly digest: string
  readonly timeoutMs: number
  readonly changes: boolean
}

/** What a run would do, shown before it does. */
export interface RunPlan {
  readonly targets: readonly RunTarget[]
  readonly inputs: Readonly<Record<string, string | number | boolean>>
  /** In order; a step is done on every target before the next begins. */
  readonly commands: readonly PlannedCommand[]
  readonly risk: Risk
  /** What the cloud asks for it, in millionths of a US dollar, at list price; 0 where it is free. */
  readonly costMicroUsd: number
  /** Sentences for people: what could not be found out, why it is asked. */
  readonly remarks: readonly string[]
  /** Machines it could be, where more than one fits; a person has to choose. */
  readonly candidates: readonly RunTarget[]
}

/** One run, as shown. */
export interface RunView {
  readonly id: string
  readonly companyId: string
  /** Null: without an incident. */
  readonly incidentId: string | null
  readonly problemKey: string | null
  readonly runbookId: string
  readonly runbookVersion: number
  readonly runbookDigest: string
  readonly summary: string
  readonly risk: Risk
  readonly mode: Mode
  /** Simulated, and kept out of statistics. */
  readonly isSimulated: boolean
  readonly trigger: RunTrigger
  readonly status: RunStatus
  readonly outcome: RunOutcome | null
  /** A reason code or an error code; null while all is well. */
  readonly code: string | null
  readonly message: string | null
  readonly requestedBy: Actor
  readonly plan: RunPlan
  readonly createdAt: string
  readonly updatedAt: string
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly version: number
}

/** How one command went. `unknown`: it may or may not have reached the machine, and is looked up before anything else is done. */
export interface RunCommandView {
  readonly seq: number
  readonly stepId: string
  readonly phase: 'step' | 'verify' | 'rollback'
  readonly asset: string
  readonly status: 'pending' | 'sending' | 'sent' | 'ended' | 'unknown' | 'skipped'
  readonly attempt: number
  /** The cloud's own id of it. */
  readonly ref: string | null
  readonly outcome: CommandOutcomeKind | null
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  readonly isTruncated: boolean
  /** What the script told in its last line. */
  readonly result: ScriptResult | null
  readonly digest: string
  readonly sentAt: string | null
  readonly endedAt: string | null
}

/** How a command ended. `refused`: the script did not recognise the machine and changed nothing. `repeated`: the once-guard found it had been started before. */
export type CommandOutcomeKind = 'ok' | 'failed' | 'refused' | 'repeated' | 'timed_out' | 'cancelled' | 'undelivered' | 'no_result'

/** What every script tells as one line of JSON, the last of its output. */
export interface ScriptResult {
  readonly outcome: 'ok' | 'failed' | 'refused' | 'repeated'
  /** A short stable word; null when all went well. */
  readonly code: string | null
  readonly message: string
  /** What was changed, at most 50 entries. */
  readonly changed: readonly string[]
  /** All of them. */
  readonly changedCount: number
  /** Figures and words by name, with the unit in the name, such as `usedPercent`. */
  readonly facts: Readonly<Record<string, string | number | boolean>>
}

/** A question to a person. */
export interface ApprovalView {
  readonly id: string
  readonly runId: string
  readonly companyId: string
  readonly incidentId: string | null
  /** `run`: may it run; `target`: which machine is meant, and may it run there. */
  readonly question: 'run' | 'target'
  readonly role: 'technician' | 'company_admin' | 'msp_admin'
  readonly fourEyes: boolean
  readonly status: 'pending' | 'approved' | 'refused' | 'expired' | 'void'
  readonly reason: string
  readonly requestedAt: string
  readonly expiresAt: string
  readonly decidedAt: string | null
  readonly decidedBy: Actor | null
  /** api, link, chat, psa. */
  readonly via: string | null
  readonly comment: string | null
}

/** What a company, or the MSP for all, allows the remediator. Absent: as the MSP, else the default in parentheses; how the two go together stands in schemas/remediation-settings.ts. */
export interface RemediationSettings {
  /** The stop switch: nothing starts, and what runs is ended after its present command (false). */
  readonly stopped?: boolean
  readonly stoppedReason?: string
  /** Low risk runs by itself in mode production (true). */
  readonly automaticLowRisk?: boolean
  /** Runs of a company in an hour (20). */
  readonly maxRunsPerHour?: number
  /** Runs on one asset in a day (4). */
  readonly maxRunsPerAssetPerDay?: number
  /** Runs of a company at the same time (5). */
  readonly maxConcurrent?: number
  /** Share of a company's known assets that may be in runs at the same time, 0 to 1; one asset is always allowed (0.2). */
  readonly maxBlastShare?: number
  /** Targets of one run (5). */
  readonly maxTargets?: number
  /** Requests are void after this, in minutes (60). */
  readonly approvalMinutes?: number
  /** High risk needs somebody other than who asked (true). */
  readonly fourEyes?: boolean
  /** Times in which nothing runs, not even approved. */
  readonly freezes?: readonly RemediationFreeze[]
  /** By runbook id. */
  readonly runbooks?: Readonly<Record<string, RunbookPolicy>>
}

/** A time in which nothing runs. */
export interface RemediationFreeze {
  readonly id: string
  readonly reason: string
  readonly startsAt: string
  readonly endsAt: string
}

/** What a company says of one runbook. */
export interface RunbookPolicy {
  readonly enabled?: boolean
  /** A company may raise it; only an MSP Admin lowers it. */
  readonly risk?: Risk
}

/** A cloud of a company, as shown; no secret is in it. */
export interface CloudAccountView {
  readonly id: string
  readonly companyId: string
  readonly cloud: Cloud
  readonly name: string
  /** Only accounts of mode sandbox serve runs of mode sandbox, and only those of mode production others. */
  readonly environment: 'production' | 'sandbox'
  readonly enabled: boolean
  /** aws: accountId, roleArn, externalId, regions, outputBucket?, logGroup?, endpoint?; azure: tenantId, subscriptionId, clientId, identity (secret or managed), endpoint?, authority?; gcp: projectId, endpoint?; datto_rmm: platform, apiKey, siteUid, linuxComponent?, windowsComponent?. Values are strings; lists are comma separated. */
  readonly fields: Readonly<Record<string, string>>
  readonly hasSecret: boolean
  readonly createdAt: string
  readonly updatedAt: string
  readonly checkedAt: string | null
  readonly check: CloudCheck | null
  readonly lastUsedAt: string | null
}

/** What a check of a cloud found. */
export interface CloudCheck {
  readonly ok: boolean
  readonly findings: readonly { readonly name: string; readonly ok: boolean; readonly message: string }[]
}
