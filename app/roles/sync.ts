/** How the role `sync` is put together: the reader of incidents, the desk that plans their tickets, listening to ticket systems, and what is done in turn; the outbox alone writes there. */
import type { Config } from '../../config.ts'
import { startSyncDesk } from '../../connectors/sync/desk.ts'
import { startListening } from '../../connectors/sync/listen.ts'
import type { Connections, ReadyConnection } from '../../connectors/sync/ports.ts'
import { startRounds } from '../../connectors/sync/rounds.ts'
import type { OpenedConnection } from '../../connectors/vault/vault.ts'
import type { CallBudget } from '../../connectors/http/client.ts'
import type { TicketConnector } from '../../connectors/port.ts'
import { AppError } from '../../schemas/errors.ts'
import { startLooking } from '../../schemas/looking.ts'
import type { Actor } from '../../schemas/records.ts'
import { runMode } from '../../schemas/remediation-settings.ts'
import type { Mode } from '../../schemas/settings.ts'
import { ticketFacts } from '../../storage/tickets/facts.ts'
import { hintStore } from '../../storage/tickets/hints.ts'
import { inboundStore } from '../../storage/tickets/inbound-store.ts'
import { matchStore } from '../../storage/tickets/matches.ts'
import { startSyncReader, ticketQueue } from '../../storage/tickets/queue.ts'
import { ticketSettingsOf } from '../../storage/tickets/settings.ts'
import { syncStore } from '../../storage/tickets/sync-store.ts'
import { calledEnvironments, type VaultParts } from '../parts/vault.ts'
import type { Stoppable, Surroundings } from './wiring.ts'

/** A running role. */
export interface Syncing extends Stoppable {
  /** A webhook was heard, a match was decided: look now. */
  wake(): void
}

/** What it needs besides the engines. */
export interface SyncOptions {
  readonly config: Pick<Config, 'mode' | 'isTokenBarred' | 'notices' | 'url' | 'ticketPollSeconds'>
  readonly parts: Pick<VaultParts, 'connections' | 'vault' | 'connectorOf' | 'contextOf'>
  /** The call budget of a piece of work. */
  readonly budgetFor: (connector: TicketConnector, connection: OpenedConnection) => CallBudget
  /** Orders lie in the outbox of tickets. */
  readonly ordered: () => void
  /** Words for incidents lie in the outbox of the log, or a request was answered. */
  readonly said: () => void
}

/** A look-up or a reading that takes longer is ended. */
const WITHIN_MS = 30_000
const COUNT_EVERY_MS = 5_000
/** PSAs that tell are asked too, for a webhook may be lost. */
const SAFETY_NET_S = 900
const SYNC: Actor = { kind: 'system', id: 'sync', name: 'Alert Whisperer' }

/** Role `sync`. */
export async function startSync({ engines, clock, logger, metrics, failed }: Surroundings, { config, parts, budgetFor, ordered, said }: SyncOptions): Promise<Syncing> {
  const database = await engines.database()
  const nowMs = (): number => clock.now()
  const queue = ticketQueue(database, { nowMs })
  const hints = hintStore(database, { clock })
  const store = syncStore(database, { clock })
  if (database.kind === 'pglite') {
    await queue.freeAll()
    await hints.freeAll()
  }
  const modeOf = async (companyId: string): Promise<Mode> => runMode(config.mode, await store.companyMode(companyId), null)
  const connections = readyConnections(parts, budgetFor)
  const environments = calledEnvironments(config.mode)

  const reader = await startSyncReader({ log: engines.log, schemaIds: engines.schemaIds, database, logger, failed, nowMs, needsNoConnection: config.mode === 'demo', progress: (partition, atMs) => metrics.runner.progress('sync', partition, atMs) })
  const desk = startSyncDesk({
    queue, connections, clock, logger, ordered, modeOf, matches: matchStore(database, { clock }), publicUrl: config.notices.publicUrl ?? config.url, metrics: metrics.tickets, logNowMs: () => reader.logNowMs(),
    store: { ...store, facts: (look) => ticketFacts(database, look, clock.now()), settings: (companyId) => ticketSettingsOf(database, companyId) },
  })
  const listening = startListening({
    hints, connections, clock, logger, metrics: metrics.tickets.listen, rows: inboundStore(database, { clock, decided: said, isTokenBarred: config.isTokenBarred }), mayCall: async (companyId, environment) => (await modeOf(companyId)) === environment,
    said() {
      said()
      desk.wake()
    },
  })
  const wake = (): void => {
    desk.wake()
    listening.wake()
  }
  const rounds = startRounds({
    store: hints, clock, logger, found: wake, pollMs: { poll: config.ticketPollSeconds * 1_000, webhook: Math.max(config.ticketPollSeconds, SAFETY_NET_S) * 1_000 },
    connections: async () => (await parts.connections.enabled()).filter(({ environment }) => environments.includes(environment)).map(({ id }) => id), open: (id) => connections.open(id),
  })
  const counting = startLooking({ clock, logger, everyMs: COUNT_EVERY_MS, what: 'counting what is to be read in ticket systems' }, async () => {
    const { waiting, oldestMs } = await hints.waiting()
    metrics.tickets.hints(waiting, oldestMs)
    return false
  })
  return {
    wake,
    async stop() {
      await reader.stop()
      await rounds.stop()
      await desk.stop()
      await listening.stop()
      await counting.stop()
    },
  }
}

/** Connections as the sync takes them: in use, of a connector this release has, with the way to call. */
export function readyConnections({ connections, vault, connectorOf, contextOf }: SyncOptions['parts'], budgetFor: SyncOptions['budgetFor']): Connections {
  const ready = (connection: OpenedConnection): ReadyConnection | null => {
    const connector = connectorOf(connection.connector)
    if (connector === null || !connection.enabled) return null
    return {
      connector, connection, account: connector.account(connection),
      context: (origin) => contextOf(connection, connector, { budget: budgetFor(connector, connection), signal: AbortSignal.timeout(WITHIN_MS), origin: { ...origin, who: SYNC, retries: 0 } }),
    }
  }
  const open = async (id: string): Promise<ReadyConnection | null> => {
    try {
      return ready(await vault.open(id, { purpose: 'work', caller: null }))
    } catch (thrown) {
      // Somebody removed it meanwhile.
      if (thrown instanceof AppError && thrown.code === 'not_found') return null
      throw thrown
    }
  }
  return {
    open,
    async effective(companyId, environment) {
      const found = await connections.effective(companyId, environment)
      return found === null ? null : open(found.id)
    },
  }
}
