import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '../../schemas/errors.ts'
import { positionOf } from '../../schemas/position.ts'
import type { DeadLetter, Delivery, LetterDelivery } from '../../schemas/records.ts'
import type { DeadLetterFilter } from '../../schemas/receipts.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { CALLER, FactsWorld } from '../../test/harness/facts-world.ts'
import { deadLetterAt, deliveryAt, ledgerAt, SAMPLE_MS } from '../../test/samples/facts.ts'
import { preview } from './originals.ts'
import type { ReplayPorts } from './replay.ts'
import { openDeadLetters } from './store.ts'

type LogPort = ReplayPorts['log']

let world: FactsWorld
let letters: Awaited<ReturnType<typeof openDeadLetters>>
const span = { companyIds: 'all', fromMs: null, toMs: null } as const
const ANY: DeadLetterFilter = { code: null, stage: null, source: null, q: null, replayed: null }
const CLERK = { ...CALLER, id: 'clerk', name: 'Bob', scope: { role: 'company_admin', userId: 'clerk', companyIds: ['globex'] } } as const
const letterDelivery = (deliveryId: string, over: Partial<LetterDelivery> = {}): LetterDelivery => ({ deliveryId, integrationId: 'acme-generic', source: 'datadog', replayable: false, told: 1, elements: 1, receivedAtMs: SAMPLE_MS, contentType: 'application/json', headers: {}, ...over })

beforeAll(async () => {
  world = await FactsWorld.open()
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.clear()
  letters = await open()
})

const open = (over: Partial<LogPort> = {}) => openDeadLetters({
  facts: world.analytics, database: world.database, log: { epoch: 1, ends: (topic) => world.log.ends(topic), read: (...range) => world.log.read(...range), append: (records) => world.log.append(records), ...over },
  schemaIds: world.schemaIds, clock: world.clock,
})
const ids = async (filter: Partial<DeadLetterFilter> = {}) => (await letters.list(span, { ...ANY, ...filter }, { limit: 100, cursor: null })).items.map(({ id }) => id)
const everything = async (filter: Partial<DeadLetterFilter> = {}, limit = 100) => letters.replayMany(CALLER, span, { ...ANY, ...filter }, { limit, cursor: null })
const rawEnd = async (): Promise<number> => (await world.log.ends(TOPICS.raw.name))[0]?.next ?? 0

/** A delivery on the log of which these elements were set aside, as the process stage tells it; answers the ids of the letters. */
async function setAside(deliveryId: string, elements: readonly number[], size: number, over: { delivery?: Partial<Delivery>; letter?: Partial<DeadLetter> } = {}): Promise<string[]> {
  const record = deliveryAt(0, { deliveryId, body: Buffer.from(`body of ${deliveryId}`), ...over.delivery }).record
  const offset = await world.append('alerts.raw.v1', [record])
  const first = (await world.log.ends(TOPICS.deadLetter.name))[0]?.next ?? 0
  const told = elements.map((element, index) => deadLetterAt(offset, {
    deadLetterId: `alerts.raw.v1:0:${positionOf(1, offset)}:${element}`, position: positionOf(1, offset), element, value: index === 0 ? Buffer.from(`body of ${deliveryId}`) : Buffer.alloc(0),
    delivery: letterDelivery(deliveryId, { elements: size }), atMs: SAMPLE_MS + offset, ...over.letter,
  }).record)
  await world.append('dead-letter.v1', told)
  await world.record('dead-letter.v1', told.map((letter, index) => ({ record: letter, offset: first + index, atMs: SAMPLE_MS + offset })))
  return told.map(({ deadLetterId }) => deadLetterId)
}

describe('dead letters', () => {
  it('are listed newest first, page by page, each once, even where times are equal', async () => {
    await world.record('dead-letter.v1', [...[1, 2, 3, 4, 5].map((offset) => deadLetterAt(offset, { atMs: SAMPLE_MS })), deadLetterAt(9), deadLetterAt(10, { companyId: null }), deadLetterAt(11, { companyId: 'globex' })])
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<typeof letters.list>> = await letters.list({ ...span, companyIds: ['acme'] }, ANY, { limit: 2, cursor })
      seen.push(...page.items.map((item) => item.id))
      cursor = page.next
    } while (cursor !== null)
    expect(seen).toEqual([9, 5, 4, 3, 2, 1].map((offset) => `alerts.raw.v1:0:${offset}:0`))
    expect(await ids()).toHaveLength(8)
    await expect(letters.list(span, ANY, { limit: 1, cursor: 'not ours' })).rejects.toMatchObject({ code: 'bad_request' })
  })

  it('are searched by code, stage, source, words and ids, and counted by code', async () => {
    await world.record('dead-letter.v1', [
      deadLetterAt(1), deadLetterAt(2, { code: 'stage_bug', stage: 'correlate', topic: 'correlation.v1', message: '100% broken_here', delivery: null }), deadLetterAt(3, { delivery: letterDelivery('d3', { source: 'zabbix', integrationId: 'zab' }) }),
    ])
    const of = (...offsets: number[]) => offsets.map((offset) => `alerts.raw.v1:0:${offset}:0`)
    expect(await ids({ code: 'stage_bug' })).toEqual(of(2))
    expect(await ids({ stage: 'process' })).toEqual(of(3, 1))
    expect(await ids({ source: 'zabbix' })).toEqual(of(3))
    expect(await ids({ q: '100% BROKEN_' })).toEqual(of(2))
    expect(await ids({ q: '100%n' })).toEqual([])
    expect(await ids({ q: 'd3' })).toEqual(of(3))
    expect(await ids({ q: 'zab' })).toEqual(of(3))
    expect(await ids({ q: `' or 1 = 1 --` })).toEqual([])
    expect(await letters.counts(span, ANY)).toEqual([
      expect.objectContaining({ code: 'payload_invalid', stage: 'process', source: 'datadog', count: 1, replayed: 0 }), expect.objectContaining({ code: 'payload_invalid', source: 'zabbix', count: 1 }),
      expect.objectContaining({ code: 'stage_bug', stage: 'correlate', source: null, count: 1 }),
    ])
    expect(await letters.counts({ ...span, companyIds: ['globex'] }, ANY)).toEqual([])
  })

  it('show the start of their original and give all of it, within the companies alone', async () => {
    const [first = '', second = ''] = await setAside('d1', [0, 2], 3)
    for (const id of [first, second]) {
      expect(await letters.get('all', id)).toMatchObject({ id, deliveryId: 'd1', original: { text: 'body of d1', bytes: 10, contentType: 'application/json', encoding: 'text', isTruncated: false } })
      expect(await letters.original(['acme'], id)).toMatchObject({ companyId: 'acme', bytes: Buffer.from('body of d1') })
      expect(await letters.get(['globex'], id)).toBeNull()
      expect(await letters.original(['globex'], id)).toBeNull()
    }
  })

  it('find their original in the letters where the log no longer keeps the record', async () => {
    const [, second = ''] = await setAside('d1', [0, 2], 3)
    letters = await open({ read: forgetful })
    expect(await letters.original('all', second)).toMatchObject({ bytes: Buffer.from('body of d1') })
    await letters.replay(CALLER, second)
    const { event } = (await world.records(TOPICS.raw.name, (await rawEnd()) - 1))[0]!
    expect(event).toMatchObject({ type: 'delivery', deliveryId: 'd1', companyId: 'acme', body: Buffer.from('body of d1'), replay: { elements: [0, 2] } })
  })
})

describe('the start of an original', () => {
  const shown = (body: string | Buffer) => preview({ key: '', value: null, delivery: deliveryAt(0, { body: Buffer.from(body as string) }).record.event as Delivery })

  it('steers no terminal and shows no secret', () => {
    expect(shown('{"a":"\u001b[31m\u202e\u0000"}\n').text).toBe('{"a":"\\u001b[31m\\u202e\\u0000"}\n')
    expect(shown('{"api_key":"s3cret","n":1}').text).toBe('{"api_key":"***","n":1}')
    expect(shown('{"key":"visible"}').text).toContain('visible')
  })

  it('is cut at 16 KB without breaking a character, and is base64 where it is no text', () => {
    const long = shown(`x${'ü'.repeat(20_000)}`)
    expect(long).toMatchObject({ isTruncated: true, bytes: 40_001, encoding: 'text' })
    expect(long.text).toMatch(/^xü+$/)
    expect(shown(Buffer.from([0xff, 0xfe, 0, 1]))).toMatchObject({ encoding: 'base64', text: '//4AAQ==' })
  })
})

describe('a replay', () => {
  it('appends the delivery once under its own id, with what of it is owed, and says who asked', async () => {
    const [first = '', second = ''] = await setAside('d1', [1, 3], 4)
    const before = await rawEnd()
    const [one, other] = await Promise.allSettled([letters.replay(CALLER, first), letters.replay(CALLER, second)])
    expect([one, other].filter((result) => result.status === 'fulfilled' && result.value?.wasReplayed === false)).toHaveLength(1)
    expect(await letters.replay(CALLER, second)).toMatchObject({ id: second, companyId: 'acme', deliveryId: 'd1', replayedBy: 'Ann', wasReplayed: true })
    expect(await rawEnd()).toBe(before + 1)
    const [{ event }] = (await world.records(TOPICS.raw.name, before)) as [{ event: Delivery }]
    expect(event).toMatchObject({ deliveryId: 'd1', body: Buffer.from('body of d1'), replay: { elements: [1, 3], actorId: 'boss', actorName: 'Ann' } })
    expect(event.replay?.position).toBe(Number(first.split(':')[2]))
    expect(await letters.replay(CLERK, first)).toBeNull()
  })

  it('brings all of a delivery of which nothing was understood, and again only what the replay before it owed', async () => {
    const [whole = ''] = await setAside('d1', [0], 1)
    await letters.replay(CALLER, whole)
    const [rest = ''] = await setAside('d2', [0], 1, { delivery: { replay: { position: 1, elements: [4], actorId: 'x', actorName: 'X', askedAtMs: 0 } } })
    await letters.replay(CALLER, rest)
    const events = (await world.records(TOPICS.raw.name, 0)).map(({ event }) => event as Delivery)
    expect(events.filter(({ deliveryId }) => deliveryId === 'd1').at(-1)?.replay?.elements).toEqual([])
    expect(events.filter(({ deliveryId }) => deliveryId === 'd2').at(-1)?.replay?.elements).toEqual([4])
  })

  it('asks the ledger where an old letter does not say how many alerts there were', async () => {
    const [id = ''] = await setAside('d1', [1], 0)
    await world.record('alerts.v1', [ledgerAt(1, { deliveryId: 'd1' })])
    await letters.replay(CALLER, id)
    expect((await world.records(TOPICS.raw.name, (await rawEnd()) - 1))[0]?.event).toMatchObject({ replay: { elements: [1] } })
  })

  it('shows what became of it: on its way, understood, or set aside again', async () => {
    const [id = ''] = await setAside('d1', [0], 1)
    expect((await letters.get('all', id))?.replay).toBeNull()
    await letters.replay(CALLER, id)
    expect((await letters.get('all', id))?.replay).toMatchObject({ by: 'Ann', state: 'in_flight', outcome: null })
    const at = (await rawEnd()) - 1
    const again = { deliveryId: 'd1', replay: { position: Number(id.split(':')[2]), elements: [], actorId: 'boss', actorName: 'Ann', askedAtMs: 0 } }
    await world.record('alerts.raw.v1', [deliveryAt(at, again)])
    await world.record('alerts.v1', [ledgerAt(at, { deliveryId: 'd1', problemKey: 'v1:acme-generic:p' })])
    expect((await letters.get('all', id))?.replay).toMatchObject({ state: 'done', outcome: { state: 'stored', fate: 'emitted', reason: 'opened', problemKey: 'v1:acme-generic:p', deadLetterId: null } })
    await world.analytics.command('truncate table ledger_v1')
    await world.record('alerts.v1', [ledgerAt(at, { deliveryId: 'd1', fate: 'rejected', reason: 'payload_invalid', problemKey: null, alert: null })])
    expect((await letters.get('all', id))?.replay).toMatchObject({ state: 'done', outcome: { state: 'dead_lettered', deadLetterId: `alerts.raw.v1:0:${positionOf(1, at)}:0` } })
    // Also where the database was lost: the log tells who replayed what.
    await world.database.query('delete from dead_letter_replays')
    expect((await letters.get('all', id))?.replay).toMatchObject({ by: 'Ann', state: 'done' })
    expect(await ids({ replayed: true })).toEqual([id])
  })

  it('of a record of another stage puts it back as it was', async () => {
    const offset = await world.append('correlation.v1', [{ event: { type: 'progress', partition: 0, atMs: 1, version: 1 } }], 'acme')
    await world.record('dead-letter.v1', [deadLetterAt(1, { deadLetterId: 'c1', topic: 'correlation.v1', position: positionOf(1, offset), stage: 'correlate', code: 'stage_bug', delivery: null })])
    expect(await letters.replay(CALLER, 'c1')).toMatchObject({ deliveryId: null, wasReplayed: false })
    expect(await world.records('correlation.v1', offset)).toHaveLength(2)
    expect((await letters.get('all', 'c1'))?.replay).toMatchObject({ state: 'done', outcome: null })
    expect(await ids({ replayed: true })).toEqual(['c1'])
  })

  it('is refused where nothing keeps the record, and may be asked for again', async () => {
    await world.record('dead-letter.v1', [deadLetterAt(12, { position: positionOf(2, 12) })])
    for (let turn = 0; turn < 2; turn += 1) await expect(letters.replay(CALLER, 'alerts.raw.v1:0:12:0')).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('send it again') })
    expect((await letters.get('all', 'alerts.raw.v1:0:12:0'))).toMatchObject({ original: null, replay: null })
  })

  it('that the log refuses is told, and can be taken up again after half a minute', async () => {
    const [id = ''] = await setAside('d1', [0], 1)
    const full = await open({ append: () => Promise.reject(new AppError('log_unavailable', 'the disk is full')) })
    await expect(full.replay(CALLER, id)).rejects.toMatchObject({ code: 'log_unavailable' })
    await expect(letters.replay(CALLER, id)).rejects.toMatchObject({ code: 'conflict' })
    world.clock.tick(31_000)
    expect(await letters.replay(CALLER, id)).toMatchObject({ wasReplayed: false })
  })
})

describe('a replay of many', () => {
  it('takes each record once, oldest first, in bounded steps, and leaves alone what came later', async () => {
    const all: string[] = []
    for (let n = 1; n <= 5; n += 1) all.push(...(await setAside(`d${n}`, n === 3 ? [0, 1] : [0], n === 3 ? 4 : 1)))
    await setAside('foreign', [0], 1, { letter: { companyId: 'globex' } })
    const before = await rawEnd()
    const acme = { ...span, companyIds: ['acme'] }
    let step = await letters.replayMany(CALLER, acme, ANY, { limit: 2, cursor: null })
    expect(step).toMatchObject({ matched: 5, replayed: 2, already: 0, failed: [], companies: { acme: 2 } })
    await setAside('later', [0], 1, { letter: { atMs: world.clock.now() + 60_000 } })
    const appended = await rawEnd()
    let turns = 1
    for (; step.next !== null; turns += 1) step = await letters.replayMany(CALLER, acme, ANY, { limit: 2, cursor: step.next })
    expect(turns).toBeLessThanOrEqual(4)
    const replays = (await world.records(TOPICS.raw.name, before)).map(({ event }) => event as Delivery).filter(({ replay }) => replay !== null)
    expect(replays.map(({ deliveryId }) => deliveryId)).toEqual(['d1', 'd2', 'd3', 'd4', 'd5'])
    expect(replays[2]?.replay?.elements).toEqual([0, 1])
    expect(await rawEnd()).toBe(appended + 3)
    expect(await ids({ replayed: true })).toHaveLength(6)
    expect((await letters.list(acme, { ...ANY, replayed: false }, { limit: 10, cursor: null })).items.map(({ deliveryId }) => deliveryId)).toEqual(['later'])
    expect((await letters.counts(acme, ANY)).reduce((sum, { replayed }) => sum + replayed, 0)).toBe(6)
  })

  it('does nothing twice, and goes past what cannot be replayed', async () => {
    await setAside('d1', [0], 1)
    await world.record('dead-letter.v1', [deadLetterAt(12, { position: positionOf(2, 12), delivery: null })])
    expect(await everything()).toMatchObject({ matched: 2, replayed: 1, failed: [{ id: 'alerts.raw.v1:0:12:0', code: 'conflict' }], next: null })
    expect(await everything()).toMatchObject({ matched: 1, replayed: 0, failed: [{ code: 'conflict' }] })
    expect(await everything({ code: 'stage_bug' })).toMatchObject({ matched: 0, replayed: 0, next: null })
  })
})

/** Reads as a log whose records of deliveries are gone, as retention leaves it. */
const forgetful: LogPort['read'] = async function* (topic, ...range) {
  if (topic === TOPICS.raw.name) throw new AppError('log_gap', 'gone')
  yield* world.log.read(topic, ...range)
}
