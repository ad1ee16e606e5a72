/** The outbox where processes die, sleep, lose their lease and stand side by side, and the PSA times out after it has done what was asked: one ticket, each note once. */
import { describe, expect, it } from 'vitest'
import { seededJitter } from '../../schemas/jitter.ts'
import { TestClock } from '../../schemas/clock.ts'
import { ORDER_LEASE_MS } from '../../schemas/ticket-work.ts'
import { MemoryTickets } from '../harness/memory-tickets.ts'
import { OutboxWorld, type WorldWorker } from '../harness/outbox-world.ts'
import { quickDatabase } from '../harness/quick-database.ts'
import type { Fault } from '../harness/scripted-psa.ts'
import { aDraft, aNote, aTicket, databaseBench, emptyTickets, type TicketBench } from '../harness/ticket-bench.ts'

const START_MS = Date.UTC(2026, 2, 1, 12)
const SCHEDULES = Number(process.env['OUTBOX_SCHEDULES'] ?? 1_000)
const ON_DATABASE = 5
const FAULTS: readonly Fault[] = ['unreachable', 'timeout_before', 'timeout_after', 'timeout_after', 'late', 'cut_off_after', 'server_error_before', 'server_error_after', 'bad_answer_after', 'rate_limited', 'rate_limited_silently', 'unauthorized', 'conflict']
/** Fewer than the attempts an order has: what is tested here is that nothing is done twice, not when it is given up. */
const FAULTS_MOST = 6

const quick = quickDatabase()
const memory = (): Promise<TicketBench> => Promise.resolve(new MemoryTickets(new TestClock(START_MS)))
const real = async (): Promise<TicketBench> => {
  await emptyTickets(quick)
  return databaseBench(quick, new TestClock(START_MS))
}

interface Said { readonly id: string; readonly tokens: string[]; state: string }

/** Whatever happened, this holds at the end: one ticket, every note once and in order, the last state, and nothing left over. */
async function expectSound(world: OutboxWorld, all: readonly Said[], what: string): Promise<void> {
  expect((await world.bench.orders()).filter(({ status }) => status !== 'done').map(({ ticketId, seq, status, code, error }) => ({ ticketId, seq, status, code, error })), what).toEqual([])
  expect(world.psa.tickets.map(({ externalRef }) => externalRef).sort(), `${what}: exactly one ticket each`).toEqual(all.map(({ id }) => `AW-${id}`).sort())
  for (const { id, tokens, state } of all) {
    const ticket = world.psa.tickets.find(({ externalRef }) => externalRef === `AW-${id}`)!
    expect(ticket.notes.flatMap(({ text }) => text.split('\n\n')), `${what}: ${id}: each note once, in order`).toEqual(tokens.map((token) => `said ${token}`))
    expect(ticket.state, `${what}: ${id}: the last state`).toBe(state)
    expect((await world.bench.row(id))?.externalId, what).toBe(ticket.id)
  }
}

/** Everything about it follows from the seed. */
async function schedule(seed: number, bench: TicketBench): Promise<{ readonly kills: number; readonly faults: number; readonly sleeps: number }> {
  const random = seededJitter(seed)
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!
  const findLagMs = pick([0, 0, 30_000])
  const faultRate = random() * 0.5
  let faults = 0
  let sleeps = 0
  let kills = 0
  const world = new OutboxWorld({
    bench, seed, findLagMs, lagMs: () => random() * findLagMs,
    fault: () => (faults < FAULTS_MOST && random() < faultRate ? (faults += 1, pick(FAULTS)) : null),
  })
  const all: Said[] = []
  const later: (() => Promise<void>)[] = []
  for (let at = 0; at < 1 + Math.floor(random() * 3); at++) {
    const said: Said = { id: `t${at}`, tokens: [], state: 'open' }
    all.push(said)
    await bench.ticket(aTicket(said.id, { companyId: pick(['c1', 'c2']) }))
    await bench.order({ ticketId: said.id, kind: 'create', body: aDraft(said.id, { assigneeId: pick([null, 'u1']) }), urgency: 2, dueAtMs: bench.clock.now() })
    for (let note = 0; note < Math.floor(random() * 5); note++) {
      later.push(async () => {
        const token = `${said.id}-${said.tokens.length}`
        const state = pick([undefined, 'open', 'resolved'] as const)
        said.tokens.push(token)
        if (state !== undefined) said.state = state
        await bench.order({ ticketId: said.id, kind: 'update', body: aNote(token, `said ${token}`, state === undefined ? {} : { state }), urgency: pick([0, 2]), dueAtMs: bench.clock.now() + pick([0, 5_000]) })
      })
    }
  }
  let made = 0
  const kept: WorldWorker[] = []
  const other = world.worker('other')
  const mayDie = (): WorldWorker => {
    made += 1
    const diesAt = kills < 4 && random() < 0.6 ? 1 + Math.floor(random() * 60) : undefined
    return world.worker(`p${made}`, {
      ...(diesAt === undefined ? {} : { diesAt }),
      each: async (place) => {
        const chance = random()
        if (sleeps < 3 && chance < 0.02) {
          sleeps += 1
          // The process sleeps past its lease, or its request is long on its way; another one goes on meanwhile.
          world.pass(place === 'store' ? pick([ORDER_LEASE_MS + 1, 60_000, 3 * ORDER_LEASE_MS]) : 15_000)
          await world.look(other)
          if (place === 'call') world.pass(10_000)
          await world.look(other)
        } else if (chance > 0.99) world.jump(pick([-3_600_000, 3_600_000, 90_000, -90_000]))
      },
    })
  }
  await world.drain(() => {
    for (const slot of [0, 1]) {
      if (kept[slot]?.isDead() === true) kills += 1
      if (kept[slot] === undefined || kept[slot].isDead()) kept[slot] = mayDie()
    }
    return kept
  }, { between: async () => { if (random() < 0.6) await later.shift()?.() } })
  for (const put of later) await put()
  await world.drain(() => [other])
  await expectSound(world, all, `seed ${seed}`)
  return { kills, faults, sleeps }
}

it(`makes one ticket and writes each note once in each of ${SCHEDULES} random schedules of crashes, faults, lost leases and clocks that jump`, async () => {
  const sum = { kills: 0, faults: 0, sleeps: 0 }
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const { kills, faults, sleeps } = await schedule(seed, await memory())
    sum.kills += kills
    sum.faults += faults
    sum.sleeps += sleeps
  }
  // The schedules are not idle.
  expect([sum.kills > SCHEDULES / 2, sum.faults > SCHEDULES, sum.sleeps > SCHEDULES / 2]).toEqual([true, true, true])
}, 900_000)

it(`does the same on the database, ${ON_DATABASE} times`, async () => {
  for (let seed = 5_001; seed < 5_001 + ON_DATABASE; seed++) await schedule(seed, await real())
}, 900_000)

describe.each([
  ['in memory', memory, 1, ['that answers', 'that times out after it has made the ticket', 'that makes it after the time-out']],
  // A part of the places is enough to show that the database does as its stand-in does.
  ['on the database', real, 41, ['that times out after it has made the ticket']],
] as const)('wherever its process is killed, %s', (_, fresh, stride, stories) => {
  const faults: Readonly<Record<(typeof stories)[number], Fault | null>> = { 'that answers': null, 'that times out after it has made the ticket': 'timeout_after', 'that makes it after the time-out': 'late' }
  it.each(stories)('makes one ticket with a PSA %s', async (name) => {
    const fault = faults[name]
    const story = async (): Promise<{ world: OutboxWorld; all: Said[] }> => {
      let isFirst = true
      const world = new OutboxWorld({ bench: await fresh(), findLagMs: 20_000, lagMs: () => 19_000, fault: ({ method, path }) => (method === 'POST' && path === '/tickets' && isFirst && fault !== null ? ((isFirst = false), fault) : null) })
      await world.bench.ticket(aTicket('t1'))
      await world.bench.order({ ticketId: 't1', kind: 'create', body: aDraft('t1', { assigneeId: 'u1' }), urgency: 0, dueAtMs: START_MS })
      await world.bench.order({ ticketId: 't1', kind: 'update', body: aNote('a', 'said a', { state: 'resolved' }), urgency: 0, dueAtMs: START_MS })
      await world.bench.order({ ticketId: 't1', kind: 'update', body: { ...aNote('b'), notes: [{ token: 'b', text: 'said b', isPublic: true }] }, urgency: 0, dueAtMs: START_MS })
      return { world, all: [{ id: 't1', tokens: ['a', 'b'], state: 'resolved' }] }
    }
    const plain = await story()
    const counting = plain.world.worker('counting')
    await plain.world.drain(() => [counting])
    await expectSound(plain.world, plain.all, 'nobody dies')
    expect(counting.boundaries()).toBeGreaterThan(40)
    for (let diesAt = 1; diesAt <= counting.boundaries(); diesAt += stride) {
      const { world, all } = await story()
      const mortal = world.worker('dies', { diesAt })
      const lives = world.worker('lives')
      await world.drain(() => (mortal.isDead() ? [lives] : [mortal]))
      expect(mortal.isDead(), `boundary ${diesAt}`).toBe(true)
      await expectSound(world, all, `killed at boundary ${diesAt}`)
    }
  })
})

describe('a worker that is not alone', () => {
  const story = async (): Promise<OutboxWorld> => {
    const world = new OutboxWorld({ bench: await memory() })
    await world.bench.ticket(aTicket('t1'))
    await world.bench.order({ ticketId: 't1', kind: 'create', body: aDraft('t1'), urgency: 2, dueAtMs: START_MS })
    await world.bench.order({ ticketId: 't1', kind: 'update', body: aNote('a'), urgency: 2, dueAtMs: START_MS })
    return world
  }
  const all = [{ id: 't1', tokens: ['a'], state: 'open' }]

  it('calls nothing after it slept past its lease, while another one goes on', async () => {
    const world = await story()
    const other = world.worker('other')
    const plain = world.worker('sleeper')
    let slept = 0
    const sleeper: WorldWorker = {
      ...plain, tools: {
        ...plain.tools, store: {
          ...plain.tools.store, begin: async (held) => {
            const begun = await plain.tools.store.begin(held)
            slept += 1
            world.pass(ORDER_LEASE_MS + 1)
            await world.drain(() => [other])
            return begun
          },
        },
      },
    }
    await world.look(sleeper)
    expect(slept).toBe(1)
    await expectSound(world, all, 'after the sleeper woke')
    expect(world.psa.calls.filter(({ isWrite }) => isWrite)).toHaveLength(2)
  })

  it.each(['create', 'update'])('lets the call of another one come in before it looks, though the clock says that its lease is long over: %s', async (kind) => {
    const world = await story()
    const other = world.worker('other')
    if (kind === 'update') while (world.psa.tickets.length === 0) await world.look(other)
    let isFirst = true
    const slow = world.worker('slow', {
      each: async (place) => {
        if (place !== 'call' || !isFirst) return
        isFirst = false
        world.jump(3_600_000)
        for (let turn = 0; turn < 4; turn++) {
          await world.look(other)
          world.pass(7_000)
        }
      },
    })
    await world.look(slow)
    expect(isFirst).toBe(false)
    await world.drain(() => [other])
    await expectSound(world, all, 'after all')
  })

  it('stays behind neither of two that work side by side: a hundred tickets, each once', async () => {
    const world = new OutboxWorld({ bench: await memory() })
    const many = Array.from({ length: 100 }, (_, at) => ({ id: `t${at}`, tokens: ['a'], state: 'open' }))
    for (const { id } of many) {
      await world.bench.ticket(aTicket(id))
      await world.bench.order({ ticketId: id, kind: 'create', body: aDraft(id), urgency: 2, dueAtMs: START_MS })
      await world.bench.order({ ticketId: id, kind: 'update', body: aNote('a'), urgency: 2, dueAtMs: START_MS })
    }
    const workers = [world.worker('w1'), world.worker('w2')]
    await world.drain(() => workers.reverse())
    await expectSound(world, many, 'side by side')
    expect(workers.every((worker) => worker.boundaries() > 200)).toBe(true)
  })
})

describe('an order that fails', () => {
  const one = async (fault: (path: string, at: number) => Fault | null, findLagMs = 0): Promise<{ readonly world: OutboxWorld; readonly worker: WorldWorker }> => {
    let at = 0
    const world = new OutboxWorld({ bench: await memory(), findLagMs, fault: ({ path }) => fault(path, (at += 1)) })
    await world.bench.ticket(aTicket('t1', { ref: { externalId: '1', number: '1', url: null } }))
    await world.bench.order({ ticketId: 't1', kind: 'update', body: aNote('a'), urgency: 2, dueAtMs: START_MS })
    world.psa.tickets.push({ id: '1', externalRef: 'AW-t1', madeAtMs: 0, state: 'open', assigneeId: null, notes: [] })
    return { world, worker: world.worker('w1') }
  }
  const state = async (world: OutboxWorld) => (await world.bench.orders('t1'))[0]

  it('is dead after eight refusals, with the code and what to do, and lets the next one pass', async () => {
    let isOver = false
    const { world, worker } = await one(() => (isOver ? null : 'conflict'))
    for (let turn = 0; turn < 40 && (await state(world))?.status !== 'dead'; turn++) {
      await world.look(worker)
      world.pass(15 * 60_000)
    }
    expect(await state(world)).toMatchObject({ status: 'dead', attempts: 8, code: 'conflict' })
    isOver = true
    await world.bench.order({ ticketId: 't1', kind: 'update', body: aNote('b'), urgency: 2, dueAtMs: world.bench.clock.now() })
    await world.look(worker)
    expect(world.psa.tickets[0]!.notes.map(({ token }) => token)).toEqual(['b'])
  })

  it('uses up no attempt while the PSA is down for everybody, and goes on when it is back', async () => {
    let isDown = true
    const { world, worker } = await one(() => (isDown ? 'server_error_before' : null))
    for (let turn = 0; turn < 60; turn++) {
      await world.look(worker)
      world.pass(15 * 60_000)
    }
    expect(await state(world)).toMatchObject({ status: 'waiting', attempts: 0, code: 'server_error' })
    // Left alone more and more, not asked each time somebody looks.
    expect(world.psa.calls.length).toBeLessThanOrEqual(61)
    isDown = false
    await world.drain(() => [worker])
    expect(await state(world)).toMatchObject({ status: 'done', code: null, error: null })
  })

  it('puts the account on hold where the credentials are refused: one probe at a time, no attempt used up, all at once when it is mended', async () => {
    let isRefused = true
    const { world, worker } = await one(() => (isRefused ? 'unauthorized' : null))
    for (let at = 2; at < 12; at++) {
      await world.bench.ticket(aTicket(`t${at}`, { ref: { externalId: '1', number: '1', url: null } }))
      await world.bench.order({ ticketId: `t${at}`, kind: 'update', body: aNote(`n${at}`), urgency: 2, dueAtMs: START_MS })
    }
    await world.look(worker)
    const before = world.psa.calls.length
    for (let turn = 0; turn < 60; turn++) {
      world.pass(60_000)
      await world.look(worker)
    }
    // An hour on hold: one call in five minutes.
    expect(world.psa.calls.length - before).toBeLessThanOrEqual(13)
    expect(world.psa.calls.length - before).toBeGreaterThanOrEqual(8)
    expect((await world.bench.orders()).every(({ attempts, status }) => attempts === 0 && status === 'waiting')).toBe(true)
    isRefused = false
    world.pass(5 * 60_000)
    await world.look(worker)
    await world.look(worker)
    await world.look(worker)
    expect((await world.bench.orders()).filter(({ status }) => status !== 'done')).toEqual([])
  })

  it('is dead with a plain reason, and the sync told, where the ticket is gone', async () => {
    const { world, worker } = await one(() => null)
    world.psa.tickets.pop()
    await world.look(worker)
    const row = await state(world)
    expect(row).toMatchObject({ status: 'dead', code: 'not_found', error: expect.stringContaining('gone from the PSA') })
    expect(await world.bench.hints()).toEqual([`gone-${row!.id}`])
  })

  it('waits as long as the PSA asks after a 429, with all of its account', async () => {
    const { world, worker } = await one((_path, at) => (at === 1 ? 'rate_limited' : null))
    await world.bench.ticket(aTicket('t2', { ref: { externalId: '1', number: '1', url: null } }))
    await world.look(worker)
    await world.bench.order({ ticketId: 't2', kind: 'update', body: aNote('z'), urgency: 0, dueAtMs: START_MS })
    world.pass(6_900)
    expect(await world.look(worker)).toBe(0)
    world.pass(101)
    await world.drain(() => [worker])
    expect(world.psa.tickets[0]!.notes.map(({ token }) => token)).toEqual(['z', 'a'])
    expect((await state(world))?.attempts).toBe(0)
  })
})
