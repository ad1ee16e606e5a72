import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MappingDocument } from '../../schemas/mapping.ts'
import { ALERTS_MAX, LABEL_VALUE_MAX, MESSAGE_MAX, TITLE_MAX } from '../sources/limits.ts'
import { mappingOf } from './cache.ts'
import { applyMapping, compileMapping, type Mapped } from './mapping.ts'

const good: MappingDocument = {
  items: 'report.jobs', asset: 'machine.name', signature: 'task', severity: 'rc', status: 'state', externalId: 'join(\'/\', [$.report.server, id])', startedAt: 'began', title: 'headline', message: 'log',
  labels: { server: '$.report.server', site: 'machine.site || \'nowhere\'' }, severities: { 0: 'info', 4: 'medium', 8: 'critical' }, statuses: { done: 'resolved', stuck: 'firing' },
}
const mapping = (document: unknown) => {
  const compiled = compileMapping(document)
  if ('faults' in compiled) throw new Error(JSON.stringify(compiled.faults))
  return compiled.mapping
}
const faultsOf = (document: unknown) => {
  const compiled = compileMapping(document)
  return 'faults' in compiled ? compiled.faults.map(({ field, message, position }) => [field, message, position]) : []
}
const map = (document: unknown, payload: unknown): Mapped => applyMapping(mapping(document), payload, 'backup-tool')
const rejected = ({ alerts }: Mapped) => alerts.flatMap((one) => ('rejected' in one ? [[one.rejected.code, one.rejected.path, one.rejected.message]] : []))

describe('a mapping', () => {
  const job = { machine: { name: 'db-1', site: 'Berlin' }, task: 'nightly', rc: 8, state: 'stuck', id: 7, began: '2026-01-01T00:00:00Z', headline: 'Backup of db-1 failed', log: 'no space' }

  it('reads every field, with the tool\'s own words and what stands around the element', () => {
    const { alerts, steps } = map(good, { report: { server: 'srv', jobs: [job] } })
    expect(alerts).toEqual([{
      source: 'backup-tool', externalId: 'srv/7', asset: 'db-1', signature: 'nightly', severity: 'critical', status: 'firing', title: 'Backup of db-1 failed', message: 'no space',
      startsAtMs: Date.UTC(2026, 0, 1), labels: { server: 'srv', site: 'Berlin' },
    }])
    expect(steps).toBeLessThan(100)
  })

  it('takes what is missing for null, words that every tool means alike for what they mean, and others for unknown', () => {
    const [only] = map(good, { report: { jobs: [{ task: 'x', rc: 'WARNING', state: ' Recovered ' }] } }).alerts
    expect(only).toMatchObject({ asset: null, severity: 'medium', status: 'resolved', startsAtMs: null, labels: { site: 'nowhere' }, title: 'x' })
    expect(map(good, { report: { jobs: [{ task: 'x', rc: 'purple', state: 'odd' }] } }).alerts).toMatchObject([{ severity: 'unknown', status: 'unknown' }])
    expect(map(good, { report: { jobs: [{ task: 'x' }] } }).alerts).toMatchObject([{ severity: 'unknown', status: 'firing' }])
  })

  it('reads a payload without items as one alert, and a list as several', () => {
    expect(map({ asset: 'h' }, { h: 'a' }).alerts).toMatchObject([{ asset: 'a' }])
    expect(map({ asset: 'h' }, [{ h: 'a' }, { h: 'b' }]).alerts).toMatchObject([{ asset: 'a' }, { asset: 'b' }])
    expect(map({ items: 'one', asset: 'h' }, { one: { h: 'a' } }).alerts).toMatchObject([{ asset: 'a' }])
    expect(map({ items: 'list', asset: 'h' }, { list: [] }).alerts).toEqual([])
  })

  it('takes the first text of a list, because projections give lists', () => {
    expect(map({ asset: 'tags[?k==\'host\'].v', message: 'none[]' }, { tags: [{ k: 'x', v: 1 }, { k: 'host', v: 'a' }, { k: 'host', v: 'b' }] }).alerts).toMatchObject([{ asset: 'a', message: '' }])
  })

  it('rejects the element that cannot be read, says where and which expression, and lets the others pass', () => {
    const outcome = map({ items: 'report.jobs[]', asset: 'lower(host)' }, { report: { jobs: [{ host: 'A' }, { host: 5 }, { host: 'B' }, {}] } })
    expect(outcome.alerts).toMatchObject([{ asset: 'a' }, {}, { asset: 'b' }, {}])
    expect(rejected(outcome)).toEqual([
      ['mapping_failed', '/1', 'asset: argument 1 of lower() must be string, and is number'],
      ['mapping_failed', '/3', 'none of asset, signature, externalId, title and message has a value here'],
    ])
    expect(rejected(map({ items: 'report.jobs', asset: 'host' }, { report: { jobs: [{ host: {} }] } }))).toEqual([['mapping_failed', '/report/jobs/0', 'asset: gives an object; name one of its fields, or write to_string() around it']])
  })

  it('does not take a list that is not there for an empty one', () => {
    expect(rejected(map({ items: 'renamed', asset: 'h' }, { list: [] }))).toEqual([['mapping_failed', '', expect.stringContaining('items: gives nothing')]])
    expect(rejected(map({ items: 'n', asset: 'h' }, { n: 1 }))).toEqual([['mapping_failed', '', 'items: must give a list or an object']])
    expect(map({ items: 'renamed || `[]`', asset: 'h' }, { list: [] }).alerts).toEqual([])
  })

  it('gives up each element that comes after the budget is spent, so that a replay can bring every one', () => {
    const greedy = map({ asset: 'h', message: 'to_string($[].[sort($[].n)])' }, Array.from({ length: 300 }, (_, n) => ({ h: `h${n}`, n })))
    expect(greedy.alerts).toHaveLength(300)
    expect(rejected(greedy)).toHaveLength(300)
    expect(rejected(greedy)[299]).toEqual(['mapping_failed', '/299', expect.stringContaining('takes more than')])
    expect(map({ asset: 'h' }, Array.from({ length: 300 }, (_, n) => ({ h: `h${n}` }))).alerts).toMatchObject([{ asset: 'h0' }, ...Array(299).fill({})])
  })

  it('leaves a full delivery of ordinary alerts its steps', () => {
    const host = (n: number) => ({ machine: { name: `h${n}`, site: 'x' }, task: 't', rc: 8, state: 'stuck', id: n, began: 1_700_000_000, headline: 'h', log: 'l'.repeat(100) })
    const { alerts, steps } = map(good, { report: { server: 's', jobs: Array.from({ length: ALERTS_MAX }, (_, n) => host(n)) } })
    expect(alerts.filter((one) => 'rejected' in one)).toEqual([])
    expect(steps / ALERTS_MAX).toBeLessThan(60)
  })

  it('keeps within the limits of an alert', () => {
    const long = 'x'.repeat(100_000)
    const [only] = map({ title: 't', message: 't', labels: { l: 't' } }, { t: long }).alerts
    if (only === undefined || 'rejected' in only) throw new Error('not read')
    expect([only.title.length, only.message.length, only.labels.l?.length, only.labels.truncated]).toEqual([TITLE_MAX, MESSAGE_MAX, LABEL_VALUE_MAX, 'true'])
  })

  it('is refused with everything that is wrong with it, each with its place', () => {
    expect(faultsOf({ asset: 'a..b', title: 5, items: 'nope(', color: 'x', severities: { red: 'crit' }, labels: { a: 'b[' }, statuses: [] })).toEqual([
      ['color', expect.stringContaining('no part "color"'), null], ['items', expect.any(String), 5], ['asset', expect.any(String), 2], ['title', 'an expression is a text', null],
      ['labels.a', expect.any(String), 2], ['severities.red', expect.stringContaining('critical, high'), null], ['statuses', expect.stringContaining('a table is an object'), null],
    ])
    expect(faultsOf({ severity: 's' })).toEqual([['', expect.stringContaining('at least where one of'), null]])
    expect(faultsOf(null)).toEqual([['', expect.stringContaining('a mapping is an object'), null]])
    expect(faultsOf({ asset: `'${'x'.repeat(1_100)}'` })).toEqual([['asset', 'an expression has at most 1024 characters', null]])
    expect(faultsOf({ asset: 'a', labels: Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`l${n}`, 'a'])) })).toEqual([['labels', 'a mapping names at most 32 labels', null]])
    expect(faultsOf({ asset: 'a', title: '', labels: { x: `'${'y'.repeat(17_000)}'` } })).toEqual([['', 'a mapping has at most 16384 characters', null]])
  })

  it('answers the same for the same payload, for any payload, and never throws', () => {
    fc.assert(fc.property(fc.jsonValue(), (payload) => {
      const frozen = structuredClone(payload)
      const once = map(good, payload)
      expect(payload).toEqual(frozen)
      expect(map(good, payload)).toEqual(once)
      expect(map({ asset: 'a || b || @.c', labels: { all: 'to_string(@)' }, title: 'keys(@)' }, payload).alerts.length).toBeGreaterThanOrEqual(0)
    }))
  })

  it('is read from its text in the settings, and told as failed where this release cannot', () => {
    expect(applyMapping(mappingOf('{"asset":"h"}'), { h: 'a' }, 't').alerts).toMatchObject([{ asset: 'a' }])
    for (const text of ['{', '{"asset":"a..b"}', '7']) expect(() => mappingOf(text)).toThrow(expect.objectContaining({ code: 'mapping_failed' }))
  })
})
