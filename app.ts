/** The composition root: engines, roles and one HTTP server, started in the order that lets nothing fall between them. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import pino from 'pino'
import { startAnalyse, startNews } from './app/roles/analyse.ts'
import { openAdapterBacktests } from './app/desks/adapter-backtests.ts'
import { apiPlugin } from './api/api-plugin.ts'
import { LiveHub } from './api/live-hub.ts'
import { healthRoutes } from './api/routes/health.ts'
import { Settlements } from './api/settlements.ts'
import { companyAdvice } from './app/desks/company-advice.ts'
import type { Config } from './config.ts'
import { openModel } from './correlator/analyst/model/open.ts'
import { openEngines } from './app/parts/engines.ts'
import { openHistoryBacktests } from './app/desks/history-backtests.ts'
import { healthOf } from './app/parts/health.ts'
import { createDoors } from './ingest/doors/registry.ts'
import { httpGet } from './ingest/doors/http-get.ts'
import { ingestPlugin } from './ingest/ingest-plugin.ts'
import { answerUnknown, CONNECTIONS_MAX, INGEST_SERVER_OPTIONS, redactedUrl } from './ingest/server-options.ts'
import { openMasterKeyDesk } from './app/desks/master-key.ts'
import { makeMetrics } from './app/metrics/metrics.ts'
import { startNotify } from './app/roles/notify.ts'
import { openUntil } from './correlator/quiet/schedule.ts'
import { workbench } from './processors/mapping/workbench.ts'
import { hasAdapter } from './processors/sources/registry.ts'
import type { RoleName } from './app/roles/names.ts'
import { systemClock } from './schemas/clock.ts'
import { openCodec } from './schemas/codec.ts'
import type { Caller } from './schemas/access.ts'
import { TOPICS } from './schemas/topics.ts'
import { startRemediate, type Remediating } from './app/roles/remediate.ts'
import { openRemediationDesk } from './app/desks/remediation.ts'
import { awsPrincipal, openRemediationParts } from './app/parts/remediation.ts'
import { readSecrets } from './app/parts/secrets.ts'
import { openDeadLetters } from './storage/dead-letters/store.ts'
import { analyticsStore } from './storage/queries/analytics-store.ts'
import { jwtSecret } from './storage/queries/installation.ts'
import { openStores } from './storage/queries/stores.ts'
import { openExplanations } from './storage/explain/explain.ts'
import { openReceipts } from './storage/receipts/store.ts'
import { openSecretBox } from './storage/secret-box.ts'
import { startSync } from './app/roles/sync.ts'
import { openTicketDesk } from './app/desks/connections.ts'
import { openTicketLinks } from './app/desks/ticket-links.ts'
import { openTicketParts } from './app/parts/tickets.ts'
import { openTicketSync } from './app/desks/ticket-sync.ts'
import { openTicketing, startTokenRefresher } from './app/parts/vault.ts'
import { CredentialKeeper, startCorrelate, startLiveFeed, startProcess, startProject, startRecord, startRelaying, type Stoppable, type Surroundings } from './app/roles/wiring.ts'

/** A company as its first key was shown. */
export interface FirstCompany {
  readonly name: string
  readonly apiKey: string
  readonly hmacSecret: string
}

/** The running program. */
export interface App {
  /** Where HTTP listens. */
  readonly url: string
  /** Settles when a part cannot go on. */
  readonly failed: Promise<Error>
  /** Makes a company when there is none yet, and answers its secrets; null when there is one. Needs the role `api`. */
  firstCompany(): Promise<FirstCompany | null>
  /** Stops taking requests, finishes what is under way, closes the engines. */
  stop(): Promise<void>
}

/** Who makes the first company. */
const SYSTEM: Caller = { kind: 'system', id: 'system', name: 'Alert Whisperer', ip: null, scope: { role: 'msp_admin', userId: 'system', companyIds: 'all' } }
const FIRST_COMPANY = 'First Company'

/** Starts the roles. What was started is stopped again when a later part cannot start. */
export async function startApp(config: Config, roles: readonly RoleName[]): Promise<App> {
  const has = (role: RoleName): boolean => roles.includes(role)
  const clock = systemClock
  const logger = pino({ level: config.logLevel, base: { roles: roles.length > 3 ? 'all' : roles.join('+') } }, pino.destination({ dest: 2, sync: false }))
  const stops: (() => Promise<unknown>)[] = []
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).reverse()) await one()
    logger.flush()
  }
  try {
    const metrics = makeMetrics()
    // Nothing is loaded or called by this: vendors' libraries come with the first question.
    const llm = openModel(config.llm, { clock, log: logger, metrics: metrics.models, off: config.mode === 'demo' ? 'AW_MODE is demo: no language model is asked' : null })
    const engines = await openEngines(config, clock, logger)
    stops.push(() => engines.close())
    const secrets = readSecrets(config)
    const failure = Promise.withResolvers<Error>()
    const surroundings: Surroundings = { engines, clock, logger, metrics, failed: failure.resolve }

    // Readers before writers, so that whatever is told finds somebody listening.
    const live = has('api') ? new LiveHub(clock) : null
    const settlements = has('api') ? new Settlements(clock) : null
    const started = async <T extends Stoppable>(starting: Promise<T>): Promise<T> => {
      const part = await starting
      stops.push(() => part.stop())
      return part
    }
    if (has('record')) await started(startRecord(surroundings))
    if (has('project')) await started(startProject(surroundings, live === null || settlements === null ? null : { live, settlements }))
    if (live !== null) await started(startLiveFeed(surroundings, live, has('project')))
    if (has('correlate')) await started(startCorrelate(surroundings))
    if (has('process')) await started(startProcess(surroundings))
    const relay = has('relay') ? await started(startRelaying(surroundings)) : null
    const analysing = has('analyse') ? await started(startAnalyse(surroundings, { config, model: llm.model, live, noted: () => relay?.wake() })) : null
    // The role wakes itself through the parts, which are there before it is.
    const working: { remediating: Remediating | null } = { remediating: null }
    const runsChanged = (): void => {
      relay?.wake()
      working.remediating?.wake()
    }
    const parts = has('api') || has('remediate') ? await openRemediationParts({ database: await engines.database(), clock, ceiling: config.mode, isTokenBarred: config.isTokenBarred, masterKey: secrets.masterKey, changed: runsChanged }) : null
    if (has('remediate') && parts !== null) working.remediating = await started(startRemediate(surroundings, { config, parts, live }))
    if (live !== null && (analysing === null || working.remediating === null)) await started(startNews(surroundings, live))
    if (has('notify')) await started(startNotify(surroundings, { config, masterKey: secrets.masterKey }))
    const ticketing = has('api') || has('sync') ? await openTicketing(surroundings, { masterKey: secrets.masterKey, changed: () => relay?.wake() }) : null
    if (ticketing !== null) {
      stops.push(() => ticketing.stop())
      const refresher = startTokenRefresher(ticketing.parts, { ceiling: config.mode, clock, logger })
      stops.push(() => refresher.stop())
    }
    const tickets = ticketing === null ? null : await openTicketParts(surroundings, { parts: ticketing.parts, ceiling: config.mode })
    const writing = has('sync') && tickets !== null ? await started(tickets.startWorker()) : null
    const syncing = has('sync') && ticketing !== null && tickets !== null
      ? await started(startSync(surroundings, { config, parts: ticketing.parts, budgetFor: (connector, connection) => tickets.budgetFor(connector, connection), ordered: () => writing?.wake(), said: runsChanged })) : null
    const keeper = has('ingest') ? new CredentialKeeper(surroundings, secrets.masterKey) : null
    if (keeper !== null) {
      await keeper.start()
      stops.push(() => keeper.stop())
    }

    const httpLog: FastifyBaseLogger = logger.child({}, { serializers: { req: (request: { method: string; url: string }) => ({ method: request.method, url: redactedUrl(request.url) }) } })
    const server = fastify({ ...INGEST_SERVER_OPTIONS, loggerInstance: httpLog, trustProxy: trust(config.trustedProxies) })
    server.server.maxConnections = CONNECTIONS_MAX
    stops.push(() => server.close())
    const stores = has('api') ? openStores(await engines.database(), { clock, masterKey: secrets.masterKey }) : null
    if (keeper !== null) {
      await server.register(ingestPlugin({
        log: engines.log, codec: await openCodec(TOPICS.raw.name, engines.schemaIds), credentials: keeper.snapshot, memory: await engines.deliveries(), clock,
        metrics: metrics.ingest, report: logger, processId: randomUUID(), doorOf: createDoors(), httpGet, isBehindProxy: config.trustedProxies > 0, bodyBytes: config.bodyBytes,
      }))
    }
    const health = healthOf(engines, roles, clock)
    if (stores !== null && live !== null && settlements !== null && parts !== null && ticketing !== null && tickets !== null) {
      const source = await engines.analytics()
      const database = await engines.database()
      const history = await started(openHistoryBacktests({ engines, clock, logger }))
      const receipts = await openReceipts({ facts: source, sql: database, log: engines.log, schemaIds: engines.schemaIds })
      const jwtKey = await jwtSecret(database, openSecretBox(secrets.masterKey))
      const remediation = openRemediationDesk({ ...parts, database, clock, ceiling: config.mode, isTokenBarred: config.isTokenBarred, secret: jwtKey, changed: runsChanged, awsPrincipal: awsPrincipal(clock) })
      const masterKeys = openMasterKeyDesk({ ...secrets, database, dataDir: config.dataDir, clock, logger })
      stops.push(() => masterKeys.stop())
      const connections = openTicketDesk({ ...ticketing.parts, ...tickets, database, clock, ceiling: config.mode })
      const ticketLinks = openTicketLinks({ ...ticketing.parts, ...tickets, database, clock, ceiling: config.mode })
      const ticketSync = openTicketSync({
        ...ticketing.parts, budgetFor: (connector, connection) => tickets.budgetFor(connector, connection), database, clock, record: (call) => ticketing.recorder.record(call), heard: () => syncing?.wake(),
        counted: (result) => metrics.tickets.hook(result),
      })
      await server.register(apiPlugin({
        clock, stores, remediation, connections, ticketLinks, ticketSync, masterKeys, analytics: analyticsStore(source), receipts, explanations: openExplanations({ receipts, facts: source, sql: database, hasAdapter, openUntil }), openUntil,
        deadLetters: await openDeadLetters({ facts: source, database, log: engines.log, schemaIds: engines.schemaIds, clock }), mappings: workbench, health, metrics: metrics.registry, live, settlements,
        changed: { outbox: () => relay?.wake(), credentials: async () => keeper?.refreshed(), analyses: () => analysing?.wake() },
        backtests: await openAdapterBacktests(engines), history, advice: companyAdvice({ facts: source, rules: stores.rules }), modelTests: llm.trials,
        jwtSecret: jwtKey, adminToken: secrets.adminToken, mode: config.mode, publicUrl: config.notices.publicUrl, version: version(),
      }))
    } else {
      healthRoutes(server, { health, metrics: metrics.registry })
      server.setNotFoundHandler(answerUnknown)
    }
    await server.listen({ host: config.host, port: config.port })
    return {
      url: urlOf(server),
      failed: failure.promise,
      stop,
      async firstCompany() {
        if (stores === null) return null
        const known = await stores.companies.list(SYSTEM.scope, { limit: 1, cursor: null })
        if (known.items.length > 0) return null
        const { company, key } = await stores.companies.create(SYSTEM, FIRST_COMPANY, {})
        await keeper?.refresh()
        relay?.wake()
        return { name: company.name, apiKey: key.apiKey, hmacSecret: key.hmacSecret }
      },
    }
  } catch (thrown) {
    await stop()
    throw thrown
  }
}

function urlOf(server: FastifyInstance): string {
  const address = server.server.address()
  if (address === null || typeof address === 'string') return String(address)
  const host = address.address === '0.0.0.0' || address.address === '::' ? '127.0.0.1' : address.address
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`
}

/** Believes as many proxies as the operator says stand in front; none by default. */
function trust(proxies: number): (address: string, hop: number) => boolean {
  return (_address, hop) => hop < proxies
}

function version(): string {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8')) as { version: string }
  return version
}
