/**
 * A problem is over by itself, and its ticket is to be resolved, or its incident is part of another one, and its ticket is to be merged; but the ticket system is away for ten minutes, or takes what is
 * asked and does not answer. Meanwhile a technician comes to the ticket. However it goes on, and wherever our process dies: no ticket is taken from under a person's hands, and what is to be said is said once.
 */
import { describe, expect, it } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import type { TicketNote } from '../../schemas/tickets.ts'
import { MemoryTickets } from '../harness/memory-tickets.ts'
import { OutboxWorld, type WorldWorker } from '../harness/outbox-world.ts'
import { quickDatabase } from '../harness/quick-database.ts'
import { snapshotOf, type Fault, type PsaTicket } from '../harness/scripted-psa.ts'
import { aTicket, databaseBench, emptyTickets, NO_MAPPING, type TicketBench } from '../harness/ticket-bench.ts'

const START_MS = Date.UTC(2026, 2, 1, 12)
const AWAY_MS = 600_000

const quick = quickDatabase()
const memory = (): Promise<TicketBench> => Promise.resolve(new MemoryTickets(new TestClock(START_MS)))
const real = async (): Promise<TicketBench> => {
  await emptyTickets(quick)
  return databaseBench(quick, new TestClock(START_MS))
}

interface Plot {
  /** What befalls calls, by the time that has gone by, and the writes among them by their number; 0: a look. */
  readonly fault: (afterMs: number, write: number) => Fault | null
  /** What a technician does, once, as soon as it is so. */
  readonly touch?: { readonly when: (afterMs: number, ticket: PsaTicket) => boolean; readonly does: (ticket: PsaTicket) => void; readonly isTold: boolean }
  /** A person here ends the incident too. */
  readonly isPersons?: boolean
  /** It is to be merged with another ticket, not resolved. */
  readonly isMerge?: boolean
  /** It has no notes that only technicians read. */
  readonly isMute?: boolean
  /** What the technician did is known, and how the ticket stood a moment before the call. */
  readonly isReadTooEarly?: boolean
}

const comments = ({ notes }: PsaTicket): void => void notes.push({ token: 'their-1', text: 'I am on it' })
const late = (afterMs: number): boolean => afterMs >= 60_000
const away = (afterMs: number): Fault | null => (afterMs < AWAY_MS ? 'unreachable' : null)

class Story {
  readonly world: OutboxWorld
  readonly plot: Plot
  #isTouched = false
  #writes = 0

  constructor(bench: TicketBench, plot: Plot) {
    this.plot = plot
    this.world = new OutboxWorld({ bench, joins: 'merge', fault: ({ method }) => plot.fault(bench.clock.now() - START_MS, method === 'GET' ? 0 : (this.#writes += 1)) })
  }
  get ticket(): PsaTicket {
    return this.world.psa.tickets[0]!
  }
  async begin(): Promise<this> {
    const { bench, psa } = this.world
    psa.tickets.push({ id: '1', externalRef: 'AW-t1', madeAtMs: START_MS, state: 'open', assigneeId: null, notes: [] })
    await bench.ticket(aTicket('t1', { ref: { externalId: '1', number: '#1', url: null }, told: this.plot.isMerge === true ? { ended: 'state', state: 'open', mergedInto: 'inc-t2' } : { ended: 'state', state: 'resolved' } }))
    await bench.listen('t1', snapshotOf(this.ticket), false)
    const said = (text: string): TicketNote[] => (this.plot.isMute === true ? [] : [{ token: 'over', text, isPublic: false }])
    if (this.plot.isMerge === true) {
      psa.tickets.push({ id: '2', externalRef: 'AW-t2', madeAtMs: START_MS, state: 'open', assigneeId: null, notes: [] })
      await bench.ticket(aTicket('t2', { ref: { externalId: '2', number: '#2', url: null } }))
      await bench.order({ ticketId: 't1', kind: 'join', body: { intoTicketId: 't2', mapping: NO_MAPPING, unlessTouched: said('It goes on in ticket #2.') }, urgency: 2, dueAtMs: START_MS })
      return this
    }
    const order = (body: object): Promise<unknown> => bench.order({ ticketId: 't1', kind: 'update', body: { mapping: NO_MAPPING, ...body }, urgency: 2, dueAtMs: START_MS })
    await order({ state: 'resolved', resolution: 'It is over.', unlessTouched: said('It is over.') })
    if (this.plot.isPersons === true) await order({ state: 'closed', resolution: 'I mended it.' })
    return this
  }
  /** What goes on between two looks of the worker: a technician, and the half of the sync that listens. */
  readonly between = async (): Promise<void> => {
    const { bench } = this.world
    const { touch } = this.plot
    if (touch !== undefined && !this.#isTouched && touch.when(bench.clock.now() - START_MS, this.ticket)) {
      this.#isTouched = true
      touch.does(this.ticket)
      if (touch.isTold) await bench.hint('t1')
      if (this.plot.isReadTooEarly === true) await bench.listen('t1', { ...snapshotOf(this.ticket), state: 'open', statusText: 'open', mergedIntoId: null }, true)
    }
    if (!(await bench.isHinted('t1')) || this.plot.fault(bench.clock.now() - START_MS, 0) !== null) return
    // Of a ticket that was merged as we said nothing is news.
    const theirs = this.ticket.mergedIntoId === undefined && (this.ticket.state === 'in_progress' || this.ticket.notes.some(({ token }) => token.startsWith('their')))
    await bench.listen('t1', snapshotOf(this.ticket), theirs)
  }
  async run(workers: () => readonly WorldWorker[]): Promise<{ readonly state: string; readonly into: string | undefined; readonly notes: readonly string[]; readonly ended: unknown; readonly orders: readonly string[] }> {
    await this.world.drain(workers, { between: this.between })
    const row = await this.world.bench.row('t1')
    return { state: this.ticket.state, into: this.ticket.mergedIntoId, notes: this.ticket.notes.map(({ token }) => token), ended: row?.told['ended'], orders: (await this.world.bench.orders('t1')).map(({ status }) => status) }
  }
}

const PLOTS: Readonly<Record<string, readonly [Plot, { readonly state: string; readonly into?: string; readonly notes: readonly string[]; readonly ended: string }]>> = {
  'nobody comes: it is resolved, with what solved it': [{ fault: away }, { state: 'resolved', notes: ['resolution'], ended: 'state' }],
  'a technician writes in it, and the system tells us: it stays open, with one note': [{ fault: away, touch: { when: late, does: comments, isTold: true } }, { state: 'open', notes: ['their-1', 'over'], ended: 'note' }],
  'a technician writes in it while the system can tell nobody: it is looked at before it is resolved, and stays open, with one note': [{ fault: away, touch: { when: late, does: comments, isTold: false } }, { state: 'open', notes: ['their-1', 'over'], ended: 'note' }],
  'a technician begins work on it: it stays so, with one note': [{ fault: away, touch: { when: late, does: (ticket) => void (ticket.state = 'in_progress'), isTold: false } }, { state: 'in_progress', notes: ['over'], ended: 'note' }],
  'a technician comes, and the system has no internal notes: it stays open, and nothing is written': [{ fault: away, isMute: true, touch: { when: late, does: comments, isTold: true } }, { state: 'open', notes: ['their-1'], ended: 'note' }],
  'a technician comes, and a person here has ended the incident too: it is closed': [{ fault: away, isPersons: true, touch: { when: late, does: comments, isTold: true } }, { state: 'closed', notes: ['their-1', 'resolution'], ended: 'state' }],
  'it was resolved without an answer, and a technician writes in it then: it stays resolved, and nothing is said twice': [
    { fault: (_afterMs, write) => (write === 1 ? 'timeout_after' : null), touch: { when: (_afterMs, { state }) => state === 'resolved', does: comments, isTold: true } }, { state: 'resolved', notes: ['their-1', 'resolution'], ended: 'state' },
  ],
  'the same, and it was read just before it was resolved: how it stands is read again': [
    { fault: (_afterMs, write) => (write === 1 ? 'timeout_after' : null), touch: { when: (_afterMs, { state }) => state === 'resolved', does: comments, isTold: false }, isReadTooEarly: true }, { state: 'resolved', notes: ['their-1', 'resolution'], ended: 'state' },
  ],
}

const MERGES: typeof PLOTS = {
  'nobody comes: it is merged': [{ fault: away, isMerge: true }, { state: 'closed', into: '2', notes: [], ended: 'state' }],
  'a technician writes in it, and the system tells us: it stays open, with one note': [{ fault: away, isMerge: true, touch: { when: late, does: comments, isTold: true } }, { state: 'open', notes: ['their-1', 'over'], ended: 'note' }],
  'a technician writes in it while the system can tell nobody: it is looked at before it is merged, and stays open, with one note': [{ fault: away, isMerge: true, touch: { when: late, does: comments, isTold: false } }, { state: 'open', notes: ['their-1', 'over'], ended: 'note' }],
  'a technician begins work on it: it stays so, with one note': [{ fault: away, isMerge: true, touch: { when: late, does: (ticket) => void (ticket.state = 'in_progress'), isTold: false } }, { state: 'in_progress', notes: ['over'], ended: 'note' }],
  'a technician comes, and the system has no internal notes: it stays open, and nothing is written': [{ fault: away, isMerge: true, isMute: true, touch: { when: late, does: comments, isTold: true } }, { state: 'open', notes: ['their-1'], ended: 'note' }],
  'the first try was not taken, without an answer, and a technician comes before the next: it stays open, with one note': [
    { fault: (_afterMs, write) => (write === 1 ? 'timeout_before' : null), isMerge: true, touch: { when: (afterMs) => afterMs > 0, does: comments, isTold: false } }, { state: 'open', notes: ['their-1', 'over'], ended: 'note' },
  ],
  'it was merged without an answer, and a technician writes in it then: it stays merged, and nothing is said': [
    { fault: (_afterMs, write) => (write === 1 ? 'timeout_after' : null), isMerge: true, touch: { when: (_afterMs, { state }) => state === 'closed', does: comments, isTold: true } }, { state: 'closed', into: '2', notes: ['their-1'], ended: 'state' },
  ],
  'the same, and it was read just before it was merged: how it stands is read again': [
    { fault: (_afterMs, write) => (write === 1 ? 'timeout_after' : null), isMerge: true, touch: { when: (_afterMs, { state }) => state === 'closed', does: comments, isTold: false }, isReadTooEarly: true }, { state: 'closed', into: '2', notes: ['their-1'], ended: 'state' },
  ],
}

// A part of the places is enough to show that the database does as its stand-in does.
const PLACES = [['in memory', memory, 1], ['on the database', real, 23]] as const
describe.each(PLACES)('a ticket that is to be resolved by itself, %s', (_, fresh, stride) => {
  it.each(Object.keys(PLOTS))('%s', (name) => holds(PLOTS[name]!, fresh, stride), 120_000)
})
describe.each(PLACES)('a ticket that is to be merged by itself, %s', (_, fresh, stride) => {
  it.each(Object.keys(MERGES))('%s', (name) => holds(MERGES[name]!, fresh, stride), 120_000)
})

/** Plays it once from beginning to end, and once for each place at which the process may die. */
async function holds([plot, expected]: (typeof PLOTS)[string], fresh: () => Promise<TicketBench>, stride: number): Promise<void> {
  const wanted = { into: undefined, ...expected, orders: ['done'] }
  const plain = await new Story(await fresh(), plot).begin()
  const counting = plain.world.worker('counting')
  expect(await plain.run(() => [counting])).toEqual(wanted)
  for (let diesAt = 1; diesAt <= counting.boundaries(); diesAt += stride) {
    const story = await new Story(await fresh(), plot).begin()
    const mortal = story.world.worker('dies', { diesAt })
    const lives = story.world.worker('lives')
    const found = await story.run(() => (mortal.isDead() ? [lives] : [mortal]))
    expect(found, `killed at boundary ${diesAt} of ${counting.boundaries()}`).toMatchObject(wanted)
  }
}
