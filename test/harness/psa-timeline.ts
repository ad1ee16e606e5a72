/**
 * Incidents, the planner, a connector over a fake PSA, and what is read back, on one clock: what role sync and the outbox do together, without their stores. The first answer to every
 * write is lost, and what was asked is asked again as a repeat, as the outbox does it.
 */
import { expect } from 'vitest'
import { inbound, type InboundWord } from '../../connectors/sync/inbound.ts'
import { plan } from '../../connectors/sync/plan.ts'
import { ConnectorError, type CallContext, type TicketConnector } from '../../connectors/port.ts'
import type { TestClock } from '../../schemas/clock.ts'
import type { SyncOrder, SyncTicket, TicketFacts } from '../../schemas/ticket-sync.ts'
import { DEFAULT_TICKET_SETTINGS } from '../../schemas/tickets.ts'
import type { PsaFake, PsaTicket } from '../fakes/psa/psa-fake.ts'
import { connectorWorld, type ConnectorWorld } from './connector-world.ts'

/** A timeline of one PSA. */
export class PsaTimeline {
  readonly connector: TicketConnector
  readonly fake: PsaFake
  readonly clock: TestClock
  readonly world: ConnectorWorld
  rows: SyncTicket[] = []
  /** Answers that were lost. */
  lost = 0

  constructor(connector: TicketConnector, fake: PsaFake, clock: TestClock) {
    this.connector = connector
    this.fake = fake
    this.clock = clock
    this.world = connectorWorld(connector, fake, clock)
  }

  /** Looks at an incident, writes what follows, and reads every ticket back: what we wrote ourselves says nothing. */
  async look(facts: TicketFacts): Promise<void> {
    const survivor = this.rows.filter(({ incidentId }) => incidentId === facts.mergedInto).at(-1) ?? null
    const { orders } = plan({
      nowMs: this.clock.now(), mode: 'production', settings: DEFAULT_TICKET_SETTINGS, facts, survivor, storm: null, publicUrl: 'https://aw.example', tickets: this.rows.filter(({ incidentId }) => incidentId === facts.incidentId).sort((a, b) => a.generation - b.generation),
      target: { connectionId: 'connection-1', connector: this.connector.id, capabilities: this.connector.capabilities, party: { companyId: this.fake.world.company.id, contactId: null, assetIds: [] }, assigneeId: null, mapping: this.world.connection.mapping },
    })
    for (const order of orders) await this.#carryOut(order, facts)
    for (const row of this.rows.filter(({ incidentId }) => incidentId === facts.incidentId && orders.length > 0)) expect(await this.read(row.id, facts), `echo of ${orders.map(({ kind }) => kind).join(', ')}`).toEqual([])
  }

  /** Reads a ticket, keeps what was seen, and answers what the incident is told. */
  async read(ticketId: string, { status, mergedInto }: Pick<TicketFacts, 'status' | 'mergedInto'>): Promise<readonly InboundWord[]> {
    const ticket = this.row(ticketId)
    if (ticket.ref === null) return []
    const snapshot = await this.connector.read(ticket.ref, this.world.ctx())
    const read = inbound({
      nowMs: this.clock.now(), ticket, snapshot, connectorTitle: this.connector.config.title, mapping: this.world.connection.mapping, incident: { status, assignee: null, mergedInto }, users: new Map(), approvals: [],
      mergedWith: this.rows.find(({ id, ref }) => ref !== null && ref.externalId === snapshot?.mergedIntoId && id !== ticketId)?.incidentId ?? null,
    })
    this.#set(ticketId, { seen: read.seen, told: read.told, isTouched: read.isTouched })
    return read.words
  }

  row(ticketId: string): SyncTicket {
    const found = this.rows.find(({ id }) => id === ticketId)
    if (found === undefined) throw new Error(`there is no row ${ticketId}`)
    return found
  }

  /** The newest ticket of an incident. */
  newest(incidentId: string): SyncTicket {
    const found = this.rows.filter((row) => row.incidentId === incidentId).at(-1)
    if (found === undefined) throw new Error(`${incidentId} has no ticket`)
    return found
  }

  /** That ticket as people see it there. */
  seen(incidentId: string): PsaTicket {
    const { ref } = this.newest(incidentId)
    const found = this.fake.tickets().find(({ id }) => id === ref?.externalId)
    if (found === undefined) throw new Error(`${incidentId} has no ticket over there`)
    return found
  }

  async #carryOut(order: SyncOrder, { incidentId, companyId }: TicketFacts): Promise<void> {
    const nowMs = this.clock.now()
    if (order.kind === 'note_down') return this.#set(order.ticketId, { told: order.told })
    if (order.kind === 'adopt') return this.#set(order.ticketId, { incidentId: order.incidentId, told: order.told })
    if (order.kind === 'create') {
      const seen = await this.#losing((ctx) => this.connector.create(order.draft, ctx))
      this.rows.push({
        id: order.ticketId, companyId, incidentId, connectionId: 'connection-1', connector: this.connector.id, generation: order.generation, externalRef: order.draft.externalRef, ref: seen.ref, mode: 'production', isSimulated: false, isTouched: false, told: order.told, seen,
        lastNoteAtMs: nowMs, lastCallAtMs: this.clock.now(), closedAtMs: null, createdAtMs: nowMs, waiting: 0, isDead: false, written: { states: [], assigneeIds: [] }, version: 1,
      })
      return
    }
    const { ref } = this.row(order.ticketId)
    if (ref === null) throw new Error('an order for a ticket that was not made')
    if (order.kind === 'join') {
      const into = this.row(order.body.intoTicketId).ref
      if (into !== null) await this.#losing((ctx) => this.connector.join(ref, into, ctx))
      return
    }
    await this.#losing((ctx) => this.connector.update(ref, order.change, ctx))
    this.#set(order.ticketId, { told: order.told, lastCallAtMs: this.clock.now(), ...((order.change.notes ?? []).length > 0 ? { lastNoteAtMs: nowMs } : {}) })
  }

  async #losing<T>(work: (ctx: CallContext) => Promise<T>): Promise<T> {
    this.fake.trouble({ is: 'lost_after', isWrite: true })
    try {
      return await work(this.world.ctx())
    } catch (error) {
      if (!(error instanceof ConnectorError) || error.code !== 'cut_off') throw error
      this.lost += 1
      this.clock.tick(this.connector.findLagMs + 1_000)
      return await work(this.world.ctx({ isRepeat: true }))
    } finally {
      this.fake.calm()
    }
  }

  #set(ticketId: string, change: Partial<SyncTicket>): void {
    this.rows = this.rows.map((row) => (row.id === ticketId ? { ...row, ...change, version: row.version + 1 } : row))
  }
}
