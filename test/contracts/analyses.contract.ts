/** What the analyst's half of the database must do, on either engine: the list, the one call for one version, money that is never passed, and what is kept. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeAnalyst } from '../../correlator/analyst/analyst.ts'
import type { Material } from '../../correlator/analyst/material.ts'
import type { AnalystNews, Ending } from '../../correlator/analyst/ports.ts'
import { readPrompt } from '../../correlator/analyst/prompts.ts'
import { NOTHING_SPENT } from '../../correlator/analyst/spending.ts'
import { worthAsking } from '../../correlator/analyst/worth.ts'
import { systemClock, TestClock } from '../../schemas/clock.ts'
import { openCodec, type Codec } from '../../schemas/codec.ts'
import type { Command, IncidentChanged, IncidentRecord } from '../../schemas/records.ts'
import { analysisQueries } from '../../storage/analyses/usage.ts'
import { followNews, newsWriter } from '../../storage/analyses/news.ts'
import { QUEUE_MAX } from '../../storage/analyses/queue.ts'
import { startAnalysisReader, type AnalysisReader } from '../../storage/analyses/reader.ts'
import { interruptAll, openAnalysisStore } from '../../storage/analyses/store.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { planRecords } from '../../storage/remediation/plan-records.ts'
import { projectBatch } from '../../storage/projection/project-batch.ts'
import { incident, placed } from '../harness/incident-records.ts'
import { MemoryLog, memorySchemaIds } from '../harness/memory-log.ts'
import { ScriptedModel } from '../harness/scripted-model.ts'
import type { EmptyDatabase } from './database.contract.ts'

const TOPIC = 'incidents.v1'
const SILENT = { info() {}, warn() {} }
const START_MS = Date.UTC(2026, 2, 1, 12)
const ADMIN = { kind: 'user', id: 'u', name: 'Ada', ip: null, scope: { role: 'msp_admin', userId: 'u', companyIds: 'all' } } as const

/** Runs the suite over an engine. */
export function analysesContract(engineName: string, make: () => Promise<EmptyDatabase>): void {
  describe(`analyses on ${engineName}`, () => {
    const schemaIds = memorySchemaIds()
    let empty: EmptyDatabase
    let database: Database
    let codec: Codec<IncidentRecord>
    let log: MemoryLog
    let reader: AnalysisReader
    let clock: TestClock
    let model: ScriptedModel
    let news: AnalystNews[]
    let store: ReturnType<typeof openAnalysisStore>

    beforeAll(async () => {
      empty = await make()
      database = await openDatabase({ ...empty.options, clock: systemClock })
      codec = await openCodec(TOPIC, schemaIds)
    })
    afterAll(async () => {
      await database.close()
      await empty.drop()
    })
    beforeEach(async () => {
      await database.query('truncate incidents, problems, incident_timeline, incident_joins, commands, reader_positions, outbox, analysis_queue, analyses, llm_usage, llm_settings, analysis_cache, analysis_news; delete from companies')
      await database.query(`insert into companies (id, name, created_at, updated_at) values ('c1', 'Acme', now(), now()), ('c2', 'Bolt', now(), now())`)
      log = new MemoryLog()
      clock = new TestClock(START_MS)
      model = new ScriptedModel()
      news = []
      store = openAnalysisStore(database, { clock, noted: () => undefined })
      reader = await read()
    })

    const read = (): Promise<AnalysisReader> => startAnalysisReader({ log, schemaIds, database, wants: worthAsking, logger: SILENT, failed: (error) => { throw error }, nowMs: () => clock.now() })
    /** Appends, projects and lists, as the log, the projector and the reader do. */
    const tell = async (...records: IncidentRecord[]): Promise<void> => {
      await log.append(records.map((record) => ({ topic: TOPIC, key: 'c1', value: codec.encode(record) })))
      await database.transaction((sql) => projectBatch(sql, records))
      await log.deliver()
    }
    const critical = (id: string, version: number, changes: Partial<IncidentChanged> = {}): IncidentRecord[] => [
      incident(id, version, { severity: 'critical', ...changes }), placed(id, `v1:i1:${id}`, version, { severity: 'critical', asset: `host-of-${id}`, title: `disk full on ${id}`, companyId: changes.companyId ?? 'c1' }),
    ]
    /** Far enough for everything to have settled: the memory log stamps its records in 2023. */
    const due = (): ReadonlyMap<number, number> => new Map([[0, Number.MAX_SAFE_INTEGER / 4]])
    const analyse = async (options: { limit?: number; whyNot?: string | null; signal?: AbortSignal } = {}): Promise<number> => {
      const analyst = makeAnalyst({
        store, model, prompt: readPrompt('incident'), runbooks: { list: async () => [{ id: 'clean-disk', summary: 'Free temporary space.' }] }, categoriesOf: async () => ['disk_cleanup', 'network'], whyNot: async () => options.whyNot ?? null, priceOf: () => null,
        tell: (one) => news.push(one), metrics: { ended() {}, spent() {}, cache() {}, queue() {}, budget() {} }, logger: SILENT, monotonicMs: () => 0,
      })
      const waiting = await store.claim(due(), options.limit ?? 10)
      await Promise.all(waiting.map((one) => analyst(one, options.signal ?? new AbortController().signal)))
      return waiting.length
    }
    const rows = (): Promise<readonly { incident_id: string; status: string; version: number; reason: string | null; is_cached: boolean; cost_micro_usd: number; tier: string | null; output: unknown }[]> => database.query('select * from analyses order by created_at, incident_id, version')
    const commands = async (): Promise<readonly Command[]> => (await database.query<{ record: { event: Command } }>('select record from outbox order by id')).map(({ record }) => record.event)
    const usage = (companyId = 'c1') => analysisQueries(database, { clock }).usage(ADMIN.scope, companyId)
    const budget = (monthlyMicroUsd: number | null, companyId: string | null = 'c1') => analysisQueries(database, { clock }).configure(ADMIN, companyId, { monthlyMicroUsd })
    const listed = async (): Promise<string[]> => (await database.query<{ id: string }>('select incident_id as id from analysis_queue order by 1')).map(({ id }) => id)

    it('lists what deserves an analysis, in the transaction of the position, and takes off what is over', async () => {
      await tell(...critical('x', 10), incident('small', 11), ...critical('done', 12))
      expect(await listed()).toEqual(['done', 'x'])
      expect(await database.query(`select reader, position from reader_positions where reader = 'aw-analyse'`)).toHaveLength(1)
      await tell(incident('done', 13, { severity: 'critical', status: 'resolved', openProblemCount: 0 }))
      expect(await listed()).toEqual(['x'])
    })

    it('goes on after a restart where its rows stand, and reads records it has read before without harm', async () => {
      await tell(...critical('x', 10))
      await reader.stop()
      await store.drop('x')
      reader = await read()
      await tell(...critical('y', 11))
      await log.deliverRaw(log.records(TOPIC).slice(0, 1))
      expect(await listed()).toEqual(['y'])
    })

    it('takes the older part of a backlog only when the log’s time has passed it', async () => {
      await tell(...critical('x', 10))
      const [{ due_at_ms: dueAtMs } = { due_at_ms: 0 }] = await database.query<{ due_at_ms: number }>('select due_at_ms from analysis_queue')
      expect(await store.claim(new Map([[0, dueAtMs - 1]]), 5)).toEqual([])
      expect(await store.claim(new Map([[1, dueAtMs + 1]]), 5)).toEqual([])
      expect(await store.claim(new Map([[0, dueAtMs]]), 5)).toMatchObject([{ incidentId: 'x', why: 'critical' }])
      // A change puts it off, but not for ever.
      await store.release('x')
      for (let version = 11; version < 200; version += 1) await log.append([{ topic: TOPIC, key: 'c1', value: codec.encode(incident('x', version, { severity: 'critical' })) }])
      await log.deliver()
      const [later] = await database.query<{ due_at_ms: number; first_at_ms: number }>('select due_at_ms, first_at_ms from analysis_queue')
      expect(later!.due_at_ms).toBeGreaterThan(dueAtMs)
      expect(later!.due_at_ms).toBeLessThanOrEqual(later!.first_at_ms + 120_000)
    })

    it('has the log’s time of the newest record while there is more to read, and the machine’s once there is none', async () => {
      await tell(...critical('x', 10))
      expect(await reader.logNowMs()).toEqual(new Map([[0, START_MS]]))
      await log.append([{ topic: TOPIC, key: 'c1', value: codec.encode(incident('y', 11)) }])
      expect((await reader.logNowMs()).get(0)).toBeLessThan(START_MS - 86_400_000)
    })

    it('gives one incident to one pair of hands, whoever asks at once', async () => {
      await tell(...critical('x', 10), ...critical('y', 11), ...critical('z', 12))
      const claims = await Promise.all([1, 2, 3, 4, 5].map(() => store.claim(due(), 2)))
      const taken = claims.flat().map(({ incidentId }) => incidentId)
      expect([...taken].sort()).toEqual(['x', 'y', 'z'])
    })

    it('takes turns between companies', async () => {
      for (let n = 0; n < 6; n += 1) await tell(...critical(`a${n}`, 10 + n))
      await tell(...critical('b0', 20, { companyId: 'c2' }))
      expect((await store.claim(due(), 2)).map(({ companyId }) => companyId).sort()).toEqual(['c1', 'c2'])
    })

    it('leaves out and counts what is beyond the room for a company', async () => {
      const many = Array.from({ length: QUEUE_MAX.company + 7 }, (_, n) => incident(`q${n}`, 100 + n, { severity: 'critical' }))
      await tell(...many)
      expect(await listed()).toHaveLength(QUEUE_MAX.company)
      expect((await usage()).months[0]).toMatchObject({ skipped: 7 })
      expect(await store.queue()).toEqual({ waiting: QUEUE_MAX.company, skipped: 7 })
      expect(await store.queue()).toMatchObject({ skipped: 0 })
    })

    it('asks, stores, shows and says it, all of it once', async () => {
      await tell(...critical('x', 10), incident('y', 11, { title: 'neighbour' }))
      model.script = ({ alerts, otherIncidents }) => ({
        summary: `${alerts[0]!.asset} is full.`, rootCause: { asset: alerts[0]!.asset!, reason: 'it is full', confidence: 0.9, evidence: [alerts[0]!.id, 'a99'] }, category: 'disk_cleanup', runbooks: ['clean-disk', 'format-disk'],
        merges: [{ incident: otherIncidents[0]!.id, reason: 'same', confidence: 0.9 }], severity: { advice: 'high', reason: 'spare disk', confidence: 0.9 },
      })
      expect(await analyse()).toBe(1)
      expect(model.asked).toHaveLength(1)
      expect(model.asked[0]).toMatchObject({ tier: 'strong', temperature: 0.3, maxTokens: 1_000 })
      expect(await rows()).toMatchObject([{ incident_id: 'x', status: 'done', version: 10, cost_micro_usd: 700, tier: 'strong' }])
      const [{ analysis } = { analysis: null }] = await database.query<{ analysis: unknown }>(`select analysis from incidents where id = 'x'`)
      expect(analysis).toMatchObject({
        status: 'done', summary: 'host-of-x is full.', rootCause: { asset: 'host-of-x', alertIds: ['a-v1:i1:x'] }, runbooks: ['clean-disk'], mergeProposals: [{ incidentId: 'y' }], dropped: { alerts: 1, runbooks: 1 },
      })
      const planned = await planRecords(database).incident('c1', 'x')
      expect(planned?.suggested).toEqual(['clean-disk'])
      expect(await commands()).toMatchObject([{ type: 'command', action: 'note', actor: { kind: 'analyst' }, incidentId: 'x', judgedVersion: 10, text: 'host-of-x is full.', severity: 'high', confidence: 0.9, intoIncidentId: null }])
      expect(await database.query('select action, status from commands')).toEqual([{ action: 'note', status: 'pending' }])
      expect(await listed()).toEqual([])
      expect(await analyse()).toBe(0)
      expect(news.filter(({ type }) => type === 'analysis_delta').map(({ data }) => ('text' in data ? data.text : '')).join('')).toBe('host-of-x is full.')
      expect(news.at(-1)).toMatchObject({ type: 'incident_updated', companyId: 'c1', data: { id: 'x', companyId: 'c1', version: 10, status: 'open', analysis: 'done' } })
    })

    it('asks the cheap model first, and the strong one where the first answer is unsure', async () => {
      const several = { sources: ['zabbix', 'datadog'], problemCount: 2 }
      await tell(incident('x', 10, several), incident('y', 11, { ...several, severity: 'low' }))
      model.script = (_, { tier }) => ({ confidence: tier === 'cheap' ? 0.59 : 0.8, summary: tier })
      await analyse({ limit: 1 })
      expect(model.asked.map(({ tier }) => tier)).toEqual(['cheap', 'strong'])
      expect(await rows()).toMatchObject([{ status: 'done', tier: 'strong', calls: 2, cost_micro_usd: 1_400 }])
      model.script = () => ({ confidence: 0.6 })
      await analyse({ limit: 1 })
      expect(model.asked.map(({ tier }) => tier)).toEqual(['cheap', 'strong', 'cheap'])
    })

    it('analyses again only what has grown fourfold', async () => {
      await tell(...critical('x', 10))
      await analyse()
      await tell(incident('x', 39, { severity: 'critical' }))
      expect(await listed()).toEqual([])
      await tell(incident('x', 40, { severity: 'critical' }))
      expect(await listed()).toEqual(['x'])
    })

    it('does not pay twice for a version after a crash between call and result', async () => {
      await tell(...critical('x', 10))
      const stop = new AbortController()
      model.script = () => {
        stop.abort(new Error('the process ends'))
        return {}
      }
      await expect(analyse({ signal: stop.signal })).rejects.toThrow('the process ends')
      expect(await rows()).toMatchObject([{ status: 'asking' }])
      const reserved = (await usage()).months[0]!.reservedMicroUsd
      expect(reserved).toBeGreaterThan(0)

      model.script = () => ({})
      clock.tick(16 * 60_000)
      expect(await store.sweep()).toBe(1)
      expect(await rows()).toMatchObject([{ status: 'interrupted', cost_micro_usd: reserved }])
      expect((await usage()).months[0]).toMatchObject({ reservedMicroUsd: 0, spentMicroUsd: reserved, calls: 1 })
      await tell(incident('x', 11, { severity: 'critical' }))
      expect(await analyse()).toBe(0)
      expect(model.asked).toHaveLength(1)
      // A person may have it anyway.
      await analysisQueries(database, { clock }).request(ADMIN, 'x')
      await analyse()
      expect((await rows()).map(({ status }) => status).sort()).toEqual(['done', 'interrupted'])
    })

    it('asks again what was taken but not begun when the process ended', async () => {
      await tell(...critical('x', 10))
      expect(await store.claim(due(), 1)).toHaveLength(1)
      expect(await store.claim(due(), 1)).toHaveLength(0)
      await interruptAll(database, clock)
      expect(await analyse()).toBe(1)
      expect(await rows()).toMatchObject([{ status: 'done' }])
    })

    it('settles at the start of a process that owns the database what the one before left', async () => {
      await tell(...critical('x', 10))
      const stop = new AbortController()
      model.script = () => {
        stop.abort(new Error('ends'))
        return {}
      }
      await expect(analyse({ signal: stop.signal })).rejects.toThrow('ends')
      expect(await interruptAll(database, clock)).toBe(1)
      expect(await rows()).toMatchObject([{ status: 'interrupted' }])
    })

    it('never passes a budget, however many ask at once', async () => {
      for (let n = 0; n < 12; n += 1) await tell(...critical(`x${n}`, 10 + n))
      const ceiling = 140_000
      const affordable = 300_000
      await budget(affordable)
      model.costMicroUsd = ceiling / 2
      let under = 0
      let most = 0
      model.script = async () => {
        most = Math.max(most, ++under)
        await new Promise((resolve) => setImmediate(resolve))
        under -= 1
        return {}
      }
      await analyse({ limit: 12 })
      const view = await usage()
      expect(view.months[0]!.spentMicroUsd + view.months[0]!.reservedMicroUsd).toBeLessThanOrEqual(affordable)
      expect(view.months[0]!.refused).toBeGreaterThan(0)
      expect(view.months[0]!.calls).toBeGreaterThan(0)
      expect(view).toMatchObject({ isStopped: true, isAlerted: true })
      const over = (await rows()).filter(({ status }) => status === 'over_budget')
      // One that began after another of its shape was answered is served from the cache.
      expect(over.length).toBe(12 - view.months[0]!.calls - (await rows()).filter((row) => row.is_cached).length)
      expect(over[0]!.reason).toContain('budget')
      expect(most).toBeGreaterThan(0)
    })

    it('tells once of 80 per cent and once of the end, writes both down, and forgets it when the budget is raised or the month is over', async () => {
      const [before] = await database.query<{ id: number }>('select coalesce(max(id), 0)::float8 as id from audit_log')
      await budget(1_000_000)
      model.costMicroUsd = 810_000
      await tell(...critical('x', 10))
      await analyse()
      const told = () => news.filter(({ type }) => type === 'notification').map(({ data }) => ('percent' in data ? data.percent : 0))
      expect(told()).toEqual([80])
      expect(await usage()).toMatchObject({ usedPercent: 81, isAlerted: true, isStopped: false })
      model.costMicroUsd = 200_000
      await tell(...critical('y', 11))
      await analyse()
      await tell(...critical('z', 12))
      await analyse()
      expect(told()).toEqual([80, 100])
      expect((await database.query<{ action: string }>(`select action from audit_log where action like 'llm.budget%' and id > $1 order by id`, [before?.id])).map(({ action }) => action)).toEqual(['llm.budget_alert', 'llm.budget_exhausted'])
      expect(await usage()).toMatchObject({ isStopped: true })
      await budget(10_000_000)
      expect(await usage()).toMatchObject({ isStopped: false, budgetIsOwn: true })
      await budget(null)
      clock.tick(31 * 86_400_000)
      expect(await usage()).toMatchObject({ month: '2026-04', usedPercent: 0, budgetIsOwn: false, budgetMicroUsd: 20_000_000 })
    })

    it('takes the MSP’s budget where a company has none of its own', async () => {
      await budget(0, null)
      expect(await usage()).toMatchObject({ budgetMicroUsd: 0, isStopped: true })
      await budget(500, 'c2')
      expect(await usage('c2')).toMatchObject({ budgetMicroUsd: 500 })
      await tell(...critical('x', 10))
      await analyse()
      expect(model.asked).toHaveLength(0)
      expect(await rows()).toMatchObject([{ status: 'over_budget' }])
    })

    it('serves one shape from the cache within a company, never across companies, and proposes no merges from it', async () => {
      model.script = ({ alerts, otherIncidents }) => ({ summary: `${alerts[0]!.asset} again`, rootCause: { asset: alerts[0]!.asset!, reason: 'x', confidence: 0.9, evidence: ['a1'] }, merges: otherIncidents.map(({ id }) => ({ incident: id, reason: 'same', confidence: 1 })) })
      const facts = { alertCount: 10, title: 'disk full' }
      const of = (id: string, version: number, companyId: string): IncidentRecord[] => [incident(id, version, { ...facts, severity: 'critical', companyId }), placed(id, `v1:${id}`, version, { asset: `nas-${version}`, severity: 'critical', companyId, title: 'disk full', count: 10 })]
      await tell(...of('x', 10, 'c1'))
      await analyse()
      await tell(incident('x', 11, { ...facts, severity: 'critical', status: 'resolved', openProblemCount: 0 }))
      await tell(...of('y', 12, 'c1'), ...of('z', 13, 'c2'))
      await analyse()
      expect(model.asked).toHaveLength(2)
      const shown = await database.query<{ id: string; analysis: { summary: string; isCached: boolean; mergeProposals: unknown[]; rootCause: object } }>(`select id, analysis from incidents where id in ('y', 'z') order by id`)
      expect(shown).toMatchObject([
        { id: 'y', analysis: { summary: 'nas-12 again', isCached: true, mergeProposals: [], rootCause: { asset: 'nas-12', alertIds: ['a-v1:y'] } } },
        { id: 'z', analysis: { summary: 'nas-13 again', isCached: false } },
      ])
      expect((await usage()).months[0]).toMatchObject({ cacheHits: 1, cacheMisses: 1, cacheHitRate: 0.5, calls: 1 })
      clock.tick(25 * 3_600_000)
      await tell(...of('w', 14, 'c1'))
      await analyse()
      expect(model.asked).toHaveLength(3)
    })

    it('works by rules alone where no model may be asked, and says why', async () => {
      await tell(...critical('x', 10))
      await analyse({ whyNot: 'the company is in mode demo' })
      expect(model.asked).toHaveLength(0)
      expect(await rows()).toMatchObject([{ status: 'rules_only', reason: 'the company is in mode demo' }])
      expect(await database.query(`select analysis ->> 'status' as status from incidents where id = 'x'`)).toEqual([{ status: 'rules_only' }])
      expect(await commands()).toEqual([])
    })

    it('keeps what rules made where every provider fails, counts what was paid, and says why there is none', async () => {
      await tell(...critical('x', 10))
      const { AppError } = await import('../../schemas/errors.ts')
      model.script = () => new AppError('llm_invalid_output', 'no', { details: { usage: { inputTokens: 50, outputTokens: 5, cachedInputTokens: 0, costMicroUsd: 42 } } })
      await analyse()
      expect(await rows()).toMatchObject([{ status: 'failed', cost_micro_usd: 42, reason: 'the answer does not fit its schema' }])
      expect((await usage()).months[0]).toMatchObject({ spentMicroUsd: 42, reservedMicroUsd: 0 })
      expect(await commands()).toEqual([])
      model.script = () => ({ summary: 5 as unknown as string })
      await tell(incident('x', 11, { severity: 'critical' }))
      await analyse()
      expect((await rows()).at(-1)).toMatchObject({ status: 'failed', version: 11 })
    })

    it('waits for the projection where it is behind', async () => {
      await log.append([{ topic: TOPIC, key: 'c1', value: codec.encode(incident('x', 10, { severity: 'critical' })) }])
      await log.deliver()
      await analyse()
      expect(model.asked).toHaveLength(0)
      expect(await listed()).toEqual(['x'])
    })

    it('drops in silence what was merged or ended meanwhile', async () => {
      await tell(...critical('x', 10))
      await database.query(`update incidents set status = 'resolved' where id = 'x'`)
      await analyse()
      expect([model.asked.length, await listed(), (await rows()).length]).toEqual([0, [], 0])
    })

    it('carries news to another process, from when that began to listen', async () => {
      const write = newsWriter(database, { clock: systemClock, logger: SILENT })
      const kept = async (count: number): Promise<void> => expect.poll(() => database.query('select 1 from analysis_news')).toHaveLength(count)
      write({ type: 'before' })
      await kept(1)
      const heard: unknown[] = []
      const following = followNews(database, { clock, logger: SILENT, tell: (one) => heard.push(one) })
      // The first look only notes where the news stand, so it is told until somebody hears.
      await expect.poll(() => {
        if (heard.length === 0) write({ type: 'delta' })
        clock.tick(500)
        return heard.length
      }).toBeGreaterThan(0)
      await following.stop()
      expect(new Set(heard.map((one) => (one as { type: string }).type))).toEqual(new Set(['delta']))
    })

    it('ends twice without counting twice', async () => {
      await tell(...critical('x', 10))
      const [waiting] = await store.claim(due(), 1)
      const found = await store.material(waiting!)
      if (found === null || found === 'behind') throw new Error('no material')
      const material: Material = { ...found, categories: [], runbooks: [] }
      const { begun } = await store.begin({ material, why: 'critical', promptVersion: 'incident@1', reserveMicroUsd: 100 })
      if (begun.kind !== 'begun') throw new Error(begun.kind)
      expect((await store.begin({ material, why: 'critical', promptVersion: 'incident@1', reserveMicroUsd: 100 })).begun).toEqual({ kind: 'known' })
      const ending: Ending = { status: 'failed', reason: 'x', tier: 'cheap', provider: null, model: null, spent: { ...NOTHING_SPENT, calls: 1, costMicroUsd: 9 }, latencyMs: 1, isCached: false, repaired: false, output: null, keep: null, note: { text: 'n', severity: null, confidence: null } }
      await store.end(begun.analysisId, material, ending)
      await store.end(begun.analysisId, material, ending)
      expect((await usage()).months[0]).toMatchObject({ calls: 1, spentMicroUsd: 9, reservedMicroUsd: 0 })
      expect(await commands()).toHaveLength(1)
    })
  })
}
