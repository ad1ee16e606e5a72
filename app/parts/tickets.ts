/** Where the outbox, the call budget and the vault are joined: what the API's desk, the sync and the worker that writes tickets stand on alike. */
import { createHash, randomUUID } from 'node:crypto'
import type { AccountFacts } from '../desks/connector-status.ts'
import { openBudget, type WorkBudget } from '../../connectors/budget/budget.ts'
import { seededJitter } from '../../schemas/jitter.ts'
import type { Opened, OutboxTools } from '../../connectors/outbox/ports.ts'
import { startOutbox, type OutboxWorker } from '../../connectors/outbox/worker.ts'
import type { OpenConnection, TicketConnector } from '../../connectors/port.ts'
import type { OpenedConnection } from '../../connectors/vault/vault.ts'
import { AppError } from '../../schemas/errors.ts'
import { startLooking } from '../../schemas/looking.ts'
import type { Actor } from '../../schemas/records.ts'
import { runMode } from '../../schemas/remediation-settings.ts'
import type { Mode } from '../../schemas/settings.ts'
import type { HeldOrder } from '../../schemas/ticket-work.ts'
import { callAccounts } from '../../storage/tickets/call-accounts.ts'
import { ticketOutbox, type TicketOutbox } from '../../storage/tickets/outbox.ts'
import { accountOf, type VaultParts } from './vault.ts'
import type { Surroundings } from '../roles/wiring.ts'

const OUTBOX: Actor = { kind: 'system', id: 'outbox', name: 'Alert Whisperer' }
/** Orders that are done are kept so long, for people who look. */
const KEPT_MS = 30 * 24 * 3_600_000
const TIDY_EVERY_MS = 3_600_000

/** What it is opened with. */
export interface TicketPartsOptions {
  readonly parts: Pick<VaultParts, 'connections' | 'vault' | 'connectorOf' | 'contextOf'>
  /** AW_MODE. */
  readonly ceiling: Mode
}

/** What it stands on. */
export interface TicketSurroundings extends Pick<Surroundings, 'clock' | 'logger'> {
  readonly engines: Pick<Surroundings['engines'], 'database'>
  readonly metrics: Pick<Surroundings['metrics'], 'outbox'>
}

/** The parts. */
export interface TicketParts {
  readonly outbox: TicketOutbox
  /** The call budget of a piece of work; all processes share what an account may be called. */
  budgetFor(connector: TicketConnector, connection: OpenConnection): WorkBudget
  /** How the account of a connection stands, for the status page. */
  accountFacts(connector: TicketConnector, connection: OpenedConnection): Promise<AccountFacts>
  /** Somebody mended a connection: what it held is tried anew at once. */
  mended(connector: TicketConnector, connection: OpenConnection): Promise<void>
  /** Starts the worker that writes tickets, the only one in the program that does. `ended` is told of each order that has ended. */
  startWorker(ended?: OutboxTools['ended']): Promise<OutboxWorker>
}

/** Opens them. */
export async function openTicketParts({ engines, clock, logger, metrics }: TicketSurroundings, { parts, ceiling }: TicketPartsOptions): Promise<TicketParts> {
  const database = await engines.database()
  const outbox = ticketOutbox(database, { clock })
  // Different for every process, so that two never wait in step.
  const jitter = seededJitter(createHash('sha256').update(randomUUID()).digest().readUInt32BE(0))
  const budget = openBudget({ accounts: callAccounts(database, { clock }), clock, jitter, newId: randomUUID })
  const modeOf = async (companyId: string): Promise<Mode> => {
    const [row] = await database.query<{ mode: Mode | null }>(`select settings ->> 'mode' as mode from companies where id = $1`, [companyId])
    return runMode(ceiling, row?.mode ?? null, null)
  }

  const open = async (held: HeldOrder, fence: () => void): Promise<Opened> => {
    if (held.connectionId === null) return { closed: 'dead', code: 'connection_gone', error: 'The connection this ticket was made with was removed, so nothing can be written to it any more.' }
    const mode = await modeOf(held.companyId)
    if (mode !== held.environment) return { closed: 'wait', code: 'mode_lowered', error: `The company is in mode ${mode} now, and this ticket is one of ${held.environment}: it goes on when \`aw company mode\` sets that again. Drop it if it should not.` }
    const connection = await opened(parts, held.connectionId)
    if (connection === null) return { closed: 'dead', code: 'connection_gone', error: 'The connection this ticket was made with was removed, so nothing can be written to it any more.' }
    if (!connection.enabled) return { closed: 'wait', code: 'connection_off', error: `The connection ${connection.name} is switched off: \`aw connection check ${JSON.stringify(connection.name)} --enable\` checks it and switches it on.` }
    const connector = parts.connectorOf(connection.connector)
    if (connector === null) return { closed: 'wait', code: 'misconfigured', error: `There is no connector ${connection.connector} in this release.` }
    const pace = connector.pace(connection)
    const work = budget.forWork(connector.id, pace, fence)
    const origin = { companyId: held.companyId, incidentId: held.incidentId, ticketId: held.ticketId, who: OUTBOX, urgency: held.urgency, retries: held.attempts }
    return { connector, perTicketMs: pace.perTicketMs, sent: () => work.sent(), context: (isRepeat, signal) => parts.contextOf(connection, connector, { origin, budget: work, signal, isRepeat }) }
  }

  return {
    outbox,
    budgetFor: (connector, connection) => budget.forWork(connector.id, connector.pace(connection)),
    async accountFacts(connector, connection) {
      const account = accountOf(connector, connection)
      const [shown, queue] = await Promise.all([budget.view(account, connector.pace(connection)), outbox.queueOf(account)])
      return {
        limits: shown.limits.map(({ name, calls, windowMs, left }) => ({ name, calls, windowMs, left })), blockedUntil: shown.blockedUntil ?? shown.breakerOpenUntil, held: shown.held, waiting: queue.waiting, dead: queue.dead,
        lastOkAt: shown.lastOkAt, lastError: shown.lastError,
      }
    },
    async mended(connector, connection) {
      const account = connector.account(connection)
      await budget.mended(account, connector.id)
      await outbox.hurry(account)
    },
    async startWorker(ended = () => undefined) {
      // On an embedded database whoever held an order before this start is gone.
      if (database.kind === 'pglite') await outbox.freeAll()
      const worker = startOutbox({
        store: outbox, open, clock, jitter, logger, ended, metrics: metrics.outbox, startedAtMs: clock.now(), name: `outbox-${process.pid}-${randomUUID()}`,
        accounts: {
          async wentWell(held) {
            if (held.connectionId !== null) await parts.connections.noteError(held.connectionId, null)
            return budget.wentWell(held.account, held.connector)
          },
          async wentWrong(held, code, error, isHeld) {
            if (held.connectionId !== null) await parts.connections.noteError(held.connectionId, error)
            return budget.wentWrong(held.account, held.connector, code, error, isHeld)
          },
        },
      })
      const tidying = startLooking({ clock, logger, everyMs: TIDY_EVERY_MS, what: 'forgetting old orders of tickets' }, async () => {
        await outbox.forget(clock.now() - KEPT_MS)
        return false
      })
      return {
        wake: () => worker.wake(),
        async stop() {
          await worker.stop()
          await tidying.stop()
        },
      }
    },
  }
}

async function opened({ vault }: TicketPartsOptions['parts'], id: string): Promise<OpenedConnection | null> {
  try {
    return await vault.open(id, { purpose: 'work', caller: null })
  } catch (thrown) {
    // Somebody removed it meanwhile.
    if (thrown instanceof AppError && thrown.code === 'not_found') return null
    throw thrown
  }
}
