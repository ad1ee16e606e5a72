/** What the API needs of the remediator. The stores of storage/remediation fit these by shape; `app/desks/remediation.ts` joins them with library, planner and guard. */
import type { Caller, Scope } from '../schemas/access.ts'
import type {
  CloudAccountDraft, CloudOnboarding, OutputPage, PlanView, RemediationSettingsView, RemediationStats, ReplayView, RunbookDetail, RunbookFault, RunbookSummary, RunDetail, RunRequest, SuggestedRunbook,
} from '../schemas/remediation-views.ts'
import type { ApprovalView, Cloud, CloudAccountView, RemediationSettings, RunStatus, RunView } from '../schemas/runs.ts'
import type { RemediationGrant } from '../schemas/remediation-settings.ts'
import type { System } from '../schemas/runbooks.ts'
import type { Mode } from '../schemas/settings.ts'
import type { Page, PageQuery } from '../schemas/views.ts'
import type { Span } from './ports.ts'

/** Runbooks as a company may use them. A company id of null means the MSP's own and the library. Methods throw `not_found` for companies the scope does not reach. */
export interface Runbooks {
  list(scope: Scope, companyId: string | null): Promise<readonly RunbookSummary[]>
  get(scope: Scope, companyId: string | null, id: string): Promise<RunbookDetail>
  /** Everything wrong with the files of a runbook, cases included; empty when nothing is. */
  check(files: Readonly<Record<string, string>>): Promise<readonly RunbookFault[]>
  /** Throws `bad_request` naming every mistake, `conflict` where the id is somebody else's. */
  save(caller: Caller, companyId: string | null, id: string, files: Readonly<Record<string, string>>): Promise<RunbookDetail>
  remove(caller: Caller, companyId: string | null, id: string): Promise<void>
}

/** A technician's one-off script. */
export interface ScriptRequest {
  readonly companyId: string
  readonly summary: string
  readonly system: System
  readonly script: string
  readonly timeoutMs: number
  readonly incidentId: string | null
  readonly cloud: Cloud | null
  readonly targets: RunRequest['targets']
  readonly mode: Mode | null
}

/** Which runs; nulls and empty lists mean any. */
export interface RunQuery extends PageQuery {
  readonly companyId: string | null
  readonly incidentId: string | null
  readonly runbookId: string | null
  readonly statuses: readonly RunStatus[]
}

/** Runs. Nothing here calls a cloud but the look-up of machines. */
export interface Runs {
  /** What would be done; nothing is written. */
  plan(caller: Caller, request: RunRequest): Promise<PlanView>
  /** Writes the run down as planned. The same key with the same request answers the first run again; with another request it throws `conflict`. Throws `bad_request` in a sentence where no plan can be made. */
  execute(caller: Caller, request: RunRequest, idempotencyKey: string | null): Promise<RunDetail>
  /** Makes a draft runbook of the script and a run of it. */
  script(caller: Caller, request: ScriptRequest, idempotencyKey: string | null): Promise<RunDetail>
  list(scope: Scope, query: RunQuery): Promise<Page<RunView>>
  get(scope: Scope, id: string): Promise<RunDetail>
  /** What commands wrote since the cursor. */
  output(scope: Scope, id: string, cursor: string | null): Promise<OutputPage>
  /** Asks for its end; a run that has ended throws `conflict`. */
  cancel(caller: Caller, id: string): Promise<RunDetail>
  replay(caller: Caller, query: { readonly companyId: string; readonly fromMs: number | null; readonly toMs: number | null; readonly limit: number }): Promise<ReplayView>
  /** Runbooks for an incident the caller may see, best first: those whose criteria hold, then those the analyst only named. */
  suggest(scope: Scope, incident: { readonly id: string; readonly companyId: string }): Promise<readonly SuggestedRunbook[]>
}

/** A person's answer to a request. */
export interface Decision {
  readonly yes: boolean
  readonly comment: string | null
  /** The machine that is meant, for a question `target`: the instance id of one of the candidates. */
  readonly instanceId: string | null
}

/** Requests for approval. */
export interface Approvals {
  list(scope: Scope, query: PageQuery & { readonly companyId: string | null; readonly incidentId: string | null; readonly status: ApprovalView['status'] | null }): Promise<Page<ApprovalView>>
  /** Throws `not_found`, `forbidden` with the reason, or `conflict` where it was decided or is void. */
  decide(caller: Caller, id: string, decision: Decision, via: 'api' | 'link' | 'chat' | 'psa'): Promise<ApprovalView>
  /** A one-time link by which this person decides; only they get it, or the installation's own token. */
  link(caller: Caller, id: string, userId: string | null): Promise<{ readonly token: string; readonly userId: string; readonly expiresAt: string }>
  /** Whom a link speaks for and what it asks; null for a link that is unknown, used, over, or whose person may no longer decide. Changes nothing. */
  byLink(token: string): Promise<{ readonly approval: ApprovalView; readonly run: RunView; readonly name: string } | null>
  /** Decides once by the link. Throws `not_found` for a link that does not work. */
  decideByLink(token: string, decision: Decision, ip: string): Promise<ApprovalView>
}

/** What the MSP (company id null) and companies allow. */
export interface RemediationSettingsStore {
  get(scope: Scope, companyId: string | null): Promise<RemediationSettingsView>
  /**
   * Sets it anew as a whole; `granted` is an MSP Admin's alone, and stays as it is where it is absent. Throws `conflict` where somebody saved since `expectedRevision`,
   * `forbidden` for what only an MSP Admin may do, `bad_request` with every mistake, among them what is wider than the MSP allows.
   */
  put(caller: Caller, companyId: string | null, draft: { readonly settings: RemediationSettings; readonly granted?: RemediationGrant; readonly expectedRevision: number | null }): Promise<RemediationSettingsView>
  /** The stop switch. What an MSP Admin stopped for all, nobody else starts. */
  stop(caller: Caller, companyId: string | null, reason: string): Promise<RemediationSettingsView>
  resume(caller: Caller, companyId: string | null): Promise<RemediationSettingsView>
}

/** Clouds of a company. */
export interface CloudAccounts {
  list(scope: Scope, companyId: string): Promise<readonly CloudAccountView[]>
  get(caller: Caller, companyId: string, id: string): Promise<CloudAccountView>
  create(caller: Caller, companyId: string, draft: CloudAccountDraft): Promise<CloudAccountView>
  update(caller: Caller, companyId: string, id: string, change: Partial<Omit<CloudAccountDraft, 'cloud'>>): Promise<CloudAccountView>
  remove(caller: Caller, companyId: string, id: string): Promise<void>
  /** What to do in the cloud, with a trust policy that names the account's external id. */
  onboarding(caller: Caller, companyId: string, id: string): Promise<CloudOnboarding>
  /** Calls the cloud: credentials, rights, and a harmless command where a machine is named. */
  check(caller: Caller, companyId: string, id: string, machine: { readonly instanceId: string; readonly group: string | null; readonly region: string; readonly system: System } | null): Promise<CloudAccountView>
}

/** Remediation as one. */
export interface Remediation {
  readonly runbooks: Runbooks
  readonly runs: Runs
  readonly approvals: Approvals
  readonly settings: RemediationSettingsStore
  readonly clouds: CloudAccounts
  stats(span: Span): Promise<RemediationStats>
}
