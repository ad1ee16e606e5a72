/** Whatever happens to incidents, in whatever order it is looked at: one ticket at a time, few notes, nothing written twice, nothing written for a look that brings no news. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TicketFacts } from '../../schemas/ticket-sync.ts'
import type { Capabilities } from '../port.ts'
import { isEnded } from './want.ts'
import { facts, OPENED_MS, TicketWorld } from './test-world.ts'

type Step =
  | { readonly kind: 'grow'; readonly by: number } | { readonly kind: 'severity'; readonly to: TicketFacts['severity'] } | { readonly kind: 'status'; readonly to: TicketFacts['status'] } | { readonly kind: 'assign'; readonly to: string | null }
  | { readonly kind: 'learn'; readonly what: number } | { readonly kind: 'touch' } | { readonly kind: 'psa_closes' } | { readonly kind: 'wait'; readonly minutes: number } | { readonly kind: 'look' } | { readonly kind: 'note'; readonly text: string }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('grow' as const), by: fc.integer({ min: 1, max: 5_000 }) }), fc.record({ kind: fc.constant('severity' as const), to: fc.constantFrom('critical', 'high', 'medium', 'low', 'info') }),
  fc.record({ kind: fc.constant('status' as const), to: fc.constantFrom('open', 'assigned', 'in_progress', 'resolved', 'closed') }), fc.record({ kind: fc.constant('assign' as const), to: fc.constantFrom('u1', 'u2', null) }),
  fc.record({ kind: fc.constant('learn' as const), what: fc.integer({ min: 0, max: 3 }) }), fc.constant({ kind: 'touch' as const }), fc.constant({ kind: 'psa_closes' as const }),
  fc.record({ kind: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 600 }) }), fc.constant({ kind: 'look' as const }),
  fc.record({ kind: fc.constant('note' as const), text: fc.string({ minLength: 1, maxLength: 40 }) }),
)
const able: fc.Arbitrary<Partial<Capabilities>> = fc.record({ reopen: fc.boolean(), publicNote: fc.boolean(), internalNote: fc.boolean(), assign: fc.boolean(), time: fc.boolean(), parent: fc.boolean(), joins: fc.constantFrom('merge', 'link', 'none') })
const settings = fc.record({ noteEverySeconds: fc.constantFrom(0, 300, 3_600), autoClose: fc.boolean(), publicNotes: fc.boolean(), timeEntries: fc.boolean(), reopenHours: fc.constantFrom(0, 24, 168) })

function after(seen: TicketFacts, one: Step, nowMs: number): TicketFacts {
  switch (one.kind) {
    case 'grow': return { ...seen, alertCount: seen.alertCount + one.by, problemCount: seen.problemCount + Math.floor(one.by / 100), version: seen.version + 1, updatedAtMs: nowMs }
    case 'severity': return { ...seen, severity: one.to, version: seen.version + 1 }
    case 'status': {
      const isOver = one.to === 'resolved' || one.to === 'closed'
      return { ...seen, status: one.to, openProblemCount: isOver ? 0 : 1, resolvedAtMs: isOver ? seen.resolvedAtMs ?? nowMs : null, endedBy: isOver ? 'program' : null, version: seen.version + 1 }
    }
    case 'assign': return { ...seen, assignee: one.to === null ? null : { id: one.to, name: one.to, email: `${one.to}@msp.test` } }
    case 'learn': return one.what === 0 ? { ...seen, rootCause: { asset: `db-${nowMs % 3}`, confidence: 0.5, reason: 'r', chain: [] } }
      : one.what === 1 ? { ...seen, analysis: { id: `a${nowMs}`, summary: 's', confidence: 0.5, nextSteps: [], model: null } }
        : one.what === 2 ? { ...seen, runbooks: [{ id: `rb-${nowMs % 4}`, summary: 's', risk: 'low', fits: true }] }
          : { ...seen, runs: [{ id: `run-${nowMs}`, runbookId: 'rb', summary: 's', status: 'succeeded', outcome: 'verified', message: null, assets: [], isSimulated: false, startedAtMs: nowMs - 60_000, endedAtMs: nowMs }, ...seen.runs].slice(0, 20) }
    case 'note': return { ...seen, notes: [...seen.notes, { id: `note:${seen.version}`, author: 'Ada', text: one.text }].slice(-30), version: seen.version + 1 }
    default: return seen
  }
}

describe('tickets of an incident through anything', () => {
  it('stay one at a time, and a second look writes nothing', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), able, settings, (steps, can, wants) => {
      const world = new TicketWorld({ able: can, settings: wants })
      let [seen, nowMs] = [facts(), OPENED_MS + 30_000]
      for (const one of steps) {
        nowMs += one.kind === 'wait' ? one.minutes * 60_000 : 7_000
        seen = after(seen, one, nowMs)
        const current = world.rows.at(-1)
        if (current !== undefined && one.kind === 'touch') world.see(current.id, { isTouched: true })
        if (current !== undefined && one.kind === 'psa_closes' && !isEnded(current.told.state)) {
          // As the listening half does it: the ticket is known to be ended, and the incident follows.
          world.see(current.id, { isTouched: true, seen: { ...current.seen!, state: 'closed' } }, { state: 'closed', ended: 'state', endedAtMs: nowMs })
          seen = { ...seen, status: 'closed', endedBy: 'psa', openProblemCount: 0, resolvedAtMs: nowMs }
        }
        const first = world.look(seen, nowMs)
        // Time is booked in a ticket that is there, so the look after its making books what ran before.
        if (first.orders.some(({ kind }) => kind === 'create')) world.look(seen, nowMs)
        const writes = world.writes.length
        const again = world.look(seen, nowMs)
        expect(again.orders).toEqual([])
        expect(world.writes.length).toBe(writes)
        expect(world.rows.map(({ generation }) => generation)).toEqual(world.rows.map((_row, index) => index + 1))
        expect(world.rows.slice(0, -1).every(({ told }) => told.ended === 'state')).toBe(true)
      }
      expect(new Set(world.notes.map(({ token }) => token)).size).toBe(world.notes.length)
      if (can.internalNote === false) expect(world.notes.filter(({ isPublic }) => !isPublic)).toEqual([])
      if (!wants.publicNotes) expect(world.notes.filter(({ isPublic }) => isPublic)).toEqual([])
      const touched = world.rows.filter(({ isTouched }) => isTouched).map(({ id }) => id)
      const closedBySelf = world.writes.filter((order) => order.kind === 'update' && touched.includes(order.ticketId) && isEnded(order.change.state ?? 'open'))
      // What was ended before anybody touched it may have been; afterwards nothing is.
      expect(closedBySelf.length).toBeLessThanOrEqual(wants.autoClose ? world.writes.length : 0)
    }), { numRuns: 300 })
  })

  it('never closes by itself what a person has touched', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), able, (steps, can) => {
      const world = new TicketWorld({ able: can })
      let [seen, nowMs] = [facts(), OPENED_MS + 30_000]
      world.look(seen, nowMs)
      for (const one of steps.filter(({ kind }) => kind !== 'psa_closes')) {
        for (const row of world.rows) world.see(row.id, { isTouched: true })
        nowMs += one.kind === 'wait' ? one.minutes * 60_000 : 7_000
        seen = after(seen, one, nowMs)
        world.look(seen, nowMs)
      }
      expect(world.writes.filter((order) => order.kind === 'update' && isEnded(order.change.state ?? 'open'))).toEqual([])
    }), { numRuns: 200 })
  })

  it('tells each note of a person once, whatever else happens, and never later than at the next look', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 120 }), settings, (steps, wants) => {
      const world = new TicketWorld({ settings: wants })
      let [seen, nowMs, written] = [facts(), OPENED_MS + 30_000, 0]
      world.look(seen, nowMs)
      for (const one of steps) {
        nowMs += one.kind === 'wait' ? one.minutes * 60_000 : 1_000
        if (one.kind === 'note') {
          written += 1
          seen = { ...seen, notes: [...seen.notes, { id: `note:${written}`, author: 'Ada', text: `word ${written}.` }].slice(-30), version: seen.version + 1 }
        } else seen = after(seen, one, nowMs)
        world.look(seen, nowMs)
        const isClosed = ['resolved', 'closed'].includes(world.rows.at(-1)!.told.state)
        const told = world.notes.map(({ text }) => /wrote: (word \d+)/.exec(text)?.[1] ?? null).filter((word) => word !== null)
        expect(new Set(told).size).toBe(told.length)
        if (!isClosed) expect(told).toHaveLength(written)
      }
      expect(world.notes.filter(({ text, isPublic }) => text.includes('wrote:') && isPublic)).toEqual([])
      expect(world.rows.every(({ told }) => (told.notes ?? []).length <= 60)).toBe(true)
    }), { numRuns: 200 })
  })

  it('bounds the notes of a storm by the time that goes by, however often it is looked at', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 10, maxLength: 120 }), fc.integer({ min: 1, max: 120 }), (counts, secondsBetween) => {
      const world = new TicketWorld({ settings: { noteEverySeconds: 300 } })
      let [seen, nowMs] = [facts(), OPENED_MS + 30_000]
      for (const by of counts) {
        nowMs += secondsBetween * 1_000
        seen = after(seen, { kind: 'grow', by }, nowMs)
        world.look(seen, nowMs)
      }
      expect(world.writes.length).toBeLessThanOrEqual(2 + Math.floor((counts.length * secondsBetween) / 300))
    }), { numRuns: 100 })
  })
})
