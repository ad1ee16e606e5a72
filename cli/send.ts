/** `aw send`: posts recorded payloads as a monitoring tool would, then shows what became of them. */
import { createHmac, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Clock } from '../schemas/clock.ts'
import { AppError } from '../schemas/errors.ts'
import { errorOf, request, type ApiClient } from './client.ts'
import { cell, percent, progressBar, table } from './output.ts'

/** Name of the integration this command keeps for itself in each company. */
const INTEGRATION = 'aw send'
/** How long to wait until everything sent has its fate. */
const SETTLE_MS = 120_000
/** A new key reaches every ingest process within five seconds. */
const KEY_DELAY_MS = 6_000

export interface SendOptions {
  readonly source: string
  readonly company: string
  /** Deliveries a second; null: as fast as they are answered. */
  readonly rate: number | null
}

interface Named { id: string; name: string }
interface Balance { accepted: number; inFlight: number; difference: number }
interface Incident { id: string; number: number; title: string; severity: string; status: string; alertCount: number; problemCount: number; assets: string[]; openedAt: string; updatedAt: string }
interface Detail extends Incident { problems: { evidence: { rule: string; features: { name: string; detail: string }[] } }[] }

/** What was sent and what became of it. */
export interface SendReport {
  readonly deliveries: number
  readonly accepted: number
  readonly stats: { readonly alerts: number; readonly problems: number; readonly incidents: number; readonly noiseReduction: number }
  /** Newest first, at most 20: those that changed. */
  readonly incidents: readonly (Incident & { readonly why: string })[]
  /** How many of them were there before. */
  readonly continued: number
}

/** Posts the payloads in order and waits for their fates. `.jsonl` files hold one payload a line, any other file is one payload. */
export async function send(api: ApiClient, files: readonly string[], options: SendOptions, clock: Clock): Promise<SendReport> {
  const payloads = files.flatMap(payloadsOf)
  const company = await companyNamed(api, options.company)
  const key = await sendingKey(api, company.id, options.source)
  const startedMs = clock.now()
  const before = await api.call<Balance>('GET', `/api/balance?company=${company.id}`)
  const run = randomUUID()
  const bar = progressBar(payloads.length, 'sent')
  try {
    for (const [index, payload] of payloads.entries()) {
      if (options.rate !== null) await clock.sleep(Math.max(0, startedMs + (index * 1_000) / options.rate - clock.now()))
      await post(api.url, options.source, payload, key, `${run}-${index}`, clock)
      bar.step()
    }
  } finally {
    bar.stop()
  }
  const balance = await settled(api, company.id, before.accepted, payloads.length, clock)
  const from = new Date(startedMs - 1_000).toISOString()
  const stats = await api.call<SendReport['stats']>('GET', `/api/stats/noise?company=${company.id}&from=${from}`)
  const list = await api.call<{ items: Incident[] }>('GET', `/api/incidents?company=${company.id}&limit=20`)
  // Those that were open before and went on belong to the story too.
  const touched = list.items.filter(({ updatedAt }) => updatedAt >= from)
  const incidents = await Promise.all(touched.map(async (incident) => ({ ...incident, why: whyOf(await api.call<Detail>('GET', `/api/incidents/${incident.id}`)) })))
  return { deliveries: payloads.length, accepted: balance.accepted - before.accepted, stats, incidents, continued: touched.filter(({ openedAt }) => openedAt < from).length }
}

/** The report as a person reads it. */
export function sendReport(report: SendReport, url: string): string {
  const { stats } = report
  const rows = report.incidents.map((incident) => [incident.number, incident.severity, incident.status, cell(incident.title, 44), incident.problemCount, incident.alertCount, cell(incident.why, 60)])
  return [
    `${report.deliveries} deliveries: ${stats.alerts} firing alerts became ${stats.problems} problems and ${stats.incidents} ${report.continued > 0 ? `new incidents; ${report.continued} went on` : 'incidents'} (noise reduction ${percent(stats.noiseReduction)}).`,
    '',
    table(['#', 'severity', 'status', 'incident', 'problems', 'alerts', 'why together'], rows),
    '',
    `More: ${url}/`,
  ].join('\n')
}

function payloadsOf(file: string): Buffer[] {
  let content: Buffer
  try {
    content = readFileSync(file)
  } catch (cause) {
    throw new AppError('usage', `reading ${file}: ${(cause as NodeJS.ErrnoException).code ?? 'error'}`, { cause })
  }
  if (!file.endsWith('.jsonl')) return [content]
  return content.toString('utf8').split('\n').filter((line) => line.trim() !== '').map((line) => Buffer.from(line))
}

/** The company of that name. Throws `not_found`. */
export async function companyNamed(api: ApiClient, name: string): Promise<Named> {
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: { items: Named[]; next: string | null } = await api.call('GET', `/api/companies?limit=100${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)
    const found = page.items.find((company) => company.name === name)
    if (found !== undefined) return found
    cursor = page.next
  }
  throw new AppError('not_found', `no company is named "${name}"; \`aw company create "${name}"\` makes it`)
}

async function sendingKey(api: ApiClient, companyId: string, source: string): Promise<{ apiKey: string; hmacSecret: string }> {
  const name = `${INTEGRATION} ${source}`
  const path = `/api/companies/${companyId}/integrations`
  const { items } = await api.call<{ items: Named[] }>('GET', `${path}?limit=100`)
  const known = items.find((integration) => integration.name === name)
  if (known === undefined) return api.call('POST', path, { name, source: source === 'alerts' ? 'generic' : source })
  return api.call('POST', `/api/companies/${companyId}/rotate-key`, { integrationId: known.id, overlapSeconds: 0 })
}

async function post(url: string, source: string, body: Buffer, key: { apiKey: string; hmacSecret: string }, deliveryId: string, clock: Clock): Promise<void> {
  const startedMs = clock.now()
  for (;;) {
    const timestamp = Math.floor(clock.now() / 1_000).toString()
    const signature = createHmac('sha256', key.hmacSecret).update(`${timestamp}.`).update(body).digest('hex')
    const answer = await request(`${url}/api/webhooks/${source}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': key.apiKey, 'x-timestamp': timestamp, 'x-signature': `sha256=${signature}`, 'x-delivery-id': deliveryId },
      body: new Uint8Array(body),
    })
    const text = await answer.text()
    if (answer.ok) return
    if (answer.status === 429 || answer.status === 503) await clock.sleep(1_000 * Number(answer.headers.get('retry-after') ?? 1))
    else if (answer.status === 401 && clock.now() - startedMs < KEY_DELAY_MS) await clock.sleep(250)
    else throw errorOf(answer.status, text)
  }
}

async function settled(api: ApiClient, companyId: string, before: number, sent: number, clock: Clock): Promise<Balance> {
  const deadlineMs = clock.now() + SETTLE_MS
  for (;;) {
    const balance = await api.call<Balance>('GET', `/api/balance?company=${companyId}`)
    if (balance.inFlight === 0 && balance.accepted - before >= sent) return balance
    if (clock.now() > deadlineMs) throw new AppError('engine_unavailable', `${balance.inFlight} deliveries are still in flight after two minutes; \`aw doctor\` shows what lags`)
    await clock.sleep(250)
  }
}

/** The commonest reasons for which problems joined this incident. */
function whyOf(incident: Detail): string {
  const counts = new Map<string, number>()
  for (const { evidence } of incident.problems) {
    for (const { name } of evidence.features) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const reasons = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 3).map(([name]) => name.replaceAll('_', ' '))
  return reasons.length === 0 ? 'stands alone' : reasons.join(', ')
}
