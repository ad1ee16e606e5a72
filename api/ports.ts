/** What the API needs of the rest of the program. `storage/queries` and `storage/clickhouse` fit these by shape; `app.ts` joins them. */
import type { Caller, Scope } from '../schemas/access.ts'
import type { CallDetail, CallFilter, CallStats, CallView } from '../schemas/call-views.ts'
import type { ChainedLine, ChainReport } from '../schemas/audit-chain.ts'
import type { IntegrationAuthentication } from '../schemas/authentication.ts'
import type { IntegrationProcessing } from '../schemas/integration-processing.ts'
import type { NoticeChannelDraft, NoticeChannelView } from '../schemas/notices.ts'
import type { MappingFault, MappingSample, MappingSuggestion, MappingTrial } from '../schemas/mapping.ts'
import type { AnalysisView, LlmSettingsChange, LlmUsageView } from '../schemas/analysis-views.ts'
import type { CommandAction, IncidentSeverity, IncidentStatus } from '../schemas/records.ts'
import type {
  DeadLetterCount, DeadLetterDetail, DeadLetterFilter, DeadLetterView, DeliveryFilter, DeliveryLine, DeliveryView, ReplayAnswer, ReplayStep,
} from '../schemas/receipts.ts'
import type { AdapterBacktestLine, AdapterBacktestQuery } from '../schemas/adapter-backtest.ts'
import type { ExplainView } from '../schemas/explain-view.ts'
import type { CompanyDifferences, CompanySettingsView, EffectiveRules, MspSettingsView, RuleBookDraft, RuleBookView, RuleRevision } from '../schemas/rule-views.ts'
import type { SuppressedFigure, SuppressedQuery, SuppressedView } from '../schemas/quiet-views.ts'
import type { RuleBook, StoredRuleBook } from '../schemas/rules.ts'
import type { MspOverrides } from '../schemas/settings-cascade.ts'
import type { Advice, AdviceView } from '../schemas/advice.ts'
import type { AgreementView, Label } from '../schemas/labels.ts'
import type { BacktestView, HistoryBacktestQuery } from '../schemas/backtest.ts'
import type { CompanySettings, Role } from '../schemas/settings.ts'
import type { OrderStatus, OutboxOrderView } from '../schemas/ticket-work.ts'
import type {
  AssetFields, AssetView, AuditEntry, CommandView, CompanyView, IncidentDetail, IncidentView, IntegrationView, IssuedKey, NoiseView, Page, PageQuery, SlaTarget, SlaView, TopologyView, UserView,
} from '../schemas/views.ts'

/** Companies. Every method throws `not_found` for what the scope does not reach and `forbidden` for what it may only read. */
export interface CompanyStore {
  get(scope: Scope, id: string): Promise<CompanyView>
  list(scope: Scope, query: PageQuery): Promise<Page<CompanyView>>
  create(caller: Caller, name: string, settings: Partial<CompanySettings>): Promise<{ company: CompanyView; key: IssuedKey }>
  /** `inherit` names what is taken from the MSP again; `comment` says why. */
  update(caller: Caller, id: string, change: { readonly name?: string; readonly settings: Partial<CompanySettings>; readonly inherit?: readonly string[]; readonly comment?: string }): Promise<CompanyView>
}

/** What makes an integration. */
export interface IntegrationDraft extends Partial<IntegrationProcessing> {
  readonly name: string
  readonly source: string | null
  readonly requireHmac?: boolean
  readonly disabled?: boolean
  readonly authentication?: Partial<IntegrationAuthentication>
  /** A new secret of the vendor; null forgets those there are. */
  readonly vendorSecret?: string | null
  readonly vendorSecretOverlapMs?: number
}

/** A company's instances of sources, and their keys. */
export interface IntegrationStore {
  list(scope: Scope, companyId: string): Promise<readonly IntegrationView[]>
  create(caller: Caller, companyId: string, draft: IntegrationDraft): Promise<{ integration: IntegrationView; key: IssuedKey }>
  update(caller: Caller, companyId: string, id: string, change: Partial<IntegrationDraft>): Promise<IntegrationView>
  remove(caller: Caller, companyId: string, id: string): Promise<void>
  revokeKey(caller: Caller, companyId: string, integrationId: string, keyId: string): Promise<void>
  /** `overlapMs` 0 ends the present keys at once. */
  rotate(caller: Caller, companyId: string, integrationId: string | null, overlapMs: number): Promise<IssuedKey>
}

/** Machines and services of a company. */
export interface AssetStore {
  get(scope: Scope, companyId: string, id: string): Promise<AssetView>
  list(scope: Scope, companyId: string, query: PageQuery & { readonly q: string | null }): Promise<Page<AssetView>>
  create(caller: Caller, companyId: string, asset: AssetFields): Promise<AssetView>
  update(caller: Caller, companyId: string, id: string, change: Partial<AssetFields>): Promise<AssetView>
  remove(caller: Caller, companyId: string, id: string): Promise<void>
  importAll(caller: Caller, companyId: string, assets: readonly AssetFields[]): Promise<{ created: number; updated: number }>
}

/** The dependency graphs of companies, each whole. */
export interface TopologyStore {
  get(scope: Scope, companyId: string): Promise<TopologyView>
  replace(caller: Caller, companyId: string, graph: Pick<TopologyView, 'nodes' | 'edges'>): Promise<TopologyView>
}

/** What makes a user; the password is hashed already. */
export interface UserDraft {
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly companies: readonly string[]
  readonly passwordHash: string
}

/** A user as log-in and every authenticated request need them. */
export interface Account {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly passwordHash: string
  readonly disabled: boolean
  readonly companyIds: readonly string[]
}

/** Users, their roles and companies. */
export interface UserStore {
  byEmail(email: string): Promise<Account | null>
  byId(id: string): Promise<Account | null>
  get(scope: Scope, id: string): Promise<UserView>
  list(scope: Scope, query: PageQuery & { readonly companyId: string | null }): Promise<Page<UserView>>
  create(caller: Caller, draft: UserDraft): Promise<UserView>
  update(caller: Caller, id: string, change: Partial<UserDraft> & { readonly disabled?: boolean }): Promise<UserView>
  remove(caller: Caller, id: string): Promise<void>
  changeOwnPassword(caller: Caller, knownHash: string, nextHash: string): Promise<void>
}

/** Which incidents; empty lists and nulls mean any. */
export interface IncidentQuery extends PageQuery {
  readonly companyId: string | null
  readonly statuses: readonly IncidentStatus[]
  readonly severities: readonly IncidentSeverity[]
  /** A user id, or `none`. */
  readonly assignee: string | null
  readonly q: string | null
  readonly merged: boolean
}

/** Incidents as the projection shows them. */
export interface IncidentStore {
  list(scope: Scope, query: IncidentQuery): Promise<Page<IncidentView>>
  get(scope: Scope, id: string): Promise<IncidentDetail>
  counts(scope: Scope, companyId: string | null): Promise<readonly { status: IncidentStatus; severity: IncidentSeverity; count: number }[]>
}

/** What a person asks of an incident. */
export interface CommandRequest {
  readonly action: CommandAction
  readonly version: number | null
  readonly assignee: string | null
  readonly text: string | null
  readonly intoIncidentId: string | null
  readonly problemKeys: readonly string[]
  readonly severity: IncidentSeverity | null
  readonly category: string | null
}

/** Commands and their outcomes. */
export interface CommandStore {
  /** Durable when it resolves. The same key with the same request answers the first command again; with another request it throws `conflict`. */
  submit(caller: Caller, incidentId: string, request: CommandRequest, idempotencyKey: string | null): Promise<CommandView>
  get(scope: Scope, id: string): Promise<CommandView>
  /** Without a scope, for whoever just submitted it. */
  current(id: string): Promise<CommandView>
}

/** What people said by merging and splitting. */
export interface LabelStore {
  /** Newest first, of the companies the caller manages. */
  list(scope: Scope, query: PageQuery & { readonly companyId: string | null }): Promise<Page<Label>>
  /** How far people agreed with the grouping. */
  agreement(span: Span): Promise<AgreementView>
}

/** The audit log. */
export interface AuditStore {
  list(scope: Scope, query: PageQuery & { readonly companyId: string | null; readonly actorId: string | null; readonly action: string | null }): Promise<Page<AuditEntry>>
  /** Lines the caller may see, oldest first, each with its place in the chain. */
  export(scope: Scope, query: { readonly companyId: string | null; readonly fromMs: number | null; readonly toMs: number | null }): AsyncGenerator<ChainedLine>
  /** Checks the whole chain, and that it still holds a line that was noted. */
  verify(expected: { readonly seq: number; readonly hash: string } | null): Promise<ChainReport>
  /** Writes down what was not a change of rows. */
  write(caller: Caller, line: { readonly companyId: string | null; readonly action: string; readonly subject: string; readonly after?: unknown }): Promise<void>
}

/** Rooms of chats that are told when the remediator asks; a company id of null means the MSP's own. */
export interface ChannelStore {
  list(scope: Scope, companyId: string | null): Promise<readonly NoticeChannelView[]>
  create(caller: Caller, companyId: string | null, draft: NoticeChannelDraft): Promise<NoticeChannelView>
  update(caller: Caller, id: string, change: { readonly enabled?: boolean; readonly address?: string }): Promise<NoticeChannelView>
  remove(caller: Caller, id: string): Promise<void>
}

/** Rule books. A company id of null means the MSP's own. Every method throws `not_found` for companies the scope does not manage, `forbidden` for the MSP's. */
export interface RuleStore {
  get(scope: Scope, companyId: string | null, revision?: number | null): Promise<RuleBookView>
  revisions(scope: Scope, companyId: string | null, query: PageQuery): Promise<Page<RuleRevision>>
  save(caller: Caller, companyId: string | null, draft: RuleBookDraft): Promise<RuleBookView>
  rollback(caller: Caller, companyId: string | null, draft: { readonly revision: number; readonly comment: string; readonly expectedRevision: number | null }): Promise<RuleBookView>
  effective(scope: Scope, companyId: string, revision?: number | null): Promise<EffectiveRules>
  /** What a company would have without rules of its own. */
  inherited(scope: Scope, companyId: string): Promise<StoredRuleBook>
}

/** Settings that cascade from the MSP to its companies. */
export interface SettingsStore {
  get(): Promise<MspSettingsView>
  put(caller: Caller, draft: { readonly settings: MspOverrides; readonly comment: string; readonly expectedRevision: number | null }): Promise<MspSettingsView>
  ofCompany(scope: Scope, companyId: string): Promise<CompanySettingsView>
  /** Only companies the scope manages. */
  diff(scope: Scope, query: PageQuery & { readonly companyId: string | null }): Promise<Page<CompanyDifferences>>
}

/** Analyses of incidents and what they cost. */
export interface AnalysisQueries {
  request(caller: Caller, incidentId: string): Promise<{ readonly incidentId: string }>
  list(scope: Scope, incidentId: string): Promise<readonly AnalysisView[]>
  usage(scope: Scope, companyId: string): Promise<LlmUsageView>
  /** Null: for every company without its own. */
  configure(caller: Caller, companyId: string | null, change: LlmSettingsChange): Promise<LlmUsageView | null>
}

/** Problems that are kept quiet. */
export interface SuppressedStore {
  list(scope: Scope, query: SuppressedQuery): Promise<Page<SuppressedView>>
}

/** Everything kept in the database. */
export interface Stores {
  readonly rules: RuleStore
  readonly settings: SettingsStore
  readonly companies: CompanyStore
  readonly integrations: IntegrationStore
  readonly assets: AssetStore
  readonly topologies: TopologyStore
  readonly users: UserStore
  readonly incidents: IncidentStore
  readonly commands: CommandStore
  readonly labels: LabelStore
  readonly audit: AuditStore
  readonly channels: ChannelStore
  readonly suppressed: SuppressedStore
  readonly analyses: AnalysisQueries
  readonly calls: CallStore
  readonly ticketOrders: TicketOrders
}

/** Orders for tickets, by companies the caller manages. */
export interface TicketOrders {
  /** Newest first; no status: all. */
  list(scope: Scope, query: PageQuery & { readonly companyId: string | null; readonly statuses: readonly OrderStatus[]; readonly ticketId: string | null; readonly incidentId: string | null }): Promise<Page<OutboxOrderView>>
  /** Throws `not_found`, `conflict` for one that is not dead. */
  replay(caller: Caller, id: string): Promise<OutboxOrderView>
  /** Throws `not_found`, `conflict` for one that is being called or has ended. */
  drop(caller: Caller, id: string): Promise<OutboxOrderView>
}

/** Calls to outside systems and from them. */
export interface CallStore {
  /** Throws `not_found` for a company that is not the caller's. */
  list(scope: Scope, query: CallFilter & PageQuery): Promise<Page<CallView>>
  /** Throws `not_found`. */
  get(scope: Scope, id: string): Promise<CallDetail>
}

/** Which companies, and from when (inclusive) to when (exclusive) in ms; null leaves that end open. */
export interface Span {
  readonly companyIds: readonly string[] | 'all'
  readonly fromMs: number | null
  readonly toMs: number | null
}

/** Figures from the ledger. Implementations must restrict every answer to `companyIds`. */
export interface Analytics {
  noise(span: Span): Promise<NoiseView>
  /** What was kept quiet, most alerts first. */
  suppressed(span: Span): Promise<readonly SuppressedFigure[]>
  /** How long incidents took and whether they kept the targets, as of now. */
  sla(span: Span, targets: readonly SlaTarget[], nowMs: number): Promise<SlaView>
  /** How calls to outside systems went. */
  calls(span: Span): Promise<CallStats>
  /** A flat or nested object of numbers; the names are those of the interface page. */
  balance(span: Span): Promise<object>
}

/** What became of deliveries. */
export interface Receipts {
  /** By our id, or by the sender's own within an integration; null when the caller's companies have no such delivery. */
  get(scope: Scope, name: { readonly id: string; readonly integrationId: string | null }): Promise<DeliveryView | null>
  list(span: Span, filter: DeliveryFilter, page: PageQuery): Promise<Page<DeliveryLine>>
}

/** Why an alert became what it did. */
export interface Explanations {
  /** By alert id, delivery id or problem key; null when the caller's companies have no such alert. */
  explain(scope: Scope, id: string): Promise<ExplainView | null>
}

/** Records that could not be understood. Implementations must restrict every answer to the companies. */
export interface DeadLetters {
  list(span: Span, filter: DeadLetterFilter, page: PageQuery): Promise<Page<DeadLetterView>>
  counts(span: Span, filter: DeadLetterFilter): Promise<readonly DeadLetterCount[]>
  /** Null when there is none within the companies. */
  get(companyIds: Span['companyIds'], id: string): Promise<DeadLetterDetail | null>
  /** `bytes` is null where nothing keeps the original any more. */
  original(companyIds: Span['companyIds'], id: string): Promise<{ readonly companyId: string | null; readonly bytes: Buffer | null; readonly contentType: string } | null>
  /** Appends the original record anew, once; null when there is none within the caller's companies. */
  replay(caller: Caller, id: string): Promise<ReplayAnswer | null>
  /** One bounded step of replaying all that fit; go on with `next` of its answer. */
  replayMany(caller: Caller, span: Span, filter: DeadLetterFilter, step: { readonly limit: number; readonly cursor: string | null }): Promise<ReplayStep>
}

/** What adapters, or a mapping, would make of deliveries that came before; nothing is written. */
export interface AdapterBacktests {
  /** Lines of progress and the result. Ends early when the signal aborts. Throws `rate_limited` where too many run, `bad_request` for a mapping that is none. */
  run(query: AdapterBacktestQuery, signal: AbortSignal): AsyncGenerator<AdapterBacktestLine>
}

/** What other settings would have made of a company's stored history. Production is never touched. */
export interface HistoryBacktests {
  /** Begins one. Throws `not_found`, `forbidden`, `bad_request` for settings with mistakes, `rate_limited` while another of the company runs. */
  start(caller: Caller, query: HistoryBacktestQuery): Promise<BacktestView>
  /** Ends a run; one that has ended stays as it is. Throws `not_found`. */
  cancel(caller: Caller, id: string): Promise<BacktestView>
  get(scope: Scope, id: string): Promise<BacktestView>
  /** Newest first, without their results. */
  list(scope: Scope, query: PageQuery & { readonly companyId: string | null }): Promise<Page<BacktestView>>
}

/** Whose past, from when (inclusive) to when (exclusive), and in which time zone trouble that comes back is looked for. */
export interface AdviceQuery {
  readonly companyId: string
  readonly fromMs: number
  readonly toMs: number
  readonly timeZone: string
}

/** What the past suggests to change. Every method throws `not_found` for companies the caller does not manage. */
export interface Advices {
  list(caller: Caller, query: AdviceQuery): Promise<AdviceView>
  /** An advice, and the rules in force with its rule among them. Throws `not_found`, or `conflict` where there is no rule to add. */
  proposed(caller: Caller, query: AdviceQuery, id: string): Promise<{ readonly advice: Advice; readonly rules: RuleBook }>
  /** Saves the company's rule book with the rule, and its audit line. */
  apply(caller: Caller, query: AdviceQuery, id: string): Promise<{ readonly advice: Advice; readonly revision: number }>
}

/** One engine or part, asked whether it answers. */
export interface HealthCheck {
  readonly name: string
  readonly ok: boolean
  /** How to mend it; no addresses or secrets, this is shown without log-in. */
  readonly message: string | null
  readonly latencyMs: number
}

/** Whether the program can do its work. */
export interface Health {
  ready(): Promise<readonly HealthCheck[]>
}

/** Mappings from payloads to alerts, tried without storing anything. */
export interface Mappings {
  /** Everything wrong with a mapping; empty when nothing is. */
  check(document: unknown): readonly MappingFault[]
  /** What a mapping makes of a sample; what fails is told, not thrown. */
  try(document: unknown, sample: MappingSample): MappingTrial
  /** A mapping read off a sample. */
  suggest(sample: MappingSample): MappingSuggestion
}

/** How one model of one provider did when it was tried; what is null is not known. */
export interface ModelTrialView {
  readonly provider: string
  readonly model: string
  /** Which of `cheap` and `strong` it is asked for. */
  readonly tiers: readonly string[]
  readonly ok: boolean
  readonly latencyMs: number
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly costMicroUsd: number | null
  readonly code: string | null
  readonly message: string | null
}

/** Tries the configured providers of language models with a tiny question. */
export interface ModelTests {
  readonly providers: readonly string[]
  /** Why no call is made at all; null when calls are made. */
  readonly off: string | null
  /** All of them at once, or the one named. */
  run(only: string | null, signal?: AbortSignal): Promise<readonly ModelTrialView[]>
}

/** Told after a commit, so that those concerned need not wait for their next look. */
export interface ChangeSignals {
  /** Rows lie in the outbox. */
  outbox(): void
  /** Keys, integrations or limits changed; resolves once the edge of this process, where it has one, judges by them. */
  credentials(): Promise<void>
  /** An analysis was asked for; the analyst of this process, where it has one, looks at once. */
  analyses?(): void
  /** A run was planned, decided or asked to end; the remediator of this process, where it has one, looks at once. */
  runs?(): void
}
