import { describe, expect, it } from 'vitest'
import { compileMapping, applyMapping } from '../mapping/mapping.ts'
import { ALERTS_MAX, DELIVERY_CHARS_MAX } from './limits.ts'
import { adapterFor } from './registry.ts'
import type { Normalised } from './source.ts'

const CONTEXT = { contentType: 'application/json', headers: {}, receivedAtMs: 0 }
const LABELS = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`shared${at}`, 'x'.repeat(1_000)]))

/** Found by fuzzing: 1 MB of Grafana became 300 MB of records, because each alert carries the labels of its group. */
describe('alerts that share large texts', () => {
  const chars = (found: Normalised): number => found.reduce((sum, one) => sum + JSON.stringify(one).length, 0)

  it('are all read, and what is written out for each is bounded', () => {
    const payload = { alerts: Array.from({ length: ALERTS_MAX }, (_, at) => ({ status: 'firing', labels: { alertname: `a${at}` }, fingerprint: `f${at}` })), commonLabels: LABELS, groupLabels: LABELS, commonAnnotations: LABELS }
    const found = adapterFor('grafana').normalise(payload, CONTEXT)
    expect(found).toHaveLength(ALERTS_MAX)
    expect(chars(found)).toBeLessThan(DELIVERY_CHARS_MAX + ALERTS_MAX * 500)
    expect(found.at(-1)).toMatchObject({ externalId: `f${ALERTS_MAX - 1}`, signature: `a${ALERTS_MAX - 1}`, status: 'firing' })
  })

  it('are bounded when a mapping copies them too', () => {
    const compiled = compileMapping({ items: 'list', signature: 'name', labels: Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`l${at}`, '$.text'])) })
    if ('faults' in compiled) throw new Error(compiled.faults[0]?.message)
    const { alerts } = applyMapping(compiled.mapping, { text: 'x'.repeat(1_000), list: Array.from({ length: ALERTS_MAX }, (_, at) => ({ name: `n${at}` })) }, 'some-tool')
    expect(alerts).toHaveLength(ALERTS_MAX)
    expect(chars(alerts)).toBeLessThan(DELIVERY_CHARS_MAX + ALERTS_MAX * 1_000)
    expect(alerts.at(-1)).toMatchObject({ signature: `n${ALERTS_MAX - 1}`, labels: { truncated: 'true' } })
  })

  it('are left as they are where they fit', () => {
    const [one] = adapterFor('grafana').normalise({ alerts: [{ status: 'firing', labels: { ...LABELS, alertname: 'a' } }] }, CONTEXT)
    expect(one).toMatchObject({ labels: { shared1: 'x'.repeat(1_000) } })
  })
})
