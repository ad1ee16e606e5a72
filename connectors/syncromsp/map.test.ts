import { describe, expect, it } from 'vitest'
import { frozen } from '../../test/harness/golden.ts'
import type { TicketChange, TicketDraft } from '../../schemas/tickets.ts'
import type { OpenConnection } from '../port.ts'
import { config } from './config.ts'
import { assetOf, changeBody, companyOf, noteBody, notesOf, snapshotOf, subjectOf, ticketBody, timerBody } from './map.ts'

const connection: OpenConnection = frozen({ id: 'c1', companyId: null, connector: 'syncromsp', environment: 'production', baseUrl: 'https://northwind.syncromsp.com/api/v1', auth: 'bearer', fields: { emailPublicNotes: 'no' }, mapping: config.mapping } as const)
const draft: TicketDraft = frozen({ externalRef: 'AW-0123456789AB', title: 'Disk full\non fs-01', text: 'a <b>\nc', severity: 'low', priority: 4, state: 'open', party: { companyId: '51', contactId: null, assetIds: [] }, assigneeId: null, parent: null, mapping: config.mapping } as const)
const change = (over: Partial<TicketChange>): TicketChange => frozen({ mapping: config.mapping, ...over })
const people = { connection, users: new Map([['902', { externalId: '902', name: 'Sam Field', email: 'sam@msp.example' }]]), ours: 901 }

describe('a ticket for Syncro', () => {
  it('has our reference before its subject, and its text in a first comment that nobody is mailed', () => {
    expect(ticketBody(draft)).toEqual({
      customer_id: 51, subject: '[AW-0123456789AB] Disk full on fs-01', status: 'New', priority: '3 Low',
      comments_attributes: [{ subject: 'Issue', body: 'a <b>\nc', hidden: true, do_not_email: true, tech: 'Alert Whisperer' }],
    })
  })

  it('is none without a customer, and goes to the catch-all where there is one', () => {
    const party = { companyId: null, contactId: null, assetIds: [] }
    expect(ticketBody({ ...draft, party })).toBeNull()
    expect(ticketBody({ ...draft, party: { ...party, companyId: 'x' } })).toBeNull()
    expect(ticketBody({ ...draft, party, mapping: { ...config.mapping, place: { customer: '59', problemType: 'Incident', ticketType: '11' } } })).toMatchObject({ customer_id: 59, problem_type: 'Incident', ticket_type_id: 11 })
  })

  it('keeps its reference however long the subject is', () => {
    expect(subjectOf('x'.repeat(900), 'AW-0123456789AB')).toMatch(/^\[AW-0123456789AB\] x+ … \[cut\]$/)
    expect(subjectOf('x'.repeat(900), 'AW-0123456789AB').length).toBeLessThanOrEqual(250)
  })
})

describe('a change for Syncro', () => {
  it('is nothing where nothing changes, nor where somebody is to be taken away', () => {
    expect(changeBody(change({}), null)).toBeNull()
    expect(changeBody(change({ assigneeId: null }), null)).toBeNull()
  })

  it('writes a new title with the reference that stands there', () => expect(changeBody(change({ title: 'Two disks', severity: 'critical' }), 'AW-0123456789AB')).toEqual({ subject: '[AW-0123456789AB] Two disks', priority: '0 Urgent' }))

  it.each([
    ['internal, whatever is set', false, 'yes', { hidden: true, do_not_email: true }], ['public and mailed to nobody', true, 'no', { hidden: false, do_not_email: true }], ['public and mailed, where that is set', true, 'yes', { hidden: false, do_not_email: false }],
  ] as const)('a note is %s', (_name, isPublic, emailPublicNotes, flags) => {
    expect(noteBody({ token: 't1', text: 'a', isPublic }, { ...connection, fields: { emailPublicNotes } })).toEqual({ subject: 'Update', body: 'a\n\n[t1]', tech: 'Alert Whisperer', ...flags })
  })

  it('says what solved it under the subject Syncro has for that', () => expect(noteBody({ token: 't1', text: 'a', isPublic: false }, connection, true)).toMatchObject({ subject: 'Completed', hidden: true }))

  it('books no less than a minute', () => {
    expect(timerBody({ token: 't2', startedAtMs: Date.UTC(2026, 0, 1, 10), minutes: 0.2, text: 'Cleaned' })).toEqual({ start_at: '2026-01-01T10:00:00.000Z', end_at: '2026-01-01T10:00:12.000Z', duration_minutes: 1, notes: 'Cleaned\n\n[t2]' })
  })
})

describe('what Syncro tells', () => {
  it.each([['Customer Reply', 'open'], ['Scheduled', 'assigned'], ['Waiting for Parts', 'waiting'], ['Waiting on Customer', 'waiting'], ['Invoiced', 'closed'], ['Resolved', 'resolved'], ['Bench', 'unknown'], ['', 'unknown']])('status %o is %s', (status, state) => {
    expect(snapshotOf(frozen({ id: 1, status }), null, people).state).toBe(state)
  })

  it('is a ticket of ours by its subject, without the reference in it', () => {
    expect(snapshotOf(frozen({ id: 1_001, number: 5_001, subject: '[AW-0123456789AB] Disk full', status: 'In Progress', priority: null, customer_id: 51, user_id: 902, parent_id: 7, updated_at: '2026-08-01T06:30:00.123-07:00' }), null, people)).toMatchObject({
      ref: { externalId: '1001', number: '5001', url: 'https://northwind.syncromsp.com/tickets/1001' }, externalRef: 'AW-0123456789AB', title: 'Disk full', state: 'in_progress', priorityId: null, assignee: { externalId: '902', name: 'Sam Field', email: 'sam@msp.example' },
      companyId: '51', parentId: '7', updatedAtMs: Date.UTC(2026, 7, 1, 13, 30, 0, 123), notes: null,
    })
  })

  it('is hidden unless it says that it is not, and ours by the user of the token alone', () => {
    const notes = notesOf(frozen([{ id: 3, body: 'thanks', subject: 'Re: [#5001]', tech: 'customer-reply', hidden: false, created_at: '2026-08-01T06:33:00Z' }, { id: 1, body: 'a [t1]', user_id: 901, hidden: true, created_at: '2026-08-01T06:31:00Z' }, { id: 2, body: 'on it', user_id: 902, created_at: '2026-08-01T06:32:00Z' }]), people.users, people.ours)
    expect(notes.map(({ externalId, isPublic, isOurs, author, channel }) => ({ externalId, isPublic, isOurs, by: author.name, isAgent: author.isAgent, channel }))).toEqual([
      { externalId: '1', isPublic: false, isOurs: true, by: '', isAgent: true, channel: 'unknown' }, { externalId: '2', isPublic: false, isOurs: false, by: 'Sam Field', isAgent: true, channel: 'unknown' }, { externalId: '3', isPublic: true, isOurs: false, by: 'customer-reply', isAgent: false, channel: 'email' },
    ])
  })

  it('is a customer whose domain is not everybody’s, and an asset with its serial number', () => {
    expect(companyOf({ id: 51, business_name: 'Acme', email: 'Office@Acme.example' })).toEqual({ externalId: '51', name: 'Acme', domains: ['acme.example'], isActive: true })
    expect(companyOf({ id: 52, business_name: null, business_then_name: 'Jo Doe', email: 'jo@gmail.com', disabled: true })).toEqual({ externalId: '52', name: 'Jo Doe', domains: [], isActive: false })
    expect(assetOf({ id: 301, name: 'fs-01', asset_serial: ' SN-1 ' })).toEqual({ externalId: '301', name: 'fs-01', aliases: ['SN-1'] })
  })
})
