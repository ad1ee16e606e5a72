import { describe, expect, it } from 'vitest'
import { frozen } from '../../test/harness/golden.ts'
import type { TicketChange, TicketDraft } from '../../schemas/tickets.ts'
import type { OpenConnection } from '../port.ts'
import { config } from './config.ts'
import { articleOf, assetOf, changeBody, commentBody, companyOf, contactAddress, msOf, notesOf, snapshotOf, techniciansIn, ticketBody } from './map.ts'

const connection: OpenConnection = frozen({ id: 'c1', companyId: null, connector: 'atera', environment: 'production', baseUrl: 'https://app.atera.com', auth: 'api_key', fields: { technicianId: '3', technicianEmail: 'aw@msp.example', contactMailbox: 'alerts@msp.example' }, mapping: config.mapping } as const)
const draft: TicketDraft = frozen({ externalRef: 'AW-0123456789AB', title: 'Disk full', text: 'a <b>\nc', severity: 'info', priority: 5, state: 'open', party: { companyId: '61', contactId: null, assetIds: [] }, assigneeId: null, parent: null, mapping: config.mapping } as const)
const change = (over: Partial<TicketChange>): TicketChange => frozen({ mapping: config.mapping, ...over })

describe('a ticket for Atera', () => {
  it('is from a contact, with our reference before its title and its text escaped', () => {
    expect(ticketBody(draft, 7_002)).toEqual({ TicketTitle: '[AW-0123456789AB] Disk full', Description: 'a &lt;b&gt;<br>\nc', EndUserID: 7_002, TicketStatus: 'Open', TicketPriority: 'Low', TicketType: 'Incident' })
    expect(ticketBody({ ...draft, assigneeId: '4', mapping: { ...config.mapping, place: { impact: 'Major' } } }, 7_002)).toMatchObject({ TechnicianContactID: 4, TicketImpact: 'Major' })
  })

  it.each([['alerts@msp.example', '61', 'alerts+customer-61@msp.example'], ['alerts@msp.example', '', null], ['alerts@msp.example', 'x', null], ['alerts', '61', null], ['a@b@c', '61', null]])('of the mailbox %s and customer %o is from %o', (mailbox, customer, address) => expect(contactAddress(mailbox, customer)).toBe(address))
})

describe('a change for Atera', () => {
  it('is nothing where nothing changes, nor where somebody is to be taken away', () => {
    expect(changeBody(change({}), null)).toBeNull()
    expect(changeBody(change({ assigneeId: null }), null)).toBeNull()
  })

  it('writes a new title with the reference that stands there', () => expect(changeBody(change({ title: 'Two disks', state: 'closed', assigneeId: '5' }), 'AW-0123456789AB')).toEqual({ TicketTitle: '[AW-0123456789AB] Two disks', TicketStatus: 'Closed', TechnicianContactID: 5 }))

  it('comments as the technician that is set, internal unless it is public', () => {
    expect(commentBody({ token: 't1', text: 'a & b', isPublic: false }, connection)).toEqual({ CommentText: 'a &amp; b<br>\n<br>\n[t1]', TechnicianCommentDetails: { TechnicianId: 3, TechnicianEmail: 'aw@msp.example', IsInternal: true } })
    expect(commentBody({ token: 't1', text: 'a', isPublic: true }, connection)).toMatchObject({ TechnicianCommentDetails: { IsInternal: false } })
  })
})

describe('what Atera tells', () => {
  it.each([['2026-08-01T06:30:00', Date.UTC(2026, 7, 1, 6, 30)], ['2026-08-01T06:30:00Z', Date.UTC(2026, 7, 1, 6, 30)], ['0001-01-01T00:00:00', null], [null, null], ['soon', null]])('time %o is %o', (text, ms) => expect(msOf(text)).toBe(ms))

  it('is a ticket of ours by its title, and does not say when it was changed', () => {
    expect(snapshotOf(frozen({ TicketID: 503, TicketNumber: 'T-503', TicketTitle: '[AW-0123456789AB] Disk full', TicketStatus: 'Waiting for vendor', TicketPriority: 'High', CustomerID: 61, TechnicianContactID: 4, TechnicianFullName: 'Sam Field', TechnicianEmail: 'sam@msp.example', TicketCreatedDate: '2026-08-01T06:00:00Z', RelationType: 'Child', RelatedTicketId: 500 }), null, connection)).toEqual({
      ref: { externalId: '503', number: 'T-503', url: 'https://app.atera.com/new/ticket/503' }, externalRef: 'AW-0123456789AB', title: 'Disk full', state: 'unknown', statusText: 'Waiting for vendor', priorityId: 'High', assignee: { externalId: '4', name: 'Sam Field', email: 'sam@msp.example' },
      companyId: '61', parentId: '500', mergedIntoId: null, isDeleted: false, notes: null, createdAtMs: Date.UTC(2026, 7, 1, 6), updatedAtMs: null, isLastChangeOurs: null,
    })
    expect(snapshotOf(frozen({ TicketID: 500, RelationType: 'Parent', RelatedTicketId: 503, TechnicianContactID: 0, TicketStatus: 'Pending' }), null, connection)).toMatchObject({ parentId: null, assignee: null, state: 'waiting' })
  })

  it('is internal unless it says that it is not, ours by our technician alone, and known by time, author and text', () => {
    const comments = frozen([{ Date: '2026-08-01T06:32:00Z', Comment: '<p>on it</p>', TechnicianContactID: 4, FirstName: 'Sam', LastName: 'Field', Email: 'sam@msp.example' }, { Date: '2026-08-01T06:31:00Z', Comment: 'a [t1]', TechnicianContactID: 3, IsInternal: true }, { Date: '2026-08-01T06:33:00Z', Comment: 'broken', EndUserID: 7_001, IsInternal: false }])
    const notes = notesOf(comments, connection)
    expect(notes.map(({ text, isPublic, isOurs, author }) => ({ text, isPublic, isOurs, by: author.name, isAgent: author.isAgent }))).toEqual([
      { text: 'a [t1]', isPublic: false, isOurs: true, by: '', isAgent: true }, { text: 'on it', isPublic: false, isOurs: false, by: 'Sam Field', isAgent: true }, { text: 'broken', isPublic: true, isOurs: false, by: '', isAgent: false },
    ])
    expect(notesOf(comments, connection)).toEqual(notes)
    expect(new Set(notes.map(({ externalId }) => externalId)).size).toBe(3)
  })

  it('is a customer with all its domains, a machine with its other names, technicians by their tickets, articles with a safe address', () => {
    expect(companyOf({ CustomerID: 61, CustomerName: 'Acme', Domain: 'Acme.example; @acme.test https://www.acme.net/en' })).toMatchObject({ domains: ['acme.example', 'acme.test', 'acme.net'] })
    expect(assetOf({ AgentID: 301, MachineName: 'fs-01', AgentName: 'Files', SystemName: 'fs-01', VendorSerialNumber: 'SN-1', IpAddresses: ['10.0.0.5'] })).toEqual({ externalId: '301', name: 'fs-01', aliases: ['Files', 'SN-1', '10.0.0.5'] })
    expect(techniciansIn([{ TechnicianContactID: 4, TechnicianFullName: 'Sam' }, { TechnicianContactID: 4, TechnicianFullName: 'Sam Field' }, {}])).toEqual([{ externalId: '4', name: 'Sam Field', email: null }])
    expect(articleOf({ KBID: 1, KBContext: '<p>Remove\nlogs</p>', KBAddress: 'javascript:alert(1)' })).toEqual({ externalId: '1', title: 'Remove logs', url: null })
  })
})
