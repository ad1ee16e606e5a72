/**
 * The story: a month of pings that fail for a minute or two and come back, and once in a while for longer. The company is advised to hold the check, tries
 * it, applies it with one call, and the rule book holds the rule.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PastProblem } from '../../schemas/advice.ts'
import { TestClock } from '../../schemas/clock.ts'
import { ADMIN_TOKEN, openApiHarness, type ApiHarness } from '../harness/api.ts'
import { admin, onboard, settledBalance } from '../harness/client.ts'
import { Program } from '../harness/process.ts'
import { alertBody, post } from '../harness/sender.ts'

const clock = new TestClock(Date.UTC(2026, 1, 1))
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

const ping = (n: number): PastProblem => {
  const startMs = clock.now() - 29 * 24 * HOUR_MS + n * 2.9 * HOUR_MS
  return { problemKey: `k${n}`, incidentId: `i${n}`, source: 'zabbix', asset: 'web-1', signature: 'Ping', severity: 'high', alerts: 2, startMs, endMs: startMs + (n < 212 ? 1 + (n % 4) : 120) * MINUTE_MS }
}

interface Told { items: { id: string; kind: string; text: string; isApplied: boolean; proposal: { list: string; rule: object } | null }[]; advice: Told['items'][number]; revision: number; document: { holds?: object[] }; backtestId: string }

describe('advice through the API', () => {
  let api: ApiHarness
  let company = ''
  const ask = async (method: string, path: string, body?: object, token = ADMIN_TOKEN): Promise<{ status: number; body: Told; text: string }> => {
    const { status, body: told, text } = await api.call(token, method, path, body)
    return { status, body: told as object as Told, text }
  }

  beforeAll(async () => {
    api = await openApiHarness(clock, { autoSettle: true })
    company = (await api.company('Acme')).id
    api.figures.problems.push(...Array.from({ length: 230 }, (_, n) => ping(n)))
  })
  afterAll(() => api.close())

  it('is told with its counts, and applied once by one call, as a revision of the rules with its reason', async () => {
    const listed = await ask('GET', `/api/companies/${company}/advice`)
    const [hold] = listed.body.items
    expect(hold).toMatchObject({ kind: 'hold', isApplied: false, text: expect.stringMatching(/^Hold "Ping" of zabbix for 4 minutes: 212 of 230 problems of these 30 days/) })
    const manager = await api.user('company_admin', [company])
    const applied = await ask('POST', `/api/companies/${company}/advice/${hold!.id}/apply`, {}, manager.token)
    expect(applied).toMatchObject({ status: 200, body: { revision: 1, advice: { id: hold!.id, isApplied: true } } })
    const book = await ask('GET', `/api/companies/${company}/rules`)
    expect(book.body).toMatchObject({ revision: 1, comment: expect.stringContaining('212 of 230'), author: { id: manager.id }, document: { holds: [{ id: hold!.id, when: ['source="zabbix"', 'signature="Ping"'], minutes: 4 }] } })
    expect((await ask('GET', `/api/audit?company=${company}&action=rules.saved`)).body.items).toHaveLength(1)
    expect((await ask('GET', `/api/companies/${company}/advice`)).body.items[0]).toMatchObject({ id: hold!.id, isApplied: true })
    expect(await ask('POST', `/api/companies/${company}/advice/${hold!.id}/apply`, {})).toMatchObject({ status: 409 })
  })

  it('leaves other rules of the book as they are', async () => {
    const other = (await api.company('Initech')).id
    const holds = [{ id: 'mine', when: ['asset=db'], minutes: 2 }]
    expect((await ask('PUT', `/api/companies/${other}/rules`, { document: { holds, switches: { storm: false } } })).status).toBe(200)
    const [hold] = (await ask('GET', `/api/companies/${other}/advice`)).body.items
    await ask('POST', `/api/companies/${other}/advice/${hold!.id}/apply`, {})
    expect((await ask('GET', `/api/companies/${other}/rules`)).body.document).toMatchObject({ holds: [...holds, { id: hold!.id }], switches: { storm: false } })
  })

  it('says what cannot be applied, and which time or zone is none', async () => {
    const noisy = (await ask('GET', `/api/companies/${company}/advice`)).body.items.find(({ kind }) => kind === 'noisy')
    expect(await ask('POST', `/api/companies/${company}/advice/${noisy!.id}/apply`, {})).toMatchObject({ status: 409, text: expect.stringContaining('in the tool') })
    expect(await ask('GET', `/api/companies/${company}/advice?timeZone=Mars/Olympus`)).toMatchObject({ status: 400, text: expect.stringContaining('Europe/London') })
    expect((await ask('GET', `/api/companies/${company}/advice?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z`)).status).toBe(400)
  })
})

describe('advice in the running program', () => {
  let program: Program
  beforeAll(async () => {
    program = await Program.up()
    await program.start()
  })
  afterAll(() => program.remove())

  it('reads the recorded problems of the company alone, and the command line shows it', async () => {
    const [company, other] = [await onboard(program, 'Acme'), await onboard(program, 'Globex')]
    // Twelve hosts whose check fails and clears at once.
    for (let host = 0; host < 12; host++) for (const status of ['firing', 'resolved']) expect((await post(program.url, company, 'alerts', alertBody({ asset_name: `host-${host}`, signature: 'Ping', status, external_id: `ping-${host}` }))).status).toBe(202)
    await settledBalance(program, company.id, 24)
    const view = await admin(program).get<Told>(`/api/companies/${company.id}/advice`)
    const hold = view.items.find(({ kind }) => kind === 'hold')
    expect(hold).toMatchObject({ text: expect.stringMatching(/^Hold "Ping" of nagios for 1 minute: 12 of 12 problems/) })
    expect((await admin(program).get<Told>(`/api/companies/${other.id}/advice`)).items).toEqual([])
    const aw = async (...args: string[]): Promise<string> => (await promisify(execFile)(process.execPath, ['main.ts', 'advice', '--company', 'Acme', ...args], { env: { ...process.env, AW_PORT: String(program.port), AW_DATA_DIR: program.dataDir } })).stdout
    expect(await aw()).toContain(`aw advice --apply ${hold!.id}`)
    expect(JSON.parse(await aw('--try', hold!.id, '--json'))).toMatchObject({ alerts: 24, before: { quietAlerts: 0 }, after: { quietAlerts: 24, incidents: 0 } })
    expect(await aw('--apply', hold!.id)).toMatch(/^applied, as revision 1/)
  })
})
