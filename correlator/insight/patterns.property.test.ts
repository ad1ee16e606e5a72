/** Properties of the patterns over random weeks: nothing depends on batches or restarts, and nothing grows. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { CorrelationRecord, ProblemEvent } from '../../schemas/records.ts'
import { Bench, T0, command, problem } from '../test-records.ts'
import { Memory, type Remembered } from './memory.ts'

type Event = CorrelationRecord['event']

/** What happens next in a company's life. */
interface Scene {
  readonly kind: 'job' | 'storm' | 'visit' | 'flap' | 'repeat' | 'pass' | 'switch'
  readonly which: number
  readonly size: number
  readonly hours: number
}

const scenes: fc.Arbitrary<Scene[]> = fc.array(fc.record({
  kind: fc.oneof({ weight: 4, arbitrary: fc.constantFrom<Scene['kind']>('job', 'visit') }, { weight: 2, arbitrary: fc.constantFrom<Scene['kind']>('flap', 'repeat', 'pass') }, { weight: 1, arbitrary: fc.constantFrom<Scene['kind']>('storm', 'switch') }),
  which: fc.nat(2), size: fc.nat(4), hours: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(1, 6, 24) }, { weight: 1, arbitrary: fc.constantFrom(170, 720) }),
}), { minLength: 1, maxLength: 16 })

/** The records of a life, in order of time; people resolve what an uncut run makes. */
function life(list: readonly Scene[]): Event[] {
  const events: Event[] = []
  const shadow = new Bench()
  const open = new Map<string, ProblemEvent>()
  let at = 0
  let serial = 0
  const tell = (event: Event): void => {
    shadow.feed(event)
    events.push(event)
  }
  const begin = (asset: string, signature: string): ProblemEvent => {
    const key = `k${serial += 1}`
    const event = problem(key, at, { asset, signature, title: signature })
    open.set(key, event)
    tell(event)
    return event
  }
  const end = (event: ProblemEvent): void => {
    open.delete(event.problemKey)
    tell({ ...event, change: 'resolved', status: 'resolved', resolvedAtMs: T0 + at * 1_000, atMs: T0 + at * 1_000, lastAtMs: T0 + at * 1_000, version: at * 1_000 + 1 })
  }
  for (const { kind, which, size, hours } of list) {
    at += hours * 3_600
    if (kind === 'job' || kind === 'visit') {
      const begun = Array.from({ length: kind === 'job' ? 1 : size + 1 }, (_, i) => begin(`host-${which}`, `${kind} ${i}`))
      at += 300
      const incident = shadow.incidentOf(begun[0]?.problemKey ?? '')
      if (kind === 'visit' && size % 2 === 0 && incident !== undefined) tell(command(`c${serial}`, incident.incidentId, size === 2 ? 'close' : 'resolve', { text: size === 4 ? null : `fix ${which}` }))
      if (kind === 'visit' && size === 1 && incident !== undefined) tell(command(`m${serial}`, incident.incidentId, 'merge', { intoIncidentId: [...shadow.incidents.keys()][which] ?? null }))
      if (size !== 3) for (const event of begun) end(event)
    } else if (kind === 'storm') {
      for (let i = 0; i < 70 + size * 40; i += 1) begin(`storm-${i}`, `s ${i}`)
    } else if (kind === 'flap') {
      for (const event of [...open.values()].slice(0, size)) tell({ ...event, change: 'changed', flapping: which !== 0, count: 9 + serial, atMs: T0 + at * 1_000, version: at * 1_000 })
    } else if (kind === 'repeat') {
      for (const event of [...open.values()].slice(-size)) tell({ ...event, change: 'repeated', count: 1_000 * (which + 1), atMs: T0 + at * 1_000, version: at * 1_000 })
    } else if (kind === 'pass') tell({ type: 'progress', partition: 0, atMs: T0 + at * 1_000, version: at })
    else tell({ type: 'settings', companyId: 'acme', revision: serial, windowMs: 600_000, maxLifeMs: 7_200_000, joinThreshold: 0.5, weights: {}, criticalAssets: [], aliases: {}, rules: JSON.stringify({ switches: { [['storm', 'periodic', 'recurrence'][which] ?? '']: size % 2 === 0 } }), rulesRevision: serial })
  }
  return events
}

const scene = (kind: Scene['kind'], which: number, size: number, hours: number): Scene => ({ kind, which, size, hours })
/** A life with everything in it, whatever chance brings. */
const FULL: Scene[] = [
  ...Array.from({ length: 5 }, () => scene('job', 0, 1, 24)), scene('visit', 1, 2, 1), scene('visit', 1, 2, 30), scene('job', 2, 3, 6), scene('flap', 1, 4, 1), scene('storm', 0, 1, 1), scene('pass', 0, 0, 170),
]
const seen = new Set<string>()

it('does not depend on how the log is cut into batches, nor on restarts between them', () => {
  fc.assert(fc.property(scenes, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }), (list, cuts) => {
    const events = life(list)
    const [whole, cut] = [new Bench(), new Bench()]
    whole.feed(...events)
    for (let at = 0, i = 0; at < events.length; i += 1) {
      const size = cuts[i % cuts.length] ?? 1
      cut.feed(...events.slice(at, at + size))
      cut.restart()
      at += size
    }
    expect(Object.fromEntries(cut.incidents)).toEqual(Object.fromEntries(whole.incidents))
    expect(Object.fromEntries(cut.stored())).toEqual(Object.fromEntries(whole.stored()))
    for (const { findings } of whole.incidents.values()) {
      expect(findings.length).toBeLessThanOrEqual(8)
      for (const { kind, confidence, reason, problemKeys, figures } of findings) {
        seen.add(kind)
        expect(confidence).toBeGreaterThan(0)
        expect(confidence).toBeLessThanOrEqual(1)
        expect(reason.length).toBeLessThan(1_500)
        expect(problemKeys.length).toBeLessThanOrEqual(20)
        expect(Object.values(figures).every(Number.isFinite)).toBe(true)
      }
    }
  }), { numRuns: 40, examples: [[FULL, [3, 7]]] })
  // What was never found was not tested.
  expect([...seen].sort()).toEqual(expect.arrayContaining(['flapping', 'periodic', 'recurrence', 'storm']))
})

it('keeps what was touched last, in either room, whatever happens and however often it is stored', () => {
  interface Item extends Remembered { readonly id: number; state: { version: number; turn: number; times: number; lastMs: number } }
  const item = (id: number, state: Item['state']): Item => ({
    id, state,
    get isRecurring() { return state.times > 1 },
    get lastMs() { return state.lastMs },
  })
  const steps = fc.array(fc.record({ id: fc.nat(12), kind: fc.constantFrom('touch', 'touch', 'touch', 'remove', 'expire', 'store'), again: fc.boolean() }), { maxLength: 80 })
  fc.assert(fc.property(steps, (list) => {
    const kept = new Map<number, Item['state']>()
    const stored = (): Memory<Item> => {
      const memory = new Memory<Item>(3)
      memory.load([...kept].map(([id, state]) => item(id, { ...state })))
      return memory
    }
    let restarted = stored()
    const whole = stored()
    let version = 0
    list.forEach(({ id, kind, again }, at) => {
      if (!again) version += 1
      if (kind === 'store' && !again) restarted = stored()
      const gone = [whole, restarted].map((memory) => {
        const out: number[] = []
        const known = memory.get(id)
        if (kind === 'touch') {
          const touched = known ?? item(id, { version, turn: 0, times: 0, lastMs: at })
          touched.state.times += 1
          touched.state.lastMs = at
          const oldest = memory.touch(touched, version)
          if (memory === whole) kept.set(id, touched.state)
          if (oldest !== null) out.push(oldest.id)
        } else if (kind === 'remove' && known !== undefined) {
          memory.remove(known)
          out.push(id)
        } else if (kind === 'expire') memory.expire(at - 20, 2, (old) => out.push(old.id))
        return out
      })
      expect(gone[1]).toEqual(gone[0])
      for (const id of gone[0] ?? []) kept.delete(id)
      expect(whole.size).toBeLessThanOrEqual(6)
      expect(whole.size).toBe(kept.size)
    })
  }), { numRuns: 300 })
})
