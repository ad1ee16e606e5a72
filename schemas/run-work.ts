/** A run as whoever works it holds it, and what they may write of it: between remediator/runs and storage/remediation, which do not import each other. Times are milliseconds since the epoch. */
import type { Actor } from './records.ts'
import type { Risk, Runbook } from './runbooks.ts'
import type { CommandOutcomeKind, PlannedCommand, ReasonCode, RunCommandView, RunOutcome, RunPlan, RunStatus, RunTarget, RunTrigger, ScriptResult } from './runs.ts'
import type { Mode, Role } from './settings.ts'

/** What the worker remembers of a run from one look to the next; kept with the run. */
export interface RunWork {
  /** Its turn to call the account, which it was told once. */
  readonly turn?: { readonly kind: 'send' | 'ask'; readonly atMs: number }
  /** Looks in a row that brought nothing: sets the pace of the next. */
  readonly idle?: number
  /** Calls in a row that failed and may pass. */
  readonly faults?: number
  /** When the failing began. */
  readonly faultsSinceMs?: number
  /** Look-ups in a row that could not tell whether a command was taken. */
  readonly finds?: number
  /** How often it was sent anew, after the cloud said that it had not taken it. */
  readonly resends?: number
  /** When the end of the present command was asked for, after its time limit. */
  readonly cancelledAtMs?: number
  /** Since when the run is verified. */
  readonly verifySinceMs?: number
  /** When the probe first held. */
  readonly heldAtMs?: number
  /** Why it is being rolled back, told at its end. */
  readonly failure?: { readonly code: string; readonly message: string }
  /** How often the outcome was told and refused, because the incident had moved on. */
  readonly tellings?: number
  /** The command that tells it. */
  readonly tellingId?: string
}

/** A command as it stands. */
export interface HeldCommand {
  readonly seq: number
  /** Index in the plan's commands. */
  readonly plannedSeq: number
  readonly stepId: string
  readonly phase: PlannedCommand['phase']
  readonly asset: string
  readonly token: string
  readonly status: RunCommandView['status']
  readonly attempt: number
  readonly ref: Readonly<Record<string, string>> | null
  readonly outcome: CommandOutcomeKind | null
  readonly exitCode: number | null
  readonly result: ScriptResult | null
  readonly message: string | null
  /** Characters that are stored of each stream, so that output which has not grown is not written again. */
  readonly outputLength: number
  readonly intentAtMs: number | null
  readonly sentAtMs: number | null
  readonly endedAtMs: number | null
  readonly isCleaned: boolean
  readonly cleanTries: number
}

/** What stops everything: the MSP's switch, else the company's. */
export interface RunStop {
  readonly code: Extract<ReasonCode, 'stopped_globally' | 'stopped_company'>
  readonly reason: string | null
}

/** A run in the hands of one worker, until the lease is over or somebody else has it. */
export interface HeldRun {
  readonly id: string
  readonly companyId: string
  readonly incidentId: string | null
  readonly problemKey: string | null
  /** As it was when the plan was made; nothing else is ever run. */
  readonly runbook: Runbook
  readonly plan: RunPlan
  readonly planDigest: string
  readonly risk: Risk
  readonly mode: Mode
  readonly isSimulated: boolean
  readonly trigger: RunTrigger
  readonly status: RunStatus
  readonly outcome: RunOutcome | null
  readonly code: string | null
  readonly message: string | null
  readonly requestedBy: Actor
  readonly requestedRole: Role | null
  readonly createdAtMs: number
  readonly admittedAtMs: number | null
  readonly startedAtMs: number | null
  readonly endedAtMs: number | null
  readonly cancel: { readonly by: Actor; readonly atMs: number } | null
  readonly stop: RunStop | null
  readonly commands: readonly HeldCommand[]
  readonly approvals: readonly HeldApproval[]
  readonly work: RunWork
  /** Of the incident, for whoever may hear of it. */
  readonly assignee: string | null
  readonly version: number
  readonly worker: string
  /** When the lease ends. */
  readonly untilMs: number
}

/** A question as it stands. */
export interface HeldApproval {
  readonly id: string
  readonly question: 'run' | 'target'
  readonly role: 'technician' | 'company_admin' | 'msp_admin'
  readonly fourEyes: boolean
  readonly status: 'pending' | 'approved' | 'refused' | 'expired' | 'void'
  /** What was asked; a yes counts for this plan alone. */
  readonly planDigest: string
  readonly requestedAtMs: number
  readonly expiresAtMs: number
  readonly decidedAtMs: number | null
  readonly decidedBy: Actor | null
  readonly decidedRole: Role | null
  readonly comment: string | null
  /** question target: the machine that was chosen. */
  readonly target: RunTarget | null
}

/** What is told to the log of runs. */
export interface RunEventDraft {
  readonly kind: 'planned' | 'awaiting_approval' | 'approved' | 'refused' | 'step_started' | 'step_ended' | 'verified' | 'failed' | 'rolled_back' | 'cancelled'
  readonly stepId?: string
  readonly asset?: string
  readonly detail?: string
  readonly durationMs?: number
}

/** What is said to the incident; absent fields mean nothing. */
export interface IncidentWord {
  readonly action: 'note' | 'resolve' | 'close'
  readonly text: string
  /** The version it was judged by; null: true whatever the version. */
  readonly judgedVersion: number | null
}

/** A change of one command. Absent fields stay. */
export interface CommandChange {
  readonly seq: number
  readonly status: RunCommandView['status']
  readonly ref?: Readonly<Record<string, string>> | null
  readonly outcome?: CommandOutcomeKind
  readonly exitCode?: number | null
  readonly stdout?: string
  readonly stderr?: string
  readonly isTruncated?: boolean
  readonly result?: ScriptResult | null
  readonly message?: string | null
  readonly isCleaned?: boolean
  readonly cleanTries?: number
}

/** A command that is to be had besides those of the plan: the same probe, once more, by a token of its own. */
export interface NewCommand {
  readonly seq: number
  readonly plannedSeq: number
  readonly token: string
  readonly attempt: number
  readonly digest: string
}

/** One change of a run, written as a whole or not at all. Absent fields stay. */
export interface RunChange {
  readonly status?: RunStatus
  readonly outcome?: RunOutcome
  readonly code?: string | null
  readonly message?: string | null
  readonly work?: RunWork
  readonly command?: CommandChange
  readonly add?: NewCommand
  readonly event?: RunEventDraft
  readonly word?: IncidentWord
  /** The outcome was told, or there is nobody to tell. */
  readonly isTold?: boolean
  /** A new plan, once the machine that is meant is known; questions about the old one are void. */
  readonly plan?: RunPlan
  /** When it is looked at next; null: at once, by the same worker, who keeps the lease. */
  readonly dueAtMs: number | null
  /** False: it says only how far things are, and what a power loss takes of it comes again. */
  readonly isDurable?: boolean
}

/** How the incident stands when the outcome is judged; null where there is none or it is gone. */
export interface IncidentOutlook {
  readonly incidentId: string
  readonly version: number
  readonly status: 'open' | 'assigned' | 'in_progress' | 'resolved' | 'closed'
  readonly openProblems: number
  /** Somebody is assigned, has acknowledged it, or has said or done something. */
  readonly isTouched: boolean
  /** The problem the run is about; null where it is about none, or it is gone. */
  readonly problem: 'firing' | 'resolved' | null
}

/** Statuses a run never leaves. */
export const ENDED_STATUSES: readonly RunStatus[] = ['succeeded', 'failed', 'rolled_back', 'refused', 'expired', 'cancelled', 'shown']
