import { describe, expect, it } from 'vitest'
import { frozen } from '../../test/harness/golden.ts'
import type { TicketChange, TicketDraft } from '../../schemas/tickets.ts'
import type { OpenConnection } from '../port.ts'
import { config } from './config.ts'
import { assetOf, changeBody, companyOf, fileBody, msOf, noteBody, notesOf, refOf, snapshotOf, ticketBody, timeBody, userOf } from './map.ts'

const connection: OpenConnection = frozen({ id: 'c1', companyId: null, connector: 'halopsa', environment: 'production', baseUrl: 'https://northwind.halopsa.com/api', auth: 'oauth2_client', fields: {}, mapping: config.mapping } as const)
const draft: TicketDraft = frozen({ externalRef: 'AW-0123456789AB', title: 'Disk full\r\non fs-01', text: 'a <b>\nc', severity: 'high', priority: 2, state: 'open', party: { companyId: null, contactId: null, assetIds: [] }, assigneeId: null, parent: null, mapping: config.mapping } as const)
const ref = refOf(2_001, connection)
const change = (over: Partial<TicketChange>): TicketChange => frozen({ mapping: config.mapping, ...over })
const people = { connection, agents: new Map([[21, { externalId: '21', name: 'Sam Field', email: 'sam@msp.example' }]]), ours: 9 }

describe('a ticket for HaloPSA', () => {
  it('has our reference before its title on one line, and its text escaped', () => {
    expect(ticketBody(draft)).toEqual({ summary: '[AW-0123456789AB] Disk full on fs-01', details_html: 'a &lt;b&gt;<br>\nc', sendack: false, status_id: 1, priority_id: 2 })
  })

  it('keeps its reference however long the title is', () => {
    const { summary } = ticketBody({ ...draft, title: 'x'.repeat(900) }) as { summary: string }
    expect(summary.startsWith('[AW-0123456789AB] xxx')).toBe(true)
    expect(summary.endsWith('[cut]')).toBe(true)
    expect(summary.length).toBeLessThanOrEqual(250)
  })

  it('goes where the mapping says, and leaves out what is none of its ids', () => {
    const place = { ticketType: '3', team: 'Monitoring', category: 'Hardware>Disk', client: '77' }
    expect(ticketBody({ ...draft, mapping: { ...config.mapping, place }, assigneeId: 'sam', parent: ref, party: { companyId: null, contactId: '41', assetIds: ['301', 'x'] } })).toMatchObject({ tickettype_id: 3, team: 'Monitoring', category_1: 'Hardware>Disk', client_id: 77, user_id: 41, assets: [{ id: 301 }], parent_id: 2_001 })
    expect(ticketBody({ ...draft, assigneeId: 'sam' })).not.toHaveProperty('agent_id')
    expect(ticketBody({ ...draft, party: { ...draft.party, companyId: '12' }, mapping: { ...config.mapping, place } })).toMatchObject({ client_id: 12 })
  })
})

describe('a change for HaloPSA', () => {
  it('is nothing where nothing changes', () => expect(changeBody(ref, change({}), null)).toBeNull())

  it('gives a ticket nobody has to Halo’s own nobody', () => expect(changeBody(ref, change({ assigneeId: null }), null)).toEqual({ id: 2_001, agent_id: 1 }))

  it('closes over appointments and tells what solved it, escaped', () => {
    expect(changeBody(ref, change({ state: 'resolved', resolution: 'Logs <removed>' }), null)).toEqual({ id: 2_001, status_id: 9, closure_note_html: 'Logs &lt;removed&gt;', _appointment01_ok: true })
    expect(changeBody(ref, change({ state: 'in_progress' }), null)).toEqual({ id: 2_001, status_id: 2 })
  })

  it('writes a new title with the reference that stands there', () => {
    expect(changeBody(ref, change({ title: 'Two disks full' }), 'AW-0123456789AB')).toEqual({ id: 2_001, summary: '[AW-0123456789AB] Two disks full' })
    expect(changeBody(ref, change({ title: 'Two disks full' }), null)).toEqual({ id: 2_001, summary: 'Two disks full' })
  })

  it('hides a note unless it is public, and mails nobody', () => {
    expect(noteBody('2001', { token: 't1', text: 'a', isPublic: false }, connection)).toEqual({ ticket_id: 2_001, outcome: 'Private Note', note_html: 'a<br>\n<br>\n[t1]', hiddenfromuser: true, sendemail: false })
    expect(noteBody('2001', { token: 't1', text: 'a', isPublic: true }, { ...connection, fields: { publicOutcome: 'Update to user' } })).toMatchObject({ outcome: 'Update to user', hiddenfromuser: false, sendemail: false })
  })

  it('counts time in hours and hides it', () => {
    expect(timeBody('2001', { token: 't2', startedAtMs: Date.UTC(2026, 0, 1, 10), minutes: 20, text: 'Cleaned' }, connection)).toMatchObject({ timetaken: 0.3333, actionarrivaldate: '2026-01-01T10:00:00.000Z', actioncompletiondate: '2026-01-01T10:20:00.000Z', hiddenfromuser: true })
  })

  it('hides files, with their token in a name that is no path', () => {
    expect(fileBody('2001', { token: 't3', name: '../../etc/pass"wd.txt', contentType: 'text/plain', base64: 'QQ==' })).toEqual({ ticket_id: 2_001, filename: '_.._etc_pass_wd [t3].txt', data_base64: 'QQ==', showforusers: false })
  })
})

describe('what HaloPSA tells', () => {
  it.each([['2026-08-01T06:30:00', Date.UTC(2026, 7, 1, 6, 30)], ['2022-09-30T08:23:56.4214387Z', 1_664_526_236_421], ['2026-08-01T08:30:00+02:00', Date.UTC(2026, 7, 1, 6, 30)], ['0001-01-01T00:00:00', null], ['1900-01-01T00:00:00Z', null], ['', null], [null, null]])('time %o is %o', (text, ms) => expect(msOf(text)).toBe(ms))

  it('is a ticket of ours by its title, without the reference in it', () => {
    expect(snapshotOf(frozen({ id: 2_001, summary: '[AW-0123456789AB] Disk full', status_id: 9, status_name: 'Closed', agent_id: 21, agent_name: 'Sam Field', priority_id: 2, client_id: 12, parent_id: 0, merged_into_id: 2_000, last_update: '2026-08-01T06:30:00' }), null, people)).toEqual({
      ref: { externalId: '2001', number: '2001', url: 'https://northwind.halopsa.com/ticket?id=2001' }, externalRef: 'AW-0123456789AB', title: 'Disk full', state: 'resolved', statusText: 'Closed', priorityId: '2',
      assignee: { externalId: '21', name: 'Sam Field', email: 'sam@msp.example' }, companyId: '12', parentId: null, mergedIntoId: '2000', isDeleted: false, notes: null, createdAtMs: null, updatedAtMs: Date.UTC(2026, 7, 1, 6, 30), isLastChangeOurs: null,
    })
  })

  it('is nobody’s while Halo’s own nobody has it, and unknown where the mapping does not name its status', () => {
    expect(snapshotOf(frozen({ id: 1, agent_id: 1, status_id: 31 }), null, people)).toMatchObject({ assignee: null, state: 'unknown', statusText: '31', externalRef: null, companyId: null })
  })

  it('is hidden unless it says that it is not, and ours by the agent alone', () => {
    const notes = notesOf(frozen([
      { id: 3, note_html: '<p>I am on it</p><p>now</p>', who_agentid: 21, who: 'Sam Field', datetime: '2026-08-01T06:32:00' }, { id: 2, note: 'seen 12 times [t1]', hiddenfromuser: true, who_agentid: 9, datetime: '2026-08-01T06:31:00' },
      { id: 4, note: 'still broken', hiddenfromuser: false, who: 'Cleo', email_message_id: '<1@x>', datetime: '2026-08-01T06:33:00' }, { id: 5, note: '', datetime: '2026-08-01T06:34:00' },
    ]), people.agents, people.ours)
    expect(notes.map(({ externalId, text, isPublic, isOurs, author, channel }) => ({ externalId, text, isPublic, isOurs, by: author.name, isAgent: author.isAgent, channel }))).toEqual([
      { externalId: '2', text: 'seen 12 times [t1]', isPublic: false, isOurs: true, by: '', isAgent: true, channel: 'unknown' }, { externalId: '3', text: 'I am on it\nnow', isPublic: false, isOurs: false, by: 'Sam Field', isAgent: true, channel: 'unknown' },
      { externalId: '4', text: 'still broken', isPublic: true, isOurs: false, by: 'Cleo', isAgent: false, channel: 'email' },
    ])
  })

  it('is a customer with the domains it names, an asset with its other names, an agent', () => {
    expect(companyOf({ id: 12, name: 'Acme', domain: 'ACME.example', website: 'https://www.acme.example/en?x' })).toEqual({ externalId: '12', name: 'Acme', domains: ['acme.example'], isActive: true })
    expect(companyOf({ id: 13, name: 'Globex', website: 'none', inactive: true })).toMatchObject({ domains: [], isActive: false })
    expect(assetOf({ id: 301, key_field: 'fs-01', inventory_number: 'SN-1', key_field2: 'fs-01', key_field3: ' ' })).toEqual({ externalId: '301', name: 'fs-01', aliases: ['SN-1'] })
    expect(userOf({ id: 21, name: 'Sam Field', email: '' })).toEqual({ externalId: '21', name: 'Sam Field', email: null })
  })
})
