import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { TicketChange, TicketDraft, TicketNote, TicketTime } from '../../schemas/tickets.ts'
import { goldenCases } from '../../test/harness/golden-cases.ts'
import { config } from './config.ts'
import { changeOf, commentOf, htmlOf, noteOf, snapshotOf, TEXT_MAX, ticketOf, timeEntryOf, type ZohoRecord } from './map.ts'

type Fields = Readonly<Record<string, string>>
const ME = '1892000000000001'

describe('the map of Zoho Desk', () => {
  goldenCases(join(import.meta.dirname, 'testdata'), {
    create: (input) => ticketOf((input as { draft: TicketDraft }).draft, (input as { fields: Fields }).fields),
    change: (input) => changeOf((input as { change: TicketChange }).change, (input as { reference: string | null }).reference, (input as { fields: Fields }).fields),
    comment: (note) => commentOf(note as TicketNote),
    time: (time) => timeEntryOf(time as TicketTime),
    read: (ticket) => snapshotOf(ticket as ZohoRecord, null, { mapping: config.mapping, fields: { referenceField: 'cf_alert_whisperer' }, me: ME }),
    note: (comment) => noteOf(comment as ZohoRecord, ME),
  })

  it('keeps a description within what Zoho takes when all of it is escaped, and halves no entity', () => {
    const html = htmlOf('"'.repeat(60_000))
    expect(html.length).toBeLessThanOrEqual(TEXT_MAX)
    expect(html.replaceAll('&quot;', '')).toBe(' … [cut]')
  })

  it('says what to set where no ticket can be made', () => {
    const draft = { externalRef: 'AW-0123456789AB', title: 'x', text: 'x', severity: 'high', priority: 1, state: 'open', party: { companyId: null, contactId: null, assetIds: [] }, assigneeId: null, parent: null, mapping: config.mapping } as const
    expect(() => ticketOf(draft, {})).toThrow(expect.objectContaining({ code: 'misconfigured', message: expect.stringContaining('departmentId') }))
    expect(() => ticketOf({ ...draft, mapping: { ...config.mapping, place: { departmentId: '1' } } }, {})).toThrow(expect.objectContaining({ code: 'misconfigured', message: expect.stringContaining('contact') }))
  })
})
