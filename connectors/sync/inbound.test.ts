import { describe, expect, it } from 'vitest'
import type { SyncTicket, Told } from '../../schemas/ticket-sync.ts'
import type { TicketNoteSeen, TicketSnapshot } from '../../schemas/tickets.ts'
import { templateOf } from '../templates/templates.ts'
import { ticketText } from '../templates/ticket-text.ts'
import { approvalCodeOf } from './identity.ts'
import { inbound, type InboundInput } from './inbound.ts'
import { facts, OPENED_MS, snapshot, target, TicketWorld } from './test-world.ts'

const NOW = OPENED_MS + 3_600_000

/** A ticket that was made and read back. */
function made(change: Partial<SyncTicket> = {}, told: Partial<Told> = {}): SyncTicket {
  const world = new TicketWorld()
  world.look(facts(), OPENED_MS + 60_000)
  world.see(world.rows[0]!.id, { seen: snapshot({ title: world.rows[0]!.told.title }), ...change }, told)
  return world.rows[0]!
}

function read(now: Partial<TicketSnapshot> | null, more: Partial<InboundInput> = {}) {
  const ticket = more.ticket ?? made()
  return inbound({
    nowMs: NOW, ticket, snapshot: now === null ? null : { ...(ticket.seen ?? snapshot()), updatedAtMs: NOW, ...now }, connectorTitle: 'Zendesk', mapping: target().mapping, incident: { status: 'open', assignee: null, mergedInto: null },
    users: new Map([['ann@msp.test', 'u-ann']]), mergedWith: null, approvals: [], ...more,
  })
}

function comment(text: string, change: Partial<TicketNoteSeen> = {}): TicketNoteSeen {
  return { externalId: 'n1', text, isPublic: false, isOurs: false, author: { externalId: 'x-ann', name: 'Ann', email: 'Ann@msp.test', isAgent: true }, channel: 'web', atMs: NOW, ...change }
}

describe('what we wrote ourselves', () => {
  it('tells nothing: neither our values nor our notes, however they come back', () => {
    expect(read({})).toMatchObject({ words: [], answers: [], isTouched: false })
    const resolved = made({}, { state: 'resolved', ended: 'state' })
    expect(read({ state: 'resolved', statusText: 'Solved' }, { ticket: resolved })).toMatchObject({ words: [], isTouched: false })
    expect(read({ state: 'closed' }, { ticket: resolved })).toMatchObject({ words: [], isTouched: false })
    const notes = [comment('It goes on.', { isOurs: true }), comment('Alert Whisperer: It goes on.\n\n[aw:0123456789]', { externalId: 'n2' }), comment(`Incident 42 of Acme\nx\nReference ${resolved.externalRef}. Written by Alert Whisperer.`, { externalId: 'n3' })]
    expect(read({ notes })).toMatchObject({ words: [], isTouched: false })
    expect(read({ assignee: { externalId: 'x-ann', name: 'Ann', email: null } }, { ticket: made({}, { assigneeId: 'x-ann', assignee: 'u-ann' }) })).toMatchObject({ words: [], isTouched: false })
  })

  it('tells nothing where the PSA has one status for two of ours', () => {
    const ticket = made({ seen: null }, { state: 'assigned' })
    const mapping = { status: { open: 'open', assigned: 'open' }, priority: {}, place: {} }
    expect(read({ state: 'open' }, { ticket, mapping })).toMatchObject({ words: [], isTouched: false })
  })

  it('is not taken for somebody’s change where it was read before we wrote', () => {
    const early = made({ lastCallAtMs: NOW, waiting: 0 }, { state: 'resolved', ended: 'state' })
    expect(read({ state: 'open', updatedAtMs: NOW - 60_000 }, { ticket: early })).toMatchObject({ words: [], isTouched: false })
    expect(read({ state: 'open' }, { ticket: made({ waiting: 1 }, { state: 'resolved', ended: 'state' }) })).toMatchObject({ words: [] })
  })
})

describe('what we wrote before our last order', () => {
  const ann = { externalId: 'x-ann', name: 'Ann', email: 'ann@msp.test' }
  const written = { states: ['in_progress', 'open'] as const, assigneeIds: ['x-ann', null] }

  it('is an echo while that order waits, and where it was read before that was called', () => {
    const waits = made({ waiting: 1, lastCallAtMs: NOW, written }, { state: 'resolved', ended: 'state', assigneeId: 'x-bob', assignee: 'u-bob' })
    for (const updatedAtMs of [NOW + 1_000, NOW - 1_000, null]) expect(read({ state: 'in_progress', assignee: ann, updatedAtMs }, { ticket: waits })).toMatchObject({ words: [], isTouched: false, told: { state: 'resolved', assigneeId: 'x-bob' } })
    expect(read({ state: 'in_progress', assignee: ann, updatedAtMs: NOW - 1 }, { ticket: { ...waits, waiting: 0 } })).toMatchObject({ words: [], isTouched: false })
  })

  it('is a person’s where the PSA says that somebody changed it since', () => {
    const waits = made({ waiting: 1, lastCallAtMs: NOW - 60_000, written }, { state: 'resolved', ended: 'state' })
    expect(read({ state: 'in_progress' }, { ticket: waits }).words).toMatchObject([{ action: 'reopen' }, { action: 'start' }])
    const called = made({ lastCallAtMs: NOW - 1_000, written }, { state: 'resolved', ended: 'state' })
    expect(read({ state: 'in_progress' }, { ticket: called }).words).toMatchObject([{ action: 'reopen' }, { action: 'start' }])
  })
})

describe('what a technician does', () => {
  it.each([
    ['resolved', 'open', [{ action: 'resolve' }]], ['closed', 'open', [{ action: 'close' }]], ['in_progress', 'open', [{ action: 'start' }]], ['waiting', 'open', []], ['unknown', 'assigned', []], ['closed', 'closed', []], ['resolved', 'resolved', []],
  ] as const)('%s of an incident that is %s', (state, status, words) => {
    const found = read({ state, statusText: state }, { incident: { status, assignee: null, mergedInto: null } })
    expect(found.words).toMatchObject(words)
    expect(found.isTouched).toBe(true)
  })

  it('is told with who and why, under an id that is the same when it is seen again', () => {
    const now = { state: 'closed' as const, statusText: 'Closed', assignee: { externalId: 'x-ann', name: 'Ann', email: 'ann@msp.test' }, notes: [comment('Replaced the disk.')] }
    const [one, two] = [read(now), read(now)]
    expect(one.words.find(({ action }) => action === 'close')?.text).toBe('Closed in Zendesk, ticket 1001 (Closed, with Ann). Replaced the disk.')
    expect(one.words.map(({ commandId }) => commandId)).toEqual(two.words.map(({ commandId }) => commandId))
    expect(new Set(one.words.map(({ commandId }) => commandId)).size).toBe(one.words.length)
  })

  it('opens the incident again with the ticket, and begins work where that is the status', () => {
    const ticket = made({ seen: snapshot({ state: 'closed' }) }, { state: 'closed', ended: 'state' })
    const over = { status: 'closed', assignee: null, mergedInto: null } as const
    expect(read({ state: 'open' }, { ticket, incident: over })).toMatchObject({ words: [{ action: 'reopen' }], told: { ended: 'no', state: 'open' } })
    expect(read({ state: 'in_progress' }, { ticket, incident: over }).words.map(({ action }) => action)).toEqual(['reopen', 'start'])
  })

  it('opens it again though we never saw our own end in between', () => {
    const ticket = made({ lastCallAtMs: NOW - 60_000 }, { state: 'resolved', ended: 'state' })
    expect(read({ state: 'open', updatedAtMs: NOW }, { ticket, incident: { status: 'resolved', assignee: null, mergedInto: null } })).toMatchObject({ words: [{ action: 'reopen' }], isTouched: true })
  })

  it('assigns whoever has that address here, takes them away, and says who is not known', () => {
    expect(read({ assignee: { externalId: 'x-ann', name: 'Ann', email: 'ANN@msp.test' } })).toMatchObject({ words: [{ action: 'assign', assignee: 'u-ann' }], told: { assigneeId: 'x-ann', assignee: 'u-ann' } })
    expect(read({ assignee: { externalId: 'x-bob', name: 'Bob', email: 'bob@msp.test' } })).toMatchObject({ words: [{ action: 'note', text: expect.stringContaining('Bob') }], told: { assigneeId: 'x-bob', assignee: null } })
    const ticket = made({ seen: snapshot({ assignee: { externalId: 'x-ann', name: 'Ann', email: null } }) }, { assigneeId: 'x-ann', assignee: 'u-ann' })
    expect(read({ assignee: null }, { ticket, incident: { status: 'assigned', assignee: 'u-ann', mergedInto: null } })).toMatchObject({ words: [{ action: 'assign', assignee: null }] })
  })

  it('writes a comment that is told once, with who wrote it and whether the client reads it', () => {
    const found = read({ notes: [comment('Looking at it.'), comment('Is it fixed?', { externalId: 'n2', isPublic: true, author: { externalId: 'c', name: 'Carl', email: 'carl@acme.test', isAgent: false }, channel: 'email' })] })
    expect(found.words).toMatchObject([{ action: 'note', text: 'Ann in Zendesk, ticket 1001 (internal): Looking at it.' }, { text: 'Carl, from the client, in Zendesk, ticket 1001: Is it fixed?' }])
    expect(read({ notes: [comment('Looking at it.')] }, { ticket: made({ seen: found.seen }, found.told) }).words).toEqual([])
  })

  it('cuts a long one visibly and never through a character', () => {
    for (const text of ['\u{1f525}'.repeat(3_000), `x${'\u{1f525}'.repeat(3_000)}`]) {
      const said = read({ notes: [comment(text)] }).words[0]!.text!
      expect([said.length <= 4_000, said.isWellFormed(), said.endsWith('[cut]')]).toEqual([true, true, true])
    }
  })

  it('counts an answer above the text of our ticket, as mail programs quote it, as what it is', () => {
    const { text } = ticketText(templateOf('zendesk'), facts(), { externalRef: made().externalRef, publicUrl: 'https://aw.test', earlier: null, storm: null })
    const quoted = [`Thanks, the printer works again.\n\n${text}`, `Thanks!\nOn Sunday you wrote:\n${text.replace(/^/gm, '> ')}`, `${text}\n\nThanks, answered below.`]
    expect(quoted.map((said) => read({ notes: [comment(said, { author: { externalId: 'x-client', name: 'Cleo', email: 'cleo@acme.test', isAgent: false } })] })).map(({ words, isTouched }) => [words.length, isTouched])).toEqual(quoted.map(() => [1, true]))
    // The text itself, as PSAs show it as the first comment, in whoever's name.
    expect(read({ notes: [comment(text), comment(`\n${text}\n`, { externalId: 'n2' })] })).toMatchObject({ words: [], isTouched: false })
  })

  it('merges tickets: two of ours are two incidents that become one, any other goes on under its name', () => {
    expect(read({ mergedIntoId: 'x9', state: 'closed' }, { mergedWith: 'i9' })).toMatchObject({ words: [{ action: 'merge', intoIncidentId: 'i9' }], follows: null, isTouched: true })
    expect(read({ mergedIntoId: 'x77', state: 'closed' })).toMatchObject({ words: [{ action: 'note' }], follows: 'x77', isTouched: true })
    expect(read({ mergedIntoId: 'x9' }, { ticket: made({}, { mergedInto: 'i9' }), mergedWith: 'i9' }).words).toEqual([])
  })

  it('says nothing of its state once its incident goes on in another ticket, only what people write', () => {
    const ticket = made({}, { mergedInto: 'i9', ended: 'note' })
    const closed = { state: 'closed' as const, statusText: 'Closed', notes: [comment('See the other one.')] }
    const incident = { status: 'open' as const, assignee: null, mergedInto: 'i9' }
    expect(read(closed, { ticket, incident })).toMatchObject({ words: [{ action: 'note', text: expect.stringContaining('See the other one.') }], isTouched: true, told: { state: 'closed', ended: 'state' } })
    expect(read(closed, { ticket, incident: { ...incident, mergedInto: null } }).words.map(({ action }) => action)).toEqual(['note', 'close'])
  })

  it('renames or gives another priority: it is theirs from then on', () => {
    expect(read({ title: 'Mail is down' })).toMatchObject({ words: [], isTouched: true })
    expect(read({ priorityId: 'low' })).toMatchObject({ words: [], isTouched: true })
  })
})

describe('answers to requests', () => {
  const approvals = [{ id: 'a1', question: 'run' as const }, { id: 'a2', question: 'target' as const }]
  const answers = (change: Partial<TicketNoteSeen>, text = `approve ${approvalCodeOf('a1')}`) => read({ notes: [comment(text, change)] }, { approvals }).answers

  it('are taken from a technician who was logged in there', () => {
    expect(answers({})).toEqual([{ approvalId: 'a1', yes: true, email: 'ann@msp.test', comment: 'in ticket by Ann' }])
    expect(answers({}, ` Refuse ${approvalCodeOf('a1').toLowerCase()}\n`)).toMatchObject([{ yes: false }])
  })

  it.each([
    ['by mail', { channel: 'email' as const }], ['by a way that is not known', { channel: 'unknown' as const }], ['through the API', { channel: 'api' as const }], ['of a client', { author: { externalId: 'c', name: 'C', email: 'ann@msp.test', isAgent: false } }],
    ['of nobody with an address', { author: { externalId: 'c', name: 'C', email: null, isAgent: true } }], ['of ours', { isOurs: true }],
  ])('are never taken %s', (_why, change) => expect(answers(change)).toEqual([]))

  it.each([['more than the line', `Hi, approve ${approvalCodeOf('a1')}`], ['an unknown code', 'approve 00000000'], ['which machine is meant', `approve ${approvalCodeOf('a2')}`], ['quoted', `> approve ${approvalCodeOf('a1')}`], ['two lines', `approve ${approvalCodeOf('a1')}\nthanks`]])('are never taken from %s', (_what, text) => expect(answers({}, text)).toEqual([]))
})

describe('a ticket that is not there', () => {
  it('is believed gone when the PSA says so twice, a minute apart', () => {
    const first = read(null)
    expect(first).toMatchObject({ words: [], told: { missingSinceMs: NOW }, againMs: 60_000 })
    expect(read(null, { ticket: made({}, { missingSinceMs: NOW - 30_000 }) })).toMatchObject({ words: [], againMs: 30_000 })
    expect(read(null, { ticket: made({}, { missingSinceMs: NOW - 60_000 }) })).toMatchObject({ words: [{ action: 'note', text: expect.stringContaining('is gone') }], seen: { isDeleted: true } })
    expect(read({}, { ticket: made({}, { missingSinceMs: NOW - 60_000 }) }).told.missingSinceMs).toBeNull()
  })
})

describe('drift', () => {
  it('of a value that was written and is lost is mended a few times, and then left', () => {
    const lost = (mended: number) => read({ state: 'open', updatedAtMs: NOW - 7_200_000 }, { ticket: made({ lastCallAtMs: NOW - 3_600_000 }, { state: 'resolved', ended: 'state', mended }), incident: { status: 'resolved', assignee: null, mergedInto: null } })
    expect(lost(0)).toMatchObject({ words: [], told: { state: 'open', ended: 'no', mended: 1 }, isTouched: false })
    expect(lost(3)).toMatchObject({ words: [], told: { ended: 'state', mended: 3 } })
  })
})

describe('a ticket that was moved to another client', () => {
  it('is marked as moved until it is back', () => {
    expect(read({ companyId: 'x-bolt' }).told).toMatchObject({ isMoved: true })
    expect(read({ companyId: 'x-acme' }, { ticket: made({}, { isMoved: true }) }).told).toMatchObject({ isMoved: false })
  })

  it('is only looked at: nothing that is written there reaches the incident of this one', () => {
    const found = read({ companyId: 'x-other', state: 'closed', notes: [comment('Other people’s business')] })
    expect(found).toMatchObject({ words: [], answers: [], isTouched: true, trouble: expect.stringContaining('another client') })
  })

  it('shows nothing of what the other client has in it, neither now nor after it was moved back', () => {
    const elsewhere = comment('Other people’s business')
    const found = read({ companyId: 'x-other', title: 'Their secret', statusText: 'Their status', notes: [elsewhere] })
    expect(JSON.stringify(found)).not.toMatch(/Their|business/)
    expect(read({ notes: [elsewhere] }, { ticket: made({}, found.told) }).words).toEqual([])
  })
})

describe('a ticket that the outbox read before it was listened to', () => {
  const person = { externalId: 'x-ann', name: 'Ann', email: 'ann@msp.test' }
  const closed = snapshot({ state: 'closed', statusText: 'Closed', assignee: person, updatedAtMs: NOW - 1_000 })

  it('tells what a person did meanwhile, though it stands in what is kept already, and tells it once', () => {
    const ticket = made({ seen: closed, lastCallAtMs: NOW }, { stood: { state: 'open', assigneeId: null } })
    const found = read({ ...closed }, { ticket })
    expect(found).toMatchObject({ words: [{ action: 'close' }, { action: 'assign', assignee: 'u-ann' }], isTouched: true, told: { stood: { state: 'closed', assigneeId: 'x-ann' } } })
    expect(read({ ...closed }, { ticket: made({ seen: found.seen, lastCallAtMs: NOW }, found.told), incident: { status: 'closed', assignee: 'u-ann', mergedInto: null } })).toMatchObject({ words: [], told: { stood: found.told.stood } })
  })

  it('tells nothing while it stands as it was ordered, whatever was ordered of it since', () => {
    const ticket = made({ seen: snapshot(), waiting: 1, lastCallAtMs: NOW }, { stood: { state: 'open', assigneeId: null }, state: 'resolved', ended: 'state' })
    expect(read({}, { ticket })).toMatchObject({ words: [], isTouched: false })
  })

  it('counts the answer to its making where nothing was read yet: what the PSA’s own rules set is no person’s word', () => {
    expect(read({ assignee: person }, { ticket: made({ seen: snapshot({ assignee: person }) }) })).toMatchObject({ words: [], isTouched: false })
  })
})
