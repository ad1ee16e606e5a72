/** The outbox with every real connector, over HTTP, against its stateful fake: processes die, answers are lost, servers fail, and there is one ticket with each note once. */
import { describe, expect, it } from 'vitest'
import { connectorHttp } from '../../connectors/http/client.ts'
import { seededJitter } from '../../schemas/jitter.ts'
import { TestClock } from '../../schemas/clock.ts'
import { connectorWorld, type ConnectorWorld } from '../harness/connector-world.ts'
import { MemoryTickets } from '../harness/memory-tickets.ts'
import { OutboxWorld, type WorldWorker } from '../harness/outbox-world.ts'
import { aTicket } from '../harness/ticket-bench.ts'
import type { PsaFake } from '../fakes/psa/psa-fake.ts'
import type { PsaTroubleRule } from '../fakes/psa/psa-server.ts'
import { SUBJECTS } from './connector/subjects.ts'
import { timesWritten, type ConnectorSubject } from './connector/subject.ts'

/** Zendesk stands for all; the others show that nothing in it is Zendesk's alone. */
const SCHEDULES = 50
const OF_OTHERS = 8
const TROUBLES: readonly PsaTroubleRule['is'][] = ['lost_before', 'lost_after', 'lost_after', 'html', 503, 500, { status: 503, json: {} }, { status: 429, json: {}, headers: { 'retry-after': '5' } }]

interface Place { readonly bench: MemoryTickets; readonly fake: PsaFake; readonly world: OutboxWorld; readonly plain: ConnectorWorld }

/** The outbox over a real connector and its fake, with their own pace. */
async function inPlace({ connector, start }: ConnectorSubject, seed: number, body: (place: Place) => Promise<void>): Promise<void> {
  const bench = new MemoryTickets(new TestClock(Date.UTC(2026, 2, 1, 12)))
  const fake = await start({ clock: bench.clock })
  try {
    const plain = connectorWorld(connector, fake, bench.clock)
    const { connection } = plain
    const world = new OutboxWorld({
      bench, seed, pace: connector.pace(connection),
      way: (held, budget) => ({
        connector,
        context: (isRepeat, signal) => ({
          ...plain.ctx({ isRepeat, signal }),
          http: connectorHttp({
            connector, connection, clock: bench.clock, signal, timeoutMs: 30_000, credentials: async () => fake.credentials, renew: async () => false, record: async () => undefined,
            // One account for all of this test, by the name its rows have.
            budget: { take: (call) => budget.take({ ...call, account: held.account }), answered: (call) => budget.answered({ ...call, account: held.account }) },
            origin: { companyId: held.companyId, incidentId: held.incidentId, ticketId: held.ticketId, who: { kind: 'system', id: 'outbox', name: 'outbox' }, urgency: held.urgency, retries: held.attempts },
          }),
        }),
      }),
    })
    await body({ bench, fake, world, plain })
    expect(fake.faults, `${connector.id}, seed ${seed}`).toEqual([])
  } finally {
    await fake.stop()
  }
}

/** Everything about it follows from the seed. */
async function schedule(subject: ConnectorSubject, seed: number): Promise<void> {
  const { connector } = subject
  const random = seededJitter(seed)
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!
  await inPlace(subject, seed, async ({ bench, fake, world, plain }) => {
    const { connection } = plain
    const draft = plain.draft()
    await bench.ticket(aTicket('t1', { externalRef: draft.externalRef, connector: connector.id }))
    await bench.order({ ticketId: 't1', kind: 'create', body: draft, urgency: 2, dueAtMs: bench.clock.now() })
    const tokens = ['aw-n-1', 'aw-n-2', 'aw-n-3'].slice(0, 1 + Math.floor(random() * 3))
    const later = tokens.map((token) => () => bench.order({ ticketId: 't1', kind: 'update', body: { notes: [{ token, text: `said ${token}`, isPublic: false }], mapping: connection.mapping }, urgency: 2, dueAtMs: bench.clock.now() }))
    for (let at = 0; at < Math.floor(random() * 4); at++) fake.trouble({ is: pick(TROUBLES), skip: Math.floor(random() * 8) })
    const other = world.worker('other')
    let kept: WorldWorker | null = null
    let kills = 0
    await world.drain(() => {
      if (kept === null || kept.isDead()) kept = kills < 3 && random() < 0.7 ? world.worker(`p${(kills += 1)}`, { diesAt: 1 + Math.floor(random() * 50) }) : other
      return [kept]
    }, { between: async () => { if (random() < 0.5) await later.shift()?.() } })
    for (const put of later) await put()
    await world.drain(() => [other])

    const what = `${connector.id}, seed ${seed}`
    expect((await bench.orders()).filter(({ status }) => status !== 'done').map(({ kind, status, code, error }) => ({ kind, status, code, error })), what).toEqual([])
    const ours = fake.tickets().filter(({ title, text, externalRef }) => externalRef === draft.externalRef || `${title} ${text}`.includes(draft.title))
    expect(ours.map(({ id }) => id), `${what}: one ticket`).toHaveLength(1)
    expect((await bench.row('t1'))?.externalId, what).toBe(ours[0]!.id)
    const read = [ours[0]!.text, ...ours[0]!.notes.map(({ text }) => text)].join('\n')
    expect(tokens.map((token) => read.split(`said ${token}`).length - 1), `${what}: each note once`).toEqual(tokens.map(() => 1))
    expect(tokens.every((token) => timesWritten(ours[0]!, token) <= 1), what).toBe(true)
    expect(tokens.map((token) => read.indexOf(`said ${token}`)), `${what}: in order`).toEqual(tokens.map((token) => read.indexOf(`said ${token}`)).sort((a, b) => a - b))
  })
}

describe.each(SUBJECTS.map((subject) => ({ id: subject.connector.id, subject })))('$id', ({ id, subject }) => {
  const count = id === 'zendesk' ? SCHEDULES : OF_OTHERS
  it(`makes one ticket and writes each note once in ${count} schedules of kills, lost answers and failing servers`, async () => {
    for (let seed = 1; seed <= count; seed++) await schedule(subject, seed)
  })
})

it('makes one ticket where the answer to its making never comes', async () => {
  const subject = SUBJECTS.find(({ connector }) => connector.id === 'zendesk')!
  await inPlace(subject, 1, async ({ bench, fake, world, plain }) => {
    const draft = plain.draft()
    await bench.ticket(aTicket('t1', { externalRef: draft.externalRef }))
    await bench.order({ ticketId: 't1', kind: 'create', body: draft, urgency: 0, dueAtMs: bench.clock.now() })
    fake.trouble({ is: 'silence', method: 'POST', path: /tickets/ })
    const worker = world.worker('w1')
    const taken = fake.taken(/tickets/)
    const looking = world.look(worker)
    await taken
    world.pass(30_001)
    await looking
    expect(await bench.orders('t1')).toMatchObject([{ status: 'waiting', code: 'timeout', attempts: 0 }])
    await world.drain(() => [worker])
    expect(await bench.orders('t1')).toMatchObject([{ status: 'done', code: null }])
    expect(fake.tickets()).toHaveLength(1)
    expect(fake.calls.filter(({ method, path }) => method === 'POST' && path.includes('tickets'))).toHaveLength(1)
  })
})
