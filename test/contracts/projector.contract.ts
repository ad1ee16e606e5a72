/** What the projector must make of incidents.v1, on either database. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../schemas/clock.ts'
import { openCodec, type Codec } from '../../schemas/codec.ts'
import type { IncidentRecord } from '../../schemas/records.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { startProjector, type Projected, type Projector } from '../../storage/projector.ts'
import { incident, note, outcome, placed } from '../harness/incident-records.ts'
import { MemoryLog, memorySchemaIds } from '../harness/memory-log.ts'
import type { EmptyDatabase } from './database.contract.ts'

const TOPIC = 'incidents.v1'
const SILENT = { warn() {}, error() {} }

/** Runs the suite over an engine. */
export function projectorContract(engineName: string, make: () => Promise<EmptyDatabase>): void {
  describe(`projector on ${engineName}`, () => {
    const schemaIds = memorySchemaIds()
    let empty: EmptyDatabase
    let database: Database
    let codec: Codec<IncidentRecord>
    let log: MemoryLog
    let projector: Projector
    let told: Projected[]
    let failures: Error[]

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
      await wipe()
      log = new MemoryLog()
      await start()
    })
    afterEach(() => projector.stop())

    const wipe = async (): Promise<void> => {
      await database.query('truncate incidents, problems, incident_timeline, incident_joins, commands, reader_positions; alter sequence incident_number restart')
    }
    const start = async (): Promise<void> => {
      told = []
      failures = []
      projector = await startProjector({ log, schemaIds, database, logger: SILENT, failed: (error) => failures.push(error) })
      projector.onProjected((projected) => told.push(projected))
    }
    const append = (...records: IncidentRecord[]): Promise<void> => log.append(records.map((record) => ({ topic: TOPIC, key: 'c1', value: codec.encode(record) })))
    const project = async (...records: IncidentRecord[]): Promise<void> => {
      await append(...records)
      await log.deliver()
    }
    const timeline = (id: string): Promise<readonly { kind: string; text: string }[]> => database.query('select kind, text from incident_timeline where incident_id = $1 order by version, event_id', [id])
    const everything = async (): Promise<unknown> => ({
      incidents: await database.query('select * from incidents order by id'),
      problems: await database.query('select * from problems order by problem_key'),
      timeline: await database.query('select * from incident_timeline order by incident_id, event_id'),
      joins: await database.query('select * from incident_joins order by incident_id'),
    })

    it('writes an incident and its problem as the records say them', async () => {
      await project(incident('x', 10, { assignee: 'u1', severity: 'high', acknowledgedAtMs: 1_767_225_600_123, assets: ['web-1', 'db,"1"'] }), placed('x', 'v1:i1:p', 10, {}, { rule: 'founded' }))
      expect(await database.query('select company_id, number, version, status, severity, priority, assignee, assets, alert_count, acknowledged_at, resolved_at, merged_into from incidents')).toEqual([
        { company_id: 'c1', number: 1, version: 10, status: 'open', severity: 'high', priority: 3, assignee: 'u1', assets: ['web-1', 'db,"1"'], alert_count: 10, acknowledged_at: new Date(1_767_225_600_123), resolved_at: null, merged_into: null },
      ])
      expect(await database.query('select problem_key, incident_id, status, labels, alert_count, evidence from problems')).toEqual([
        { problem_key: 'v1:i1:p', incident_id: 'x', status: 'firing', labels: { site: 'berlin' }, alert_count: 10, evidence: expect.objectContaining({ rule: 'founded', score: 0.82 }) },
      ])
    })

    it('keeps what an incident shows beyond its problems, and takes it back', async () => {
      const shown = {
        findings: [{ kind: 'cascade', confidence: 0.8, reason: 'db-1 reached shop', sinceMs: 1, problemKeys: ['p'], figures: { assets: 2 } }],
        rootCause: { asset: 'db-1', confidence: 0.7, reason: 'it began first', chain: [{ asset: 'db-1', problemKey: 'p', atMs: 1, because: 'most likely at fault' }] },
        classification: { category: 'network', confidence: 0.9, reason: 'the word router', canResolveAutomatically: false, action: 'assign', by: 'words' },
        severityJudgement: { severity: 'low', confidence: 0.8, by: 'rule', reason: 'test site' },
      }
      const columns = 'select category, findings, root_cause as "rootCause", classification, severity_judgement as "severityJudgement" from incidents'
      await project(incident('x', 10, shown))
      expect(await database.query(columns)).toEqual([{ category: 'network', ...shown }])
      await project(incident('x', 11))
      expect(await database.query(`${columns} where root_cause is null and classification is null and severity_judgement is null`)).toEqual([{ category: null, findings: [], rootCause: null, classification: null, severityJudgement: null }])
    })

    it('keeps a problem that is quiet without an incident and with its reason, and says in the incident it left that it left', async () => {
      const suppression = { kind: 'dependency', ruleId: null, reason: 'behind router, which cannot be reached', byProblemKey: 'router', sinceMs: 1_000, untilMs: null }
      const quiet = (version: number): IncidentRecord => {
        const record = placed('', 'p', version)
        return record.event.type === 'problem' ? { event: { ...record.event, suppression } } : record
      }
      await project(incident('a', 10), placed('a', 'p', 10, {}, { rule: 'founded' }))
      await project(quiet(11))
      expect(await database.query('select incident_id, suppression from problems')).toEqual([{ incident_id: null, suppression }])
      expect((await timeline('a')).at(-1)).toEqual({ kind: 'problem_quiet', text: 'disk full on web-1 (zabbix) is kept quiet: behind router, which cannot be reached' })
      await project(quiet(12), placed('a', 'p', 13))
      expect(await database.query('select incident_id, suppression, version from problems')).toEqual([{ incident_id: 'a', suppression: null, version: 13 }])
      expect((await timeline('a')).map(({ kind }) => kind)).toEqual(['opened', 'problem_quiet', 'problem_joined'])
    })

    it('keeps the newest of several versions in one batch, and never goes back', async () => {
      await project(incident('x', 10), incident('x', 12, { title: 'newer' }), incident('x', 11, { title: 'older' }), placed('x', 'p', 12, { status: 'resolved' }), placed('x', 'p', 11))
      await project(incident('x', 11, { title: 'older' }), placed('x', 'p', 10))
      expect(await database.query('select version, title from incidents')).toEqual([{ version: 12, title: 'newer' }])
      expect(await database.query('select version, status from problems')).toEqual([{ version: 12, status: 'resolved' }])
    })

    it('gives each incident one number, in the order they appear', async () => {
      await project(incident('b', 1), incident('a', 2), incident('b', 3))
      await project(incident('c', 4), incident('a', 5))
      expect(await database.query('select id, number from incidents order by number')).toEqual([{ id: 'b', number: 1 }, { id: 'a', number: 2 }, { id: 'c', number: 3 }])
    })

    it('comes to the same rows however the log is cut, when records stand on it twice, and when it is read again from the start', async () => {
      const story = [
        incident('a', 1), placed('a', 'p1', 1, {}, { rule: 'founded' }), incident('b', 2, { severity: 'critical' }), placed('b', 'p2', 2, {}, { rule: 'founded' }), placed('a', 'p3', 3), incident('a', 3, { severity: 'high' }),
        note('n1', 'a', 4), incident('a', 5, { mergedInto: 'b', cause: 'merge', causeId: 'b' }), incident('b', 5, { cause: 'merge', causeId: 'a', severity: 'critical' }), outcome('m1', 'b', 5, { action: 'merge' }),
        placed('b', 'p1', 6, { change: 'repeated' }), incident('b', 7, { status: 'resolved', resolvedAtMs: 1_767_225_600_000, severity: 'critical' }), incident('b', 8, { status: 'open', reopenCount: 1, severity: 'low' }),
      ]
      await append(...story)
      await log.deliver(1)
      const cutInOnes = await everything()
      for (const batchRecords of [3, 1_000]) {
        await wipe()
        await log.deliver(batchRecords)
        expect(await everything()).toEqual(cutInOnes)
      }
      await append(...story.slice(4), ...story)
      await log.deliver(5)
      expect(await everything()).toEqual(cutInOnes)
    })

    it('tells what happened in plain words, once', async () => {
      await project(incident('x', 1), placed('x', 'founder', 1, {}, { rule: 'founded' }), placed('x', 'p2', 2, { title: 'cpu high', asset: 'web-2' }), incident('x', 2, { severity: 'critical' }))
      await project(outcome('k1', 'x', 3), incident('x', 3, { severity: 'critical', cause: 'command', causeId: 'k1', acknowledgedAtMs: 5 }), note('k2', 'x', 4), outcome('k2', 'x', 4, { action: 'note' }), outcome('k3', 'x', 4, { status: 'refused', code: 'version_stale' }))
      await project(outcome('k4', 'x', 4, { action: 'assign' }), incident('x', 4, { severity: 'critical', cause: 'command', causeId: 'k4', status: 'assigned', assignee: 'u2' }))
      await project(incident('x', 5, { severity: 'critical', status: 'resolved', assignee: 'u2' }), incident('x', 6, { severity: 'low', status: 'assigned', assignee: 'u2', reopenCount: 1 }), placed('x', 'p2', 6, { change: 'repeated' }))
      expect(await timeline('x')).toEqual([
        { kind: 'opened', text: 'Opened with severity medium: disk full on x' },
        { kind: 'problem_joined', text: 'cpu high on web-2 (zabbix) joined: score 0.82 of 0.50 needed, most for asset (the same asset)' },
        { kind: 'severity_changed', text: 'Severity rose from medium to critical' },
        { kind: 'acknowledged', text: 'Acknowledged' },
        { kind: 'assignee', text: 'Assigned to u2' },
        { kind: 'assigned', text: 'Changed the assignment' },
        { kind: 'note', text: 'looking at it' },
        { kind: 'resolved', text: 'Resolved: its last problem is over' },
        { kind: 'reopened', text: 'Reopened: a problem of it fires again' },
        { kind: 'severity_changed', text: 'Severity fell from critical to low' },
      ])
      expect(await database.query(`select actor from incident_timeline where kind = 'acknowledged'`)).toEqual([{ actor: { kind: 'user', id: 'u1', name: 'Anna' } }])
    })

    it('tells 200 problems one by one and counts the rest in one row', async () => {
      const joins = Array.from({ length: 250 }, (_, index) => placed('x', `p${index}`, index + 2))
      await project(incident('x', 1), ...joins.slice(0, 190))
      await project(...joins.slice(190, 230))
      expect(await database.query(`select kind, count(*) as n, max(text) filter (where kind = 'problems_joined') as text from incident_timeline group by kind order by kind`)).toEqual([
        { kind: 'opened', n: 1, text: null }, { kind: 'problem_joined', n: 200, text: null }, { kind: 'problems_joined', n: 1, text: '30 more problems joined' },
      ])
      await project(...joins.slice(230), ...joins)
      expect(await database.query(`select text from incident_timeline where kind = 'problems_joined'`)).toEqual([{ text: '50 more problems joined' }])
    })

    it('shortens merges to the last survivor, under which all problems are found', async () => {
      await project(incident('a', 1), incident('b', 2), incident('c', 3), incident('d', 4), placed('a', 'pa', 1), placed('b', 'pb', 2), placed('c', 'pc', 3), placed('d', 'pd', 4))
      await project(incident('a', 5, { mergedInto: 'b' }))
      await project(incident('c', 7, { mergedInto: 'd' }), incident('b', 6, { mergedInto: 'c' }))
      expect(await database.query('select id, merged_into from incidents order by id')).toEqual([{ id: 'a', merged_into: 'd' }, { id: 'b', merged_into: 'd' }, { id: 'c', merged_into: 'd' }, { id: 'd', merged_into: null }])
      expect(await database.query(`select problem_key from problems where incident_id in (select * from incident_ids('d')) order by 1`)).toEqual([{ problem_key: 'pa' }, { problem_key: 'pb' }, { problem_key: 'pc' }, { problem_key: 'pd' }])
      await project(incident('a', 8, { mergedInto: 'b', title: 'told again' }))
      expect(await database.query(`select merged_into from incidents where id = 'a'`)).toEqual([{ merged_into: 'd' }])
    })

    it('settles commands once and tells listeners after the commit', async () => {
      for (const id of ['k1', 'k2']) await database.query(`insert into commands (id, company_id, incident_id, action, actor, created_at) values ($1, 'c1', 'x', 'acknowledge', '{}', now())`, [id])
      const seen: unknown[] = []
      const off = projector.onProjected(({ outcomes }) => seen.push(...outcomes.map(({ commandId }) => commandId)))
      await project(incident('x', 1), incident('x', 9), outcome('k1', 'x', 9), outcome('k2', 'x', 9, { status: 'refused', code: 'version_stale', message: 'moved on' }), outcome('k1', 'x', 9), outcome('foreign', 'x', 9))
      expect(await database.query('select id, status, code, message, version, applied_incident_id, settled_at is not null as settled from commands order by id')).toEqual([
        { id: 'k1', status: 'done', code: null, message: '', version: 9, applied_incident_id: 'x', settled: true },
        { id: 'k2', status: 'refused', code: 'version_stale', message: 'moved on', version: 9, applied_incident_id: 'x', settled: true },
      ])
      expect(seen).toEqual(['k1', 'k2', 'foreign'])
      expect(told[0]?.incidents.map(({ change, number, isNew }) => ({ id: change.incidentId, version: change.version, number, isNew }))).toEqual([{ id: 'x', version: 9, number: 1, isNew: true }])
      off()
      await project(incident('x', 10), outcome('k1', 'x', 10, { status: 'refused' }))
      expect(await database.query(`select status from commands where id = 'k1'`)).toEqual([{ status: 'done' }])
      expect(seen).toHaveLength(3)
      expect(told[1]?.incidents[0]?.isNew).toBe(false)
    })

    it('goes on after the last committed record, also with a batch a former owner hands in late', async () => {
      await project(incident('x', 1), incident('y', 2))
      await projector.stop()
      await start()
      await project(incident('z', 3))
      expect(told.flatMap(({ incidents }) => incidents.map(({ change }) => change.incidentId))).toEqual(['z'])
      await log.deliverRaw(log.records(TOPIC).slice(0, 2))
      expect(told).toHaveLength(1)
      expect(await database.query('select position from reader_positions')).toEqual([{ position: 2 ** 40 + 2 }])
      expect(log.committed.get('aw-project/incidents.v1/0')).toBe(2)
    })

    it('catches up by itself when an older database is put back', async () => {
      await project(incident('x', 1))
      await database.query('create table backup_incidents as table incidents; create table backup_positions as table reader_positions; create table backup_timeline as table incident_timeline')
      await project(incident('x', 2, { title: 'later' }), incident('y', 3))
      const before = await everything()
      await wipe()
      await database.query(`insert into incidents select * from backup_incidents; insert into reader_positions select * from backup_positions; insert into incident_timeline select * from backup_timeline;
        drop table backup_incidents, backup_positions, backup_timeline; select setval('incident_number', 1)`)
      await log.deliver()
      expect(await everything()).toEqual(before)
    })

    it('stops with log_gap when the log no longer holds what comes next, and with log_rewound when it ends before', async () => {
      await project(incident('x', 1))
      await append(incident('x', 2), incident('x', 3))
      log.trim(TOPIC, 2)
      await expect(log.deliver()).rejects.toMatchObject({ code: 'log_gap' })
      expect(failures).toMatchObject([{ code: 'log_gap' }])
      expect(await database.query('select version from incidents')).toEqual([{ version: 1 }])
      log = new MemoryLog()
      await start()
      await expect(log.deliver()).rejects.toMatchObject({ code: 'log_rewound' })
      log = new MemoryLog(2)
      await start()
      await project(incident('x', 4))
      expect(await database.query('select version from incidents')).toEqual([{ version: 4 }])
    })

    it('writes nothing of a batch that fails, and all of it the next time', async () => {
      await append(incident('x', 1), placed('x', 'p', 1))
      await database.query('alter table problems rename to problems_away')
      try {
        await expect(log.deliver()).rejects.toMatchObject({ code: 'internal' })
        expect(await database.query('select id from incidents')).toEqual([])
        expect(told).toEqual([])
      } finally {
        await database.query('alter table problems_away rename to problems')
      }
      await log.deliver()
      expect(await database.query('select id from incidents')).toEqual([{ id: 'x' }])
    })

    it('shows a NUL character a vendor sent instead of stopping at it, and sets an unreadable record aside', async () => {
      await append(incident('x', 1, { title: 'a\0b' }), placed('x', 'p\0', 1, { labels: { 'k\0': 'v\0' } }))
      await log.append([{ topic: TOPIC, key: 'c1', value: Buffer.from('garbage') }])
      await project(incident('y', 3))
      expect(await database.query('select id, title from incidents order by id')).toMatchObject([{ id: 'x', title: 'a\uFFFDb' }, { id: 'y' }])
      expect(await database.query('select problem_key, labels from problems')).toEqual([{ problem_key: 'p\uFFFD', labels: { 'k\uFFFD': 'v\uFFFD' } }])
      expect(log.records('dead-letter.v1')).toHaveLength(1)
    })
  })
}
