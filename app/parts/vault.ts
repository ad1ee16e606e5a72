/** The vault over the database, and the way from a connection to a call: what the API's desk, the outbox and the sync stand on alike. */
import { randomUUID } from 'node:crypto'
import { connectorHttp, type CallBudget, type CallOrigin } from '../../connectors/http/client.ts'
import { lookUpCache } from '../../connectors/look-up-cache.ts'
import type { CallContext, TicketConnector } from '../../connectors/port.ts'
import { CONNECTORS } from '../../connectors/registry.ts'
import { startRefresher } from '../../connectors/vault/refresher.ts'
import { connectionRules } from '../../connectors/vault/rules.ts'
import { openVault, type OpenedConnection, type Vault } from '../../connectors/vault/vault.ts'
import type { EngineLog } from './engines.ts'
import type { Clock } from '../../schemas/clock.ts'
import type { Mode } from '../../schemas/settings.ts'
import type { Environment, OutsideCall } from '../../schemas/tickets.ts'
import type { SqlDatabase } from '../../storage/queries/sql.ts'
import { openSecretBox, type MasterKey } from '../../storage/secret-box.ts'
import { callRecorder, type CallRecorder } from '../../storage/tickets/calls.ts'
import { connectionStore, type ConnectionStore } from '../../storage/tickets/connection-store.ts'
import { signInStore } from '../../storage/tickets/sign-in-store.ts'
import { tokenStore, type TokenStore } from '../../storage/tickets/token-store.ts'
import type { Surroundings } from '../roles/wiring.ts'

/** What it is opened with. */
export interface VaultPartsOptions {
  readonly database: SqlDatabase
  readonly clock: Clock
  readonly masterKey: MasterKey
  /** Keeps the record of calls. */
  readonly record: (call: OutsideCall) => Promise<void>
  /** Those there are, unless a test gives its own. */
  readonly connectors?: readonly TicketConnector[]
}

/** A piece of work to be done with a connection. */
export interface ConnectionWork {
  readonly origin: CallOrigin
  readonly budget: CallBudget
  readonly signal: AbortSignal
  /** An earlier attempt may have been taken; false unless told. */
  readonly isRepeat?: boolean
  /** Takes the record of its calls in place of the usual one. */
  readonly record?: (call: OutsideCall) => Promise<void>
}

/** The parts. */
export interface VaultParts {
  readonly connections: ConnectionStore
  readonly tokens: TokenStore
  readonly vault: Vault
  /** Keeps the record of a call. */
  readonly record: (call: OutsideCall) => Promise<void>
  readonly connectors: readonly TicketConnector[]
  connectorOf(id: string): TicketConnector | null
  /** What a connector is handed for a piece of work. */
  contextOf(connection: OpenedConnection, connector: TicketConnector, work: ConnectionWork): CallContext
  stop(): Promise<void>
}

/** Opens them. */
export function openVaultParts({ database, clock, masterKey, record, connectors = CONNECTORS }: VaultPartsOptions): VaultParts {
  const box = openSecretBox(masterKey)
  const connectorOf = (id: string): TicketConnector | null => connectors.find((one) => one.id === id) ?? null
  const connections = connectionStore(database, { clock, box, rules: connectionRules((id) => connectorOf(id) ?? undefined, () => connectors.map(({ id }) => id)) })
  const tokens = tokenStore(database, { clock, box })
  const vault = openVault({ connections, tokens, signIns: signInStore(database, { clock, box }), connectorOf, record, clock, holder: `vault-${randomUUID()}` })
  const cached = lookUpCache(clock)
  return {
    connections, tokens, vault, record, connectors, connectorOf,
    contextOf: (connection, connector, { origin, budget, signal, isRepeat = false, record: kept = record }) => ({
      connection, signal, isRepeat, nowMs: clock.now(), cached: cached(connection),
      http: connectorHttp({ connector: { ...connector, account: () => accountOf(connector, connection) }, connection, credentials: () => connection.credentials(), renew: () => connection.renew(), budget, record: kept, clock, signal, origin }),
    }),
    stop: () => vault.stop(),
  }
}

/**
 * The account a connection's calls are counted against. A company's own that is not in use has proved nothing yet: it is counted apart, or a wrong address below the host of the MSP's account
 * would have that account left alone for all clients.
 */
export function accountOf(connector: Pick<TicketConnector, 'account'>, connection: OpenedConnection): string {
  const account = connector.account(connection)
  return connection.companyId === null || connection.enabled ? account : `${account} tried by ${connection.companyId}`
}

/** Environments whose connections may be called by the program itself under a ceiling. */
export function calledEnvironments(ceiling: Mode): readonly Environment[] {
  return ceiling === 'production' ? ['production', 'sandbox'] : ceiling === 'sandbox' ? ['sandbox'] : []
}

/** Starts the loop that renews tokens, for the process that calls ticket systems. */
export function startTokenRefresher({ vault }: Pick<VaultParts, 'vault'>, { ceiling, clock, logger }: { readonly ceiling: Mode; readonly clock: Clock; readonly logger: EngineLog }): { stop(): Promise<void> } {
  return startRefresher({ vault, environments: calledEnvironments(ceiling), clock, logger })
}

/** The vault with the record of its calls, over the engines of this process. */
export async function openTicketing({ engines, clock, logger, metrics }: Surroundings, { masterKey, changed }: { readonly masterKey: MasterKey; readonly changed: () => void }): Promise<{ readonly parts: VaultParts; readonly recorder: CallRecorder; stop(): Promise<void> }> {
  const database = await engines.database()
  const recorder = callRecorder(database, { clock, logger, metrics: metrics.calls, changed })
  const parts = openVaultParts({ database, clock, masterKey, record: (call) => recorder.record(call) })
  // One process owns an embedded database: whoever renewed a token before this start is dead.
  if (database.kind === 'pglite') await parts.tokens.freeAll()
  return {
    parts, recorder,
    async stop() {
      await parts.stop()
      await recorder.stop()
    },
  }
}
