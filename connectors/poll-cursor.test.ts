import { expect, it } from 'vitest'
import type { TicketSnapshot } from '../schemas/tickets.ts'
import { readCursor, takeOldest, writeCursor, type PollCursor } from './poll-cursor.ts'

const T = Date.UTC(2026, 0, 1, 10)
const ticket = (id: number, updatedAtMs: number | null): TicketSnapshot => ({
  ref: { externalId: String(id), number: String(id), url: null }, externalRef: null, title: '', state: 'open', statusText: '', priorityId: null, assignee: null, companyId: null, parentId: null, mergedIntoId: null, isDeleted: false, notes: null, createdAtMs: null, updatedAtMs, isLastChangeOurs: null,
})
const ids = ({ changed }: ReturnType<typeof takeOldest>): string[] => changed.map(({ ref }) => ref.externalId)

it('tells the oldest first and begins again at the instant of the last one', () => {
  const found = takeOldest([ticket(3, T + 2), ticket(1, T + 5), ticket(2, T)], { fromMs: T, afterId: null }, 10)
  expect(ids(found)).toEqual(['2', '3', '1'])
  expect(found.next).toEqual({ fromMs: T + 5, afterId: null })
})

it('tells a mass edit of one instant in rounds, each ticket once, and what came later after it', () => {
  const all = [...Array.from({ length: 25 }, (_one, at) => ticket(100 - at, T + 1)), ticket(7, T + 9)]
  const told: string[] = []
  let cursor: PollCursor = { fromMs: T, afterId: null }
  for (let round = 0; round < 3; round++) {
    const found = takeOldest(all.filter(({ updatedAtMs }) => (updatedAtMs ?? 0) >= cursor.fromMs), cursor, 10)
    told.push(...ids(found))
    cursor = readCursor(writeCursor(found.next))
  }
  expect(told).toHaveLength(26)
  expect(new Set(told).size).toBe(26)
  expect(told.at(-1)).toBe('7')
  expect(cursor).toEqual({ fromMs: T + 9, afterId: null })
})

it('goes back for nothing', () => {
  expect(takeOldest([], { fromMs: T, afterId: null }, 10).next).toEqual({ fromMs: T, afterId: null })
  expect(takeOldest([ticket(1, T - 60_000)], { fromMs: T, afterId: null }, 10).next.fromMs).toBe(T)
  expect(ids(takeOldest([ticket(1, null)], { fromMs: T, afterId: null }, 10))).toEqual(['1'])
})

it.each(['', 'soon', '2026-01-01T10:00:00Z|x'])('refuses %o', (text) => expect(() => readCursor(text)).toThrow(expect.objectContaining({ code: 'invalid' })))
