import { describe, expect, it } from 'vitest'
import type { TicketChange, TicketDraft, TicketMapping, TicketNote, TicketTime } from '../../schemas/tickets.ts'
import { describeMapGolden } from '../../test/harness/map-golden.ts'
import { ConnectorError } from '../port.ts'
import { meaning } from './api.ts'
import { assetOf, companyOf, noteBody, numberOf, pageOf, patchOf, pick, publishOf, snapshotOf, ticketBody, timeBody, userOf } from './map.ts'
import type { AtCompany, AtConfigurationItem, AtNote, AtPick, AtResource, AtTicket, Picklists } from './types.ts'

const picks = (...values: readonly (readonly [number, string])[]): readonly AtPick[] => values.map(([value, label]) => ({ value: String(value), label, isActive: true }))
// Ids are like in no account.
const TICKETS: Picklists = {
  status: [...picks([101, 'New'], [112, 'Dispatched'], [108, 'In Progress'], [107, 'Waiting Customer'], [105, 'Complete'], [117, 'Change Order']), { value: '199', label: 'Retired', isActive: false }],
  priority: picks([204, 'Critical'], [201, 'High'], [202, 'Medium'], [203, 'Low']), queueID: picks([29_683_354, 'Monitoring Alert']), ticketType: picks([61, 'Service Request'], [62, 'Incident'], [63, 'Problem']),
}
const NOTES: Picklists = { noteType: picks([91, 'Workflow Rule Note - Task'], [94, 'Task Detail'], [93, 'Task Notes']), publish: picks([71, 'All Autotask Users'], [72, 'Internal Project Team'], [73, 'Internal & Co-Managed']) }
const RESOURCES = new Map<number, AtResource>([[29_682_885, { id: 29_682_885, firstName: 'Jane', lastName: 'Doe', email: 'jane@msp.example' }], [29_682_899, { id: 29_682_899, firstName: 'Alert', lastName: 'Whisperer' }]])
const NOW_MS = Date.UTC(2026, 1, 19, 8)

/** What a mapping makes, or why it refuses. */
function orRefusal(make: () => unknown): unknown {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error
    return { code: error.code, message: error.message }
  }
}

const draft = (input: unknown): unknown => {
  const { mapping, draft: wanted, assignee } = input as { mapping: TicketMapping; draft: Omit<TicketDraft, 'mapping'>; assignee: AtResource | null }
  return orRefusal(() => ticketBody({ ...wanted, mapping }, { picks: TICKETS, assignee, nowMs: NOW_MS }))
}
const note = (input: unknown): unknown => {
  const { mapping, note: wanted, publish } = input as { mapping: TicketMapping; note: TicketNote; publish?: readonly AtPick[] }
  return orRefusal(() => noteBody(wanted, mapping, { ...NOTES, ...(publish === undefined ? {} : { publish }) }))
}

describeMapGolden('autotask', import.meta.dirname, {
  draft, note, 'refused-draft': draft, 'refused-note': note,
  change: (input) => {
    const { mapping, change, assignee } = input as { mapping: TicketMapping; change: Omit<TicketChange, 'mapping'>; assignee?: AtResource | null }
    return patchOf({ ...change, mapping }, TICKETS, assignee)
  },
  time: (input) => {
    const { ticketId, time, resource } = input as { ticketId: string; time: TicketTime; resource: AtResource }
    return timeBody(ticketId, time, resource)
  },
  snapshot: (input) => {
    const { mapping, ticket, notes } = input as { mapping: TicketMapping; ticket: AtTicket; notes: readonly AtNote[] | null }
    return snapshotOf(ticket, notes === null ? null : { list: notes, picks: NOTES }, { mapping, tickets: TICKETS, ownId: 29_682_899, resources: RESOURCES, webUrl: 'https://ww2.autotask.net/' })
  },
  found: (input) => {
    const { companies, items, resources } = input as { companies: readonly AtCompany[]; items: readonly AtConfigurationItem[]; resources: readonly AtResource[] }
    return { companies: companies.map(companyOf), items: items.map(assetOf), resources: resources.map(userOf) }
  },
})

describe('words of Autotask', () => {
  it('takes values by label or id, and none that is switched off', () => {
    expect([pick('status', 'complete', TICKETS.status ?? []), pick('status', '105', TICKETS.status ?? [])]).toEqual([105, 105])
    for (const gone of ['Retired', '199', '5', '']) expect(() => pick('status', gone, TICKETS.status ?? []), gone).toThrow(expect.objectContaining({ code: 'invalid', message: expect.stringContaining('Complete (105)') as string }))
  })

  it('never lets an internal note fall back to more eyes', () => {
    const mapping = { status: {}, priority: {}, place: {} }
    expect(publishOf(false, mapping, picks([1, 'All Autotask Users'], [9, 'Internal Users Only']))).toBe(9)
    for (const publish of [picks([1, 'All Autotask Users']), picks([1, 'All Autotask Users'], [3, 'Internal & Co-Managed']), []]) expect(() => publishOf(false, mapping, publish)).toThrow(expect.objectContaining({ code: 'invalid' }))
  })

  it('knows what a 500 means by its words', () => {
    const cases = [['Missing required field: title.', 'invalid'], ['The logged in Resource does not have the adequate permissions to create this entity type.', 'forbidden'], ['You have exceeded the number of requests allowed per hour.', 'rate_limited'], ['Transaction was a deadlock victim.', 'server_error']] as const
    for (const [words, code] of cases) expect(meaning(500, { errors: [words] }), words).toBe(code)
    for (const [status, body] of [[500, null], [500, { errors: [] }], [500, 'gateway'], [503, { errors: ['title'] }], [400, { errors: ['x'] }]] as const) expect(meaning(status, body)).toBeNull()
  })

  it('takes nothing for an id that is none, and 0 for the own company', () => {
    expect(numberOf('0')).toBe(0)
    for (const id of ['', '-1', '1 or 1=1', '7001/../9', '1e9']) expect(() => numberOf(id), id).toThrow(expect.objectContaining({ code: 'invalid' }))
  })

  it('names the page of people where the zone says where that is', () => {
    expect(pageOf(7_001, 'https://ww2.autotask.net/')).toBe('https://ww2.autotask.net/Autotask/AutotaskExtend/ExecuteCommand.aspx?Code=OpenTicketDetail&TicketID=7001')
    expect(pageOf(7_001, null)).toBeNull()
  })
})

it('takes any note type people write where an account has none of the usual names, and never another publish', () => {
  const note = { token: 't', text: 'x', isPublic: false }
  const named = (values: readonly AtPick[]): Picklists => ({ ...NOTES, noteType: values })
  expect(noteBody(note, { status: {}, priority: {}, place: {} }, named(picks([91, 'Workflow Rule Note - Task'], [95, 'Aufgabennotiz']))).noteType).toBe(95)
  expect(() => noteBody(note, { status: {}, priority: {}, place: {} }, named(picks([91, 'Workflow Rule Note - Task'])))).toThrow(expect.objectContaining({ code: 'invalid' }))
  expect(() => noteBody(note, { status: {}, priority: {}, place: {} }, { ...NOTES, publish: picks([71, 'All Autotask Users']) })).toThrow(expect.objectContaining({ code: 'invalid' }))
})
