/**
 * The story: a tool nobody has an adapter for changes the name of one list in its payload. Its mapping fails, every delivery is set aside, and each
 * receipt says so. A backtest shows that a mended mapping would read them; then it is stored, the dead letters are sent through anew, once, and
 * the receipts tell each step down to the incident.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AdapterBacktestLine } from '../../schemas/adapter-backtest.ts'
import type { DeadLetterDetail, DeadLetterView, DeliveryLine, DeliveryView, ReplayAnswer, ReplayStep } from '../../schemas/receipts.ts'
import type { AuditEntry, Page } from '../../schemas/views.ts'
import { admin, keyWorks, logIn, onboard, settledBalance, type Client } from '../harness/client.ts'
import { Program, until } from '../harness/process.ts'
import { post, type Company } from '../harness/sender.ts'

const MAPPING = { items: 'events', asset: 'host', signature: 'check', severity: 'level', title: `join(' on ', [check, host])` }
const PROBE = { host: 'probe', check: 'probe', level: 'low' }
const MENDED = { ...MAPPING, items: 'alarms' }
const root = join(import.meta.dirname, '../..')

let program: Program
let api: Client
let boss: Client
let company: Company
let tool: Company & { integrationId: string }
const broken: string[] = []
/** Deliveries on the log: those sent, and those sent through anew. */
let onLog = 0

beforeAll(async () => {
  program = await Program.up()
  await program.start()
  api = admin(program)
  company = await onboard(program, 'Mended Ltd')
  boss = await logIn(program, 'company_admin', [company.id])
  const { status, body, text } = await boss.call<Company & { integration: { id: string } }>('POST', `/api/companies/${company.id}/integrations`, { name: 'own tool', source: 'own-tool', mapping: MAPPING })
  expect([status, text]).toEqual([201, text])
  tool = { ...company, ...body, id: company.id, integrationId: body.integration.id }
  await keyWorks(program, tool, 'own-tool')
  // The mapping travels on the log; until it has arrived the recogniser of unknown tools reads what comes.
  await mappingReads({ events: [PROBE] })
})
afterAll(() => program.remove())

const receiptOf = (id: string, query = '') => boss.get<DeliveryView>(`/api/deliveries/${id}${query}`)
const lettersOf = async (query = '') => (await boss.get<Page<DeadLetterView>>(`/api/dead-letters?limit=200${query}`)).items

async function deliver(body: object, senderId?: string): Promise<string> {
  const { status, answer } = await post(program.url, tool, 'own-tool', body, senderId)
  expect(status).toBe(202)
  onLog += 1
  return answer.deliveryId ?? ''
}

/** Waits until a delivery is read by the mapping that understands it. */
async function mappingReads(body: object): Promise<void> {
  await until('the mapping reads deliveries', async () => {
    const id = await deliver(body)
    const receipt = await until('it is read', async () => {
      const found = await receiptOf(id)
      return found.state === 'settled' ? found : null
    })
    return (receipt.elements[0]?.alert as { title?: string } | null)?.title === 'probe on probe'
  })
}

async function backtest(who: Client, body: object): Promise<AdapterBacktestLine[]> {
  const { status, text } = await who.call('POST', '/api/backtests/adapters', { company: company.id, ...body })
  expect([status, text]).toEqual([200, text])
  return text.trim().split('\n').map((line) => JSON.parse(line) as AdapterBacktestLine)
}

describe('a tool that changed its payload', () => {
  it('is told in the receipt from the moment of its acceptance', async () => {
    for (let n = 0; n < 3; n += 1) broken.push(await deliver({ alarms: [{ host: `web-${n}`, check: 'disk', level: 'critical' }, { host: `web-${n}`, check: 'cpu', level: 'low' }] }, `own/${n}`))
    const [first = ''] = broken
    // In flight or further: there is no moment at which nobody knows it.
    expect(await receiptOf(first)).toMatchObject({ deliveryId: first, companyId: company.id, source: 'own-tool', accepted: 1 })
    const told = await until('it is set aside', async () => {
      const receipt = await receiptOf(first)
      return receipt.state === 'settled' ? receipt : null
    })
    expect(told).toMatchObject({ counts: { dead_lettered: 1 }, elements: [{ state: 'dead_lettered', reason: 'mapping_failed', deadLetter: { code: 'mapping_failed', message: expect.stringContaining('items') } }] })
    expect(await receiptOf(encodeURIComponent('own/0'), `?integration=${tool.integrationId}`)).toMatchObject({ deliveryId: first })
  })

  it('has its dead letters listed, with reason and original, to those who manage the company alone', async () => {
    await settledBalance(program, company.id, onLog)
    const letters = await until('all are recorded', async () => {
      const found = await lettersOf('&code=mapping_failed&source=own-tool')
      return found.length === 3 ? found : null
    })
    expect(letters.map(({ deliveryId }) => deliveryId)).toEqual([...broken].reverse())
    expect(await lettersOf('&replayed=true')).toEqual([])
    const detail = await boss.get<DeadLetterDetail>(`/api/dead-letters/${encodeURIComponent(letters[0]!.id)}`)
    expect(detail.original?.text).toContain('"host":"web-2"')
    const file = await boss.call(`GET`, detail.original!.link)
    expect([file.status, file.headers.get('content-type'), file.headers.get('content-disposition')]).toEqual([200, 'application/octet-stream', expect.stringMatching(/^attachment; filename="dead-letter-[\w.-]+\.json"$/)])
    expect(JSON.parse(file.text)).toMatchObject({ alarms: [{ host: 'web-2' }, {}] })
    for (const role of ['technician', 'viewer'] as const) {
      const reader = await logIn(program, role, [company.id])
      for (const path of ['/api/dead-letters', '/api/dead-letters/counts', `/api/dead-letters/${encodeURIComponent(detail.id)}`, detail.original!.link]) expect((await reader.call('GET', path)).status).toBe(403)
      expect((await reader.call('POST', `/api/dead-letters/${encodeURIComponent(detail.id)}/replay`)).status).toBe(403)
      expect((await reader.call('POST', '/api/backtests/adapters', { company: company.id })).status).toBe(403)
      expect((await reader.call('GET', `/api/deliveries/${broken[0]}`)).status).toBe(200)
    }
  })

  it('shows in a backtest what a mended mapping would read, and writes nothing', async () => {
    // What was refused before is told some seconds late, so it is no part of the comparison.
    const all = async () => [{ ...(await boss.get<object>('/api/balance')), refused: {} }, await lettersOf()]
    const before = await all()
    const from = (await receiptOf(broken[0]!)).receivedAt
    expect((await backtest(boss, { from })).at(-1)).toMatchObject({ type: 'result', deliveries: 3, alerts: { before: 3, after: 3, stillRejected: 3, nowRead: 0 } })
    const lines = await backtest(boss, { integration: tool.integrationId, mapping: MENDED, from })
    expect(lines[0]).toEqual({ type: 'progress', done: 0, total: 3 })
    expect(lines.at(-1)).toMatchObject({ type: 'result', deliveries: 3, expired: 0, unrecorded: 0, alerts: { before: 3, after: 6, nowRead: 3, added: 3, stillRejected: 0 }, nextFrom: null })
    expect((await backtest(boss, { mapping: MENDED, limit: 2, from })).at(-1)).toMatchObject({ deliveries: 2, nextFrom: expect.any(String) })
    expect((await backtest(boss, { source: 'zabbix' })).at(-1)).toMatchObject({ deliveries: 0 })
    expect((await boss.call<{ code: string }>('POST', '/api/backtests/adapters', { company: company.id, mapping: { items: 'a[' } })).body.code).toBe('bad_request')
    expect(await all()).toEqual(before)
  })

  it('runs no backtest for somebody who has gone', async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      const leaving = new AbortController()
      const asked = fetch(`${program.url}/api/backtests/adapters`, {
        method: 'POST', headers: { authorization: `Bearer ${boss.token ?? ''}`, 'content-type': 'application/json' }, body: JSON.stringify({ company: company.id }), signal: leaving.signal,
      })
      leaving.abort()
      await expect(asked).rejects.toThrow()
    }
    // Two run at once: had one of those five kept its place, this would be refused.
    await until('there is room again', async () => (await boss.call('POST', '/api/backtests/adapters', { company: company.id })).status === 200)
  })

  it('is mended, replayed once, and reaches incidents; the receipt tells each step', async () => {
    const letters = await lettersOf()
    const byId = (deliveryId: string): DeadLetterView => letters.find((letter) => letter.deliveryId === deliveryId)!
    // Too early: the mapping is still the old one, so it is set aside again, under an id of its own.
    const early = await boss.call<ReplayAnswer>('POST', `/api/dead-letters/${encodeURIComponent(byId(broken[0]!).id)}/replay`)
    expect([early.status, early.body.wasReplayed]).toEqual([202, false])
    onLog += 1
    const again = await until('it is set aside again', async () => {
      const { replay } = await boss.get<DeadLetterDetail>(`/api/dead-letters/${encodeURIComponent(byId(broken[0]!).id)}`)
      return replay?.state === 'done' ? replay : null
    })
    expect(again.outcome).toMatchObject({ state: 'dead_lettered', reason: 'mapping_failed', deadLetterId: expect.any(String) })

    const { status, text } = await boss.call('PATCH', `/api/companies/${company.id}/integrations/${tool.integrationId}`, { mapping: MENDED })
    expect([status, text]).toEqual([200, text])
    await mappingReads({ alarms: [PROBE] })
    // Letters are listed a second or two after the log has them.
    await until('every letter is listed', async () => (await settledBalance(program, company.id, onLog)).rejected === (await lettersOf()).length)

    const step = await boss.call<ReplayStep>('POST', '/api/dead-letters/replay', { code: 'mapping_failed', limit: 500 })
    expect(step).toMatchObject({ status: 200, body: { failed: [], next: null } })
    expect(step.body.replayed).toBeGreaterThanOrEqual(3)
    expect((await boss.call<ReplayStep>('POST', '/api/dead-letters/replay', { code: 'mapping_failed' })).body).toMatchObject({ matched: 0, replayed: 0 })

    const receipts = await until('all of them reached their incidents', async () => {
      const found = await Promise.all(broken.map((id) => receiptOf(id)))
      return found.every(({ state, elements }) => state === 'settled' && elements.every(({ incident }) => incident !== null)) ? found : null
    })
    for (const [n, receipt] of receipts.entries()) {
      expect(receipt).toMatchObject({ counts: { stored: 2, dead_lettered: 0, in_flight: 0 }, elements: [{ alert: { asset: `web-${n}`, signature: 'disk', severity: 'critical' }, replayedBy: expect.any(String) }, { alert: { signature: 'cpu' } }] })
      expect(receipt.elements[0]?.history.map(({ fate, reason }) => [fate, reason])).toEqual(Array(n === 0 ? 2 : 1).fill(['rejected', 'mapping_failed']))
      expect(receipt.elements[1]?.history).toEqual([])
      const incident = await boss.incident(receipt.elements[0]!.incidentId!)
      expect(incident).toMatchObject({ number: receipt.elements[0]!.incident!.number })
      expect(incident.problems.map(({ problemKey }) => problemKey)).toContain(receipt.elements[0]!.problemKey)
    }
    expect(await settledBalance(program, company.id, onLog + step.body.replayed)).toMatchObject({ difference: 0, inFlight: 0 })
    const done = await until('the dead letters tell what became of them', async () => {
      const found = (await lettersOf('&replayed=true')).filter(({ deliveryId }) => broken.includes(deliveryId ?? ''))
      return found.length === 4 && found.every(({ replay }) => replay?.state === 'done') ? found : null
    })
    expect(done.map(({ replay }) => replay?.outcome?.state).sort()).toEqual(['dead_lettered', 'stored', 'stored', 'stored'])
    expect(await lettersOf('&replayed=false')).toEqual([])
    const audit = (await api.get<Page<AuditEntry>>(`/api/audit?company=${company.id}&limit=200`)).items.map(({ action }) => action)
    expect(audit).toEqual(expect.arrayContaining(['dead_letter.downloaded', 'dead_letter.replayed', 'dead_letters.replayed']))
    expect((await boss.get<Page<DeliveryLine>>(`/api/deliveries?integration=${tool.integrationId}&fate=stored&limit=200`)).items.map(({ deliveryId }) => deliveryId)).toEqual(expect.arrayContaining(broken))
  })

  it('is told on the command line too', async () => {
    const aw = async (...args: string[]): Promise<string> => (await promisify(execFile)(process.execPath, ['main.ts', ...args], { cwd: root, env: { ...process.env, AW_URL: program.url, AW_ADMIN_TOKEN: program.adminToken } })).stdout
    const [first = ''] = broken
    expect(JSON.parse(await aw('receipt', first, '--json'))).toMatchObject({ deliveryId: first, state: 'settled' })
    expect(await aw('receipt', 'own/0', '--integration', tool.integrationId)).toMatch(/stored .*opened a new problem: disk on web-0 of incident #\d+[\s\S]*before: .*set aside as a dead letter/)
    expect(await aw('dead-letters', 'list', '--company', 'Mended Ltd', '--code', 'mapping_failed')).toContain('mapping_failed')
    expect(await aw('dead-letters', 'replay', '--company', 'Mended Ltd', '--code', 'mapping_failed')).toContain('0 of 0 records sent through anew')
    expect(JSON.parse(await aw('backtest-adapter', '--company', 'Mended Ltd', '--source', 'own-tool', '--json'))).toMatchObject({ type: 'result', alerts: { stillRejected: 0 } })
    await expect(aw('dead-letters', 'replay')).rejects.toMatchObject({ code: 2 })
    await expect(aw('receipt', 'nothing')).rejects.toMatchObject({ code: 1 })
  })
})
