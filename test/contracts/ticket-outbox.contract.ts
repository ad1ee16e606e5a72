/** What the store of the outbox must do, over any engine: order per ticket, one pair of hands, turns between companies and accounts, and nothing lost. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openBudget } from '../../connectors/budget/budget.ts'
import { systemClock, TestClock } from '../../schemas/clock.ts'
import { ORDER_LEASE_MS } from '../../schemas/ticket-work.ts'
import type { TicketChange } from '../../schemas/tickets.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { BODY_CHARS } from '../../storage/tickets/order.ts'
import { aDraft, aNote, aSnapshot, aTicket, databaseBench, emptyTickets, NO_MAPPING, type TicketBench } from '../harness/ticket-bench.ts'
import type { EmptyDatabase } from './database.contract.ts'

const START_MS = Date.UTC(2026, 2, 1, 12)

/** Runs the suite over a database. */
export function ticketOutboxContract(engineName: string, make: () => Promise<EmptyDatabase>): void {
  let empty: EmptyDatabase
  let database: Database
  ticketBenchContract(engineName, {
    before: async () => {
      empty = await make()
      database = await openDatabase({ ...empty.options, clock: systemClock })
    },
    after: async () => {
      await database.close()
      await empty.drop()
    },
    fresh: async (clock) => {
      await emptyTickets(database)
      return databaseBench(database, clock)
    },
  })
}

/** Runs the suite over any place that keeps tickets. */
export function ticketBenchContract(engineName: string, { before, after, fresh }: { readonly before: () => Promise<void>; readonly after: () => Promise<void>; readonly fresh: (clock: TestClock) => Promise<TicketBench> }): void {
  describe(`the outbox of tickets on ${engineName}`, () => {
    let bench: TicketBench
    beforeAll(before)
    afterAll(after)
    beforeEach(async () => {
      bench = await fresh(new TestClock(START_MS))
    })
    const create = (id: string, urgency = 2) => bench.order({ ticketId: id, kind: 'create', body: aDraft(id), urgency, dueAtMs: bench.clock.now() })
    const note = (id: string, token: string, urgency = 2, dueAtMs = bench.clock.now()) => bench.order({ ticketId: id, kind: 'update', body: aNote(token), urgency, dueAtMs })
    const claimed = async (worker = 'w1', limit = 16, perAccount = 30) => (await bench.store.claim(worker, limit, { perAccount })).map(({ ticketId, seq }) => `${ticketId}.${seq}`)

    it('hands out only the first order of a ticket that is not done, and the next after it', async () => {
      await bench.ticket(aTicket('t1'))
      await create('t1')
      await note('t1', 'a')
      const [held] = await bench.store.claim('w1', 16)
      expect(held).toMatchObject({ ticketId: 't1', seq: 1, kind: 'create', status: 'waiting', ref: null, isRepeat: false, unknownAtMs: null, externalRef: 'AW-t1', connectionId: 'con-1' })
      expect(await claimed('w2')).toEqual([])
      const begun = await bench.store.begin(held!)
      expect(await bench.store.settle(begun!, { status: 'done', snapshot: aSnapshot('77'), unknownAtMs: null, isCalled: true })).toBe(true)
      expect(await bench.row('t1')).toMatchObject({ externalId: '77', number: '#77', state: 'open', lastCallAtMs: START_MS, lastError: null })
      const [next] = await bench.store.claim('w2', 16)
      expect(next).toMatchObject({ seq: 2, kind: 'update', ref: { externalId: '77', number: '#77', url: null } })
    })

    it('puts an update together with one that waits, also while that is in somebody’s hands, and with none that was called', async () => {
      await bench.ticket(aTicket('t1', { ref: { externalId: '7', number: '7', url: null } }))
      await note('t1', 'a', 2, START_MS + 60_000)
      expect(await note('t1', 'b', 0, START_MS)).toMatchObject({ seq: 1, isCoalesced: true })
      expect(await bench.orders('t1')).toMatchObject([{ seq: 1, urgency: 0, dueAtMs: START_MS, body: { notes: [{ token: 'a' }, { token: 'b' }] } }])
      const [held] = await bench.store.claim('w1', 16)
      await note('t1', 'c')
      const begun = await bench.store.begin(held!)
      expect(begun!.body).toMatchObject({ notes: [{ token: 'a' }, { token: 'b' }, { token: 'c' }] })
      expect(await note('t1', 'd')).toMatchObject({ seq: 2, isCoalesced: false })
      await bench.store.settle(begun!, { status: 'waiting', dueAtMs: START_MS + 5_000 })
      expect(await note('t1', 'e')).toMatchObject({ seq: 2, isCoalesced: true })
      expect((await bench.orders('t1')).map(({ body }) => ((body as TicketChange).notes ?? []).map(({ token }) => token))).toEqual([['a', 'b', 'c'], ['d', 'e']])
    })

    it('begins a new order where the one that waits is as long as it may be', async () => {
      await bench.ticket(aTicket('t1'))
      await create('t1')
      for (const token of ['a', 'b', 'c']) await bench.order({ ticketId: 't1', kind: 'update', body: aNote(token, 'x'.repeat(BODY_CHARS / 2 - 500)), urgency: 2, dueAtMs: START_MS })
      expect((await bench.orders('t1')).map(({ kind, seq }) => `${kind} ${seq}`)).toEqual(['create 1', 'update 2', 'update 3'])
    })

    it('calls nothing for a ticket that is only shown', async () => {
      await bench.ticket(aTicket('t1', { mode: 'dry-run' }))
      await bench.ticket(aTicket('t2', { mode: 'demo', isSimulated: true }))
      expect(await create('t1')).toMatchObject({ status: 'shown' })
      expect(await create('t2')).toMatchObject({ status: 'shown' })
      await note('t1', 'a')
      expect(await claimed()).toEqual([])
      expect((await bench.orders()).map(({ status }) => status)).toEqual(['shown', 'shown', 'shown'])
    })

    it('takes the urgent first, and makes what stands before an urgent one as urgent', async () => {
      for (const id of ['t1', 't2', 't3']) await bench.ticket(aTicket(id))
      await create('t1')
      await create('t2')
      await create('t3', 1)
      await note('t2', 'a', 0)
      expect(await claimed()).toEqual(['t2.1', 't3.1', 't1.1'])
    })

    it('takes turns between companies of one account, and between accounts', async () => {
      for (let at = 0; at < 6; at++) await bench.ticket(aTicket(`a${at}`, { companyId: 'c1' }))
      for (let at = 0; at < 2; at++) await bench.ticket(aTicket(`b${at}`, { companyId: 'c2' }))
      await bench.ticket(aTicket('z0', { companyId: 'c2', account: 'jira:other', connector: 'jira-service-management' }))
      for (const id of ['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'b0', 'b1', 'z0']) await create(id)
      expect(await claimed('w1', 3)).toEqual(['a0.1', 'z0.1', 'b0.1'])
      expect(await claimed('w2', 3)).toEqual(['a1.1', 'b1.1', 'a2.1'])
    })

    it('keeps an account to as many at once as it may have, over all workers', async () => {
      for (let at = 0; at < 6; at++) await bench.ticket(aTicket(`a${at}`))
      for (let at = 0; at < 6; at++) await create(`a${at}`)
      expect(await claimed('w1', 16, 3)).toHaveLength(2)
      expect(await claimed('w2', 16, 3)).toEqual([])
      expect(await claimed('w2', 16, 5)).toHaveLength(1)
    })

    it('keeps a part of what an account may have at once for critical orders, and takes nothing but those where a worker asks for them', async () => {
      for (let at = 0; at < 6; at++) await bench.ticket(aTicket(`a${at}`))
      for (let at = 0; at < 4; at++) await create(`a${at}`)
      expect(await claimed('w1', 16, 3)).toEqual(['a0.1', 'a1.1'])
      await create('a4', 0)
      await create('a5', 0)
      expect((await bench.store.claim('w1', 16, { perAccount: 3, urgency: 0 })).map(({ ticketId }) => ticketId)).toEqual(['a4'])
      expect(await claimed('w1', 16, 3)).toEqual([])
      await bench.say('zendesk:acme', { learned: { atOnce: 4 } })
      expect(await claimed('w1', 16, 30)).toEqual(['a5.1'])
    })

    it('lets an account on hold be tried by one order after its pause, and others go on meanwhile', async () => {
      for (const id of ['a0', 'a1']) await bench.ticket(aTicket(id))
      await bench.ticket(aTicket('z0', { account: 'jira:other' }))
      for (const id of ['a0', 'a1', 'z0']) await create(id)
      await bench.say('zendesk:acme', { heldCode: 'unauthorized', heldUntilMs: START_MS + 60_000 })
      expect(await claimed('w1')).toEqual(['z0.1'])
      bench.clock.tick(60_001)
      const probes = await bench.store.claim('w1', 16)
      expect(probes.map(({ ticketId, isProbe }) => [ticketId, isProbe])).toEqual([['a0', true]])
      expect(await claimed('w2')).toEqual([])
    })

    it('counts the time of an order anew after it was kept out with everybody else', async () => {
      await bench.ticket(aTicket('t1'))
      await create('t1')
      for (const [isForgiven, firstCalledAtMs] of [[false, START_MS], [true, null]] as const) {
        const [held] = await bench.store.claim('w1', 16)
        const begun = await bench.store.begin(held!)
        expect(begun?.firstCalledAtMs).toBe(START_MS)
        expect(await bench.store.settle(begun!, { status: 'waiting', dueAtMs: bench.clock.now(), unknownAtMs: null, code: 'unauthorized', error: 'no', ...(isForgiven ? { isForgiven } : {}) })).toBe(true)
        bench.clock.tick(1_000)
        const [again] = await bench.store.claim('w1', 16)
        expect(again?.firstCalledAtMs).toBe(firstCalledAtMs)
        await bench.store.settle(again!, { status: 'waiting', dueAtMs: bench.clock.now() })
      }
    })

    it('leaves an account alone while it is blocked or its breaker is open; with no calls left but for critical ones, hands out only those', async () => {
      for (const id of ['a0', 'a1']) await bench.ticket(aTicket(id))
      await create('a0', 2)
      await create('a1', 0)
      await bench.say('zendesk:acme', { blockedUntilMs: START_MS + 1_000 })
      expect(await claimed()).toEqual([])
      await bench.say('zendesk:acme', { blockedUntilMs: null, breaker: { failures: 5, opened: 1, openUntilMs: START_MS + 1_000 } })
      expect(await claimed()).toEqual([])
      await bench.say('zendesk:acme', { breaker: { failures: 0, opened: 0, openUntilMs: 0 }, readyAtMs: START_MS + 1_000 })
      expect(await claimed()).toEqual(['a1.1'])
      bench.clock.tick(1_000)
      expect(await claimed()).toEqual(['a0.1'])
    })

    it('gives an order to another worker after its lease, and lets the first write nothing', async () => {
      await bench.ticket(aTicket('t1'))
      await create('t1')
      const [held] = await bench.store.claim('w1', 16)
      const begun = await bench.store.begin(held!)
      expect(await claimed('w2')).toEqual([])
      bench.clock.tick(ORDER_LEASE_MS + 1)
      const [other] = await bench.store.claim('w2', 16)
      expect(other).toMatchObject({ status: 'calling', isRepeat: true, unknownAtMs: START_MS, firstCalledAtMs: START_MS })
      expect(await bench.store.settle(begun!, { status: 'done', snapshot: aSnapshot('1') })).toBe(false)
      expect(await bench.store.begin(held!)).toBeNull()
      expect(await bench.row('t1')).toMatchObject({ externalId: null })
      expect(await bench.store.settle(other!, { status: 'done', snapshot: aSnapshot('2') })).toBe(true)
      expect(await bench.row('t1')).toMatchObject({ externalId: '2' })
    })

    it('holds what follows a create that is dead, and not what follows an update that is', async () => {
      await bench.ticket(aTicket('t1'))
      await create('t1')
      await note('t1', 'a')
      const [held] = await bench.store.claim('w1', 16)
      await bench.store.settle(held!, { status: 'dead', code: 'invalid', error: 'no such board', attempts: 1 })
      expect(await claimed()).toEqual([])
      expect(await bench.row('t1')).toMatchObject({ lastError: 'no such board' })

      await bench.ticket(aTicket('t2', { ref: { externalId: '7', number: '7', url: null } }))
      await note('t2', 'a')
      const [update] = await bench.store.claim('w1', 16)
      await bench.store.settle((await bench.store.begin(update!))!, { status: 'dead', code: 'not_found', error: 'gone', isGone: true })
      await note('t2', 'b')
      expect(await claimed()).toEqual(['t2.2'])
      expect(await bench.hints()).toEqual([`gone-${update!.id}`])
    })

    it('keeps what was ordered of a ticket that was found apart from what was found, and has it listened to', async () => {
      for (const id of ['t1', 't2']) {
        await bench.ticket(aTicket(id, { told: { title: 'disk full' } }))
        await create(id)
      }
      const held = await bench.store.claim('w1', 16)
      const closed = (id: string) => ({ status: 'done' as const, snapshot: aSnapshot(id, { state: 'closed', assignee: { externalId: 'x-ann', name: 'Ann', email: null } }) })
      await bench.store.settle(held[0]!, { ...closed('7'), isFound: true })
      await bench.store.settle(held[1]!, closed('8'))
      expect(await bench.row('t1')).toMatchObject({ state: 'closed', seen: { state: 'closed' }, told: { title: 'disk full', stood: { state: 'open', assigneeId: null } } })
      expect((await bench.row('t2'))?.told).not.toHaveProperty('stood')
      expect(await bench.hints()).toEqual([`found-${held[0]!.id}`])
    })

    describe('an end that depends on who touches the ticket', () => {
      const over = { token: 'over', text: 'it is over', isPublic: false }
      const end = (changes: Partial<TicketChange> = {}) => bench.order({ ticketId: 't1', kind: 'update', body: { state: 'resolved', resolution: 'it is over', unlessTouched: [over], mapping: NO_MAPPING, ...changes }, urgency: 2, dueAtMs: bench.clock.now() })
      const begun = async () => bench.store.begin((await bench.store.claim('w1', 16))[0]!)
      beforeEach(async () => {
        await bench.ticket(aTicket('t1', { ref: { externalId: '7', number: '7', url: null }, told: { title: 'disk full', ended: 'state', state: 'resolved' } }))
        await bench.listen('t1', aSnapshot('7'), false)
      })

      it('is called while nobody has, and tells the worker how the ticket looked and whether more is to be read', async () => {
        await end()
        const [held] = await bench.store.claim('w1', 16)
        expect(held).toMatchObject({ isHinted: false, seen: { state: 'open' } })
        await bench.hint('t1')
        expect(await bench.store.begin(held!)).toMatchObject({ body: { state: 'resolved', resolution: 'it is over' }, isHinted: true })
        expect((await bench.row('t1'))?.told).toMatchObject({ ended: 'state', state: 'resolved' })
      })

      it('is dropped for a note where somebody has, and the ticket told of as open: both with the mark that it is called', async () => {
        await end()
        const [held] = await bench.store.claim('w1', 16)
        await bench.listen('t1', aSnapshot('7', { state: 'in_progress' }), true)
        const { version } = (await bench.row('t1'))!
        expect((await bench.store.begin(held!))?.body).toEqual({ unlessTouched: [over], mapping: NO_MAPPING })
        expect(await bench.row('t1')).toMatchObject({ told: { title: 'disk full', ended: 'note', state: 'in_progress' }, version: version + 1 })
        // Its worker dies; another one finds it so.
        bench.clock.tick(ORDER_LEASE_MS + 1)
        const [other] = await bench.store.claim('w2', 16)
        expect(other).toMatchObject({ status: 'calling', isRepeat: true, body: { unlessTouched: [over] } })
        expect(await bench.row('t1')).toMatchObject({ told: { ended: 'note' }, version: version + 1 })
      })

      it('and one that depends on nothing is called whatever was done there, also where the two were put together', async () => {
        await end()
        await bench.order({ ticketId: 't1', kind: 'update', body: { state: 'closed', mapping: NO_MAPPING }, urgency: 2, dueAtMs: START_MS })
        await bench.listen('t1', aSnapshot('7'), true)
        expect((await begun())?.body).toEqual({ state: 'closed', resolution: 'it is over', mapping: NO_MAPPING })
        expect((await bench.row('t1'))?.told).toMatchObject({ ended: 'state' })
      })

      it('leaves what was told to a later order that sets the state', async () => {
        await end()
        const first = await begun()
        await bench.store.settle(first!, { status: 'waiting', dueAtMs: START_MS })
        await bench.order({ ticketId: 't1', kind: 'update', body: { state: 'closed', mapping: NO_MAPPING }, urgency: 2, dueAtMs: START_MS })
        await bench.listen('t1', aSnapshot('7'), true)
        expect((await begun())?.body).toEqual({ unlessTouched: [over], mapping: NO_MAPPING })
        expect((await bench.row('t1'))?.told).toMatchObject({ ended: 'state', state: 'resolved' })
      })

      it('has the ticket read where the worker saw that it looks different', async () => {
        await end()
        const held = await begun()
        expect(await bench.store.settle(held!, { status: 'waiting', looks: 1, dueAtMs: START_MS + 2_000, isUnheard: true })).toBe(true)
        expect(await bench.hints()).toEqual([`unheard-${held!.id}-${held!.version}`])
        expect(await bench.isHinted('t1')).toBe(true)
        bench.clock.tick(2_000)
        expect((await bench.store.claim('w1', 16))[0]).toMatchObject({ isHinted: true, looks: 1, isRepeat: false })
      })

      it('is judged by its own ticket alone, and tells nobody else’s worker of hints', async () => {
        await bench.ticket(aTicket('t2', { companyId: 'c2', ref: { externalId: '8', number: '8', url: null } }))
        await bench.listen('t2', aSnapshot('8'), true)
        await bench.hint('t2')
        await end()
        expect(await begun()).toMatchObject({ body: { state: 'resolved' }, isHinted: false })
      })
    })

    it('tells a worker where the ticket stands that this one is below, or is to be joined with', async () => {
      await bench.ticket(aTicket('p1', { ref: { externalId: '1', number: 'P1', url: 'https://x/1' } }))
      await bench.ticket(aTicket('t1', { parentTicketId: 'p1' }))
      await bench.ticket(aTicket('t2', { ref: { externalId: '2', number: '2', url: null } }))
      await create('t1')
      await bench.order({ ticketId: 't2', kind: 'join', body: { intoTicketId: 'p1' }, urgency: 2, dueAtMs: START_MS })
      const held = await bench.store.claim('w1', 16)
      expect(held.map(({ ticketId, other }) => [ticketId, other])).toEqual(expect.arrayContaining([['t1', { id: 'p1', ref: { externalId: '1', number: 'P1', url: 'https://x/1' } }], ['t2', { id: 'p1', ref: { externalId: '1', number: 'P1', url: 'https://x/1' } }]]))
    })

    it('gives none to two workers, however many claim at once', async () => {
      for (let at = 0; at < 40; at++) {
        await bench.ticket(aTicket(`t${at}`, { companyId: at % 2 === 0 ? 'c1' : 'c2' }))
        await create(`t${at}`)
      }
      const taken = (await Promise.all(Array.from({ length: 8 }, (_, at) => bench.store.claim(`w${at}`, 10, { perAccount: 100 })))).flat()
      expect(new Set(taken.map(({ id }) => id)).size).toBe(taken.length)
      expect(taken.length).toBeGreaterThanOrEqual(10)
      const begun = await Promise.all(taken.map((held) => bench.store.begin(held)))
      expect(begun.every((held) => held !== null)).toBe(true)
    })

    it('loses nothing of what many order for one ticket at once', async () => {
      await bench.ticket(aTicket('t1'))
      const tokens = Array.from({ length: 12 }, (_, at) => `n${at}`)
      await Promise.all(tokens.map((token) => note('t1', token)))
      const rows = await bench.orders('t1')
      expect(rows.flatMap(({ body }) => ((body as TicketChange).notes ?? []).map(({ token }) => token)).sort()).toEqual([...tokens].sort())
      expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, at) => at + 1))
    })

    it('counts an account for all who call it at once', async () => {
      let slots = 0
      const budget = openBudget({ accounts: bench.accounts, clock: bench.clock, jitter: () => 0.5, newId: () => `s${(slots += 1)}`, waitMs: 0 })
      const pace = { limits: [{ name: 'minute', calls: 10, windowMs: 60_000 }], atOnce: 100, perTicketMs: 0, isLearned: false }
      const turns = await Promise.allSettled(Array.from({ length: 25 }, () => budget.forWork('zendesk', pace).take({ account: 'zendesk:acme', urgency: 0, isWrite: true, ticketId: null })))
      expect(turns.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
      expect(await budget.view('zendesk:acme', pace)).toMatchObject({ underWay: 10, limits: [{ used: 10, left: 0 }], readyAt: expect.any(String) })
    })

    it('refuses an order for a ticket that is not there, and writes nothing where its transaction fails', async () => {
      await expect(bench.order({ ticketId: 'none', kind: 'update', body: { mapping: NO_MAPPING }, urgency: 2, dueAtMs: START_MS })).rejects.toMatchObject({ code: 'not_found' })
      expect(await bench.orders()).toEqual([])
    })
  })
}
