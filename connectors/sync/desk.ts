/** Takes incidents that changed, a few at a time, and has what follows for their tickets written down. Nothing is written in a PSA here: that is the outbox's. */
import type { Clock } from '../../schemas/clock.ts'
import { toAppError } from '../../schemas/errors.ts'
import { startLooking, type Looking } from '../../schemas/looking.ts'
import type { Mode } from '../../schemas/settings.ts'
import type { SyncTicket, TicketPlan } from '../../schemas/ticket-sync.ts'
import type { Environment } from '../../schemas/tickets.ts'
import { ConnectorError } from '../port.ts'
import { plan, stormSince } from './plan.ts'
import type { TicketElsewhere } from './elsewhere.ts'
import type { Connections, DueLook, Matches, PlanStore, ReadyConnection } from './ports.ts'
import { simulatedTarget } from './simulated.ts'
import { targetOf } from './target.ts'
import type { PlanTarget } from './want.ts'

/** Incidents looked at at once in one process, each of another company, and how many of these are kept for critical ones. */
const AT_ONCE = 8
const KEPT_FOR_CRITICAL = 2
const LOOK_EVERY_MS = 500
/** A look-up that failed is made again after so long, unless the other side asks for more. */
const LOOK_UP_MS = 10_000

/** The list of incidents. */
export interface LookQueue {
  /** Critical ones first; `isCritical`: those alone. */
  claim(logNowMs: ReadonlyMap<number, number>, limit: number, only?: { readonly isCritical: boolean }): Promise<readonly DueLook[]>
  release(look: DueLook): Promise<void>
  done(look: DueLook, rest: { readonly againAtMs: number | null; readonly reason: string }): Promise<void>
  waiting(): Promise<number>
}

/** What a look needs. */
export interface LookTools {
  readonly store: PlanStore
  readonly connections: Connections
  readonly matches: Matches
  /** What may be done to the outside for a company. */
  readonly modeOf: (companyId: string) => Promise<Mode>
  /** Base of addresses of ours. */
  readonly publicUrl: string
  readonly logger: { warn(fields: object, message: string): void }
  /** Orders were written down. */
  readonly ordered: () => void
  readonly metrics: SyncMetrics
}

/** What is counted. */
export interface SyncMetrics {
  looked(reason: string): void
  ordered(kind: string): void
  waiting(incidents: number): void
}

/** Looks at one incident and writes down what follows; null: it is to be looked at again in a moment. */
export async function lookAt(tools: LookTools, look: DueLook): Promise<Pick<TicketPlan, 'againAtMs' | 'reason'> | null> {
  const { store, connections, modeOf, metrics } = tools
  const { companyId, incidentId } = look
  const mode = await modeOf(companyId)
  const isSent = mode === 'sandbox' || mode === 'production'
  const settings = await store.settings(companyId)
  const { environment, ready, tickets } = await placeOf(connections, store, companyId, incidentId, mode)
  // After the tickets: what one of them said just now is on its way by then, and its incident no older than that.
  const facts = await store.facts(look)
  if (facts === null) return null
  const own = ready === null ? [] : tickets.filter(({ connectionId }) => (connectionId === null && !isSent) || connectionId === ready.connection.id)
  const isSimulated = mode === 'demo'
  const all = isSimulated ? tickets : own
  const sinceMs = stormSince(facts)
  const storm = sinceMs === null || (all.at(-1)?.told.parentId ?? null) !== null ? null : await store.storm({ companyId, incidentId, connectionId: ready?.connection.id ?? null, isSent }, sinceMs, all.at(-1) ?? null)
  const survivor = facts.mergedInto === null ? null : (await store.tickets(facts.mergedInto, environment, isSent)).filter(({ connectionId }) => isSimulated || connectionId === ready?.connection.id).at(-1) ?? null
  const elsewhere = isSent && ready !== null ? await elsewhereOf(connections, tickets, ready) : []
  const input = { nowMs: look.nowMs, mode, settings, facts, tickets: all, survivor, storm, elsewhere, publicUrl: tools.publicUrl }
  // Most looks need no PSA: what is refused or only waits is found out before anything is looked up there.
  const sketch = plan({ ...input, target: isSimulated ? simulatedTarget(ready) : ready === null ? 'no_connection' : sketchTarget(ready) })
  // What is only shown is planned with what is known here: the other side is not called for it.
  const made = sketch.orders.length === 0 || !isSent || ready === null ? sketch
    : plan({ ...input, target: await targetOf(tools, ready, facts, ready.context({ companyId, incidentId, ticketId: own.at(-1)?.id ?? null, urgency: facts.severity === 'critical' ? 0 : 2 })) })
  if (made.orders.length > 0) {
    const place = { companyId, incidentId, incidentVersion: facts.version, connectionId: ready?.connection.id ?? null, connector: ready?.connector.id ?? 'simulated', environment, account: ready?.account ?? 'simulated', mode }
    if (!(await store.carryOut(place, made.orders))) return null
    for (const { kind } of made.orders) metrics.ordered(kind)
    tools.ordered()
  }
  metrics.looked(made.reason)
  return made
}

/**
 * Where the incident's ticket is. A company's own connection and the MSP's may both be in use: the one the company's incidents go to now comes first where the incident has a ticket there, then that
 * of its newest ticket as long as it is in use, so that a new connection takes no ticket from an old one that still works. In a mode that sends nothing the one that would be used.
 */
async function placeOf(connections: Connections, store: PlanStore, companyId: string, incidentId: string, mode: Mode): Promise<{ readonly environment: Environment; readonly ready: ReadyConnection | null; readonly tickets: readonly SyncTicket[] }> {
  const isSent = mode === 'sandbox' || mode === 'production'
  const environments: readonly Environment[] = isSent ? [mode] : ['production', 'sandbox']
  for (const environment of environments) {
    const tickets = await store.tickets(incidentId, environment, isSent)
    const effective = await connections.effective(companyId, environment)
    const alive = tickets.filter(({ isDead }) => !isDead)
    const last = alive.some(({ connectionId }) => connectionId === effective?.connection.id) ? null : [...alive].sort((a, b) => a.createdAtMs - b.createdAtMs).at(-1)?.connectionId ?? null
    const ready = (last === null ? null : await connections.open(last)) ?? effective
    if (ready !== null || tickets.length > 0) return { environment, ready, tickets }
  }
  return { environment: environments[0] ?? 'production', ready: null, tickets: [] }
}

/** The newest ticket of each other connection, by generation as they come. */
async function elsewhereOf(connections: Connections, tickets: readonly SyncTicket[], { connection }: ReadyConnection): Promise<readonly TicketElsewhere[]> {
  const newest = new Map(tickets.filter(({ connectionId }) => connectionId !== connection.id).map((ticket) => [ticket.connectionId, ticket]))
  return Promise.all([...newest.values()].map(async (ticket) => {
    const there = ticket.connectionId === null ? null : await connections.open(ticket.connectionId)
    return { ticket, there: there === null ? null : { connector: there.connector.id, capabilities: there.connector.capabilities, mapping: there.connection.mapping } }
  }))
}

/** The target as far as it is known without asking. */
function sketchTarget({ connector, connection }: ReadyConnection): PlanTarget {
  return { connectionId: connection.id, connector: connector.id, capabilities: connector.capabilities, mapping: connection.mapping, party: { companyId: null, contactId: null, assetIds: [] }, assigneeId: null }
}

/** What the desk is built from. */
export interface DeskOptions extends LookTools {
  readonly queue: LookQueue
  /** Log time of the partitions this process reads, in ms. */
  readonly logNowMs: () => Promise<ReadonlyMap<number, number>>
  readonly clock: Clock
}

/** Starts it; `stop` takes nothing more and waits for what is under way. */
export function startSyncDesk(options: DeskOptions): Looking {
  const { queue, clock, logger, metrics } = options
  const under = new Set<Promise<void>>()

  const look = async (incident: DueLook): Promise<void> => {
    try {
      const found = await lookAt(options, incident)
      if (found === null) await queue.release(incident)
      else await queue.done(incident, found)
    } catch (thrown) {
      const error = thrown instanceof ConnectorError ? thrown : toAppError(thrown)
      logger.warn({ code: error.code, incidentId: incident.incidentId, err: error }, `looking after the ticket goes on later: ${error.message}`)
      metrics.looked(error.code)
      const waitMs = Math.max(LOOK_UP_MS, error instanceof ConnectorError ? error.retryAfterMs ?? 0 : 0)
      await queue.done(incident, { againAtMs: incident.nowMs + waitMs, reason: error.code })
    }
  }
  const take = (incident: DueLook): void => {
    const work = look(incident)
      .catch((thrown: unknown) => {
        const error = toAppError(thrown)
        logger.warn({ code: error.code, incidentId: incident.incidentId }, `looking after tickets failed: trying again in turn: ${error.message}`)
      })
      .finally(() => {
        under.delete(work)
        looking.wake()
      })
    under.add(work)
  }
  const looking = startLooking({ clock, logger, everyMs: LOOK_EVERY_MS, what: 'looking after tickets' }, async () => {
    // Whoever waits for a slow system holds up nobody else: each place is taken again as soon as it is free.
    const free = AT_ONCE - under.size
    const usual = free - KEPT_FOR_CRITICAL
    if (free > 0) for (const incident of await queue.claim(await options.logNowMs(), usual > 0 ? usual : free, { isCritical: usual <= 0 })) take(incident)
    metrics.waiting(await queue.waiting())
    return false
  })
  return {
    wake: () => looking.wake(),
    async stop() {
      await looking.stop()
      await Promise.all(under)
    },
  }
}
