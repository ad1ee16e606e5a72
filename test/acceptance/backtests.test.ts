/**
 * The story: three checks of one host and a printer alert, and the host's checks become one incident. A company admin wonders what a stricter threshold
 * would have made of it and asks for a backtest: it shows the split, with the parts, and production stays as it was.
 */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_WEIGHTS } from '../../correlator/settings.ts'
import type { BacktestView } from '../../schemas/backtest.ts'
import type { Page } from '../../schemas/views.ts'
import { admin, logIn, onboard, settledBalance, type Client } from '../harness/client.ts'
import { Program, until } from '../harness/process.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'

/** Nothing counts, so nothing joins. */
const STRICT = { joinThreshold: 1, weights: Object.fromEntries(Object.keys(DEFAULT_WEIGHTS).map((name) => [name, 0])) }
const ALERTS = [
  ...['HighCPU', 'HighMemory', 'HighLoad'].map((signature) => alertBody({ asset_name: 'web-1', signature })), alertBody({ asset_name: 'web-1', signature: 'HighCPU' }),
  alertBody({ asset_name: 'printer-7', signature: 'TonerLow', severity: 'low', tool_source: 'PrintWatch', message: 'toner\u0000 is low' }),
]

let program: Program
let boss: Client
let company: Company
let other: Company

beforeAll(async () => {
  program = await Program.up()
  await program.start()
  boss = admin(program)
  company = await onboard(program, 'Acme')
  other = await onboard(program, 'Globex')
  for (const body of ALERTS) expect((await post(program.url, company, 'alerts', body)).status).toBe(202)
  expect((await post(program.url, other, 'alerts', alertBody({ asset_name: 'globex-db' }))).status).toBe(202)
  await settledBalance(program, company.id, ALERTS.length)
  await settledBalance(program, other.id, 1)
})
afterAll(() => program.remove())

async function ended(caller: Client, body: object): Promise<BacktestView> {
  const begun = await caller.call<BacktestView>('POST', '/api/backtests', body)
  expect([begun.status, begun.text]).toEqual([202, expect.stringContaining('"state":"running"')])
  return until('the backtest ends', async () => {
    const view = await caller.get<BacktestView>(`/api/backtests/${begun.body.id}`)
    return view.state === 'running' ? null : view
  })
}

describe('a backtest of stored history', () => {
  it('shows settings to try beside those in force, and touches nothing of production', async () => {
    const caller = await logIn(program, 'company_admin', [company.id])
    const before = await Promise.all([caller.incidents('&merged=true'), caller.get(`/api/companies/${company.id}`)])
    const view = await ended(caller, { company: company.id, settings: STRICT })
    expect(view).toMatchObject({ state: 'done', code: null, progress: { done: 5, total: 5 }, settings: STRICT, companyId: company.id })
    expect(view.result).toMatchObject({
      alerts: 5, before: { problems: 4, incidents: 2, noiseReduction: 0.6 }, after: { problems: 4, incidents: 4 }, production: { incidents: 2 }, unchanged: 1, merges: { count: 0 },
      splits: { count: 1, examples: [{ whole: { alerts: 4, assets: ['web-1'] }, parts: 3 }] }, nextFrom: null,
    })
    expect(await Promise.all([caller.incidents('&merged=true'), caller.get(`/api/companies/${company.id}`)])).toEqual(before)
    const listed = await caller.get<Page<BacktestView>>(`/api/backtests?company=${company.id}`)
    expect(listed.items).toMatchObject([{ id: view.id, state: 'done', result: null }])
  })

  it('compares with other settings, reads only the time and as many alerts as asked for, and says where to go on', async () => {
    const same = await ended(boss, { company: company.id, settings: STRICT, compareWith: STRICT, limit: 2 })
    expect(same.result).toMatchObject({ alerts: 2, before: { incidents: 2 }, after: { incidents: 2 }, unchanged: 2, splits: { count: 0 }, nextFrom: expect.stringMatching(/Z$/) })
    const past = await ended(boss, { company: company.id, settings: {}, from: '2020-01-01T00:00:00Z', to: '2020-02-01T00:00:00Z' })
    expect(past.result).toMatchObject({ alerts: 0, production: { incidents: 0 } })
  })

  it('is the company\'s own', async () => {
    const stranger = await logIn(program, 'company_admin', [other.id])
    const technician = await logIn(program, 'technician', [company.id])
    const { id } = await ended(boss, { company: company.id, settings: {} })
    for (const [method, path, body] of [['GET', `/api/backtests/${id}`], ['POST', `/api/backtests/${id}/cancel`], ['POST', '/api/backtests', { company: company.id, settings: {} }]] as const) {
      expect([path, (await stranger.call(method, path, body)).status]).toEqual([path, 404])
      expect([path, (await technician.call(method, path, body)).status]).toEqual([path, 403])
    }
    expect((await stranger.get<Page<BacktestView>>('/api/backtests')).items).toEqual([])
    const theirs = await ended(stranger, { company: other.id, settings: {} })
    expect(theirs.result).toMatchObject({ alerts: 1 })
    expect(JSON.stringify(theirs)).not.toContain('web-1')
  })

  it('refuses settings with mistakes, naming each, and times that are none', async () => {
    const refused = await boss.call<{ message: string }>('POST', '/api/backtests', { company: company.id, settings: { windowMs: 1, joinThreshold: 3 } })
    expect(refused).toMatchObject({ status: 400, body: { message: expect.stringMatching(/windowMs .*; joinThreshold /) } })
    const backwards = await boss.call('POST', '/api/backtests', { company: company.id, settings: {}, from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' })
    expect(backwards.status).toBe(400)
    const unruly = await boss.call<{ message: string }>('POST', '/api/backtests', { company: company.id, settings: { rules: { holds: [{ id: 'x', when: ['nothing~y'], minutes: 4 }] } } })
    expect(unruly).toMatchObject({ status: 400, body: { message: expect.stringContaining('holds[0].when[0]') } })
  })

  it('works from the command line', async () => {
    const file = join(program.dataDir, 'strict.json')
    writeFileSync(file, JSON.stringify(STRICT))
    const aw = (...args: string[]) => promisify(execFile)(process.execPath, ['main.ts', ...args], { env: { ...process.env, AW_PORT: String(program.port), AW_DATA_DIR: program.dataDir } })
    const { stdout } = await aw('backtest', '--company', 'Acme', '--settings', file, '--json')
    expect(JSON.parse(stdout)).toMatchObject({ alerts: 5, splits: { count: 1 } })
    expect((await aw('backtest', '--company', 'Acme', '--settings', file)).stdout).toMatch(/1 would be split/)
  })
})
