/** Remediation as the API shows it, where schemas/runs.ts and schemas/runbooks.ts do not say it already. */
import type { Risk, Runbook } from './runbooks.ts'
import type { Cloud, CloudAccountView, ReasonCode, RemediationSettings, RunCommandView, RunPlan, RunStatus, RunView, ApprovalView } from './runs.ts'
import type { RemediationGrant } from './remediation-settings.ts'
import type { Mode } from './settings.ts'

/** How often a runbook was run in earnest, and what came of it; runs of mode demo, dry-run and replay are left out. Shares are null where nothing has ended. */
export interface RunRates {
  /** Runs that have ended after something was sent. */
  readonly runs: number
  /** Of these, those whose success was verified, or that only report and did. */
  readonly succeeded: number
  readonly failed: number
  /** Runs after which the problem itself was over, without a person. */
  readonly selfHealed: number
  readonly successShare: number | null
  readonly selfHealedShare: number | null
  readonly lastRunAt: string | null
}

/** Rates of one runbook in one company. */
export interface RunRatesOf extends RunRates {
  readonly companyId: string
  readonly runbookId: string
}

/** How well repairs go: of every runbook and company, and of all incidents. */
export interface RemediationStats extends RunRates {
  readonly items: readonly RunRatesOf[]
  /** Incidents that were opened in the time, merged ones left out. */
  readonly incidents: number
  /** Of these, those that a run healed without a person. */
  readonly incidentsHealed: number
  readonly incidentsHealedShare: number | null
}

/** A runbook in a list. */
export interface RunbookSummary extends Pick<Runbook, 'id' | 'version' | 'summary' | 'description' | 'category' | 'risk' | 'systems' | 'origin' | 'companyId' | 'digest'> {
  /** After what the MSP and the company say; the same as `risk` where no company is named. */
  readonly effectiveRisk: Risk
  readonly isEnabled: boolean
  readonly rates: RunRates
}

/** A runbook in full, with its scripts. */
export interface RunbookDetail extends RunbookSummary, Pick<Runbook, 'match' | 'inputs' | 'limits' | 'approval' | 'steps' | 'rollback' | 'verify'> {}

/** A runbook that may help with an incident. */
export interface SuggestedRunbook {
  readonly id: string
  readonly summary: string
  readonly effectiveRisk: Risk
  /** False: the analyst named it, and its criteria do not hold; a person may run it all the same. */
  readonly fits: boolean
  /** Sentences for people. */
  readonly why: readonly string[]
  /** Why the role `remediate` could not plan a run of it; null where it could, or has not tried. */
  readonly refusal: { readonly code: ReasonCode; readonly why: string } | null
}

/** One thing wrong with a runbook. */
export interface RunbookFault {
  /** `mistake`: it has to be mended; `advice`: it may be right as it is. */
  readonly level: 'mistake' | 'advice'
  /** The file it stands in. */
  readonly file: string
  /** Where in the file, such as `steps[0].timeout`; empty: the file as a whole. */
  readonly path: string
  readonly message: string
}

/** A machine as a person names it: the name of an asset, one of its aliases, an address, or the instance itself. */
export interface TargetAsked {
  readonly asset: string
  /** Where more than one machine fits: which account it is in, and which instance it is. */
  readonly cloudAccountId: string | null
  readonly instanceId: string | null
}

/** What a person asks to be run. */
export interface RunRequest {
  readonly companyId: string
  readonly runbookId: string
  readonly incidentId: string | null
  /** Null: whichever cloud the machine is in. */
  readonly cloud: Cloud | null
  /** Empty: the machines of the incident. */
  readonly targets: readonly TargetAsked[]
  readonly inputs: Readonly<Record<string, unknown>>
  /** Null: the company's own; a higher one than the company's is not had. */
  readonly mode: Mode | null
}

/** What the guard would say now. */
export interface ShownVerdict {
  readonly kind: 'run' | 'ask' | 'show' | 'refuse'
  readonly code: ReasonCode | null
  readonly why: string
  /** Who has to say yes; null: nobody. */
  readonly role: 'technician' | 'company_admin' | 'msp_admin' | null
  readonly fourEyes: boolean
  /** When it may be otherwise by itself; null: not by waiting. */
  readonly until: string | null
}

/** A plan, shown before anything runs. */
export interface PlanView {
  readonly companyId: string
  readonly incidentId: string | null
  readonly runbookId: string
  readonly runbookVersion: number
  readonly summary: string
  readonly mode: Mode
  readonly risk: Risk
  /** Null where none can be made; the verdict says why. */
  readonly plan: RunPlan | null
  readonly verdict: ShownVerdict
}

/** A run with all that is told of it. */
export interface RunDetail extends RunView {
  readonly commands: readonly RunCommandView[]
  readonly approvals: readonly ApprovalView[]
  /** When somebody asked for its end; null: nobody did. */
  readonly cancelRequestedAt: string | null
}

/** A piece of what a command has written so far. */
export interface OutputPiece {
  readonly seq: number
  readonly phase: 'step' | 'verify' | 'rollback'
  readonly stepId: string
  readonly asset: string
  readonly stream: 'stdout' | 'stderr'
  /** Characters of the stream before this piece. */
  readonly offset: number
  readonly text: string
}

/** What came since the cursor. `next` goes on from here; null once the run has ended and everything was told. */
export interface OutputPage {
  readonly items: readonly OutputPiece[]
  readonly next: string | null
  readonly status: RunStatus
}

/** A one-time link, shown this once. */
export interface ApprovalLinkView {
  readonly url: string
  readonly userId: string
  readonly expiresAt: string
}

/** What a scope allows the remediator; company id null: the MSP, for all companies. */
export interface RemediationSettingsView {
  readonly companyId: string | null
  /** What was set here. */
  readonly settings: RemediationSettings
  /** What an MSP Admin lets this company do beyond what holds for all; empty for the MSP itself. */
  readonly granted: RemediationGrant
  /** What holds, with the MSP's and the defaults under it. */
  readonly effective: RemediationSettings
  readonly revision: number
  readonly updatedAt: string | null
  readonly updatedBy: { readonly kind: string; readonly id: string; readonly name: string } | null
}

/** What makes a cloud account. */
export interface CloudAccountDraft {
  readonly cloud: Cloud
  readonly name: string
  readonly environment: 'production' | 'sandbox'
  readonly enabled: boolean
  readonly fields: Readonly<Record<string, string>>
  /** A new secret; null forgets the one there is; absent: as it is. */
  readonly secret?: string | null
}

/** What somebody has to do in the cloud, with the texts to copy. */
export interface CloudOnboarding {
  readonly account: CloudAccountView
  readonly steps: readonly { readonly title: string; readonly text: string; readonly code: string | null }[]
}

/** A past incident against the present library: what would have run. */
export interface ReplayLine {
  readonly incidentId: string
  readonly number: number
  readonly companyId: string
  readonly title: string
  readonly openedAt: string
  /** Null: no runbook fits. */
  readonly runbookId: string | null
  readonly summary: string | null
  readonly risk: Risk | null
  readonly verdict: ShownVerdict
}

/** Past incidents against the present library. */
export interface ReplayView {
  readonly items: readonly ReplayLine[]
  readonly incidents: number
  readonly matched: number
  readonly wouldRun: number
  readonly wouldAsk: number
  /** A runbook fits, and the guard would not let it run. */
  readonly wouldRefuse: number
  /** Of the incidents; null where there are none. */
  readonly matchedShare: number | null
  readonly wouldRunShare: number | null
  /** How many were asked about or refused, by reason code, most first. */
  readonly byCode: Readonly<Record<string, number>>
  /** There are more incidents in the time than the limit; the newest were taken. */
  readonly isCut: boolean
}
