/** Connections as the API asks for them: kept by the store, opened by the vault, called through the connector. What is called here a person waits for. */
import type { Connections } from '../../api/connection-ports.ts'
import { connectorStatus, type AccountFacts, type Probed } from './connector-status.ts'
import { connectorView } from './connector-view.ts'
import { ConnectorError, type CallContext, type TicketConnector } from '../../connectors/port.ts'
import type { CallBudget } from '../../connectors/http/client.ts'
import type { OpenedConnection } from '../../connectors/vault/vault.ts'
import type { Caller } from '../../schemas/access.ts'
import type { ExternalChoice } from '../../schemas/connection-views.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError, type ErrorCode } from '../../schemas/errors.ts'
import type { Mode } from '../../schemas/settings.ts'
import type { ConnectionCheck, ConnectionView } from '../../schemas/tickets.ts'
import type { SqlDatabase } from '../../storage/queries/sql.ts'
import { unmatchedIncidents } from '../../storage/tickets/matches.ts'
import { newestCall } from '../../storage/tickets/newest-call.ts'
import type { VaultParts } from '../parts/vault.ts'

/** What the desk is joined from. */
export interface TicketDeskParts extends Pick<VaultParts, 'connections' | 'vault' | 'connectors' | 'connectorOf' | 'contextOf'> {
  readonly database: SqlDatabase
  readonly clock: Clock
  /** AW_MODE. */
  readonly ceiling: Mode
  /** The call budget of a piece of work. */
  readonly budgetFor: (connector: TicketConnector, connection: OpenedConnection) => CallBudget
  /** How accounts stand; null where nothing is known of one. */
  readonly accountFacts: (connector: TicketConnector, connection: OpenedConnection) => Promise<AccountFacts | null>
  /** Told when somebody mended a connection: what it held is tried anew. */
  readonly mended: (connector: TicketConnector, connection: OpenedConnection) => Promise<void>
}

/** For a program without an outbox: calls are not counted, and nothing is known of accounts. */
export const UNCOUNTED: Pick<TicketDeskParts, 'budgetFor' | 'accountFacts' | 'mended'> = {
  budgetFor: () => ({ take: async () => undefined, answered: () => undefined }), accountFacts: async () => null, mended: async () => undefined,
}

/** A check that takes longer is ended. */
const CHECK_WITHIN_MS = 60_000
const LOOK_UP_WITHIN_MS = 30_000
const PROBE_WITHIN_MS = 15_000
/** After this no further connection is probed, so that whoever waits is answered. */
const PROBES_WITHIN_MS = 12_000
/** Most answers of a look-up. */
const CHOICES_MAX = 100
/** Connections probed side by side. */
const PROBES_AT_ONCE = 10

/** The desk. */
export function openTicketDesk(parts: TicketDeskParts): Connections {
  const { database, clock, ceiling, connections, vault, connectors, connectorOf, contextOf, budgetFor, accountFacts, mended } = parts

  const refuseInDemo = (): void => {
    if (ceiling === 'demo') throw new AppError('conflict', 'AW_MODE is demo, in which no ticket system is called: start the program with dry-run, sandbox or production to do this')
  }
  const connectorFor = (id: string): TicketConnector => {
    const connector = connectorOf(id)
    if (connector === null) throw new AppError('conflict', `there is no connector ${id} in this release: remove the connection, or start the release it was made with`)
    return connector
  }
  const context = (connection: OpenedConnection, connector: TicketConnector, caller: Caller, withinMs: number): CallContext => contextOf(connection, connector, {
    budget: budgetFor(connector, connection), signal: AbortSignal.timeout(withinMs),
    origin: { companyId: connection.companyId, incidentId: null, ticketId: null, who: { kind: caller.kind, id: caller.id, name: caller.name }, urgency: 1, retries: 0 },
  })

  /** Tries a connection; whatever is wrong is a finding. */
  async function tried(connection: OpenedConnection, connector: TicketConnector, caller: Caller, withinMs: number): Promise<ConnectionCheck> {
    try {
      await connection.credentials()
      return await connector.check(context(connection, connector, caller, withinMs))
    } catch (thrown) {
      if (!(thrown instanceof ConnectorError)) throw thrown
      const text = thrown.code === 'aborted' ? `no whole answer within ${withinMs / 1_000} s: see to the address, the network and its firewall` : thrown.message
      return { ok: false, findings: [{ name: thrown.code === 'unauthorized' || thrown.code === 'misconfigured' ? 'credentials' : 'check', ok: false, text }] }
    }
  }

  /** Whose account it is by the word of the system itself, so that a wrong one is seen by who agreed. */
  async function accountOf({ id, caller }: { readonly id: string; readonly caller: Caller }): Promise<string> {
    const connection = await vault.open(id, { purpose: 'check', caller })
    const connector = connectorFor(connection.connector)
    const [first] = (await tried(connection, connector, caller, PROBE_WITHIN_MS)).findings
    const { title } = connector.config
    return first?.ok === true ? `${title} says whose account it is: ${first.text}. If that is not what you meant, take this access away there and begin again.` : `${title} does not say yet whose account it is: ${first?.text ?? 'it was not asked'}.`
  }

  /** Asks the system for a person; its errors become ours. */
  async function looked<T>(caller: Caller, id: string, ask: (connector: TicketConnector, ctx: CallContext) => Promise<T>): Promise<T> {
    // Rights before anything is opened or called.
    const { connector: name } = await connections.get(caller.scope, id)
    refuseInDemo()
    const connector = connectorFor(name)
    const connection = await vault.open(id, { purpose: 'look-up', caller })
    try {
      return await ask(connector, context(connection, connector, caller, LOOK_UP_WITHIN_MS))
    } catch (thrown) {
      if (thrown instanceof ConnectorError) throw asAppError(thrown)
      throw thrown
    }
  }

  /** How the account stands; null where it cannot be told, for a connection that went or is set up wrongly. */
  async function factsOf(connector: TicketConnector, id: string): Promise<AccountFacts | null> {
    try {
      return await accountFacts(connector, await vault.peek(id))
    } catch (thrown) {
      if (thrown instanceof ConnectorError || (thrown instanceof AppError && thrown.code === 'not_found')) return null
      throw thrown
    }
  }

  async function probes(caller: Caller, views: readonly ConnectionView[]): Promise<ReadonlyMap<string, ConnectionCheck>> {
    const found = new Map<string, ConnectionCheck>()
    const waiting = views.filter(({ enabled }) => enabled)
    const untilMs = clock.now() + PROBES_WITHIN_MS
    await Promise.all(Array.from({ length: PROBES_AT_ONCE }, async () => {
      for (let view = waiting.shift(); view !== undefined && clock.now() < untilMs; view = waiting.shift()) {
        const connector = connectorOf(view.connector)
        if (connector !== null) found.set(view.id, await tried(await vault.open(view.id, { purpose: 'check', caller }), connector, caller, PROBE_WITHIN_MS))
      }
    }))
    return found
  }

  return {
    connectors: () => connectors.map(connectorView),
    list: (scope, companyId) => connections.list(scope, companyId),
    read: (caller, id) => connections.read(caller, id),
    create: (caller, companyId, draft) => connections.create(caller, companyId, draft),
    async update(caller, id, change) {
      const found = await connections.update(caller, id, change)
      const connector = connectorOf(found.connection.connector)
      // Its check let go on what was held, but found it still off.
      if (change.enabled === true && connector !== null) await mended(connector, await vault.peek(id))
      return found
    },
    remove: (caller, id) => connections.remove(caller, id),

    async check(caller, id) {
      const { connector: name } = await connections.get(caller.scope, id)
      refuseInDemo()
      const connector = connectorFor(name)
      const connection = await vault.open(id, { purpose: 'check', caller })
      const report = await tried(connection, connector, caller, CHECK_WITHIN_MS)
      const kept = await connections.keepCheck(caller, id, report, connection)
      if (report.ok) await mended(connector, connection)
      return kept
    },

    async connect(caller, id, redirectUri) {
      await connections.get(caller.scope, id)
      refuseInDemo()
      return vault.connect(caller, id, redirectUri)
    },
    offer: (visit) => vault.offer(visit),
    agree: (visit) => vault.agree(visit),

    async callback(query) {
      const { connected, ...end } = await vault.callback(query)
      return connected === undefined ? end : { ...end, text: `${end.text} ${await accountOf(connected)} You may close this page; check the connection and switch it on next.` }
    },

    choices: (caller, id) => looked(caller, id, (connector, ctx) => connector.choices(ctx)),
    companies: (caller, id, query) => looked(caller, id, async (connector, ctx) => (await connector.findCompanies(query, ctx)).map(({ externalId, name, domains, isActive }) => choice(externalId, name, [...domains, ...(isActive ? [] : ['inactive'])]))),
    assets: (caller, id, externalCompanyId, query) => looked(caller, id, async (connector, ctx) => (await connector.findAssets(externalCompanyId, query, ctx)).map(({ externalId, name, aliases }) => choice(externalId, name, aliases))),
    users: (caller, id, query) => looked(caller, id, async (connector, ctx) => (await connector.findUsers(query, ctx)).map(({ externalId, name, email }) => choice(externalId, name, email === null ? [] : [email])).slice(0, CHOICES_MAX)),

    async status(caller, { companyId, probe }) {
      const views = await connections.list(caller.scope, companyId)
      const checks: Probed = probe && ceiling !== 'demo' ? await probes(caller, views) : new Map()
      return Promise.all(views.map(async (view) => {
        const connector = connectorOf(view.connector)
        const facts = connector === null ? null : await factsOf(connector, view.id)
        return connectorStatus(view, connector, facts, await newestCall(database, view.id), checks.get(view.id) ?? null, await unmatchedIncidents(database, view.id))
      }))
    },
  }
}

function choice(externalId: string, name: string, details: readonly string[]): ExternalChoice {
  return { externalId, name, detail: details.length === 0 ? null : details.slice(0, 5).join(', ') }
}

/** What the other side does wrong is no error of the request, but the request cannot be answered: the message says how to mend. */
function asAppError(error: ConnectorError): AppError {
  const code: ErrorCode = error.code === 'budget' || error.code === 'rate_limited' ? 'rate_limited' : 'conflict'
  return new AppError(code, error.message, { cause: error, details: { connector: error.code } })
}
