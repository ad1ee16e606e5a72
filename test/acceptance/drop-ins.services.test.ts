/**
 * The story: a client's Alertmanager, as Debian ships it, knows PagerDuty, Opsgenie and VictorOps and nothing of us. Only their addresses and keys are changed
 * in its configuration: it tells one trouble in all three languages, and its end.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { IncidentDetail } from '../../schemas/views.ts'
import { admin, onboard, settledBalance, type Client } from '../harness/client.ts'
import { Program, undoAll, until } from '../harness/process.ts'
import type { Company } from '../harness/sender.ts'
import { start as startAlertmanager } from '../services/alertmanager.ts'
import { dataFolder, type Service } from '../services/service.ts'

const SOURCES = ['opsgenie-api', 'pagerduty-events', 'victorops'] as const

let program: Program
let company: Company
let api: Client
let alertmanager: Service
const undo: (() => Promise<unknown> | void)[] = []

beforeAll(async () => {
  program = await Program.up()
  undo.push(() => program.remove())
  await program.start()
  company = await onboard(program, 'Three Languages Ltd')
  api = admin(program)
  const keys = new Map<string, string>()
  for (const source of SOURCES) keys.set(source, (await program.api<Company>('POST', `/api/companies/${company.id}/integrations`, { source, requireHmac: false })).apiKey)
  const { dataDir, remove } = dataFolder('alertmanager-config', undefined)
  undo.push(remove)
  const configFile = join(dataDir, 'alertmanager.yml')
  writeFileSync(configFile, configuration(program.url, (source) => keys.get(source) ?? ''))
  alertmanager = await startAlertmanager({ configFile })
  undo.push(() => alertmanager.stop())
})
afterAll(() => undoAll(undo))

function configuration(url: string, key: (source: (typeof SOURCES)[number]) => string): string {
  return JSON.stringify({
    global: {
      pagerduty_url: `${url}/v2/enqueue`, opsgenie_api_url: `${url}/`, opsgenie_api_key: key('opsgenie-api'),
      victorops_api_url: `${url}/integrations/generic/20131114/alert/`, victorops_api_key: key('victorops'),
    },
    route: { receiver: 'aw', group_by: ['alertname'], group_wait: '1s', group_interval: '1s', repeat_interval: '1h' },
    receivers: [{
      name: 'aw',
      pagerduty_configs: [{ routing_key: key('pagerduty-events'), send_resolved: true, severity: '{{ .CommonLabels.severity }}' }],
      opsgenie_configs: [{ send_resolved: true, priority: 'P2' }],
      victorops_configs: [{ routing_key: 'storage', send_resolved: true }],
    }],
  })
}

async function tell(endsAtMs: number): Promise<void> {
  const alert = { labels: { alertname: 'DiskFull', instance: 'db-7.example.com', severity: 'critical' }, annotations: { summary: 'disk of db-7 is full' }, startsAt: new Date(startedAtMs).toISOString(), endsAt: new Date(endsAtMs).toISOString() }
  const answer = await fetch(`${alertmanager.url}/api/v2/alerts`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify([alert]) })
  expect(answer.status).toBe(200)
}
const startedAtMs = Date.now() - 60_000

/** The problems of the company by source, whatever incidents they are in. */
async function problems(): Promise<ReadonlyMap<string, IncidentDetail['problems'][number]>> {
  const incidents = await Promise.all((await api.incidents(`&company=${company.id}`)).map(({ id }) => api.incident(id)))
  return new Map(incidents.flatMap((incident) => incident.problems).map((problem) => [problem.source, problem]))
}

it('one trouble is told in three languages and ends in all of them', async () => {
  await tell(Date.now() + 3_600_000)
  const opened = await until('all three have spoken', async () => {
    const found = await problems()
    return found.size === SOURCES.length ? found : null
  })
  for (const source of SOURCES) expect(opened.get(source)).toMatchObject({ status: 'firing', asset: 'db-7.example.com', signature: 'DiskFull' })
  expect(opened.get('pagerduty-events')).toMatchObject({ severity: 'critical' })
  expect(opened.get('opsgenie-api')).toMatchObject({ severity: 'high' })
  expect(opened.get('victorops')).toMatchObject({ severity: 'critical' })

  await tell(Date.now())
  await until('all three have ended', async () => [...(await problems()).values()].every(({ status }) => status === 'resolved'))
  expect(await settledBalance(program, company.id, 2 * SOURCES.length)).toMatchObject({ difference: 0, rejected: 0 })
  // Clients that were answered in a language they do not understand would have tried again or complained.
  const metrics = await (await fetch(`${alertmanager.url}/metrics`)).text()
  expect([...metrics.matchAll(/^alertmanager_notifications_failed_total\{.*\} (\d+)$/gm)].map(([, count]) => count).filter((count) => count !== '0')).toEqual([])
})
