import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeGolden, runGolden } from '../../../test/harness/golden.ts'
import { ADAPTERS, adapterFor } from '../registry.ts'
import type { NormalisedAlert } from '../source.ts'
import { unknownAdapter } from './index.ts'

const FOLDER = import.meta.dirname
const CONTEXT = { contentType: 'application/json', headers: {}, receivedAtMs: 0 }
const adapter = unknownAdapter('some-tool')

describeGolden(adapter, FOLDER)

function alertOf(payload: unknown): NormalisedAlert {
  const [first] = adapter.normalise(payload, CONTEXT)
  if (first === undefined || 'rejected' in first) throw new Error('the recogniser read no alert')
  return first
}

/** What makes two messages one problem. */
function identityOf({ externalId, asset, signature }: NormalisedAlert): string {
  return externalId ?? `${asset} ${signature}`
}

describe('the recogniser of unknown tools', () => {
  it('answers under the id it was asked for and says how sure it is', () => {
    expect(runGolden(adapter, FOLDER, 'firing')).toEqual([expect.objectContaining({ source: 'some-tool', labels: expect.objectContaining({ recognised: 'true', recognised_confidence: '1.0' }) })])
  })

  it('is hardly sure of a message that is only words', () => {
    expect(runGolden(adapter, FOLDER, 'missing-optional-fields')[0]).toMatchObject({ labels: { recognised: 'true', recognised_confidence: '0.0' } })
  })

  it('takes no number for a grade, because no scale is told', () => {
    for (const severity of [1, 3, 5, '10', '99']) expect(alertOf({ host: 'a', check: 'b', severity })).toMatchObject({ severity: 'unknown' })
  })

  it.each([
    ['P1 - Critical', 'critical'], ['SEV-2', 'high'], ['CRITICALITY_LEVEL_WARNING', 'medium'], ['nonCritical', 'unknown'], ['Purple', 'unknown'],
  ])('grades %s as %s', (severity, grade) => {
    expect(alertOf({ host: 'a', check: 'b', severity }).severity).toBe(grade)
  })

  it.each([
    [{ state: 'Not responding' }, 'firing'], [{ state: 'ResolvedCritical' }, 'resolved'], [{ event: 'incident.resolved', incident: { title: 'a', resolved: false } }, 'resolved'], [{ is_ok: 0 }, 'firing'], [{ is_ok: 1 }, 'resolved'],
    [{ previous_status: 'up', status: 'down' }, 'firing'], [{ severity: 'CLEAR', type: 'METRIC_ALERT' }, 'resolved'], [{ resolved_at: '2026-02-03T04:05:06Z' }, 'resolved'], [{ resolved_at: null }, 'firing'], [{ status: 'Purple' }, 'unknown'],
  ])('reads the state of %j as %s', (payload, status) => {
    expect(alertOf({ host: 'a', ...payload }).status).toBe(status)
  })

  it.each([
    ['Mon, 02 Feb 2026 10:11:12 +0200', '2026-02-02T08:11:12.000Z'], ['2026/02/02 08:11:12 GMT', '2026-02-02T08:11:12.000Z'], ['2026-02-02 08:11:12 (UTC)', '2026-02-02T08:11:12.000Z'], ['1770019872000000000', '2026-02-02T08:11:12.000Z'],
  ])('reads the moment %s', (started_at, instant) => {
    expect(new Date(alertOf({ host: 'a', started_at }).startsAtMs ?? 0).toISOString()).toBe(instant)
  })

  it('takes no address of the tool itself for the asset', () => {
    expect(alertOf({ monitor_name: 'Shop', monitor_url: 'https://tool.test/monitors/7', incident_url: 'https://tool.test/incidents/8' }).asset).toBeNull()
    expect(alertOf({ monitor_name: 'Shop', monitor_url: 'https://shop.test/', incident_url: 'https://tool.test/incidents/8' }).asset).toBe('https://shop.test/')
  })
})

describe('a problem and its end', () => {
  const pairs: readonly (readonly [unknown, unknown])[] = [
    [{ id: 'd-1', event: 'check.down', check: { id: 7, name: 'Shop' } }, { id: 'd-2', event: 'check.up', check: { id: 7, name: 'Shop' } }],
    [{ host: 'a', title: '[Triggered] Disk is full (97 %)' }, { host: 'a', title: '[Recovered] Disk is full (41 %)' }],
    [{ text: 'Shop front is DOWN' }, { text: 'Shop front is UP' }],
    [{ device: 'sw-1', type: 'PORT_FLAP_DOWN', ts: 1_770_091_506 }, { device: 'sw-1', type: 'PORT_FLAP_UP', ts: 1_770_092_506 }],
    [{ uuid: 'x1', id: 'm1', entity: { metadata: { name: 'a' } }, check: { metadata: { name: 'c' }, status: 2, output: 'bad' } }, { uuid: 'x2', id: 'm2', entity: { metadata: { name: 'a' } }, check: { metadata: { name: 'c' }, status: 0, output: 'good' } }],
    ['host=a check=load state=critical value=9.1', 'host=a check=load state=ok value=0.4'],
    [{ incident_key: 'k', alert: { id: 1 }, value: 3 }, { payload: { incident_key: 'k', alert: { id: 1 }, clear: 'normal' } }],
  ]
  it.each(pairs)('%j and %j are one', (began, ended) => {
    expect(alertOf(began).status).toBe('firing')
    expect(alertOf(ended).status).toBe('resolved')
    expect(identityOf(alertOf(ended))).toBe(identityOf(alertOf(began)))
  })
})

describe('a tool that has an adapter', () => {
  // Formats carry messages of any tool, so their adapters ask the recogniser for the contents.
  it.each(ADAPTERS.map((known) => [known.id, known] as const))('%s is never recognised', (id, known) => {
    expect(adapterFor(id).guide).toBe(known.guide)
    const folder = join(FOLDER, '..', id)
    if (!readdirSync(join(folder, 'testdata')).some((file) => file.startsWith('firing.in.'))) return
    for (const one of runGolden(known, folder, 'firing')) {
      if ('rejected' in one) continue
      expect(one.labels['recognised']).toBeUndefined()
      if (known.guide?.family !== 'format') expect(one.labels['recognised_confidence']).toBeUndefined()
    }
  })
})

describe('a body made to take long', () => {
  it('of many fields and long runs is read as fast as any', () => {
    const run = 'a: '.repeat(3_000)
    const texts = ['(1', '1.', ': ', '*a:* ', '\n', 'a=', '[x](', '%1'].map((unit) => unit.repeat(4_000))
    const fields = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`${'Name'.repeat(8)}${index}`, { url: `https://a.test/${index}`, status: '1', output: run, tags: run, name: 'x', ip: 'y' }]))
    for (const text of texts) expect(adapter.normalise({ title: text, text, message: text, type: text, severity: text, tags: text, ...fields }, CONTEXT)).toHaveLength(1)
    for (const text of texts) expect(adapter.normalise(`CEF:0|${text}|${text}`, CONTEXT)).toHaveLength(1)
  }, 60_000)
})
