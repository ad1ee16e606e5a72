/**
 * The story: two clients of one MSP have machines of the same names and the same troubles at the same time. Everybody at Alpha, whatever their role,
 * and every program that holds a key of Alpha, tries every route with what belongs to Bravo. Bravo must neither be seen nor changed.
 */
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runbookFiles } from '../../remediator/library/load.ts'
import { SHIPPED_FOLDER } from '../../remediator/library/shipped.ts'
import type { Role } from '../../schemas/settings.ts'
import type { AssetView, DeadLetterView, IncidentDetail, IncidentView, IntegrationView, NoiseView, Page } from '../../schemas/views.ts'
import { admin, Client, keyWorks, logIn, onboard, settledBalance, type Reply } from '../harness/client.ts'
import { LiveStream } from '../harness/live-stream.ts'
import { Program, until } from '../harness/process.ts'
import { alertBody, post, signed, type Company } from '../harness/sender.ts'

const HOSTS = 20
/** Records are in the analytics within a second. */
const REST_MS = 2_500
const CHECKS = ['HighCPU', 'DiskFull', 'ServiceDown']
const ROLES = ['company_admin', 'technician', 'viewer'] as const satisfies readonly Role[]
type Staff = Record<(typeof ROLES)[number], Client & { readonly userId: string }>

interface Tenant {
  readonly word: string
  readonly company: Company
  readonly staff: Staff
  /** A key that need not sign, bound to Zabbix. */
  readonly zabbix: Company & { readonly integrationId: string }
  readonly integration: string
  readonly key: string
  readonly asset: string
  readonly incident: IncidentDetail
  readonly command: string
  readonly delivery: string
  readonly letter: string
  readonly backtest: string
  /** Of its own. */
  readonly runbook: string
  readonly channel: string
  readonly account: string
  readonly connection: string
  readonly run: string
  readonly approval: string
}

interface Operation { method: string; path: string; hasCompanyQuery: boolean }

let program: Program
let root: Client
let alpha: Tenant
let bravo: Tenant
let operations: Operation[]

beforeAll(async () => {
  program = await Program.up()
  await program.start()
  root = admin(program)
  const companies = [await onboard(program, 'Alpha Ltd'), await onboard(program, 'Bravo Ltd')] as const
  for (let host = 0; host < HOSTS; host++) for (const signature of CHECKS) await Promise.all(companies.map((company) => fire(company, { asset_name: `web-${host}`, signature, external_id: `${signature}/web-${host}` })))
  alpha = await tenant(companies[0])
  bravo = await tenant(companies[1])
  const { paths } = await root.get<{ paths: Record<string, Record<string, { parameters?: { in: string; name: string }[] }>> }>('/api/openapi.json')
  operations = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, { parameters = [] }]) => ({
    method: method.toUpperCase(), path, hasCompanyQuery: parameters.some((parameter) => parameter.in === 'query' && parameter.name === 'company'),
  })))
})
afterAll(() => program.remove())

/** Alerts name their company in the text, so that a word of one in an answer to the other gives it away. */
async function fire(company: Company, over: Parameters<typeof alertBody>[0], deliveryId?: string): Promise<string> {
  const { status, answer } = await post(program.url, company, 'alerts', alertBody({ message: `secret of ${wordOf(company)}`, ...over }), deliveryId)
  expect(status).toBe(202)
  return answer.deliveryId ?? ''
}

const wordOf = ({ name }: Pick<Company, 'name'>): string => name.split(' ')[0]!.toLowerCase()

/** Everything a company may have: people, a bound key, an asset, an incident with a command, a receipt, a dead letter. */
async function tenant(company: Company): Promise<Tenant> {
  const word = wordOf(company)
  const staff = Object.fromEntries(await Promise.all(ROLES.map(async (role) => [role, await logIn(program, role, [company.id])] as const))) as Staff
  const boss = staff.company_admin
  const zabbix = (await boss.call<Tenant['zabbix'] & { integration: { id: string } }>('POST', `/api/companies/${company.id}/integrations`, { name: `${word} zabbix`, source: 'zabbix', requireHmac: false })).body
  await keyWorks(program, zabbix, 'zabbix')
  const key = (await boss.get<Page<IntegrationView>>(`/api/companies/${company.id}/integrations`)).items.find(({ id }) => id === zabbix.integrationId)!.keys[0]!.id
  await boss.call('PUT', `/api/companies/${company.id}/rules`, { document: { severities: [{ id: `rule-of-${word}`, when: [`asset=${word}`], severity: 'low' }] }, comment: `comment of ${word}` })
  const asset = (await boss.call<AssetView>('POST', `/api/companies/${company.id}/assets`, { name: 'web-1', critical: true, tags: { owner: word } })).body.id
  const delivery = await fire(company, { asset_name: 'db-1', signature: 'Deadlock', external_id: 'db-1' }, 'delivery-1')
  expect((await post(program.url, company, 'alerts', [`unreadable words of ${word}`])).status).toBe(202)
  await settledBalance(program, company.id, HOSTS * CHECKS.length + 2)
  const [found] = await until('the incident of the database', async () => {
    const items = await boss.incidents(`&q=db-1&company=${company.id}`)
    return items.length === 1 ? items : null
  })
  const { commandId } = (await boss.call<{ commandId: string }>('POST', `/api/incidents/${found!.id}/notes`, { text: `note of ${word}` })).body
  const backtest = (await boss.call<{ id: string }>('POST', '/api/backtests', { company: company.id, settings: {} })).body.id
  const letter = await until('the dead letter', async () => (await boss.get<Page<DeadLetterView>>('/api/dead-letters')).items[0])
  const runbook = `own-${word}`
  const files = await runbookFiles(join(SHIPPED_FOLDER, 'disk-clean-temp'))
  expect((await boss.call('PUT', `/api/companies/${company.id}/runbooks/${runbook}`, { files: { ...files, 'runbook.yaml': files['runbook.yaml']?.replace(/^id: .*$/m, `id: ${runbook}`).replace(/^risk: .*$/m, 'risk: medium') } })).status).toBe(200)
  // Simulated, on a machine that is made up because the company has no cloud yet.
  const run = (await boss.call<{ id: string }>('POST', `/api/msp/runbooks/${runbook}/execute`, { company: company.id, targets: ['web-1'], inputs: { volume: '/var' }, mode: 'demo' })).body.id
  await until('the run has ended', async () => (await boss.get<{ endedAt: string | null }>(`/api/runs/${run}`)).endedAt)
  const channel = (await boss.call<{ id: string }>('POST', `/api/companies/${company.id}/notice-channels`, { kind: 'slack', name: `room of ${word}`, address: `https://hooks.slack.com/services/T000/B000/${word}` })).body.id
  const account = (await boss.call<{ id: string }>('POST', `/api/companies/${company.id}/cloud-accounts`, { cloud: 'aws', name: `cloud of ${word}`, fields: { accountId: '123456789012', regions: 'eu-central-1' } })).body.id
  const connection = (await boss.call<{ id: string }>('POST', '/api/connections', { company: company.id, connector: 'zendesk', name: `desk of ${word}`, baseUrl: `https://${word}.zendesk.com/api/v2`, auth: 'api_key', fields: { email: `alerts@${word}.test` }, secrets: { apiToken: `token of ${word}` } })).body.id
  return { channel, runbook, account, connection, run, approval: 'none', word, company, staff, zabbix, integration: zabbix.integrationId, key, asset, incident: await boss.incident(found!.id), command: commandId, delivery, letter: letter.id, backtest }
}

/** All that a company can see of itself. */
async function stateOf({ company, staff, delivery, command, asset, letter }: Tenant): Promise<Record<string, string>> {
  const boss = staff.company_admin
  const incidents = await boss.incidents('&merged=true')
  const paths = [
    '/api/companies', `/api/companies/${company.id}`, `/api/companies/${company.id}/settings`, `/api/companies/${company.id}/rules`, `/api/companies/${company.id}/rules/effective`, `/api/companies/${company.id}/rules/revisions`, '/api/settings/diff', `/api/companies/${company.id}/integrations`, `/api/companies/${company.id}/remediation`, `/api/companies/${company.id}/cloud-accounts`, `/api/notice-channels?company=${company.id}`, `/api/runbooks?company=${company.id}`, '/api/runs', '/api/approvals', '/api/stats/remediation', '/api/calls', '/api/stats/calls', `/api/companies/${company.id}/ticket-settings`, `/api/ticket-matches?company=${company.id}`, `/api/tickets/outbox?company=${company.id}`, `/api/connections?company=${company.id}`, `/api/connectors/status?company=${company.id}`, `/api/companies/${company.id}/assets`, `/api/companies/${company.id}/assets/${asset}`, '/api/users',
    '/api/incidents?limit=200&merged=true', ...incidents.map(({ id }) => `/api/incidents/${id}`), `/api/commands/${command}`, '/api/stats/noise', '/api/stats/incidents', '/api/balance',
    `/api/deliveries/${delivery}`, `/api/alerts/${encodeURIComponent(`${delivery}:0`)}/explain`, '/api/deliveries', '/api/dead-letters', '/api/dead-letters/counts', `/api/dead-letters/${encodeURIComponent(letter)}`, '/api/audit?limit=200',
  ]
  const state: Record<string, string> = {}
  // When a key was last used, what was refused, what the analyst says and which runbooks fit is written down some seconds late, so it may belong to an earlier test.
  for (const path of paths) state[path] = JSON.stringify(await boss.get(path), (name, value: unknown) => (['analysis', 'suggestedRunbooks'].includes(name) ? null : value)).replace(/"lastUsedAt":[^,}]*/g, '"lastUsedAt":0').replace(/"refused":\{[^}]*\}/g, '"refused":{}')
  return state
}

/** Words and ids that only Bravo has. */
function marksOf(tenant: Tenant): string[] {
  const { word, company, staff, integration, key, asset, incident, command, delivery, letter, account, connection, channel, run } = tenant
  return [word, account, connection, channel, run, company.id, integration, key, asset, incident.id, command, delivery, letter, ...ROLES.map((role) => staff[role].userId), ...incident.problems.map(({ integrationId }) => integrationId)]
}

/** What of Bravo an answer shows that the question did not name. */
function leaksIn(answer: string, question: string): string[] {
  return marksOf(bravo).filter((mark) => answer.toLowerCase().includes(mark.toLowerCase()) && !question.toLowerCase().includes(mark.toLowerCase()))
}

/** A legal body for each route that needs one; everything in it that is an id is Bravo's. */
function bodyFor(operation: string): unknown {
  const user = { email: `new-${Math.random()}@example.com`, name: 'x', password: 'a password of ours', role: 'technician', companies: [bravo.company.id] }
  const bodies: Record<string, unknown> = {
    'POST /api/auth/login': { email: 'nobody@example.com', password: 'a password of ours' },
    'POST /api/me/password': { currentPassword: 'not the password', newPassword: 'a password of ours' },
    'POST /api/companies': { name: 'Alpha again' },
    'PATCH /api/companies/{id}': { name: 'Taken over', windowMs: 300_000 },
    'POST /api/companies/{id}/rotate-key': { overlapSeconds: 0, integrationId: bravo.integration },
    'POST /api/companies/{id}/integrations': { name: 'x', source: 'zabbix' },
    'PATCH /api/companies/{id}/integrations/{integrationId}': { requireHmac: false, source: 'zabbix' },
    'POST /api/companies/{id}/integrations/{integrationId}/mapping/try': { mapping: { asset: 'h' }, payload: '{"h":"x"}' },
    'POST /api/companies/{id}/integrations/{integrationId}/mapping/suggest': { payload: '{"host":"x"}' },
    'POST /api/mappings/try': { mapping: { asset: 'h' }, payload: '{"h":"x"}' },
    'POST /api/mappings/suggest': { payload: '{"host":"x"}' },
    'POST /api/companies/{id}/topology': { edges: [] },
    'PUT /api/companies/{id}/topology': { edges: [] },
    'POST /api/companies/{id}/assets': { name: 'x' },
    'PATCH /api/companies/{id}/assets/{assetId}': { critical: false },
    'PUT /api/settings': { windowMs: 300_000 },
    'PUT /api/rules': { document: {} },
    'POST /api/rules/rollback': { revision: 1 },
    'POST /api/rules/try': { problem: {} },
    'PUT /api/companies/{id}/rules': { document: {} },
    'POST /api/companies/{id}/rules/rollback': { revision: 1 },
    'POST /api/companies/{id}/rules/try': { problem: {} },
    'POST /api/companies/{id}/silences': { when: [], minutes: 5, reason: 'x' },
    'POST /api/users': user,
    'PATCH /api/users/{id}': { name: 'x', password: 'a password of ours' },
    'POST /api/incidents/{id}/assign': { assignee: null },
    'POST /api/incidents/{id}/notes': { text: 'x' },
    'POST /api/incidents/{id}/classify': { text: 'x', severity: 'low' },
    'POST /api/incidents/{id}/merge': { into: alpha.incident.id },
    'POST /api/incidents/{id}/tickets': { ticket: '42', connection: bravo.connection },
    'PATCH /api/incidents/{id}/tickets/{ticketId}': { kind: 'related' },
    'POST /api/incidents/{id}/tickets/{ticketId}/change-requests': { reason: 'x' },
    'POST /api/incidents/{id}/tickets/{ticketId}/notes': { text: 'x' },
    'POST /api/incidents/{id}/tickets/{ticketId}/attachments': { name: 'x.txt', contentType: 'text/plain', base64: 'eHh4' },
    'POST /api/incidents/{id}/tickets/{ticketId}/times': { minutes: 5, text: 'x' },
    'POST /api/incidents/{id}/split': { problemKeys: bravo.incident.problems.map(({ problemKey }) => problemKey) },
    'POST /api/companies/{id}/notice-channels': { kind: 'slack', name: 'x', address: 'https://hooks.slack.com/services/T000/B000/x' },
    'POST /api/notice-channels': { kind: 'slack', name: 'x', address: 'https://hooks.slack.com/services/T000/B000/x' },
    'PATCH /api/notice-channels/{id}': { enabled: false },
    'POST /api/runbooks/check': { files: { 'runbook.yaml': 'id: x' } },
    'PUT /api/msp/runbooks/{rid}': { files: { 'runbook.yaml': 'id: x' } },
    'PUT /api/companies/{id}/runbooks/{rid}': { files: { 'runbook.yaml': 'id: x' } },
    'POST /api/msp/runbooks/{rid}/plan': { company: bravo.company.id, incident: bravo.incident.id, targets: ['web-1'] },
    'POST /api/msp/runbooks/{rid}/execute': { company: bravo.company.id, incident: bravo.incident.id, targets: ['web-1'] },
    'POST /api/companies/{id}/scripts': { summary: 'x', system: 'linux', script: 'true', targets: ['web-1'] },
    'POST /api/runbooks/replay': { company: bravo.company.id },
    'POST /api/companies/{id}/remediation/stop': { reason: 'x' },
    'PUT /api/companies/{id}/remediation': { settings: {} },
    'POST /api/settings/remediation/stop': { reason: 'x' },
    'PUT /api/settings/remediation': { settings: {} },
    'POST /api/companies/{id}/cloud-accounts': { cloud: 'aws', name: 'x', fields: { accountId: '123456789012', regions: 'eu-central-1' } },
    'PATCH /api/companies/{id}/cloud-accounts/{accountId}': { name: 'x' },
    'POST /api/connections': { company: bravo.company.id, connector: 'zendesk', name: 'x', baseUrl: 'https://x.zendesk.com/api/v2', auth: 'api_key', fields: { email: 'x@example.com' }, secrets: { apiToken: 'x' } },
    'PATCH /api/connections/{id}': { name: 'x' },
    'PUT /api/ticket-settings': { delaySeconds: 30 },
    'PUT /api/companies/{id}/ticket-settings': { autoClose: false },
    'PUT /api/connections/{id}/matches': { companyId: bravo.company.id, kind: 'asset', name: 'web-1', externalId: '7' },
    'POST /api/hooks/{connector}/{connection}': {},
    'POST /api/backtests': { company: bravo.company.id, settings: {} },
    'POST /api/backtests/adapters': { company: bravo.company.id, integration: bravo.integration },
    'POST /api/dead-letters/replay': { company: bravo.company.id },
    'POST /api/companies/{id}/assets/import': 'name,critical\nweb-1,false\n',
    'POST /api/webhooks/alerts': alertBody({ asset_name: 'web-1' }),
    'POST /api/webhooks/{source}': alertBody({ asset_name: 'web-1' }),
  }
  return operation in bodies ? bodies[operation] : operation.startsWith('POST /api/incidents') ? {} : undefined
}

/** The path with everything in it Bravo's; throws on a parameter that nobody thought of. */
function pathFor({ path, hasCompanyQuery }: Operation): string {
  const ids: Record<string, string> = { companies: bravo.company.id, users: bravo.staff.viewer.userId, incidents: bravo.incident.id, commands: bravo.command, deliveries: bravo.delivery, alerts: `${bravo.delivery}:0`, backtests: bravo.backtest, runs: bravo.run, calls: 'none', tickets: 'none', connections: bravo.connection, approvals: bravo.approval, runbooks: bravo.runbook, 'notice-channels': bravo.channel, 'dead-letters': bravo.letter }
  const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = { id: ids[path.split('/')[2] ?? ''], integrationId: bravo.integration, keyId: bravo.key, assetId: bravo.asset, source: 'zabbix', revision: '1', adviceId: 'hold-1', silence: 'silence-0', rid: bravo.runbook, accountId: bravo.account, ticketId: 'none', token: 'none', connector: 'zendesk', connection: bravo.connection }[name]
    if (value === undefined) throw new Error(`${path} has a parameter {${name}} that this test has no id of Bravo for`)
    return value
  })
  if (path === '/api/connections/{id}/assets') return `${filled}?of=1`
  return hasCompanyQuery ? `${filled}?company=${bravo.company.id}` : filled
}

async function ask(who: Client, operation: Operation): Promise<{ reply: Reply<unknown>; question: string }> {
  const name = `${operation.method} ${operation.path}`
  const [path, body] = [pathFor(operation), bodyFor(name)]
  const headers: Record<string, string> = name.endsWith('/import') ? { 'content-type': 'text/csv' } : {}
  return { reply: await who.call(operation.method, path, body, headers), question: `${path} ${JSON.stringify(body ?? '')}` }
}

describe('a storm in both, with the same names', () => {
  it('makes incidents of its own in each, with each alert where it belongs', async () => {
    for (const { company, staff, word, incident } of [alpha, bravo]) {
      const other = word === 'alpha' ? 'bravo' : 'alpha'
      const accepted = HOSTS * CHECKS.length + 2
      expect(await settledBalance(program, company.id, accepted)).toMatchObject({ accepted, emitted: accepted - 1, rejected: 1, difference: 0, inFlight: 0 })
      const listed = await staff.viewer.incidents()
      const integrations = (await staff.company_admin.get<{ items: IntegrationView[] }>(`/api/companies/${company.id}/integrations`)).items.map(({ id }) => id)
      expect(incident.problems).toHaveLength(1)
      let problems = 0
      for (const { id } of listed) {
        const detail = await staff.viewer.incident(id)
        expect(detail.companyId).toBe(company.id)
        expect(JSON.stringify(detail).toLowerCase()).not.toContain(other)
        for (const { integrationId } of detail.problems) expect(integrations).toContain(integrationId)
        problems += detail.problemCount
      }
      expect(problems).toBe(HOSTS * CHECKS.length + 1)
      expect(await staff.viewer.get<NoiseView>('/api/stats/noise')).toMatchObject({ alerts: problems, problems, incidents: listed.length })
    }
    const ids = (tenant: Tenant): Promise<string[]> => tenant.staff.viewer.incidents().then((items: readonly IncidentView[]) => items.map(({ id }) => id))
    const [ours, theirs] = [await ids(alpha), await ids(bravo)]
    expect(ours.filter((id) => theirs.includes(id))).toEqual([])
  })

  it('ends in one without ending in the other, even under the other’s delivery and vendor ids', async () => {
    const before = await stateOf(bravo)
    const { answer, status } = await post(program.url, alpha.company, 'alerts', alertBody({ asset_name: 'db-1', signature: 'Deadlock', external_id: 'db-1', status: 'resolved' }), 'delivery-2')
    expect([status, answer.duplicate]).toEqual([202, undefined])
    await until('Alpha’s incident ends', async () => (await alpha.staff.viewer.incident(alpha.incident.id)).status === 'resolved')
    await settledBalance(program, alpha.company.id, HOSTS * CHECKS.length + 3)
    expect(await stateOf(bravo)).toEqual(before)

    // Each remembers its own deliveries: both sent `delivery-1`, and both were taken.
    expect(alpha.delivery).not.toBe(bravo.delivery)
    expect(await post(program.url, bravo.company, 'alerts', alertBody(), 'delivery-1')).toMatchObject({ status: 200, answer: { deliveryId: bravo.delivery, duplicate: true } })
  })
})

describe('every route, with what belongs to Bravo', () => {
  const publicPaths = ['/api/health/live', '/api/health/ready', '/api/health', '/metrics', '/api/auth/login', '/api/approvals/link/{token}', '/api/oauth/agree', '/api/oauth/callback']

  it.each(ROLES)('is closed to a %s of Alpha', async (role) => {
    const before = await stateOf(bravo)
    const wrong: string[] = []
    for (const operation of operations.filter(({ path }) => path !== '/api/events')) {
      const { reply, question } = await ask(alpha.staff[role], operation)
      const name = `${operation.method} ${operation.path}`
      const leaks = leaksIn(reply.text, question)
      if (leaks.length > 0) wrong.push(`${name} shows ${leaks.join(', ')}`)
      // 400 would only say that this test asks wrongly, so it does not pass for a refusal.
      const names = operation.path.includes('{id}') || operation.hasCompanyQuery
      if (names && ![403, 404].includes(reply.status)) wrong.push(`${name} is answered ${reply.status} ${reply.text.slice(0, 200)}`)
      if (reply.status >= 500) wrong.push(`${name} fails: ${reply.text.slice(0, 200)}`)
    }
    expect(wrong).toEqual([])
    expect(await stateOf(bravo)).toEqual(before)
  })

  it('is closed to Alpha’s API keys, which only post', async () => {
    const before = await stateOf(bravo)
    for (const key of [alpha.company.apiKey, alpha.zabbix.apiKey]) for (const operation of operations.filter(({ path }) => !publicPaths.includes(path))) {
      const isOpen = operation.path === '/api/webhooks/{source}' && key === alpha.zabbix.apiKey
      const { reply } = await ask(new Client(program.url, key), operation)
      expect([`${operation.method} ${operation.path}`, reply.status]).toEqual([`${operation.method} ${operation.path}`, isOpen ? 202 : 401])
    }
    expect(await stateOf(bravo)).toEqual(before)
  })

  it('is closed where Alpha’s own things are named together with Bravo’s', async () => {
    const before = await stateOf(bravo)
    const boss = alpha.staff.company_admin
    const ours = `/api/companies/${alpha.company.id}`
    const [inAlpha, inBravo] = [alpha.incident.id, bravo.incident.id]
    const attempts: [number, string, string, unknown?][] = [
      [404, 'PATCH', `${ours}/integrations/${bravo.integration}`, { requireHmac: true }], [404, 'POST', `${ours}/rotate-key`, { integrationId: bravo.integration, overlapSeconds: 0 }],
      [404, 'DELETE', `${ours}/integrations/${bravo.integration}`], [404, 'DELETE', `${ours}/integrations/${bravo.integration}/keys/${bravo.key}`], [404, 'DELETE', `${ours}/integrations/${alpha.integration}/keys/${bravo.key}`],
      [404, 'GET', `${ours}/assets/${bravo.asset}`], [404, 'PATCH', `${ours}/assets/${bravo.asset}`, { critical: false }], [404, 'DELETE', `${ours}/assets/${bravo.asset}`],
      [404, 'POST', `/api/incidents/${inAlpha}/merge`, { into: inBravo }], [404, 'POST', `/api/incidents/${inBravo}/merge`, { into: inAlpha }],
      [400, 'POST', `/api/incidents/${inAlpha}/assign`, { assignee: bravo.staff.technician.userId }],
      [409, 'POST', `/api/incidents/${inAlpha}/split`, { problemKeys: bravo.incident.problems.map(({ problemKey }) => problemKey) }],
      [404, 'PATCH', `/api/users/${alpha.staff.viewer.userId}`, { companies: [bravo.company.id] }],
    ]
    for (const [status, method, path, body] of attempts) {
      const reply = await boss.call(method, path, body)
      expect([method, path, reply.status]).toEqual([method, path, status])
      expect(leaksIn(reply.text, `${path} ${JSON.stringify(body)}`)).toEqual([])
    }
    const page = await bravo.staff.viewer.get<Page<IncidentView>>('/api/incidents?limit=1')
    const behind = await alpha.staff.viewer.call('GET', `/api/incidents?cursor=${encodeURIComponent(page.next ?? '')}`)
    expect(leaksIn(behind.text, '')).toEqual([])
    expect(await stateOf(bravo)).toEqual(before)
  })
})

/** A reading once it no longer changes: what was posted before this is told everywhere within a second or two. */
async function restOf<T>(read: () => Promise<T>): Promise<T> {
  let last = await read()
  return until('everything posted so far is told', async () => {
    await setTimeout(REST_MS)
    const now = await read()
    const isSame = isDeepStrictEqual(last, now)
    last = now
    return isSame ? now : null
  })
}

describe('a key', () => {
  it('of Alpha proves nothing with a secret of Bravo, nor the other way round', async () => {
    const before = await restOf(() => Promise.all([stateOf(alpha), stateOf(bravo)]))
    const mixed = [{ apiKey: alpha.company.apiKey, hmacSecret: bravo.company.hmacSecret }, { apiKey: bravo.company.apiKey, hmacSecret: alpha.company.hmacSecret }, { apiKey: alpha.company.apiKey, hmacSecret: alpha.zabbix.hmacSecret }]
    for (const pair of mixed) expect((await post(program.url, pair, 'alerts', alertBody())).status).toBe(401)
    expect(await Promise.all([stateOf(alpha), stateOf(bravo)])).toEqual(before)
  })

  it('that need not sign posts as its own source alone', async () => {
    const body = JSON.stringify(alertBody())
    for (const [source, status] of [['datadog', 401], ['alerts', 401], ['grafana', 401]] as const) {
      const answer = await fetch(`${program.url}/api/webhooks/${source}`, { method: 'POST', headers: signed({ ...bravo.company, apiKey: alpha.zabbix.apiKey }, body), body })
      expect([source, answer.status]).toEqual([source, status])
    }
  })

  it('of Alpha puts everything into Alpha, whatever the body says', async () => {
    const before = await stateOf(bravo)
    const key = bravo.incident.problems[0]?.problemKey ?? ''
    const deliveryId = await fire(alpha.company, { asset_name: 'claimed-1', signature: 'claimed', external_id: key, labels: { company: bravo.company.id, companyId: bravo.company.id, integrationId: bravo.integration } })
    await until('it is an incident of Alpha', async () => (await alpha.staff.viewer.incidents('&q=claimed-1')).length === 1)
    expect((await bravo.staff.company_admin.call('GET', `/api/deliveries/${deliveryId}`)).status).toBe(404)
    expect(await stateOf(bravo)).toEqual(before)
  })
})

describe('the live stream', () => {
  it.each(ROLES)('of a %s of Alpha never tells of Bravo, live or on resuming', async (role) => {
    const token = alpha.staff[role].token ?? ''
    const [ours, theirs] = [await LiveStream.open(program.url, token), await LiveStream.open(program.url, bravo.staff.company_admin.token ?? '')]
    const host = `live-${role}`
    await fire(bravo.company, { asset_name: host, signature: `only ${host}` })
    await until('Bravo hears of its own', async () => theirs.heard.some(({ type, data }) => type === 'incident_created' && data.includes(host)))
    await fire(alpha.company, { asset_name: host, signature: `only ${host}` })
    await until('Alpha hears of its own', async () => ours.heard.some(({ type, data }) => type === 'incident_created' && data.includes(host)))
    expect(leaksIn(ours.raw, '')).toEqual([])
    expect(ours.heard.every(({ data }) => data.includes(alpha.company.id))).toBe(true)

    const resumed = await LiveStream.open(program.url, token, firstIdBefore(theirs.heard[0]?.id ?? ''))
    await until('Alpha hears again what it missed', async () => resumed.heard.some(({ type, data }) => type === 'incident_created' && data.includes(host)))
    expect(leaksIn(resumed.raw, '')).toEqual([])
    await Promise.all([ours.close(), theirs.close(), resumed.close()])
  })

  /** The id before an event of Bravo, as somebody could guess it. */
  function firstIdBefore(id: string): string {
    const [start = '', sequence = ''] = id.split('-')
    return `${start}-${Number(sequence) - 1}`
  }
})
