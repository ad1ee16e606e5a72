import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JoinBody } from './ticket-work.ts'
import { coalesce, dependsOnTouch, gathered, NOTE_CHARS, spared, sparedJoin, withoutOvertaken, type EndStanding } from './ticket-changes.ts'
import type { TicketChange, TicketNote } from './tickets.ts'

const mapping = fc.constantFrom({ status: {}, priority: {}, place: {} }, { status: { open: 'new' }, priority: {}, place: { board: '7' } })
const note = fc.record({ token: fc.string({ minLength: 1, maxLength: 3 }), text: fc.string({ maxLength: 20 }), isPublic: fc.boolean() })
const attachment = fc.record({ token: fc.string({ minLength: 1, maxLength: 3 }), name: fc.constant('a.txt'), contentType: fc.constant('text/plain'), base64: fc.base64String({ maxLength: 8 }) })
const time = fc.record({ token: fc.string({ minLength: 1, maxLength: 3 }), startedAtMs: fc.nat(), minutes: fc.nat(60), text: fc.string({ maxLength: 5 }) })
const change: fc.Arbitrary<TicketChange> = fc.record({
  title: fc.string(), severity: fc.constantFrom('critical' as const, 'low' as const), priority: fc.integer({ min: 1, max: 5 }), state: fc.constantFrom('open' as const, 'resolved' as const), resolution: fc.string(),
  assigneeId: fc.option(fc.string()), assetIds: fc.array(fc.string(), { maxLength: 3 }), notes: fc.array(note, { maxLength: 5 }), attachments: fc.array(attachment, { maxLength: 3 }), times: fc.array(time, { maxLength: 3 }), unlessTouched: fc.array(note, { maxLength: 2 }), mapping,
}, { requiredKeys: ['mapping'] })
const texts = (notes: readonly TicketNote[] | undefined): string => (notes ?? []).map(({ text }) => text).join('\n\n')

it('puts changes together the same however they are grouped', () => {
  fc.assert(fc.property(change, change, change, (a, b, c) => {
    expect(coalesce(coalesce(a, b), c)).toEqual(coalesce(a, coalesce(b, c)))
  }))
})

it('loses no note, file or time, keeps their order, and each token once', () => {
  fc.assert(fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
    const whole = changes.reduce(coalesce)
    for (const name of ['notes', 'attachments', 'times'] as const) {
      const ordered = [...new Set(changes.flatMap((one) => (one[name] ?? []).map(({ token }) => token)))]
      expect((whole[name] ?? []).map(({ token }) => token)).toEqual(ordered)
    }
  }))
})

it('lets the later of two absolute values stand, and leaves those that only one has', () => {
  fc.assert(fc.property(change, change, (a, b) => {
    const whole = coalesce(a, b)
    for (const name of ['title', 'severity', 'priority', 'state', 'resolution', 'assigneeId', 'assetIds', 'mapping'] as const) expect(whole[name]).toEqual(name in b ? b[name] : a[name])
  }))
})

it('gathers notes into few, every text once and in order, public and internal ones never in one, and none above the bound', () => {
  const long = fc.record({ token: fc.uuid(), text: fc.integer({ min: 0, max: NOTE_CHARS * 2 }).map((length) => 'x'.repeat(length)), isPublic: fc.boolean() })
  fc.assert(fc.property(fc.array(fc.oneof(note, long), { maxLength: 30 }), (notes) => {
    const called = gathered({ notes, mapping: { status: {}, priority: {}, place: {} } }).notes ?? []
    for (const isPublic of [true, false]) expect(texts(called.filter((one) => one.isPublic === isPublic))).toBe(texts(notes.filter((one) => one.isPublic === isPublic)))
    expect(called.every(({ token }) => notes.some((one) => one.token === token))).toBe(true)
    const longest = Math.max(NOTE_CHARS, ...notes.map(({ text }) => text.length))
    expect(called.every(({ text }) => text.length <= longest)).toBe(true)
  }), { numRuns: 50 })
})

it('makes one note of a storm of two hundred short ones, under the token of the first', () => {
  const notes = Array.from({ length: 200 }, (_, at) => ({ token: `t${at}`, text: `again, ${at}`, isPublic: false }))
  const called = gathered({ notes, mapping: { status: {}, priority: {}, place: {} } }).notes!
  expect(called.map(({ token }) => token)).toEqual(['t0'])
  expect(called[0]!.text.split('\n\n')).toHaveLength(200)
})

it('takes from an old change what later ones have set since, and nothing else', () => {
  const base = { status: {}, priority: {}, place: {} }
  const old: TicketChange = { state: 'open', severity: 'low', assigneeId: null, notes: [{ token: 'a', text: 'said', isPublic: false }], mapping: base }
  expect(withoutOvertaken(old, [{ state: 'resolved', mapping: base }, { assigneeId: '7', mapping: base }])).toEqual({ severity: 'low', notes: old.notes, mapping: base })
  expect(withoutOvertaken(old, [])).toEqual(old)
})

const MAPPING = { status: {}, priority: {}, place: {} }
const OVER: TicketNote = { token: 'over', text: 'it is over', isPublic: false }
const END: TicketChange = { state: 'resolved', resolution: 'it is over', unlessTouched: [OVER], mapping: MAPPING }

it.each([
  ['stays one after later notes', [END, { notes: [{ token: 'n', text: 'x', isPublic: false }], mapping: MAPPING }], true],
  ['is none any more where a person ends it later', [END, { state: 'closed', resolution: 'done', mapping: MAPPING }], false],
  ['is none any more where the problem returns', [END, { state: 'open', mapping: MAPPING }], false],
  ['is one again where it is over again', [END, { state: 'open', mapping: MAPPING }, END], true],
  ['is one after the states before it', [{ state: 'in_progress', mapping: MAPPING }, END], true],
] as const)('an end that depends on who touches the ticket %s', (_what, changes, expected) => {
  expect(dependsOnTouch({ kind: 'update', body: (changes as readonly TicketChange[]).reduce(coalesce) })).toBe(expected)
})

it('never shows a connector on what an end depends, and says what is said in its place last and by itself', () => {
  expect(gathered(END)).toEqual({ state: 'resolved', resolution: 'it is over', mapping: MAPPING })
  const notes = ['a', 'b'].map((token) => ({ token, text: token, isPublic: false }))
  const { change } = spared({ ...END, notes }, { isTouched: true, told: { ended: 'state' }, seen: null, isOvertaken: false })!
  // Those before may have been written by an attempt that knew nothing of it, under the token of the first.
  expect(gathered(change)).toEqual({ mapping: MAPPING, notes: [{ token: 'a', text: 'a\n\nb', isPublic: false }, OVER] })
})

describe('an end whose ticket was touched meanwhile', () => {
  const judged = (standing: Partial<EndStanding>, change: TicketChange = END) => spared(change, { isTouched: true, told: { ended: 'state' }, seen: { state: 'open' }, isOvertaken: false, ...standing })
  const said = { mapping: MAPPING, unlessTouched: [OVER] }

  it('is called as it is where nobody touched the ticket, where it depends on nothing, and where it was dropped already', () => {
    expect(judged({ isTouched: false })).toBeNull()
    expect(judged({}, { state: 'resolved', resolution: 'x', mapping: MAPPING })).toBeNull()
    expect(judged({}, said)).toBeNull()
  })
  it('becomes a note, and the ticket is told of as open, as it stands', () => {
    expect(judged({})).toEqual({ change: said, told: { ended: 'note', state: 'open' } })
    expect(judged({ told: { ended: 'state', stood: { state: 'in_progress', assigneeId: null } } })).toEqual({ change: said, told: { ended: 'note', state: 'in_progress' } })
    expect(judged({ seen: { state: 'waiting' } })).toMatchObject({ told: { state: 'open' } })
  })
  it('says nothing where the PSA has no internal notes', () => {
    expect(judged({}, { ...END, unlessTouched: [] })).toEqual({ change: { mapping: MAPPING }, told: { ended: 'note', state: 'open' } })
  })
  it('leaves what was told since: another end behind it, a return, a note that said so', () => {
    expect(judged({ isOvertaken: true })).toEqual({ change: said, told: null })
    expect(judged({ told: { ended: 'no' } })).toEqual({ change: said, told: null })
    expect(judged({ told: { ended: 'note' } })).toEqual({ change: { mapping: MAPPING }, told: null })
  })
  it('stays an end where the ticket stands ended: it was taken before, or a person ended it', () => {
    expect(judged({ told: { ended: 'state', stood: { state: 'resolved', assigneeId: null } } })).toEqual({ change: { resolution: 'it is over', mapping: MAPPING }, told: null })
    expect(judged({ seen: { state: 'closed' } })).toEqual({ change: { mapping: MAPPING }, told: null })
  })
  it('says nothing in a ticket that is another client’s by now', () => {
    expect(judged({ told: { ended: 'state', isMoved: true, stood: { state: 'resolved', assigneeId: null } } })).toEqual({ change: { mapping: MAPPING }, told: { ended: 'note', state: 'open' } })
  })
  it('is forgotten with the state where a dead order is replayed after later ones, and its note is not', () => {
    expect(withoutOvertaken(END, [{ state: 'open', mapping: MAPPING }])).toEqual({ resolution: 'it is over', mapping: MAPPING })
    expect(withoutOvertaken(said, [{ state: 'open', mapping: MAPPING }])).toEqual(said)
  })
})

describe('a merge whose ticket was touched meanwhile', () => {
  const JOIN = { intoTicketId: 'o', unlessTouched: [OVER], mapping: MAPPING }
  const judged = (standing: Partial<EndStanding>, join: JoinBody = JOIN) => sparedJoin(join, { isTouched: true, told: { ended: 'state' }, seen: { state: 'open' }, isOvertaken: false, ...standing })

  it('is called as it is where nobody touched the ticket, and where it takes none away', () => {
    expect(judged({ isTouched: false })).toBeNull()
    expect(judged({}, { intoTicketId: 'o' })).toBeNull()
  })
  it('becomes a note, or nothing where the PSA has no internal ones, and the ticket is told of as open', () => {
    expect(judged({})).toEqual({ change: { mapping: MAPPING, unlessTouched: [OVER] }, told: { ended: 'note', state: 'open' } })
    expect(judged({ told: { ended: 'state', stood: { state: 'in_progress', assigneeId: null } } }, { ...JOIN, unlessTouched: [] })).toEqual({ change: { mapping: MAPPING }, told: { ended: 'note', state: 'in_progress' } })
  })
  it('says nothing where the ticket is merged or ended by then, and in another client’s', () => {
    expect(judged({ seen: { state: 'open', mergedIntoId: 'x1' } })).toEqual({ change: { mapping: MAPPING }, told: null })
    expect(judged({ seen: { state: 'resolved' } })).toEqual({ change: { mapping: MAPPING }, told: null })
    expect(judged({ told: { ended: 'state', isMoved: true } })).toMatchObject({ change: { mapping: MAPPING } })
  })
})
