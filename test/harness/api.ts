/** The API over a real embedded database, called in process; incidents are projected from records, as the projector does it. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify'
import { Registry } from 'prom-client'
import { apiPlugin } from '../../api/api-plugin.ts'
import { feedProjected } from '../../api/live-feed.ts'
import { LiveHub } from '../../api/live-hub.ts'
import type { AdapterBacktests, Analytics, DeadLetters, HealthCheck, HistoryBacktests, ModelTests, Receipts, Span } from '../../api/ports.ts'
import { Settlements } from '../../api/settlements.ts'
import { openRemediationDesk } from '../../app/desks/remediation.ts'
import { openRemediationParts, type RemediationParts } from '../../app/parts/remediation.ts'
import { ExecutorError, type Executor } from '../../remediator/executors/port.ts'
import { openUntil } from '../../correlator/quiet/schedule.ts'
import { workbench } from '../../processors/mapping/workbench.ts'
import { companyAdvice } from '../../app/desks/company-advice.ts'
import type { PastProblem } from '../../schemas/advice.ts'
import type { Caller } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import type { CommandOutcome, Command, IncidentChanged, IncidentRecord, ProblemPlaced } from '../../schemas/records.ts'
import type { Mode, Role } from '../../schemas/settings.ts'
import type { Runbook } from '../../schemas/runbooks.ts'
import type { DeadLetterView, DeliveryView } from '../../schemas/views.ts'
import type { Database } from '../../storage/postgres/database.ts'
import { openCopiedDatabase } from './database-template.ts'
import { projectBatch } from '../../storage/projection/project-batch.ts'
import { backtestStore } from '../../storage/queries/backtests.ts'
import { openExplanations } from '../../storage/explain/explain.ts'
import { openStores } from '../../storage/queries/stores.ts'
import { KeyRing } from '../../storage/secret-box.ts'
import { callRecorder } from '../../storage/tickets/calls.ts'
import { openTicketDesk, UNCOUNTED } from '../../app/desks/connections.ts'
import { openTicketLinks } from '../../app/desks/ticket-links.ts'
import { openTicketSync } from '../../app/desks/ticket-sync.ts'
import { openVaultParts, type VaultParts } from '../../app/parts/vault.ts'
import { openMasterKeyDesk } from '../../app/desks/master-key.ts'
import type { TicketConnector } from '../../connectors/port.ts'
import type { OutsideCall } from '../../schemas/tickets.ts'

/** The password of every user the harness makes. */
export const PASSWORD = 'correct horse battery'
export const ADMIN_TOKEN = 'admin-token-of-the-test'

const NO_BACKTESTS: AdapterBacktests = {
  async *run(_query, signal) {
    if (!signal.aborted) yield { type: 'progress', done: 0, total: 0 }
  },
}

/** Backtests that are written down and never run. */
function rowsOnly(database: Database, clock: Clock): HistoryBacktests {
  const store = backtestStore(database, { clock })
  return {
    async start(caller, query) {
      const begun = await store.begin(caller, query)
      await store.end(begun.id, { state: 'failed', code: 'interrupted', message: 'it never ran' })
      return begun
    },
    cancel: (caller, id) => store.cancel(caller, id), get: (scope, id) => store.get(scope, id), list: (scope, query) => store.list(scope, query),
  }
}

const NO_MODELS: ModelTests = { providers: [], off: 'the harness has no language model', run: async () => [] }

/** A cloud that knows no machine and takes no command: what the API does must do without. */
const NO_CLOUD: Omit<Executor, 'cloud'> = {
  capabilities: { systems: ['linux', 'windows'], automation: true, cancel: true, findsSent: true, timeoutMaxMs: 172_800_000, scriptMaxBytes: 60_000 },
  send: () => Promise.reject(new ExecutorError('unavailable', 'the API sends nothing')), find: () => Promise.reject(new ExecutorError('unavailable', 'the API looks nothing up')), poll: () => Promise.reject(new ExecutorError('unavailable', 'the API polls nothing')),
  cancel: () => Promise.reject(new ExecutorError('unavailable', 'the API ends nothing')), clean: () => Promise.reject(new ExecutorError('unavailable', 'the API cleans nothing')),
  machines: async () => [], check: async () => ({ ok: true, findings: [{ name: 'role', ok: true, message: 'it may be assumed' }] }), costMicroUsd: () => 0,
}

/** Ledger and dead letters by company, so that a test sees which companies were asked for. */
export class FakeFigures implements Analytics, DeadLetters {
  readonly asked: (Span['companyIds'])[] = []
  readonly deliveries: DeliveryView[] = []
  readonly letters: DeadLetterView[] = []
  readonly replayed: string[] = []
  /** Problems of the past, of whatever company is asked for. */
  readonly problems: PastProblem[] = []

  async noise(span: Span) {
    this.asked.push(span.companyIds)
    return { alerts: 100, problems: 20, incidents: 5, noiseReduction: 0.95 }
  }
  async suppressed(span: Span) {
    this.asked.push(span.companyIds)
    return []
  }
  async sla(span: Span) {
    this.asked.push(span.companyIds)
    const figures = { incidents: 5, resolved: 4, reopened: 1, meanHoursToResolve: 2, medianHoursToResolve: 1, meanMinutesToAcknowledge: 3, kept: 3, breached: 1, keptShare: 0.75 }
    return { ...figures, bySeverity: [], byPriority: [] }
  }
  async calls(span: Span) {
    this.asked.push(span.companyIds)
    return { calls: 10, errors: 1, timeouts: 1, repeated: 2, medianMs: 90, p95Ms: 400, longestMs: 30_000, items: [], days: [] }
  }
  async balance(span: Span) {
    this.asked.push(span.companyIds)
    return { accepted: 100, inFlight: 0, difference: 0, dropped: { duplicate: 3 } }
  }
  receipts(): Receipts {
    return {
      get: async (scope, { id }) => this.deliveries.find((delivery) => delivery.deliveryId === id && within(scope.companyIds, delivery.companyId)) ?? null,
      list: async (span) => ({ items: this.deliveries.filter((delivery) => within(span.companyIds, delivery.companyId)), next: null }),
    }
  }
  async list(span: Span) {
    return { items: this.letters.filter((letter) => within(span.companyIds, letter.companyId)), next: null }
  }
  async counts(span: Span) {
    return this.letters.filter((letter) => within(span.companyIds, letter.companyId)).map(({ code, stage, source, at }) => ({ code, stage, source, count: 1, replayed: 0, oldestAt: at, newestAt: at }))
  }
  async get(companyIds: Span['companyIds'], id: string) {
    const letter = this.#letter(companyIds, id)
    return letter === null ? null : { ...letter, original: null }
  }
  async original(companyIds: Span['companyIds'], id: string) {
    const letter = this.#letter(companyIds, id)
    return letter === null ? null : { companyId: letter.companyId, bytes: Buffer.from('<b>original</b>'), contentType: 'text/html' }
  }
  async replay({ scope, name }: Caller, id: string) {
    const letter = this.#letter(scope.companyIds, id)
    if (letter === null) return null
    this.replayed.push(id)
    return { id, companyId: letter.companyId, deliveryId: letter.deliveryId, replayedAt: letter.at, replayedBy: name, wasReplayed: false }
  }
  async replayMany(_caller: Caller, span: Span) {
    const letters = this.letters.filter((letter) => within(span.companyIds, letter.companyId))
    return { matched: letters.length, replayed: letters.length, already: 0, failed: [], companies: Object.fromEntries(letters.map(({ companyId }) => [companyId ?? '', 1])), next: null }
  }
  #letter(companyIds: Span['companyIds'], id: string): DeadLetterView | null {
    return this.letters.find((candidate) => candidate.id === id && within(companyIds, candidate.companyId)) ?? null
  }
}

function within(companyIds: Span['companyIds'], companyId: string | null): boolean {
  return companyIds === 'all' || (companyId !== null && companyIds.includes(companyId))
}

/** Every field a test reads of an answer; which of them are there is what the test is about. */
export interface Answer {
  id: string; name: string; title: string; number: number; status: string; version: number; code: string; message: string; mistakes: { line: number }[]
  items: Answer[]; next: string | null; checks: unknown[]; paths: Record<string, unknown>
  apiKey: string; hmacSecret: string; webhookUrl: string; integrationId: string; integration: { id: string }; previousExpireAt: string | null; keys: { id: string; lastUsedAt: string | null }[]
  token: string; expiresAt: string; companies: string[]; actor: { id: string }; commandId: string; incidentId: string; mergedInto: string | null
}

/** A running API and what a test does with it. */
export interface ApiHarness {
  readonly app: FastifyInstance
  readonly database: Database
  readonly masterKey: Buffer
  readonly remediation: RemediationParts
  readonly vault: VaultParts
  /** Calls to the outside that were made. */
  readonly records: readonly OutsideCall[]
  readonly figures: FakeFigures
  readonly live: LiveHub
  readonly checks: HealthCheck[]
  readonly signals: { outbox: number; credentials: number; runs: number; heard: number }
  /** Every route the API registered, without the documentation page's own. */
  readonly routes: readonly { method: string; url: string }[]
  call(token: string | null, method: string, url: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<{ status: number; body: Answer; text: string; headers: InjectHeaders }>
  company(name: string, settings?: object): Promise<{ id: string; apiKey: string; hmacSecret: string; webhookUrl: string }>
  user(role: Role, companies: readonly string[], name?: string): Promise<{ id: string; email: string; token: string }>
  /** Projects records and tells listeners, as the projector does after its commit. */
  project(...events: IncidentRecord['event'][]): Promise<void>
  /** An incident with one problem, projected. */
  incident(companyId: string, change?: Partial<IncidentChanged>): Promise<string>
  /** Answers the commands in the outbox by `judge` until none is left, as relay, correlator and projector do together. */
  settle(judge?: (command: Command) => Partial<CommandOutcome>): Promise<number>
  close(): Promise<void>
}

type InjectHeaders = Record<string, number | string | string[] | undefined>

let serial = 0
let version = 2 ** 40

/** Opens it in a directory of its own; the first start of the embedded database takes seconds. With `autoSettle` every command is answered at once. */
export async function openApiHarness(clock: Clock, options: { readonly autoSettle?: boolean; readonly modelTests?: ModelTests; readonly mode?: Mode; readonly isTokenBarred?: boolean; readonly shipped?: readonly Runbook[]; readonly connectors?: readonly TicketConnector[] } = {}): Promise<ApiHarness> {
  const dataDir = mkdtempSync(join(tmpdir(), 'aw-api-'))
  const database = await openCopiedDatabase({ dataDir, clock })
  const masterKey = randomBytes(32)
  const figures = new FakeFigures()
  const live = new LiveHub(clock)
  const settlements = new Settlements(clock)
  const stores = openStores(database, { clock, masterKey })
  const signals = { outbox: 0, credentials: 0, runs: 0, heard: 0 }
  const checks: HealthCheck[] = [{ name: 'database', ok: true, message: null, latencyMs: 1 }]
  const routes: { method: string; url: string }[] = []
  const records: OutsideCall[] = []
  let settling: Promise<unknown> = Promise.resolve()
  const mode = options.mode ?? 'dry-run'
  const jwtSecret = randomBytes(32)
  const remediation = await openRemediationParts({ database, clock, ceiling: mode, isTokenBarred: options.isTokenBarred ?? false, masterKey, changed: () => { signals.runs += 1 }, executors: async (cloud) => ({ ...NO_CLOUD, cloud }), shipped: options.shipped ?? [] })
  const app = Fastify()
  app.addHook('onRoute', (route: RouteOptions) => {
    for (const method of [route.method].flat()) if (method !== 'HEAD' && !route.url.startsWith('/api/docs')) routes.push({ method, url: route.url })
  })
  const recorder = callRecorder(database, { clock, logger: { warn() {}, error() {} } })
  const record = (call: OutsideCall): Promise<void> => {
    records.push(call)
    return recorder.record(call)
  }
  const vault = openVaultParts({ database, clock, masterKey, record, ...(options.connectors === undefined ? {} : { connectors: options.connectors }) })
  const masterKeys = openMasterKeyDesk({ database, masterKey: new KeyRing([masterKey]), masterKeySource: 'environment', dataDir, clock, logger: { info() {}, warn() {}, error() {} } })
  await app.register(apiPlugin({
    connections: openTicketDesk({ ...vault, ...UNCOUNTED, database, clock, ceiling: mode }), masterKeys, ticketLinks: openTicketLinks({ ...vault, ...UNCOUNTED, database, clock, ceiling: mode }),
    ticketSync: openTicketSync({ ...vault, budgetFor: UNCOUNTED.budgetFor, database, clock, record: async (call) => void records.push(call), heard: () => { signals.heard += 1 }, counted: () => undefined }),
    clock, stores, analytics: figures, receipts: figures.receipts(), explanations: openExplanations({ receipts: figures.receipts(), facts: { query: async () => [] }, sql: database, hasAdapter: (source) => source === 'zabbix', openUntil }), openUntil, deadLetters: figures, mappings: workbench, health: { ready: async () => checks }, metrics: new Registry(), live, settlements,
    changed: { outbox: () => { signals.outbox += 1; if (options.autoSettle === true) settling = settling.then(() => harness.settle()) }, credentials: async () => { signals.credentials += 1 } }, jwtSecret, adminToken: ADMIN_TOKEN, mode,
    remediation: openRemediationDesk({ ...remediation, database, clock, ceiling: mode, isTokenBarred: options.isTokenBarred ?? false, secret: jwtSecret, awsPrincipal: async () => null, changed: () => { signals.runs += 1 } }),
    backtests: NO_BACKTESTS, history: rowsOnly(database, clock), advice: companyAdvice({ facts: { query: async () => figures.problems as never[] }, rules: stores.rules }), modelTests: options.modelTests ?? NO_MODELS, publicUrl: 'http://aw.test', version: '0.0.0', passwordCost: { N: 16, r: 8, p: 1 },
  }))
  await app.ready()

  const call: ApiHarness['call'] = async (token, method, url, body, headers = {}) => {
    const payload = body === undefined ? {} : typeof body === 'string' ? { payload: body } : { payload: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const answer = await app.inject({
      method, url, ...payload, headers: { ...('headers' in payload ? payload.headers : {}), ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
    })
    const isJson = String(answer.headers['content-type']).startsWith('application/json')
    return { status: answer.statusCode, body: isJson ? answer.json<Answer>() : ({} as Answer), text: answer.body, headers: answer.headers }
  }
  const project: ApiHarness['project'] = async (...events) => {
    const projected = await database.transaction((sql) => projectBatch(sql, events.map((event) => ({ event }))))
    feedProjected(projected, { live, settlements })
  }
  const harness: ApiHarness = {
    app, database, masterKey, remediation, vault, records, figures, live, checks, signals, routes, call, project,
    async company(name, settings = {}) {
      const { status, body } = await call(ADMIN_TOKEN, 'POST', '/api/companies', { name, ...settings })
      if (status !== 201) throw new Error(`making company ${name}: ${JSON.stringify(body)}`)
      return body
    },
    async user(role, companies, name = role) {
      serial += 1
      const email = `${name}-${serial}@example.com`.toLowerCase()
      const made = await call(ADMIN_TOKEN, 'POST', '/api/users', { email, name, password: PASSWORD, role, companies })
      if (made.status !== 201) throw new Error(`making user ${email}: ${JSON.stringify(made.body)}`)
      const login = await call(null, 'POST', '/api/auth/login', { email, password: PASSWORD })
      return { id: made.body.id, email, token: login.body.token }
    },
    async incident(companyId, change = {}) {
      serial += 1
      const snapshot = anIncident(companyId, `inc-${serial}`, change)
      await project(snapshot, aProblem(companyId, snapshot.incidentId, `v1:int-1:${serial}`, snapshot.version))
      return snapshot.incidentId
    },
    async settle(judge = () => ({})) {
      const rows = await database.query<{ id: number; record: { event?: { type: string } } }>('select id, record from outbox order by id')
      let settled = 0
      for (const { id, record } of rows) {
        await database.query('delete from outbox where id = $1', [id])
        if (record.event?.type !== 'command') continue
        const command = record.event as Command
        settled += 1
        await project({
          type: 'outcome', commandId: command.commandId, companyId: command.companyId, incidentId: command.incidentId, action: command.action, actor: command.actor,
          status: 'done', code: null, message: '', atMs: clock.now(), version: (version += 1), ...judge(command),
        })
      }
      return settled
    },
    async close() {
      await app.close()
      await settling
      await vault.stop()
      await recorder.stop()
      await database.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
  return harness
}

/** A snapshot of an incident. */
export function anIncident(companyId: string, incidentId: string, change: Partial<IncidentChanged> = {}): IncidentChanged {
  version += 1
  return {
    type: 'incident', incidentId, companyId, version, atMs: Date.UTC(2026, 0, 1), cause: 'problem', causeId: null, title: 'Disk full on web-1', status: 'open', severity: 'high', priority: 2,
    openedAtMs: Date.UTC(2026, 0, 1), updatedAtMs: Date.UTC(2026, 0, 1, 0, 1), acknowledgedAtMs: null, resolvedAtMs: null, closedAtMs: null, alertCount: 7, problemCount: 1, openProblemCount: 1,
    assets: ['web-1'], assetCount: 1, sources: ['zabbix'], latestProblemKeys: [], assignee: null, resolution: null, reopenCount: 0, mergedInto: null, findings: [], rootCause: null, classification: null, severityJudgement: null, ...change,
  }
}

/** A problem as placed in an incident. */
export function aProblem(companyId: string, incidentId: string, problemKey: string, ofVersion: number): ProblemPlaced {
  const atMs = Date.UTC(2026, 0, 1)
  return {
    type: 'problem', incidentId, version: ofVersion,
    evidence: { rule: 'scored', withProblemKey: 'v1:int-1:first', score: 0.8, threshold: 0.5, features: [{ name: 'same_asset', value: 1, weight: 0.8, detail: 'web-1' }], ruleId: null, rulesRevision: 0, considered: [] },
    suppression: null,
    problem: {
      problemKey, companyId, integrationId: 'int-1', source: 'zabbix', change: 'opened', status: 'firing', flapping: false, acknowledged: false, episode: 1, count: 7, alertId: `${problemKey}-alert`,
      asset: 'web-1', signature: 'disk', severity: 'high', title: 'Disk full', message: '97 % used', labels: { mount: '/var' }, firstAtMs: atMs, lastAtMs: atMs, resolvedAtMs: null, startsAtMs: null,
      partition: 0, atMs, version: ofVersion,
    },
  }
}
