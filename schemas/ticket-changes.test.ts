import fc from 'fast-check'
import { expect, it } from 'vitest'
import { coalesce, gathered, NOTE_CHARS, withoutOvertaken } from './ticket-changes.ts'
import type { TicketChange, TicketNote } from './tickets.ts'

const mapping = fc.constantFrom({ status: {}, priority: {}, place: {} }, { status: { open: 'new' }, priority: {}, place: { board: '7' } })
const note = fc.record({ token: fc.string({ minLength: 1, maxLength: 3 }), text: fc.string({ maxLength: 20 }), isPublic: fc.boolean() })
const attachment = fc.record({ token: fc.string({ minLength: 1, maxLength: 3 }), name: fc.constant('a.txt'), contentType: fc.constant('text/plain'), base64: fc.base64String({ maxLength: 8 }) })
const time = fc.record({ token: fc.string({ minLength: 1, maxLength: 3 }), startedAtMs: fc.nat(), minutes: fc.nat(60), text: fc.string({ maxLength: 5 }) })
const change: fc.Arbitrary<TicketChange> = fc.record({
  title: fc.string(), severity: fc.constantFrom('critical' as const, 'low' as const), priority: fc.integer({ min: 1, max: 5 }), state: fc.constantFrom('open' as const, 'resolved' as const), resolution: fc.string(),
  assigneeId: fc.option(fc.string()), assetIds: fc.array(fc.string(), { maxLength: 3 }), notes: fc.array(note, { maxLength: 5 }), attachments: fc.array(attachment, { maxLength: 3 }), times: fc.array(time, { maxLength: 3 }), mapping,
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
