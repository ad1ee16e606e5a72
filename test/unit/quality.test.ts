import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attackPoint } from '../quality/attack-point.ts'
import { readBaselines } from '../quality/baselines.ts'
import { simpleRootCause } from '../quality/root-rules.ts'

const PAGE = `
## small, shared: 9 alerts

| baseline | groups | nr | P | R | F1 | Pn | ARI | incF1 |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| e1 company | 1,802 | 0.9 | 0.5 | 1.0 | 0.6 | 0.4 | 0.3 | 0.768 |
| g1 topology | 261 | 0.95 | 0.9 | 0.9 | 0.9 | 0.9 | 0.9 | 0.960 |

## nezha-boutique (root cause)
To beat here: "most alerts" 0.458 / 0.594.
`
let folder = ''
const rows = (name: string, list: readonly object[]): void => writeFileSync(join(folder, name), gzipSync(list.map((row) => JSON.stringify(row)).join('\n')))

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aw-quality-test-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('the measurement of quality', () => {
  it('compares with the strongest row that may use the same files', () => {
    writeFileSync(join(folder, 'page.md'), PAGE)
    const baselines = readBaselines(join(folder, 'page.md'))
    expect(baselines.strongest('small', true)).toMatchObject({ name: 'g1 topology', incidentF1: 0.96, noiseReduction: 0.95 })
    expect(baselines.strongest('small', false)).toMatchObject({ name: 'e1 company', incidentF1: 0.768 })
    expect(baselines.strongest('other', true)).toBeNull()
    expect(baselines.rootCause('nezha-boutique')).toEqual({ name: 'most alerts', top1: 0.458 })
  })

  it('refuses a page without tables', () => {
    writeFileSync(join(folder, 'empty.md'), '# nothing')
    expect(() => readBaselines(join(folder, 'empty.md'))).toThrow('has no table')
  })

  it('averages pairs kept together and apart over steps, stages and attacks', async () => {
    const alert = (id: string): object => ({ id, company: 'c', ts: `2026-01-01T00:00:0${id}.000Z` })
    rows('alerts.jsonl.gz', ['1', '2', '3', '4', '5'].map(alert))
    // Two stages of one attack, one alert each, and an attack of two alerts of which one lies with a stage and with a false alarm.
    rows('truth.jsonl.gz', [
      { alertId: '1', incidentId: 'a', category: 'steal_start' }, { alertId: '2', incidentId: 'b', category: 'steal_end' },
      { alertId: '3', incidentId: 'c', category: 'scan' }, { alertId: '4', incidentId: 'c', category: 'scan' }, { alertId: '5', incidentId: null },
    ])
    rows('groups.jsonl.gz', [{ alertId: '1', incidentId: 'x' }, { alertId: '2', incidentId: 'y' }, { alertId: '3', incidentId: 'x' }, { alertId: '4', incidentId: null }, { alertId: '5', incidentId: 'x' }])
    const point = await attackPoint(folder, join(folder, 'groups.jsonl.gz'))
    // steal: both stages whole (1); scan: (1 + 1) / 4.
    expect(point.tpr).toBeCloseTo(0.75)
    // steal_start: 1 of 3 others with it, steal_end none; scan: 1 of 4.
    expect(point.tnr).toBeCloseTo(((2 / 3 + 1) / 2 + 3 / 4) / 2)
    // The false alarm is one other more, and wrongly with steal_start and one of scan.
    expect(point.tnrWithNoise).toBeCloseTo(((2 / 4 + 1) / 2 + 4 / 6) / 2)
  })

  it('counts an instance of the service as the root cause', async () => {
    rows('alerts.jsonl.gz', [{ id: '1', asset: 'web', signature: 's', ts: '' }, { id: '2', asset: 'db-0', signature: 's', ts: '' }, { id: '3', asset: 'db-0', signature: 's', ts: '' }])
    rows('truth.jsonl.gz', ['1', '2', '3'].map((alertId) => ({ alertId, incidentId: 'i', rootCauseAsset: 'db' })))
    writeFileSync(join(folder, 'topology.json'), JSON.stringify({ edges: [{ from: 'db-0', to: 'db', kind: 'instance_of' }] }))
    expect(await simpleRootCause(folder)).toEqual({ name: 'most alerts', top1: 1 })
  })
})
