/** The sync of tickets as the API asks for it: settings, matches, and webhooks that are proved and kept as hints. */
import type { TicketSyncApi } from '../../api/ticket-ports.ts'
import type { OpenedConnection } from '../../connectors/vault/vault.ts'
import type { CallBudget } from '../../connectors/http/client.ts'
import type { TicketConnector } from '../../connectors/port.ts'
import type { Clock } from '../../schemas/clock.ts'
import type { OutsideCall } from '../../schemas/tickets.ts'
import type { SqlDatabase } from '../../storage/queries/sql.ts'
import { hintStore } from '../../storage/tickets/hints.ts'
import { matchStore } from '../../storage/tickets/matches.ts'
import { ticketSettingsStore } from '../../storage/tickets/settings.ts'
import { openTicketHooks } from './ticket-hooks.ts'
import type { VaultParts } from '../parts/vault.ts'

/** What it is joined from. */
export interface TicketSyncParts extends Pick<VaultParts, 'connections' | 'vault' | 'connectorOf' | 'contextOf'> {
  readonly database: SqlDatabase
  readonly clock: Clock
  readonly budgetFor: (connector: TicketConnector, connection: OpenedConnection) => CallBudget
  readonly record: (call: OutsideCall) => Promise<void>
  /** Something is to be looked at by the role `sync`. */
  readonly heard: () => void
  readonly counted: (result: 'taken' | 'refused' | 'unreadable') => void
}

/** Looking up what a signature is checked with takes no longer. */
const HOOK_WITHIN_MS = 5_000

/** Opens it. */
export function openTicketSync({ database, clock, connections, vault, connectorOf, contextOf, budgetFor, record, heard, counted }: TicketSyncParts): TicketSyncApi {
  return {
    settings: ticketSettingsStore(database, { clock }),
    matches: matchStore(database, { clock, changed: heard }),
    hooks: openTicketHooks({
      hints: hintStore(database, { clock }), record, clock, heard, counted,
      async find(connectionId) {
        const found = await connections.hook(connectionId)
        const connector = found === null ? null : connectorOf(found.connection.connector)
        if (found === null || connector === null) return null
        const opened = await vault.peek(connectionId)
        const { companyId, enabled } = found.connection
        return {
          connector, connectionId, companyId, enabled, hookKey: found.hookKey, webhookSecret: found.webhookSecret,
          context: () => contextOf(opened, connector, {
            budget: budgetFor(connector, opened), signal: AbortSignal.timeout(HOOK_WITHIN_MS),
            origin: { companyId, incidentId: null, ticketId: null, who: { kind: 'connector', id: connectionId, name: connector.config.title }, urgency: 1, retries: 0 },
          }),
        }
      },
    }),
  }
}
