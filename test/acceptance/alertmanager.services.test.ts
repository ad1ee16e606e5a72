/**
 * The story: a client's Prometheus Alertmanager, as Debian ships it and as nobody here wrote it, sends us a storm of 60 hosts with three alerts
 * each. A person sees a few incidents. The trouble ends, comes back within the window, and ends while we are down.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { IncidentDetail, IncidentView, NoiseView } from '../../schemas/views.ts'
import { admin, keyWorks, onboard, settledBalance, type Client } from '../harness/client.ts'
import { Program, until } from '../harness/process.ts'
import type { Company } from '../harness/sender.ts'
import { Witness } from '../harness/witness.ts'
import { start as startAlertmanager } from '../services/alertmanager.ts'
import { dataFolder, type Service } from '../services/service.ts'

const HOSTS = 60
const CHECKS = [['HighCPU', 'warning'], ['DiskFull', 'critical'], ['ServiceDown', 'critical']] as const
const STORM = HOSTS * CHECKS.length
/** So many incidents a person would still call few. */
const FEW = 12
const HOUR_MS = 3_600_000

let program: Program
let company: Company
let api: Client
let witness: Witness
let alertmanager: Service
/** Undoes what was begun, last first, also where the beginning failed half way. */
const undo: (() => Promise<unknown> | void)[] = []

beforeAll(async () => {
  program = await Program.up()
  undo.push(() => program.remove())
  await program.start()
  company = await onboard(program, 'Alertmanager Ltd')
  api = admin(program)
  const key = await program.api<Company>('POST', `/api/companies/${company.id}/integrations`, { source: 'alertmanager', requireHmac: false })
  await keyWorks(program, key, 'alertmanager')
  witness = new Witness(program.url)
  const { dataDir, remove } = dataFolder('alertmanager-config', undefined)
  undo.push(remove, () => witness.stop())
  const configFile = join(dataDir, 'alertmanager.yml')
  writeFileSync(configFile, configuration(`${await witness.start()}/api/webhooks/alertmanager`, key.apiKey))
  alertmanager = await startAlertmanager({ configFile })
  undo.push(() => alertmanager.stop())
})
afterAll(async () => {
  for (const step of undo.reverse()) await step()
})

function configuration(url: string, apiKey: string): string {
  return JSON.stringify({
    route: { receiver: 'aw', group_by: ['alertname', 'site'], group_wait: '1s', group_interval: '1s', repeat_interval: '1h' },
    receivers: [{ name: 'aw', webhook_configs: [{ url, send_resolved: true, http_config: { authorization: { credentials: apiKey } } }] }],
  })
}

let episodeStartsAtMs = 0

/** Tells Alertmanager, as Prometheus does, that the storm begins now. */
async function begin(): Promise<void> {
  episodeStartsAtMs = Date.now()
  await tell(episodeStartsAtMs, episodeStartsAtMs + HOUR_MS)
}

/** Tells it that the storm which began last is over. */
const end = (): Promise<void> => tell(episodeStartsAtMs, Date.now())

async function tell(startsAtMs: number, endsAtMs: number): Promise<void> {
  const alerts = Array.from({ length: HOSTS }, (_, index) => CHECKS.map(([alertname, severity]) => ({
    labels: { alertname, severity, instance: `app-${index}.site-${index % 3}.example.com`, site: `site-${index % 3}`, service: ['shop', 'mail'][index % 2] },
    annotations: { summary: `${alertname} on app-${index}` }, startsAt: new Date(startsAtMs).toISOString(), endsAt: new Date(endsAtMs).toISOString(), generatorURL: 'http://prometheus.example.com/graph',
  }))).flat()
  const answer = await fetch(`${alertmanager.url}/api/v2/alerts`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(alerts) })
  expect(answer.status).toBe(200)
}

/** What Alertmanager sent and we took, alert by alert. */
function taken(): { firing: number; resolved: number } {
  const alerts = witness.seen.filter(({ status }) => status === 202).flatMap(({ body }) => (JSON.parse(body) as { alerts: { status: 'firing' | 'resolved' }[] }).alerts)
  const resolved = alerts.filter(({ status }) => status === 'resolved').length
  return { firing: alerts.length - resolved, resolved }
}

const incidents = (): Promise<readonly IncidentView[]> => api.incidents(`&company=${company.id}`)

/** All incidents once each of them satisfies the condition. */
async function allIncidents(what: string, condition: (incident: IncidentDetail) => boolean): Promise<IncidentDetail[]> {
  return until(what, async () => {
    const details = await Promise.all((await incidents()).map(({ id }) => api.incident(id)))
    return details.length > 0 && details.every(condition) ? details : null
  })
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** What is true at every rest: nothing lost, and our counts are what Alertmanager sent. */
async function expectBalanced(): Promise<void> {
  const sent = taken()
  const balance = await settledBalance(program, company.id, sent.firing + sent.resolved)
  expect(balance).toMatchObject({ accepted: sent.firing + sent.resolved, difference: 0, inFlight: 0, rejected: 0, missing: 0, surplus: 0 })
  const noise = await api.get<NoiseView>(`/api/stats/noise?company=${company.id}`)
  const listed = await incidents()
  expect(noise).toMatchObject({ alerts: sent.firing, problems: STORM, incidents: listed.length })
  expect(noise.noiseReduction).toBeCloseTo(1 - listed.length / sent.firing, 10)
  expect(balance.incidents.net).toBe(listed.length)
}

let first: ReadonlySet<string>

it('shows a storm of 180 alerts as a few incidents', async () => {
  await begin()
  await until('every problem of the storm has its incident', async () => sum((await incidents()).map(({ problemCount }) => problemCount)) === STORM)
  const found = await allIncidents('all are open', ({ status }) => status === 'open')
  expect(found.length).toBeLessThanOrEqual(FEW)
  for (const incident of found) expect(incident).toMatchObject({ severity: 'critical', sources: ['alertmanager'], openProblemCount: incident.problemCount })
  expect(sum(found.map(({ assetCount }) => assetCount))).toBeGreaterThanOrEqual(HOSTS)
  for (const { problems } of found) for (const { evidence } of problems.filter((problem) => problem.evidence.rule === 'scored')) expect(evidence.features.length).toBeGreaterThan(0)
  await expectBalanced()
  first = new Set(found.map(({ id }) => id))
})

it('closes them by itself when Alertmanager says that all is over', async () => {
  await end()
  await until('Alertmanager has sent every recovery', async () => taken().resolved >= STORM)
  const over = await allIncidents('all are resolved', ({ status, openProblemCount }) => status === 'resolved' && openProblemCount === 0)
  expect(new Set(over.map(({ id }) => id))).toEqual(first)
  for (const { resolvedAt, timeline } of over) {
    expect(resolvedAt).not.toBeNull()
    expect(timeline.map(({ kind }) => kind)).toContain('resolved')
  }
  await expectBalanced()
  expect(sum(over.map(({ alertCount }) => alertCount))).toBe(taken().firing)
})

it('opens the same incidents again when the storm comes back within the window', async () => {
  await begin()
  const again = await allIncidents('all are open again', ({ status, openProblemCount, problemCount }) => status === 'open' && openProblemCount === problemCount)
  expect(new Set(again.map(({ id }) => id))).toEqual(first)
  for (const { reopenCount, resolvedAt } of again) expect([reopenCount, resolvedAt]).toEqual([1, null])
  expect(sum(again.map(({ problemCount }) => problemCount))).toBe(STORM)
  await expectBalanced()
})

it('hears of the end although it was killed when Alertmanager told it', async () => {
  await program.kill()
  const before = witness.seen.length
  await end()
  await until('Alertmanager has found us gone', async () => witness.seen.slice(before).some(({ status }) => status === 502))
  await program.start()
  const over = await allIncidents('all are resolved after the restart', ({ status, openProblemCount }) => status === 'resolved' && openProblemCount === 0)
  expect(new Set(over.map(({ id }) => id))).toEqual(first)
  await expectBalanced()
  expect(sum(over.map(({ alertCount }) => alertCount))).toBe(taken().firing)
})
