import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAnalytics, type Analytics } from '../../storage/clickhouse/analytics.ts'
import { FACT_TABLES, timeText } from '../../storage/recorder/rows.ts'
import { callAt, deadLetterAt, deliveryAt, incidentAt, ledgerAt, recordFacts, runAt, SAMPLE_MS, tickAt } from '../../test/samples/facts.ts'

interface Dashboard {
  readonly uid: string
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] }
  readonly panels: readonly Panel[]
}
interface Panel {
  readonly id: number
  readonly title: string
  readonly description: string
  readonly datasource: { readonly uid: string }
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets: readonly { readonly rawSql: string; readonly datasource: { readonly uid: string } }[]
}

const dashboard = JSON.parse(readFileSync(join(import.meta.dirname, 'dashboards', 'overview.json'), 'utf8')) as Dashboard
const FROM_MS = SAMPLE_MS - 60_000
const TO_MS = SAMPLE_MS + 3_600_000

/** What the plugin puts in the place of its macros and Grafana in the place of a variable; `companies` null stands for All. */
function expanded(sql: string, companies: readonly string[] | null): string {
  const seconds = (ms: number) => `toDateTime(${Math.floor(ms / 1_000)})`
  const millis = (ms: number) => `fromUnixTimestamp64Milli(${ms})`
  const text = sql
    .replace(/\$__conditionalAll\((.*?), \$company\)/g, (_whole, condition: string) => (companies === null ? '1=1' : condition))
    .replaceAll('${company:singlequote}', (companies ?? []).map((company) => `'${company}'`).join(','))
    .replace(/\$__timeFilter\((\w+)\)/g, (_whole, column: string) => `${column} >= ${seconds(FROM_MS)} AND ${column} <= ${seconds(TO_MS)}`)
    .replace(/\$__timeFilter_ms\((\w+)\)/g, (_whole, column: string) => `${column} >= ${millis(FROM_MS)} AND ${column} <= ${millis(TO_MS)}`)
    .replace(/\$__timeInterval\((\w+)\)/g, (_whole, column: string) => `toStartOfInterval(toDateTime(${column}), INTERVAL 60 second)`)
    .replaceAll('$__fromTime', seconds(FROM_MS))
    .replaceAll('$__toTime', seconds(TO_MS))
  expect(text, 'a macro this test does not know').not.toMatch(/\$/)
  return text
}

let dataDir: string
let analytics: Analytics

/** The rows of a panel. */
function rowsOf(title: string, companies: readonly string[] | null = null): Promise<Record<string, unknown>[]> {
  const panel = dashboard.panels.find((candidate) => candidate.title === title)
  return analytics.query(expanded(panel!.targets[0]!.rawSql, companies))
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'grafana-'))
  analytics = await openAnalytics({ dataDir })
  await recordFacts(analytics, 'alerts.raw.v1', [
    ...[1, 2, 3, 4, 5, 6].map((offset) => deliveryAt(offset)), deliveryAt(7, { companyId: 'globex', integrationId: 'globex-generic' }), deliveryAt(8),
    tickAt(9, [{ companyId: 'acme', status: 429, code: 'rate_limited', count: 12 }]),
  ])
  await recordFacts(analytics, 'alerts.v1', [
    ledgerAt(1), ...[2, 3, 4].map((offset) => ledgerAt(offset, { fate: 'absorbed', reason: 'repeat' })),
    ledgerAt(5, { alert: { signature: 'disk_full' }, atMs: SAMPLE_MS + 120_000 }), ledgerAt(6, { fate: 'dropped', reason: 'duplicate_delivery', problemKey: null }),
    ledgerAt(7, { companyId: 'globex', integrationId: 'globex-generic' }),
  ])
  await recordFacts(analytics, 'incidents.v1', [
    incidentAt(1, { severity: 'critical' }), incidentAt(2, { incidentId: 'i2', openedAtMs: SAMPLE_MS + 120_000 }), incidentAt(3, { incidentId: 'i3', mergedInto: 'i1' }),
    incidentAt(4, { incidentId: 'i4', status: 'resolved', openedAtMs: SAMPLE_MS - 86_400_000 }), incidentAt(7, { incidentId: 'i7', companyId: 'globex', severity: 'low' }),
  ])
  await recordFacts(analytics, 'runs.v1', [
    runAt(1, { version: 2, event: 'step_started', status: 'running', outcome: null, runId: 'r2' }), runAt(2), runAt(3, { outcome: 'escalated', status: 'failed', incidentId: 'i2' }), runAt(4, { simulated: true, mode: 'demo' }),
    runAt(5, { mode: 'dry-run', outcome: 'none', status: 'shown' }), runAt(6, { version: 3, event: 'step_started', status: 'running', outcome: null }), runAt(7, { companyId: 'globex', incidentId: 'i7', runbookId: 'service-restart', outcome: 'verified' }),
  ])
  await recordFacts(analytics, 'calls.v1', [
    callAt(1, { durationMs: 200 }), callAt(2, { durationMs: 400, status: 'error', errorCode: 'rate_limited' }), callAt(3, { connector: 'autotask', durationMs: 30_000, status: 'timeout', companyId: null }), callAt(4, { direction: 'in', action: 'triggered', durationMs: 1, companyId: 'globex' }),
  ])
  await recordFacts(analytics, 'dead-letter.v1', [deadLetterAt(1), deadLetterAt(2), deadLetterAt(3, { code: 'stage_bug' })])
  const marks = [['alerts.raw.v1', 0, 9, 0, 9, 9, timeText(SAMPLE_MS), timeText(SAMPLE_MS + 1_500)], ['alerts.v1', 0, 7, 0, 7, 7, timeText(SAMPLE_MS), timeText(SAMPLE_MS + 2_250)], ['alerts.v1', 0, 8, 8, 1, 0, timeText(SAMPLE_MS), timeText(SAMPLE_MS + 30_000)]]
  await analytics.insert({ table: 'recorded_ranges_v1', columns: FACT_TABLES.recorded_ranges_v1, lines: Buffer.from(marks.map((mark) => JSON.stringify(mark)).join('\n')) }, 'marks')
})
afterAll(async () => {
  await analytics.close()
  await rm(dataDir, { recursive: true })
})

const minute = (n: number) => timeText(SAMPLE_MS + n * 60_000).slice(0, 19)

describe('the overview dashboard', () => {
  it.each<[title: string, rows: object[]]>([
    ['Alerts in', [{ alerts: 7 }]],
    ['Incidents out', [{ incidents: 3 }]],
    ['Noise reduction', [{ noise_reduction: 0.5 }]],
    ['Open now', [{ incidents: 3 }]],
    ['In flight', [{ deliveries: 1 }]],
    ['Alerts by fate', [
      { time: minute(0), fate: 'absorbed', alerts: 3 }, { time: minute(0), fate: 'dropped', alerts: 1 }, { time: minute(0), fate: 'emitted', alerts: 2 }, { time: minute(2), fate: 'emitted', alerts: 1 },
    ]],
    ['Incidents opened', [{ time: minute(0), severity: 'critical', incidents: 1 }, { time: minute(0), severity: 'low', incidents: 1 }, { time: minute(2), severity: 'high', incidents: 1 }]],
    ['Open by severity', [{ severity: 'critical', incidents: 1 }, { severity: 'high', incidents: 1 }, { severity: 'low', incidents: 1 }]],
    ['Lag', [{ time: minute(0), topic: 'alerts.raw.v1', seconds: 1.5 }, { time: minute(0), topic: 'alerts.v1', seconds: 2.25 }]],
    ['Refused requests', [{ time: minute(0), status_code: '429', requests: 12 }]],
    ['Noisiest signatures', [{ signature: 'cpu_high', source: 'datadog', alerts: 5 }, { signature: 'disk_full', source: 'datadog', alerts: 1 }]],
    ['Healed without a person', [{ healed_share: 1 / 3 }]],
    ['Runs ended', [{ time: minute(0), outcome: 'escalated', runs: 1 }, { time: minute(0), outcome: 'self_healed', runs: 1 }, { time: minute(0), outcome: 'verified', runs: 1 }]],
    ['Runbooks', [{ runbook: 'disk-clean-temp', runs: 2, succeeded: 1, healed: 1 }, { runbook: 'service-restart', runs: 1, succeeded: 1, healed: 0 }]],
    ['Outside calls', [{ time: minute(0), status: 'error', calls: 1 }, { time: minute(0), status: 'success', calls: 2 }, { time: minute(0), status: 'timeout', calls: 1 }]],
    ['How long calls take', [{ time: minute(0), connector: 'autotask', seconds: 30 }, { time: minute(0), connector: 'zendesk', seconds: 0.39 }]],
    ['Call errors', [{ connector: 'autotask', code: 'timeout', calls: 1, newest: timeText(SAMPLE_MS + 3) }, { connector: 'zendesk', code: 'rate_limited', calls: 1, newest: timeText(SAMPLE_MS + 2) }]],
    ['Dead letters', [{ stage: 'process', code: 'payload_invalid', letters: 2, newest: timeText(SAMPLE_MS + 2) }, { stage: 'process', code: 'stage_bug', letters: 1, newest: timeText(SAMPLE_MS + 3) }]],
  ])('%s', async (title, rows) => {
    const byAll = (row: object) => JSON.stringify(row)
    const order = title === 'Alerts by fate' || title === 'Incidents opened' || title === 'Lag' || title === 'Runs ended' || title === 'Outside calls' || title === 'How long calls take'
    const found = await rowsOf(title)
    // Lines of one time come in any order.
    expect(order ? found.sort((a, b) => (byAll(a) < byAll(b) ? -1 : 1)) : found).toEqual(rows)
  })

  it('tells how old the newest fact is', async () => {
    const [row] = await rowsOf('Newest fact')
    expect(row!['age']).toBeGreaterThanOrEqual(2 * 86_400 - 3_600)
    expect(row!['age']).toBeLessThan(2 * 86_400 + 2 * 3_600)
  })

  it('shows one company alone, and nothing of a company without facts', async () => {
    expect(await rowsOf('Alerts in', ['globex'])).toEqual([{ alerts: 1 }])
    expect(await rowsOf('Noise reduction', ['globex'])).toEqual([{ noise_reduction: 0 }])
    expect(await rowsOf('In flight', ['globex'])).toEqual([{ deliveries: 0 }])
    expect(await rowsOf('Open by severity', ['acme'])).toEqual([{ severity: 'critical', incidents: 1 }, { severity: 'high', incidents: 1 }])
    expect(await rowsOf('Noisiest signatures', ['initech'])).toEqual([])
    expect(await rowsOf('Call errors', ['acme'])).toEqual([{ connector: 'zendesk', code: 'rate_limited', calls: 1, newest: timeText(SAMPLE_MS + 2) }])
    expect(await rowsOf('Noise reduction', ['initech'])).toEqual([{ noise_reduction: 0 }])
  })

  it('has every panel that reads facts of companies listen to the company variable', () => {
    const unscoped = dashboard.panels.filter((panel) => panel.targets.some(({ rawSql }) => !rawSql.includes('$__conditionalAll(company_id'))).map((panel) => panel.title)
    expect(unscoped).toEqual(['Newest fact', 'Lag'])
  })

  it('offers the companies that have facts', async () => {
    expect(await analytics.query(dashboard.templating.list[0]!.query)).toEqual([{ company_id: 'acme' }, { company_id: 'globex' }])
  })

  it('runs every panel, explains each, and overlaps none', async () => {
    expect(new Set(dashboard.panels.map((panel) => panel.id)).size).toBe(dashboard.panels.length)
    const datasources = readFileSync(join(import.meta.dirname, 'provisioning', 'datasources', 'clickhouse.yaml'), 'utf8')
    const taken = new Set<string>()
    for (const panel of dashboard.panels) {
      expect(panel.description).not.toBe('')
      expect(datasources).toContain(`uid: ${panel.datasource.uid}`)
      for (const target of panel.targets) {
        expect(target.datasource.uid).toBe(panel.datasource.uid)
        expect((await analytics.query(expanded(target.rawSql, null))).length, panel.title).toBeGreaterThan(0)
      }
      const { x, y, w, h } = panel.gridPos
      for (let row = y; row < y + h; row++) {
        for (let column = x; column < x + w; column++) {
          expect(taken.has(`${column},${row}`), `${panel.title} lies on another panel`).toBe(false)
          taken.add(`${column},${row}`)
        }
      }
    }
  })
})
