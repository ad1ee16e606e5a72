import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileMapping } from './mapping.ts'
import { suggestFor, tryMapping } from './workbench.ts'

const sample = (payload: unknown, contentType: string | null = null) => ({ payload: typeof payload === 'string' ? payload : JSON.stringify(payload), contentType, source: 'tool' })

describe('trying a mapping', () => {
  it('shows alerts as they are printed, and what it cost', () => {
    expect(tryMapping({ asset: 'host', severity: 'level' }, sample({ host: 'a', level: 'warning' }))).toEqual({
      alerts: [{ source: 'tool', externalId: null, asset: 'a', signature: null, severity: 'medium', status: 'firing', startsAt: null, title: 'Alert from tool on a', labels: {} }],
      faults: [], steps: expect.any(Number), stepLimit: 100_100,
    })
  })

  it('shows which expression fails, where in it, or at which element', () => {
    expect(tryMapping({ asset: 'host', severity: 'level..x' }, sample({}))).toEqual({ alerts: [], faults: [{ field: 'severity', message: expect.any(String), position: 6, path: null }], steps: 0, stepLimit: 0 })
    expect(tryMapping({ items: 'list', asset: 'lower(host)' }, sample({ list: [{ host: 'A' }, { host: 1 }] }))).toMatchObject({
      alerts: [{ asset: 'a' }], faults: [{ field: 'asset', position: null, path: '/list/1', message: 'argument 1 of lower() must be string, and is number' }],
    })
  })

  it('tells a body that is not what its type says as a fault of the payload', () => {
    expect(tryMapping({ asset: 'host' }, sample('{"host":', 'application/json')).faults).toEqual([{ field: 'payload', message: expect.stringContaining('the body is not JSON'), position: null, path: '' }])
  })

  it('reads forms and XML as the pipeline does', () => {
    expect(tryMapping({ asset: 'HOST' }, sample('HOST=web-1&STATE=down')).alerts).toMatchObject([{ asset: 'web-1' }])
    expect(tryMapping({ asset: 'HOST' }, sample('HOST=web-1', 'application/x-www-form-urlencoded')).alerts).toMatchObject([{ asset: 'web-1' }])
  })
})

describe('suggesting a mapping', () => {
  it('writes the recogniser\'s paths down, with words no table knows, and says how sure each field is', () => {
    const { mapping, fields, alerts } = suggestFor(sample({
      meta: { id: 'request-9' },
      alerts: [
        { 'alert-id': 'a1', device: { name: 'db-1', site: 'Berlin' }, check_name: 'disk', criticality: 'CRITICALITY_LEVEL_WARNING', state: 'check.recovered', text: 'Disk is fine again', started_at: '2026-01-01T00:00:00Z' },
        { 'alert-id': 'a2', device: { name: 'db-2', site: 'Berlin' }, check_name: 'disk', criticality: 'critical', state: 'open', started_at: '2026-01-01T00:00:00Z' },
      ],
    }))
    expect(mapping).toEqual({
      items: 'alerts', externalId: '"alert-id"', asset: 'device.name', signature: 'check_name', severity: 'criticality', status: 'state', title: 'text', message: 'text', startedAt: 'started_at',
      labels: { site: 'device.site' }, severities: { criticality_level_warning: 'medium' }, statuses: { 'check.recovered': 'resolved' },
    })
    expect(fields.find(({ field }) => field === 'asset')).toEqual({ field: 'asset', expression: 'device.name', confidence: 0.9, value: 'db-1' })
    expect(fields.find(({ field }) => field === 'title')).toMatchObject({ confidence: 0.45 })
    expect(alerts).toMatchObject([{ asset: 'db-1', severity: 'medium', status: 'resolved' }, { asset: 'db-2', severity: 'critical', status: 'firing' }])
  })

  it('looks into the object a message is about, and reads truth values by their name', () => {
    const { mapping, alerts } = suggestFor(sample({ id: 'envelope', event: { kind: 'x', data: { id: 'p-1', host: 'web-1', rule: 'load', resolved: false, priority: 'high' } } }))
    expect(mapping).toMatchObject({ externalId: 'event.data.id', asset: 'event.data.host', status: 'event.data.resolved', statuses: { true: 'resolved', false: 'firing' } })
    expect(alerts).toMatchObject([{ externalId: 'p-1', status: 'firing', severity: 'high' }])
  })

  it('admits what it does not find', () => {
    const { fields, mapping } = suggestFor(sample({ blurb: 17 }))
    expect([mapping, fields.every(({ expression, confidence }) => expression === null && confidence === 0)]).toEqual([{}, true])
  })

  it('never suggests what cannot be compiled, whatever the names in the sample', () => {
    const names = fc.oneof(fc.string(), fc.constantFrom('host', 'id', 'a.b', 'severity', '__proto__', 'é', '"', 'status', 'alerts', 'event'))
    const value = fc.letrec<{ value: unknown }>((tie) => ({ value: fc.oneof({ maxDepth: 4 }, fc.string(), fc.integer(), fc.boolean(), fc.array(tie('value'), { maxLength: 4 }), fc.dictionary(names, tie('value'), { maxKeys: 6, noNullPrototype: true })) })).value
    fc.assert(fc.property(value, (payload) => {
      const { mapping } = suggestFor(sample(payload))
      const compiled = compileMapping(mapping)
      expect('faults' in compiled ? compiled.faults.map(({ field }) => field) : []).toEqual(Object.keys(mapping).length === 0 || !['asset', 'signature', 'externalId', 'title', 'message'].some((field) => field in mapping) ? [''] : [])
    }), { numRuns: 300 })
  })

  it('agrees with the recogniser on its own samples', () => {
    const folder = join(import.meta.dirname, '../sources/unknown/testdata')
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.in.json'))) {
      const { alerts, fields } = suggestFor(sample(readFileSync(join(folder, name), 'utf8'), 'application/json'))
      const recognised = JSON.parse(readFileSync(join(folder, name.replace('.in.', '.out.')), 'utf8')) as Record<string, unknown>[]
      const found = (field: string) => fields.some((one) => one.field === field && one.expression !== null)
      for (const [index, alert] of alerts.entries()) {
        for (const field of ['asset', 'externalId'] as const) if (found(field) && recognised[index]?.[field] !== undefined) expect([name, field, alert[field]]).toEqual([name, field, recognised[index][field]])
      }
    }
  })
})
