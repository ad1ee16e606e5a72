import { expect, it } from 'vitest'
import { DEFAULT_TICKET_SETTINGS } from '../../schemas/tickets.ts'
import type { SyncOrder, SyncTicket } from '../../schemas/ticket-sync.ts'
import type { TicketConnector } from '../port.ts'
import type { DueLook } from './ports.ts'
import { lookAt, startSyncDesk, type LookTools } from './desk.ts'
import type { ReadyConnection } from './ports.ts'
import { ABLE, facts, OPENED_MS, TicketWorld } from './test-world.ts'
import { TestClock } from '../../schemas/clock.ts'

const connector = { id: 'zendesk', capabilities: { ...ABLE, companies: false, assets: false, assign: false } } as Partial<TicketConnector> as TicketConnector
const ready: ReadyConnection = {
  connector, account: 'acc', connection: { id: 'new', companyId: 'c1', mapping: { status: {}, priority: {}, place: {} }, fields: {} } as Partial<ReadyConnection['connection']> as ReadyConnection['connection'],
  context: () => { throw new Error('nothing is called here') },
}

function tools(tickets: readonly SyncTicket[], carried: SyncOrder[]): LookTools {
  return {
    store: {
      facts: async ({ incidentId, companyId }) => facts({ incidentId, companyId }), settings: async () => DEFAULT_TICKET_SETTINGS, tickets: async () => tickets, storm: async () => null,
      carryOut: async (_place, orders) => { carried.push(...orders); return true },
    },
    connections: { open: async () => null, effective: async () => ready }, matches: { known: async () => new Map(), keep: async () => undefined, company: async () => { throw new Error('no') }, aliases: async () => new Map() },
    modeOf: async () => 'production', publicUrl: 'https://aw.test', logger: { warn() {} }, ordered() {}, metrics: { looked() {}, ordered() {}, waiting() {} },
  }
}
const due = (companyId: string): DueLook => ({ incidentId: `i-${companyId}`, companyId, version: 10, looks: 0, nowMs: OPENED_MS + 600_000 })

it('a ticket whose connection was removed is nobody’s to write to: the company’s new one gets its own', async () => {
  const world = new TicketWorld()
  world.look(facts(), OPENED_MS + 60_000)
  const carried: SyncOrder[] = []
  await lookAt({ ...tools([{ ...world.rows[0]!, connectionId: null }], carried), connections: { open: async () => null, effective: async () => ({ ...ready, context: () => ({}) as ReturnType<ReadyConnection['context']> }) } }, due('c1'))
  expect(carried).toMatchObject([{ kind: 'create', generation: 1 }])
})

it.each([
  ['the one the company’s incidents go to now, where there is a ticket in it', ['msp', 'own'], ['msp', 'own'], 'own'], ['the old one while it works, where there is none in the new one yet', ['msp'], ['msp', 'own'], 'msp'],
  ['the newest one’s, where the company’s own is off', ['own', 'msp'], ['msp'], 'msp'], ['the old one, where that alone is in use again', ['own', 'msp'], ['own'], 'own'],
])('of two connections the ticket goes on in %s', async (_which, made, on, wanted) => {
  const world = new TicketWorld()
  world.look(facts(), OPENED_MS + 60_000)
  const rows = made.map((connectionId, index) => ({ ...world.rows[0]!, id: `t-${connectionId}`, connectionId, createdAtMs: OPENED_MS + index }))
  const carried: SyncOrder[] = []
  const places: (string | null)[] = []
  const open = async (id: string) => (on.includes(id) ? { ...ready, connection: { ...ready.connection, id }, context: () => ({}) as ReturnType<ReadyConnection['context']> } : null)
  const base = tools(rows, carried)
  const store: LookTools['store'] = { ...base.store, facts: async () => facts({ severity: 'critical', version: 30 }), carryOut: async ({ connectionId }, orders) => { places.push(connectionId); carried.push(...orders); return true } }
  await lookAt({ ...base, store, connections: { open, effective: async () => (await open('own')) ?? open('msp') } }, due('c1'))
  expect(places).toEqual([wanted])
  const others = made.filter((id) => id !== wanted && on.includes(id))
  expect(carried[0]).toMatchObject(others.length > 0 ? { ticketId: `t-${others[0]}`, change: { state: 'closed' } } : { ticketId: `t-${wanted}`, change: { severity: 'critical' } })
})

it('one company whose look hangs keeps nobody else waiting', async () => {
  const looked: string[] = []
  let free = (): void => undefined
  const hangs = new Promise<void>((resolve) => { free = resolve })
  const waiting = [due('slow'), due('c1'), due('c2'), due('c3')]
  const desk = startSyncDesk({
    ...tools([], []), clock: new TestClock(), logNowMs: async () => new Map(), modeOf: async (companyId) => { if (companyId === 'slow') await hangs; return 'dry-run' },
    queue: { claim: async (_times, limit) => waiting.splice(0, Math.min(2, limit)), release: async () => undefined, done: async ({ companyId }) => void looked.push(companyId), waiting: async () => waiting.length },
  })
  await expect.poll(() => looked).toEqual(['c1', 'c2', 'c3'])
  free()
  await desk.stop()
  expect(looked).toContain('slow')
})

it('looks that hang, however many, keep no critical incident waiting', async () => {
  const looked: string[] = []
  let free = (): void => undefined
  const hangs = new Promise<void>((resolve) => { free = resolve })
  const usual = Array.from({ length: 20 }, (_, index) => due(`slow-${index}`))
  const critical: DueLook[] = []
  const desk = startSyncDesk({
    ...tools([], []), clock: new TestClock(), logNowMs: async () => new Map(), modeOf: async (companyId) => { if (companyId.startsWith('slow')) await hangs; return 'dry-run' },
    queue: {
      claim: async (_times, limit, only) => (only?.isCritical === true || critical.length > 0 ? critical : usual).splice(0, limit),
      release: async () => undefined, done: async ({ companyId }) => void looked.push(companyId), waiting: async () => usual.length,
    },
  })
  await expect.poll(() => usual.length).toBe(14)
  critical.push(due('c1'))
  desk.wake()
  await expect.poll(() => looked).toEqual(['c1'])
  expect(usual.length).toBe(14)
  free()
  await desk.stop()
})

it('an incident is read after its tickets, so that what was just heard in one is not taken for a problem that is back', async () => {
  const world = new TicketWorld()
  world.look(facts(), OPENED_MS + 60_000)
  const row = { ...world.rows[0]!, connectionId: 'new' }
  // A technician resolves it while the incident is looked at.
  let isHeard = false
  const carried: SyncOrder[] = []
  const base = tools([], carried)
  const store = {
    ...base.store,
    facts: async () => { const read = facts({ pendingWords: isHeard ? 1 : 0 }); isHeard = true; return read },
    tickets: async () => { const read = isHeard ? { ...row, told: { ...row.told, state: 'resolved' as const, ended: 'state' as const, endedAtMs: OPENED_MS } } : row; isHeard = true; return [read] },
  }
  await lookAt({ ...base, store, connections: { open: async () => ready, effective: async () => ready } }, due('c1'))
  expect(carried).toEqual([])
})
