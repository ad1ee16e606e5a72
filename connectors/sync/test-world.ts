/** Facts, rows and a PSA in memory for the tests of the planner: only what a case is about is said. */
import type { TicketFacts, SyncOrder, TicketPlan, SyncTicket, Told } from '../../schemas/ticket-sync.ts'
import { DEFAULT_TICKET_SETTINGS, type TicketSettings, type TicketSnapshot } from '../../schemas/tickets.ts'
import type { Mode } from '../../schemas/settings.ts'
import type { Capabilities } from '../port.ts'
import { plan, type PlanInput } from './plan.ts'
import type { PlanTarget } from './want.ts'

/** When the incident of the facts opened. */
export const OPENED_MS = Date.UTC(2026, 2, 1, 12)

/** An open incident of one problem. */
export function facts(changes: Partial<TicketFacts> = {}): TicketFacts {
  return {
    companyId: 'c1', companyName: 'Acme Dental', incidentId: 'i1', number: 42, version: 10, title: 'disk full on web-1', status: 'open', severity: 'high', priority: 2, openedAtMs: OPENED_MS, updatedAtMs: OPENED_MS + 60_000,
    resolvedAtMs: null, alertCount: 3, problemCount: 1, openProblemCount: 1, assets: ['web-1'], assetCount: 1, sources: ['zabbix'], assignee: null, resolution: null, endedBy: null, mergedInto: null, category: 'disk', findings: [],
    rootCause: null, analysis: null, isAnalysing: false, runbooks: [], runs: [], approvals: [], notes: [], refused: [], pendingWords: 0,
    problems: [{ asset: 'web-1', title: 'Disk full', severity: 'high', source: 'zabbix', status: 'firing', count: 3, firstAtMs: OPENED_MS, lastAtMs: OPENED_MS + 60_000 }], ...changes,
  }
}

/** A PSA that can do everything. */
export const ABLE: Capabilities = {
  publicNote: true, internalNote: true, assign: true, reopen: true, attach: true, time: true, findByExternalRef: true, parent: true, joins: 'merge', companies: true, assets: true, knowledge: true, changes: 'webhook',
}

/** Where its tickets go. */
export function target(able: Partial<Capabilities> = {}, changes: Partial<PlanTarget> = {}): PlanTarget {
  return {
    connectionId: 'con', connector: 'zendesk', capabilities: { ...ABLE, ...able }, party: { companyId: 'x-acme', contactId: null, assetIds: [] }, assigneeId: null,
    mapping: { status: { open: 'new', assigned: 'open', in_progress: 'working', resolved: 'solved', closed: 'closed' }, priority: { critical: 'urgent', high: 'high' }, place: {} }, ...changes,
  }
}

/** A ticket as the PSA shows it. */
export function snapshot(changes: Partial<TicketSnapshot> = {}): TicketSnapshot {
  return {
    ref: { externalId: 'x1', number: '1001', url: 'https://psa.test/1001' }, externalRef: 'AW-000000000000', title: '[HIGH] disk full on web-1', state: 'open', statusText: 'New', priorityId: 'high', assignee: null, companyId: 'x-acme', parentId: null,
    mergedIntoId: null, isDeleted: false, notes: [], createdAtMs: OPENED_MS, updatedAtMs: OPENED_MS, isLastChangeOurs: true, ...changes,
  }
}

/** Rows that orders are carried out on at once, as outbox and PSA together would. */
export class TicketWorld {
  rows: SyncTicket[] = []
  readonly notes: { readonly atMs: number; readonly text: string; readonly isPublic: boolean; readonly token: string }[] = []
  readonly writes: SyncOrder[] = []
  readonly able: Partial<Capabilities>
  readonly settings: TicketSettings
  readonly mode: Mode

  constructor({ able = {}, settings = {}, mode = 'production' }: { readonly able?: Partial<Capabilities>; readonly settings?: Partial<TicketSettings>; readonly mode?: Mode } = {}) {
    this.able = able
    this.settings = { ...DEFAULT_TICKET_SETTINGS, ...settings }
    this.mode = mode
  }

  /** Plans and carries out. */
  look(seen: TicketFacts, nowMs: number, more: Partial<PlanInput> = {}): TicketPlan {
    const made = plan({
      nowMs, mode: this.mode, settings: this.settings, facts: seen, target: target(this.able), tickets: this.rows.filter(({ incidentId }) => incidentId === seen.incidentId).sort((a, b) => a.generation - b.generation),
      survivor: this.rows.filter(({ incidentId }) => incidentId === seen.mergedInto).at(-1) ?? null, storm: null, publicUrl: 'https://aw.test', ...more,
    })
    for (const order of made.orders) this.#carryOut(order, seen, nowMs)
    return made
  }

  /** Changes a row, as the reading of a snapshot does. */
  see(id: string, change: Partial<SyncTicket>, told: Partial<Told> = {}): void {
    this.rows = this.rows.map((row) => (row.id === id ? { ...row, ...change, told: { ...row.told, ...told }, version: row.version + 1 } : row))
  }

  #carryOut(order: SyncOrder, { incidentId, companyId }: TicketFacts, nowMs: number): void {
    if (order.kind !== 'note_down' && order.kind !== 'adopt') this.writes.push(order)
    if (order.kind === 'create') {
      const ref = { externalId: `x${this.rows.length + 1}`, number: String(1_000 + this.rows.length + 1), url: null }
      this.rows.push({
        id: order.ticketId, companyId, incidentId, connectionId: 'con', connector: 'zendesk', generation: order.generation, externalRef: order.draft.externalRef, ref, mode: this.mode, isSimulated: false, isTouched: false, told: order.told,
        seen: snapshot({ ref, title: order.draft.title, state: order.draft.state, externalRef: order.draft.externalRef }), lastNoteAtMs: nowMs, lastCallAtMs: nowMs, closedAtMs: null, createdAtMs: nowMs, waiting: 0, isDead: false, written: { states: [], assigneeIds: [] }, version: 1,
      })
      return
    }
    if (order.kind === 'join') return
    const row = this.rows.find(({ id }) => id === order.ticketId)
    if (row === undefined || row.version !== order.version) throw new Error(`an order for a row that is not as it was: ${JSON.stringify(order)}`)
    if (order.kind === 'adopt') return this.see(order.ticketId, { incidentId: order.incidentId })
    if (order.kind === 'note_down') return this.see(order.ticketId, {}, order.told)
    const { state, title, notes = [] } = order.change
    this.notes.push(...notes.map((note) => ({ atMs: nowMs, ...note })))
    this.see(order.ticketId, {
      seen: row.seen === null ? null : { ...row.seen, ...(state === undefined ? {} : { state }), ...(title === undefined ? {} : { title }) }, lastCallAtMs: nowMs, ...(notes.length > 0 ? { lastNoteAtMs: nowMs } : {}),
    }, order.told)
  }
}
