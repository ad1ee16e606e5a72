import { describe, expect, it } from 'vitest'
import type { TicketFacts } from '../../schemas/ticket-sync.ts'
import { approvalCodeOf } from './identity.ts'
import { facts, OPENED_MS, snapshot, target, TicketWorld } from './test-world.ts'

const LATER = OPENED_MS + 60_000
const HOUR = 3_600_000
const over = (changes: Partial<TicketFacts> = {}): TicketFacts => facts({ status: 'resolved', openProblemCount: 0, resolvedAtMs: LATER, endedBy: 'program', ...changes })

/** A world whose ticket was made. */
function opened(options: ConstructorParameters<typeof TicketWorld>[0] = {}): TicketWorld {
  const world = new TicketWorld(options)
  world.look(facts(), LATER)
  world.writes.length = 0
  return world
}

describe('a first ticket', () => {
  it('is made once the delay is over, with all that is known, and only once', () => {
    const world = new TicketWorld()
    expect(world.look(facts(), OPENED_MS + 5_000)).toEqual({ orders: [], reason: 'delay', againAtMs: OPENED_MS + 20_000 })
    expect(world.look(facts(), LATER).orders).toMatchObject([{ kind: 'create', generation: 1, urgency: 2, draft: { severity: 'high', state: 'open', title: '[HIGH] disk full on web-1', party: { companyId: 'x-acme' } } }])
    expect(world.look(facts(), LATER)).toMatchObject({ orders: [], reason: 'nothing_new' })
    expect(world.rows).toHaveLength(1)
  })

  it('is never made for an incident that was over within the delay', () => {
    expect(new TicketWorld().look(over(), OPENED_MS + HOUR)).toEqual({ orders: [], reason: 'over_in_time', againAtMs: null })
  })

  it.each([
    ['tickets are switched off', { enabled: false }, {}, 'disabled'], ['the severity is too low', { minSeverity: 'high' as const }, { severity: 'medium' as const }, 'below_severity'],
  ])('is not made where %s', (_why, settings, change, reason) => {
    expect(new TicketWorld({ settings }).look(facts(change), LATER)).toMatchObject({ orders: [], reason })
  })

  it('waits visibly while nobody knows which client there is meant, and where there is no connection for nobody', () => {
    expect(new TicketWorld().look(facts(), LATER, { target: 'company_unmatched' })).toMatchObject({ orders: [], reason: 'company_unmatched', againAtMs: expect.any(Number) })
    expect(new TicketWorld().look(facts(), LATER, { target: 'no_connection' })).toEqual({ orders: [], reason: 'no_connection', againAtMs: null })
  })

  it('waits a moment for a model that is being asked, unless it is critical', () => {
    const asking = { isAnalysing: true }
    expect(new TicketWorld().look(facts(asking), OPENED_MS + 30_000)).toMatchObject({ orders: [], reason: 'analysing' })
    expect(new TicketWorld().look(facts(asking), OPENED_MS + 51_000).orders).toHaveLength(1)
    expect(new TicketWorld().look(facts({ ...asking, severity: 'critical' }), OPENED_MS + 30_000).orders).toMatchObject([{ kind: 'create', urgency: 0 }])
  })

  it('has the incident’s assignee where the PSA knows them', () => {
    const [create] = new TicketWorld().look(facts({ status: 'assigned', assignee: { id: 'u1', name: 'Ann', email: 'ann@msp.test' } }), LATER, { target: target({}, { assigneeId: 'x-ann' }) }).orders
    expect(create).toMatchObject({ draft: { assigneeId: 'x-ann', state: 'assigned' }, told: { assignee: 'u1', assigneeId: 'x-ann' } })
  })
})

describe('a storm of repeats', () => {
  it('is a few notes, at counts that double and not more often than asked for', () => {
    const world = opened({ settings: { noteEverySeconds: 300 } })
    for (let second = 1; second <= 3_600; second += 5) world.look(facts({ alertCount: 3 + second * 10, version: 10 + second }), LATER + second * 1_000)
    expect(world.notes.length).toBeGreaterThan(2)
    expect(world.notes.length).toBeLessThanOrEqual(13)
    const times = world.notes.map(({ atMs }) => atMs)
    for (const [index, atMs] of times.entries()) if (index > 0) expect(atMs - times[index - 1]!).toBeGreaterThanOrEqual(300_000)
  })

  it('does not wait with a severity that rises', () => {
    const world = opened()
    expect(world.look(facts({ severity: 'critical', priority: 1 }), LATER + 1_000).orders).toMatchObject([{ kind: 'update', urgency: 0, change: { severity: 'critical', priority: 1 } }])
  })
})

describe('what people there did', () => {
  it('stays: their title, their priority, their status, their technician', () => {
    const world = opened({ settings: { noteEverySeconds: 0 } })
    const [row] = world.rows
    world.see(row!.id, { isTouched: true, seen: { ...row!.seen!, title: 'Mail is down', priorityId: 'low', state: 'waiting', assignee: { externalId: 'x-bob', name: 'Bob', email: null } } })
    world.look(facts({ title: 'disk full on 2 assets', severity: 'medium', priority: 3, status: 'in_progress' }), LATER + HOUR)
    expect(world.writes).toEqual([])
    expect(world.rows[0]!.told).toMatchObject({ severity: 'medium', state: 'in_progress' })
  })

  it('waits for the incident’s answer before anything follows from it', () => {
    const world = opened()
    world.see(world.rows[0]!.id, { isTouched: true }, { ended: 'state', state: 'closed' })
    expect(world.look(facts({ pendingWords: 1 }), LATER + 1_000)).toMatchObject({ orders: [], reason: 'waits_for_word', againAtMs: LATER + 3_000 })
  })

  it('is told once that it was not taken over', () => {
    const world = opened()
    const refused = [{ commandId: 'k', action: 'merge', code: 'merge_refused', message: 'the other incident is closed; reopen it first' }]
    world.look(facts({ refused }), LATER + 1_000)
    world.look(facts({ refused }), LATER + 2_000)
    expect(world.notes.map(({ text }) => text)).toEqual([expect.stringContaining('the other incident is closed; reopen it first')])
  })
})

describe('the end', () => {
  it('resolves a ticket nobody touched, with what solved it', () => {
    const world = opened()
    const run = { id: 'r1', runbookId: 'disk-clean-temp', summary: 'Free space', status: 'succeeded', outcome: 'self_healed', message: '2 files removed.', assets: ['web-1'], isSimulated: false, startedAtMs: LATER, endedAtMs: LATER + 120_000 }
    world.look(over({ runs: [run], resolution: 'Repaired by runbook disk-clean-temp' }), LATER + HOUR)
    expect(world.writes).toMatchObject([{ kind: 'update', change: { state: 'resolved', resolution: expect.stringMatching(/Repaired by runbook disk-clean-temp[\s\S]*2 files removed/) } }])
    expect(world.look(over({ runs: [run] }), LATER + HOUR + 1_000)).toMatchObject({ orders: [], reason: 'nothing_new' })
  })

  it.each([['somebody works on', { isTouched: true }, {}], ['is not to be closed by itself', {}, { autoClose: false }]])('is a note in a ticket that %s', (_why, row, settings) => {
    const world = opened({ settings })
    world.see(world.rows[0]!.id, row)
    world.look(over(), LATER + HOUR)
    world.look(over(), LATER + HOUR + 1_000)
    expect(world.writes).toMatchObject([{ change: { notes: [{ isPublic: false, text: expect.stringContaining('no open problem any more') }] } }])
    expect(world.writes[0]).not.toHaveProperty('change.state')
  })

  it('by a person here ends the ticket too, whoever works on it; by a technician there it writes nothing', () => {
    const mine = opened()
    mine.see(mine.rows[0]!.id, { isTouched: true })
    mine.look(over({ endedBy: 'person', resolution: 'Replaced the disk' }), LATER + HOUR)
    expect(mine.writes).toMatchObject([{ change: { state: 'resolved', resolution: expect.stringContaining('Replaced the disk') } }])
    const theirs = opened()
    theirs.see(theirs.rows[0]!.id, { isTouched: true }, { ended: 'state', state: 'closed' })
    theirs.look(over({ endedBy: 'psa', status: 'closed' }), LATER + HOUR)
    expect(theirs.writes).toEqual([])
  })

  it('is followed by closed where the PSA tells that from resolved', () => {
    const world = opened()
    world.look(over(), LATER + HOUR)
    world.look(over({ status: 'closed' }), LATER + 25 * HOUR)
    expect(world.writes).toMatchObject([{ change: { state: 'resolved' } }, { change: { state: 'closed' } }])
    const same = opened()
    const there = target({}, { mapping: { status: { open: 'new', resolved: 'done', closed: 'done' }, priority: {}, place: {} } })
    same.look(over(), LATER + HOUR, { target: there })
    same.look(over({ status: 'closed' }), LATER + 25 * HOUR, { target: there })
    expect(same.writes).toHaveLength(1)
  })

  it('depends on nobody coming to the ticket while it waits, with a note in its place, unless a person here ended the incident', () => {
    const change = (world: TicketWorld): unknown => world.writes.map((order) => (order.kind === 'update' ? order.change.unlessTouched ?? null : null))
    // Never a public one, though the client may read that it is over.
    const itself = opened({ settings: { publicNotes: true } })
    itself.look(over(), LATER + HOUR)
    expect(change(itself)).toEqual([[{ token: expect.stringMatching(/^aw:/), isPublic: false, text: expect.stringContaining('no open problem any more') }]])
    const persons = opened()
    persons.look(over({ endedBy: 'person' }), LATER + HOUR)
    expect(change(persons)).toEqual([null])
    const bare = opened({ able: { internalNote: false } })
    bare.look(over(), LATER + HOUR)
    expect(change(bare)).toEqual([[]])
  })

  it('by itself is not followed by closed while something waits, so that a person’s end stays one; by a person it is, whoever came to the ticket', () => {
    const world = opened()
    world.look(over({ endedBy: 'person' }), LATER + HOUR)
    world.see(world.rows[0]!.id, { waiting: 1 })
    expect(world.look(over({ status: 'closed' }), LATER + 2 * HOUR)).toMatchObject({ orders: [], againAtMs: LATER + 2 * HOUR + 600_000 })
    world.see(world.rows[0]!.id, { waiting: 0 })
    expect(world.look(over({ status: 'closed' }), LATER + 3 * HOUR).orders).toMatchObject([{ change: { state: 'closed', unlessTouched: [] } }])
    const mine = opened()
    mine.look(over(), LATER + HOUR)
    mine.see(mine.rows[0]!.id, { waiting: 1, isTouched: true })
    const [order] = mine.look(over({ status: 'closed', endedBy: 'person' }), LATER + 2 * HOUR).orders
    expect(order).toMatchObject({ kind: 'update', change: { state: 'closed' }, told: { ended: 'state', state: 'closed' } })
    expect(order).not.toHaveProperty('change.unlessTouched')
  })

  it('books what runbooks did as time, once, where that is wanted', () => {
    const world = opened({ settings: { timeEntries: true, noteEverySeconds: 0 } })
    const runs = [{ id: 'r1', runbookId: 'b', summary: 'Free space', status: 'succeeded', outcome: 'verified', message: null, assets: [], isSimulated: false, startedAtMs: LATER, endedAtMs: LATER + 90_000 }]
    world.look(facts({ runs }), LATER + 200_000)
    world.look(over({ runs }), LATER + HOUR)
    expect(world.writes.flatMap((order) => (order.kind === 'update' ? order.change.times ?? [] : []))).toMatchObject([{ startedAtMs: LATER, minutes: 2 }])
  })
})

describe('a problem that returns', () => {
  it('opens its ticket again where the PSA can and the time is not over', () => {
    const world = opened()
    world.look(over(), LATER + HOUR)
    world.look(facts({ version: 20 }), LATER + 2 * HOUR)
    expect(world.writes).toMatchObject([{ change: { state: 'resolved' } }, { change: { state: 'open', notes: [{ text: expect.stringContaining('The problem is back') }] } }])
    expect(world.look(facts({ version: 20 }), LATER + 2 * HOUR + 1_000).orders).toEqual([])
  })

  it.each([['cannot reopen', { reopen: false }, 2], ['closed it too long ago', {}, 200]])('gets the next ticket, which names the one before, where the PSA %s', (_why, able, hours) => {
    const world = opened({ able: { ...able, joins: 'link' } })
    world.look(over(), LATER + HOUR)
    world.look(facts({ version: 20 }), LATER + hours * HOUR)
    expect(world.writes).toMatchObject([{ kind: 'update' }, { kind: 'create', generation: 2, draft: { text: expect.stringContaining('earlier ticket 1001') } }, { kind: 'join', body: { intoTicketId: world.rows[0]!.id } }])
    expect(world.look(facts({ version: 20 }), LATER + hours * HOUR + 1_000).orders).toEqual([])
  })

  it('gets the next ticket where the PSA has closed the one before for good', () => {
    const world = opened({ able: { closesForGood: true, joins: 'none' } })
    world.look(over(), LATER + HOUR)
    world.see(world.rows[0]!.id, { seen: { ...world.rows[0]!.seen!, state: 'closed' } })
    world.look(facts({ version: 20 }), LATER + 2 * HOUR)
    expect(world.writes).toMatchObject([{ kind: 'update' }, { kind: 'create', generation: 2 }])
  })

  it('is a note in a ticket that was never ended', () => {
    const world = opened()
    world.see(world.rows[0]!.id, { isTouched: true })
    world.look(over(), LATER + HOUR)
    world.look(facts({ version: 20 }), LATER + 2 * HOUR)
    expect(world.writes).toHaveLength(2)
    expect(world.writes[1]).not.toHaveProperty('change.state')
  })
})

describe('merged incidents', () => {
  const both = (able = {}): TicketWorld => {
    const world = new TicketWorld({ able })
    world.look(facts(), LATER)
    world.look(facts({ incidentId: 'i2', number: 43 }), LATER)
    world.writes.length = 0
    return world
  }
  const gone = facts({ incidentId: 'i2', number: 43, mergedInto: 'i1' })

  it.each([
    ['merge', [{ kind: 'join', body: { unlessTouched: [{ text: expect.stringContaining('goes on in ticket 1001'), isPublic: false }], mapping: expect.anything() } }]],
    // The link says where it goes on, so nothing else does.
    ['link', [{ kind: 'update', change: { state: 'closed', resolution: expect.stringContaining('goes on in ticket 1001'), unlessTouched: [] } }, { kind: 'join' }]],
    ['none', [{ kind: 'update', change: { state: 'closed', unlessTouched: [{ text: expect.stringContaining('goes on in ticket 1001') }] } }, { kind: 'update', change: { notes: [{ text: expect.stringContaining('its ticket is 1002') }] } }]],
  ] as const)('have one ticket that goes on where the PSA can %s', (joins, writes) => {
    const world = both({ joins })
    world.look(gone, LATER + HOUR)
    expect(world.writes).toMatchObject(writes)
    expect(world.look(gone, LATER + HOUR + 1_000).orders).toEqual([])
  })

  const note = { text: expect.stringContaining('Incident 43 is part of another one; it goes on in ticket 1001'), isPublic: false }
  it.each([
    ['merge', {}, [{ kind: 'update', change: { notes: [note] } }]], ['link', {}, [{ kind: 'join' }]], ['none', {}, [{ kind: 'update', change: { notes: [note] } }, { kind: 'update', change: { notes: [{ text: expect.stringContaining('its ticket is 1002') }] } }]],
    ['merge', { internalNote: false }, []],
  ] as const)('leave a ticket open that somebody touched, with one word where it goes on, where the PSA can %s', (joins, able, writes) => {
    const world = both({ joins, ...able })
    const [, mine] = world.rows
    world.see(mine!.id, { isTouched: true })
    world.look(gone, LATER + HOUR)
    expect(world.writes).toMatchObject(writes)
    expect(world.writes).toHaveLength(writes.length)
    expect(world.writes.filter((order) => order.kind === 'update' && order.change.state !== undefined)).toEqual([])
    expect(world.rows[1]!.told).toMatchObject({ mergedInto: 'i1', ended: 'note', state: 'open' })
    expect(world.look(gone, LATER + HOUR + 1_000).orders).toEqual([])
  })

  it.each([['merge', 0], ['link', 1], ['none', 0]] as const)('say nothing in a ticket that a technician closed, where the PSA can %s', (joins, links) => {
    const world = both({ joins })
    world.see(world.rows[1]!.id, { isTouched: true, seen: snapshot({ state: 'closed' }) }, { ended: 'state', state: 'closed', endedAtMs: LATER })
    world.look(gone, LATER + HOUR)
    expect(world.writes.filter(({ kind }) => kind === 'update')).toEqual([])
    expect(world.writes).toHaveLength(links)
    expect(world.rows[1]!.told).toMatchObject({ mergedInto: 'i1', ended: 'state', state: 'closed' })
  })

  it('write nothing where people merged the tickets there already', () => {
    const world = both()
    world.see(world.rows[1]!.id, { isTouched: true, seen: snapshot({ mergedIntoId: 'x1' }) })
    world.look(gone, LATER + HOUR)
    expect(world.writes).toEqual([])
    expect(world.look(gone, LATER + 2 * HOUR)).toMatchObject({ orders: [], reason: 'merged' })
  })

  it('wait until the ticket has a number in which it goes on, unless that is never made', () => {
    const world = both()
    const { ref } = world.rows[0]!
    world.see(world.rows[0]!.id, { ref: null })
    expect(world.look(gone, LATER + HOUR)).toMatchObject({ orders: [], reason: 'waits_for_survivor', againAtMs: LATER + HOUR + 30_000 })
    world.see(world.rows[0]!.id, { ref })
    expect(world.look(gone, LATER + HOUR).reason).toBe('ordered')
    const given = both()
    given.see(given.rows[0]!.id, { ref: null, isDead: true })
    expect(given.look(gone, LATER + HOUR).reason).toBe('ordered')
  })

  it('hand their ticket on where the other has none, and none is made for what has none', () => {
    const world = new TicketWorld()
    world.look(facts({ incidentId: 'i2' }), LATER)
    world.look(gone, LATER + 1_000)
    expect(world.rows).toMatchObject([{ incidentId: 'i1' }])
    expect(world.look(facts(), LATER + 2_000).orders.map(({ kind }) => kind)).not.toContain('create')
    expect(new TicketWorld().look(gone, LATER)).toMatchObject({ orders: [], reason: 'merged' })
  })
})

describe('a storm', () => {
  const storm = [{ kind: 'storm', confidence: 0.9, reason: '400 problems a minute', sinceMs: OPENED_MS, problemKeys: [], figures: {} }]

  it('is one parent with children where the PSA has them, else tickets that are linked', () => {
    for (const [able, wanted] of [[{}, [{ kind: 'create', draft: { parent: { number: '1001' } } }]], [{ parent: false, joins: 'link' as const }, [{ kind: 'create', draft: { parent: null } }, { kind: 'join' }]]] as const) {
      const world = opened({ able })
      world.look(facts({ incidentId: 'i2', findings: storm }), LATER, { storm: world.rows[0]! })
      expect(world.writes).toMatchObject(wanted)
    }
  })

  it('takes in a ticket that was there before, unless a person put it elsewhere', () => {
    const world = opened()
    const parent = { ...world.rows[0]!, id: 'parent', ref: { externalId: 'x9', number: '1009', url: null } }
    world.look(facts({ findings: storm }), LATER + HOUR, { storm: parent })
    expect(world.writes).toMatchObject([{ change: { parent: { number: '1009' } }, parentTicketId: 'parent' }])
    expect(world.look(facts({ findings: storm }), LATER + HOUR + 1_000, { storm: parent }).orders).toEqual([])
  })
})

describe('what a ticket says', () => {
  const approvals = [{ id: 'a1', runId: 'r1', runbookId: 'restart-service', summary: 'Restart the service', risk: 'medium', question: 'run' as const, reason: 'Medium risk needs a yes.', expiresAtMs: LATER + HOUR }]

  it('tells at once who has to decide what, and how', () => {
    const world = opened()
    world.look(facts({ approvals }), LATER + 1_000)
    expect(world.notes).toMatchObject([{ isPublic: false, text: expect.stringMatching(new RegExp(`Restart the service[\\s\\S]*https://aw.test/#/runs/r1[\\s\\S]*approve ${approvalCodeOf('a1')}`)) }])
  })

  const notes = [{ id: 'note:k1', author: 'Ada <b>', text: 'Called the client.\r\nIt can wait\u202e.' }]

  it('has what a person wrote here at once and once, as an internal note with their name', () => {
    const world = opened({ settings: { publicNotes: true, noteEverySeconds: 3_600 } })
    world.look(facts({ alertCount: 500 }), LATER + HOUR)
    world.notes.length = 0
    world.look(facts({ alertCount: 500, notes }), LATER + HOUR + 1_000)
    expect(world.look(facts({ alertCount: 500, notes }), LATER + HOUR + 2_000).orders).toEqual([])
    expect(world.notes).toMatchObject([{ isPublic: false, text: 'Alert Whisperer: Ada <b> wrote: Called the client.\nIt can wait .' }])
    const more = [...notes, { id: 'note:k2', author: 'Ben', text: 'Done.' }]
    world.look(facts({ alertCount: 500, notes: more }), LATER + HOUR + 3_000)
    expect(world.notes.map(({ text }) => text).slice(1)).toEqual(['Alert Whisperer: Ben wrote: Done.'])
    expect(new Set(world.notes.map(({ token }) => token)).size).toBe(2)
  })

  it('has what was written before it was made, and with the end what was written until then', () => {
    const world = new TicketWorld()
    expect(world.look(facts({ notes }), LATER)).toMatchObject({ orders: [{ kind: 'create' }], againAtMs: LATER + 2_000 })
    world.look(facts({ notes }), LATER + 2_000)
    const more = [...notes, { id: 'note:k2', author: 'Ben', text: 'Done.' }]
    world.look(over({ notes: more }), LATER + HOUR)
    expect(world.writes).toMatchObject([{ kind: 'create' }, { change: { notes: [{ text: expect.stringContaining('Called the client') }] } }, { change: { state: 'resolved', notes: [{ text: expect.stringContaining('Ben wrote: Done.') }] } }])
  })

  it('has what is written while it is resolved; closed it is left alone, and the next ticket has it', () => {
    const world = opened({ able: { reopen: false, joins: 'none' } })
    world.look(over(), LATER + HOUR)
    world.look(over({ notes }), LATER + HOUR + 1_000)
    expect(world.notes).toHaveLength(1)
    world.look(over({ notes, status: 'closed' }), LATER + 2 * HOUR)
    const more = [...notes, { id: 'note:k2', author: 'Ben', text: 'It may come back.' }]
    expect(world.look(over({ notes: more, status: 'closed' }), LATER + 3 * HOUR).orders).toEqual([])
    world.look(facts({ notes: more }), LATER + 4 * HOUR)
    world.look(facts({ notes: more }), LATER + 4 * HOUR + 2_000)
    expect(world.rows).toHaveLength(2)
    expect(world.notes.map(({ text }) => text)).toEqual([expect.stringContaining('Ada'), expect.stringContaining('It may come back.')])
  })

  it('tells the client what goes on and nothing else, and nothing at all where the PSA would show an internal note', () => {
    const grown = facts({ alertCount: 500, approvals })
    const open = opened({ settings: { publicNotes: true, noteEverySeconds: 0 } })
    open.look(grown, LATER + HOUR)
    expect(open.notes).toMatchObject([{ isPublic: true, text: expect.stringContaining('500 alerts') }, { isPublic: false, text: expect.stringContaining('approve') }])
    expect(open.notes[0]!.text).not.toContain('approve')
    const bare = opened({ able: { internalNote: false }, settings: { noteEverySeconds: 0 } })
    bare.look(grown, LATER + HOUR)
    expect(bare.notes).toEqual([])
  })
})

describe('a ticket that was deleted there', () => {
  it('is made anew once, and not again', () => {
    const world = opened()
    const remove = (): void => {
      const row = world.rows.at(-1)!
      world.see(row.id, { seen: { ...row.seen!, isDeleted: true } })
    }
    remove()
    expect(world.look(facts(), LATER + HOUR).orders).toMatchObject([{ kind: 'create', generation: 2 }])
    remove()
    expect(world.look(facts(), LATER + HOUR)).toMatchObject({ orders: [], reason: 'deleted_twice' })
  })
})

describe('modes', () => {
  it('write nothing into a real ticket once they forbid it', () => {
    const world = opened()
    expect(world.look(facts({ alertCount: 900 }), LATER + HOUR, { mode: 'dry-run' })).toMatchObject({ orders: [], reason: 'mode' })
  })
})

describe('a ticket that somebody moved to another client there', () => {
  it('is not written to any more: it is another company’s to read', () => {
    const world = opened()
    world.see(world.rows[0]!.id, {}, { isMoved: true })
    for (const now of [facts({ alertCount: 900, severity: 'critical' }), over(), facts({ mergedInto: 'i9' })]) expect(world.look(now, LATER + HOUR)).toMatchObject({ orders: [], reason: 'moved' })
    world.see(world.rows[0]!.id, {}, { isMoved: false })
    expect(world.look(over(), LATER + 2 * HOUR).orders).toMatchObject([{ change: { state: 'resolved' } }])
  })

  it('is not joined with that of another incident', () => {
    const world = new TicketWorld()
    world.look(facts(), LATER)
    world.look(facts({ incidentId: 'i2', number: 43 }), LATER)
    world.see(world.rows[0]!.id, {}, { isMoved: true })
    expect(world.look(facts({ incidentId: 'i2', number: 43, mergedInto: 'i1' }), LATER + HOUR)).toMatchObject({ orders: [], reason: 'moved' })
  })
})

describe('a company that is not known any more', () => {
  it('is shown as waiting while a ticket of it stands, and looked for again', () => {
    expect(opened().look(facts({ alertCount: 900 }), LATER + HOUR, { target: 'company_unmatched' })).toMatchObject({ orders: [], reason: 'company_unmatched', againAtMs: LATER + HOUR + 600_000 })
  })
})
