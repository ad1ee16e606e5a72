import { describe, expect, it } from 'vitest'
import type { SyncTicket, Told } from '../../schemas/ticket-sync.ts'
import type { Capabilities } from '../port.ts'
import { inbound } from './inbound.ts'
import { ABLE, facts, OPENED_MS, snapshot, target, TicketWorld } from './test-world.ts'
import type { TicketElsewhere } from './elsewhere.ts'

const LATER = OPENED_MS + 60_000
const HOUR = 3_600_000
const THERE = { connector: 'zendesk', capabilities: ABLE, mapping: { status: { closed: 'shut' }, priority: {}, place: {} } }

/** A ticket in the system in use, and one of the same incident in another. */
function both(other: Partial<SyncTicket> = {}, told: Partial<Told> = {}): { readonly world: TicketWorld; readonly old: SyncTicket } {
  const [world, before] = [new TicketWorld(), new TicketWorld()]
  before.look(facts(), OPENED_MS + 30_000)
  world.look(facts(), LATER)
  world.writes.length = 0
  const made = before.rows[0]!
  return { world, old: { ...made, id: 'old', connectionId: 'other', ref: { externalId: 'y1', number: '77', url: 'https://old.test/77' }, ...other, told: { ...made.told, ...told } } }
}
const off = (ticket: SyncTicket): TicketElsewhere => ({ ticket, there: null })
const on = (ticket: SyncTicket, able: Partial<Capabilities> = {}): TicketElsewhere => ({ ticket, there: { ...THERE, capabilities: { ...ABLE, ...able } } })

describe('a ticket in a system that is not in use any more', () => {
  it('is named in the one that is made in its place', () => {
    const { old } = both()
    expect(new TicketWorld().look(facts(), LATER, { elsewhere: [off(old)] }).orders).toMatchObject([{ kind: 'create', generation: 1, draft: { text: expect.stringContaining('In another ticket system before: ticket 77 https://old.test/77') } }])
  })

  it('is left alone while its connection is off, and ended where nobody touched it once it is on, with where it goes on', () => {
    const { world, old } = both()
    expect(world.look(facts(), LATER + 1_000, { elsewhere: [off(old)] }).orders).toEqual([])
    world.rows.push(old)
    const made = world.look(facts(), LATER + 2_000, { tickets: [world.rows[0]!], elsewhere: [on(old)] })
    expect(made).toMatchObject({ orders: [{ ticketId: 'old', change: { state: 'closed', resolution: expect.stringContaining('ticket 1001'), unlessTouched: [{ isPublic: false, text: expect.stringContaining('ticket 1001') }], mapping: { status: { closed: 'shut' } } }, told: { ended: 'state', elsewhere: world.rows[0]!.id } }] })
    expect(world.look(facts(), LATER + 4_000, { tickets: [world.rows[0]!], elsewhere: [on(world.rows[1]!)] }).orders).toEqual([])
  })

  it.each([['somebody works on', { isTouched: true }, {}], ['is not to be closed by itself', {}, { settings: { ...new TicketWorld().settings, autoClose: false } }]])('gets a note and stays open where it is one that %s', (_why, row, more) => {
    const { world, old } = both(row)
    world.rows.push(old)
    const [order] = world.look(facts(), LATER + 1_000, { ...more, tickets: [world.rows[0]!], elsewhere: [on(old)] }).orders
    expect(order).toMatchObject({ ticketId: 'old', change: { notes: [{ isPublic: false, text: expect.stringContaining('ticket 1001') }] }, told: { ended: 'note', elsewhere: world.rows[0]!.id } })
    expect(order).not.toHaveProperty('change.state')
    const bare = both({ isTouched: true })
    bare.world.rows.push(bare.old)
    expect(bare.world.look(facts(), LATER + 1_000, { tickets: [bare.world.rows[0]!], elsewhere: [on(bare.old, { internalNote: false })] }).orders).toMatchObject([{ kind: 'note_down', ticketId: 'old' }])
  })

  it('that was made later is named in the one that goes on', () => {
    const { world, old } = both({ createdAtMs: LATER + HOUR })
    world.rows.push(old)
    world.look(facts(), LATER + 2 * HOUR, { tickets: [world.rows[0]!], elsewhere: [on(old)] })
    expect(world.writes).toMatchObject([{ ticketId: 'old', change: { state: 'closed' } }, { ticketId: world.rows[0]!.id, change: { notes: [{ text: expect.stringContaining('ticket 77 https://old.test/77') }] } }])
  })

  it.each<[string, Partial<SyncTicket>, Partial<Told>]>([
    ['has ended', {}, { ended: 'state', state: 'resolved' }], ['is closed there', { closedAtMs: LATER }, {}], ['was never made', { ref: null, isDead: true }, {}], ['is another client’s now', {}, { isMoved: true }],
    ['was deleted there', { seen: snapshot({ isDeleted: true }) }, {}], ['was left before', {}, { elsewhere: 'a' }], ['was merged', {}, { mergedInto: 'i9' }],
  ])('is not written to where it %s', (_why, row, told) => {
    const { world, old } = both(row, told)
    expect(world.look(facts(), LATER + 1_000, { elsewhere: [on(old)] })).toMatchObject({ orders: [], againAtMs: null })
  })

  it('waits until both have numbers', () => {
    const { world, old } = both({ ref: null })
    expect(world.look(facts(), LATER + 1_000, { elsewhere: [on(old)] })).toMatchObject({ orders: [], againAtMs: LATER + 11_000 })
    const later = both()
    later.world.see(later.world.rows[0]!.id, { ref: null })
    expect(later.world.look(facts(), LATER + 1_000, { elsewhere: [on(later.old)] })).toMatchObject({ orders: [], againAtMs: LATER + 11_000 })
  })

  it('is taken up again with its connection: opened where it was ended, and heard again', () => {
    const world = new TicketWorld()
    world.look(facts(), LATER)
    const { id, told } = world.rows[0]!
    world.see(id, {}, { ended: 'state', state: 'closed', endedAtMs: LATER, elsewhere: 'b' })
    world.look(facts(), LATER + HOUR)
    expect(world.writes.slice(1)).toMatchObject([{ change: { state: told.state, notes: [{ text: expect.stringContaining('goes on here again') }] } }])
    expect(world.rows[0]!.told).toMatchObject({ ended: 'no', elsewhere: null })
    world.see(id, {}, { elsewhere: 'b' })
    world.look(facts(), LATER + 2 * HOUR)
    expect(world.rows[0]!.told.elsewhere).toBeNull()
  })

  it('tells the incident what people write in it, and nothing of its state or technician', () => {
    const { old } = both({ isTouched: true, lastCallAtMs: LATER, seen: snapshot() })
    const note = { externalId: 'n1', author: { externalId: 'x-bob', name: 'Bob', email: null, isAgent: true }, text: 'Look at the other one.', isPublic: false, atMs: LATER + HOUR, isOurs: false, channel: 'web' as const }
    const seen = snapshot({ state: 'closed', statusText: 'Closed', assignee: { externalId: 'x-ann', name: 'Ann', email: 'ann@msp.test' }, notes: [note], updatedAtMs: LATER + HOUR })
    const heard = (told: Partial<Told>): string[] => inbound({
      nowMs: LATER + HOUR, ticket: { ...old, told: { ...old.told, ...told } }, snapshot: seen, connectorTitle: 'Old desk', mapping: target().mapping, incident: { status: 'open', assignee: null, mergedInto: null },
      users: new Map([['ann@msp.test', 'u1']]), mergedWith: null, approvals: [],
    }).words.map(({ action }) => action)
    expect(heard({})).toEqual(['note', 'close', 'assign'])
    expect(heard({ elsewhere: 'b' })).toEqual(['note'])
  })
})
