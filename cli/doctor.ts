/** `aw doctor`: the configuration, and through the running program its engines, lag, senders, remediation, ticket systems and language models; each finding says how to mend it. */
import { embeddedEngines, readConfig, type Config } from '../config.ts'
import { systemClock } from '../schemas/clock.ts'
import type { ConnectorStatus, MasterKeyView } from '../schemas/connection-views.ts'
import { toAppError } from '../schemas/errors.ts'
import type { RemediationSettingsView } from '../schemas/remediation-views.ts'
import type { ApprovalView, CloudAccountView, RunView } from '../schemas/runs.ts'
import type { IntegrationView } from '../schemas/views.ts'
import { ApiClient, request } from './client.ts'
import type { Finding } from './finding.ts'
import { connectorFindings, masterKeyFindings } from './connector-doctor.ts'
import { modelsOf, type ModelTest } from './models.ts'
import { table } from './output.ts'
import { approvalFindings, companyFindings, runFindings, stopOfAll } from './remediation-doctor.ts'
import { sendersOf } from './senders.ts'

interface Check { name: string; ok: boolean; message: string | null; latencyMs: number }
interface Listed<T> { items: T[]; next: string | null }

/** How much later than now the newest committed record of a stage may be before it counts as lag, in seconds. */
const LAG_SECONDS = 30

/** Looks at everything; never throws for what it finds. */
export async function doctor(environment: Readonly<Record<string, string | undefined>>): Promise<{ findings: readonly Finding[]; text: string }> {
  const findings: Finding[] = []
  const config = await attempt(findings, 'configuration', async () => {
    const read = readConfig(environment)
    const embedded = embeddedEngines(read)
    findings.push({ what: 'configuration', state: 'ok', detail: `mode ${read.mode}; ${embedded.length === 0 ? 'all engines are servers' : `embedded, for want of ${embedded.join(', ')}`}` })
    return read
  })
  if (config !== null && await attempt(findings, 'program', () => engines(config, findings)) !== null) {
    await attempt(findings, 'lag', () => lag(config, findings))
    await attempt(findings, 'dead letters', () => deadLetters(config, findings))
    await attempt(findings, 'senders', () => senders(config, findings))
    await attempt(findings, 'remediation', () => remediation(config, findings))
    await attempt(findings, 'ticket systems', () => ticketSystems(config, findings))
    await attempt(findings, 'language models', () => models(config, findings))
  }
  if (config !== null) await attempt(findings, 'servers', () => servers(config, findings))
  const marks = { ok: 'ok', notice: 'note', failed: 'FAIL' }
  return { findings, text: table(['', 'what', 'finding'], findings.map(({ what, state, detail }) => [marks[state], what, detail.replaceAll('\n', ' ')])) }
}

async function attempt<T>(findings: Finding[], what: string, look: () => Promise<T>): Promise<T | null> {
  try {
    return await look()
  } catch (thrown) {
    const error = toAppError(thrown)
    const mistakes = Array.isArray(error.details.mistakes) ? error.details.mistakes.map(String) : [error.message]
    findings.push(...mistakes.map((detail) => ({ what, state: 'failed' as const, detail })))
    return null
  }
}

async function engines(config: Config, findings: Finding[]): Promise<true> {
  const answer = await request(`${config.url}/api/health/ready`, {})
  const { checks } = (await answer.json()) as { checks: Check[] }
  for (const check of checks) {
    findings.push(check.ok
      ? { what: check.name, state: 'ok', detail: `answers in ${check.latencyMs} ms` }
      : { what: check.name, state: 'failed', detail: check.message ?? 'does not answer' })
  }
  return true
}

/** Stages that hear a tick every five seconds. */
const TICKED = new Set(['process', 'correlate'])

async function lag(config: Config, findings: Finding[]): Promise<void> {
  const text = await (await request(`${config.url}/metrics`, {})).text()
  const newest = new Map<string, number>()
  for (const [, kind, stage = '', seconds = ''] of text.matchAll(/^stage_(progress|output)_timestamp_seconds\{stage="(\w+)".*?\} ([\d.e+]+)$/gm)) {
    const name = kind === 'output' ? `output of ${stage}` : stage
    newest.set(name, Math.max(newest.get(name) ?? 0, Number(seconds)))
  }
  const now = Number(/^process_start_time_seconds (\d+)/m.exec(text)?.[1] ?? 0)
  for (const [stage, seconds] of newest) {
    if (stage.startsWith('output of ')) continue
    // Ticks move the stages at all times; who reads incidents moves only when there is one to read.
    const reference = TICKED.has(stage) ? Math.max(...[...TICKED].map((name) => newest.get(name) ?? 0), now) : newest.get('output of correlate') ?? seconds
    const behind = Math.round(reference - seconds)
    findings.push({ what: `stage ${stage}`, state: behind > LAG_SECONDS ? 'failed' : 'ok', detail: behind > LAG_SECONDS ? `${behind} s behind what there is to read: look at its log and its engine` : 'keeps up' })
  }
}

/** How the servers are set up; the embedded engines have nothing to set. */
async function servers(config: Config, findings: Finding[]): Promise<void> {
  const tell = (what: string, found: readonly { ok: boolean; detail: string }[]): void => {
    for (const { ok, detail } of found) findings.push({ what, state: ok ? 'ok' : 'failed', detail })
  }
  if (config.redisUrl !== null) tell('Redis', await (await import('../storage/redis/doctor.ts')).checkRedis(config.redisUrl.reveal()))
  if (config.kafkaBrokers !== null) tell('Kafka', await (await import('../storage/kafka/doctor.ts')).checkKafka({ brokers: config.kafkaBrokers }))
}

async function deadLetters(config: Config, findings: Finding[]): Promise<void> {
  const { items } = await new ApiClient(config).call<Listed<{ code: string }>>('GET', '/api/dead-letters?limit=100')
  const detail = items.length === 0 ? 'none' : `${items.length === 100 ? '100 or more' : items.length}; GET /api/dead-letters says why, POST …/replay tries again after a fix`
  findings.push({ what: 'dead letters', state: items.length === 0 ? 'ok' : 'notice', detail })
}

/** Tries each configured model with a tiny question; it costs next to nothing, and in mode demo it is not made. */
async function models(config: Config, findings: Finding[]): Promise<void> {
  findings.push(...modelsOf(await new ApiClient(config).call<ModelTest>('POST', '/api/llm/test', {})))
}

async function senders(config: Config, findings: Finding[]): Promise<void> {
  const api = new ApiClient(config)
  for await (const company of companies(api)) {
    const { items } = await api.call<Listed<IntegrationView>>('GET', `/api/companies/${company.id}/integrations`)
    findings.push(...sendersOf(company.name, items, systemClock.now()))
  }
}

async function remediation(config: Config, findings: Finding[]): Promise<void> {
  const api = new ApiClient(config)
  const nowMs = systemClock.now()
  findings.push(...stopOfAll(await api.call<RemediationSettingsView>('GET', '/api/settings/remediation')))
  for await (const { id, name } of companies(api)) {
    const [settings, clouds] = await Promise.all([api.call<RemediationSettingsView>('GET', `/api/companies/${id}/remediation`), api.call<Listed<CloudAccountView>>('GET', `/api/companies/${id}/cloud-accounts`)])
    findings.push(...companyFindings({ name, settings, clouds: clouds.items }, nowMs))
  }
  findings.push(...runFindings((await api.call<Listed<RunView>>('GET', '/api/runs?limit=200&status=open')).items, nowMs), ...approvalFindings((await api.call<Listed<ApprovalView>>('GET', '/api/approvals?limit=200&status=pending')).items))
}

/** Calls each connection in use once; in mode demo nothing is called. */
async function ticketSystems(config: Config, findings: Finding[]): Promise<void> {
  const api = new ApiClient(config)
  findings.push(...connectorFindings((await api.call<Listed<ConnectorStatus>>('GET', '/api/connectors/status?probe=true')).items), ...masterKeyFindings(await api.call<MasterKeyView>('GET', '/api/master-key')))
}

async function* companies(api: ApiClient): AsyncGenerator<{ readonly id: string; readonly name: string }> {
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Listed<{ id: string; name: string }> = await api.call('GET', `/api/companies?limit=100${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)
    yield* page.items
    cursor = page.next
  }
}
