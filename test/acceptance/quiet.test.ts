/**
 * The story: Leeds is about to replace a router. Somebody silences its access points for an hour, and takes that back early; then the router goes down for real, and
 * what hangs on it says nothing. Nobody is woken by any of it, everything can be read, and the books balance.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SilenceView, SuppressedFigure, SuppressedView } from '../../schemas/quiet-views.ts'
import type { DeliveryView } from '../../schemas/receipts.ts'
import type { NoiseView, Page } from '../../schemas/views.ts'
import type { Balance } from '../../storage/queries/balance.ts'
import { admin, onboard, type Client } from '../harness/client.ts'
import { Program, until } from '../harness/process.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'

let program: Program
let api: Client
let company: Company
let first: string

beforeAll(async () => {
  program = await Program.up()
  await program.start()
  api = admin(program)
  company = await onboard(program, 'Leeds Ltd')
  await send({ asset_name: 'printer-1', signature: 'paper jam', external_id: 'e0' })
  first = (await until('the first incident', async () => (await api.incidents(`&company=${company.id}`))[0])).id
})
afterAll(() => program.remove())

async function send(...alerts: readonly Record<string, unknown>[]): Promise<string> {
  const { status, answer } = await post(program.url, company, 'alerts', alerts.map((alert) => alertBody(alert)))
  expect(status).toBe(202)
  return (answer as { deliveryId: string }).deliveryId
}

/** What was told to a company's log before this is in effect: the log keeps its order. */
async function inEffect(): Promise<void> {
  expect((await api.call('POST', `/api/incidents/${first}/notes`, { text: 'are the rules in effect?' })).status).toBe(200)
}

const suppressed = async (query = ''): Promise<readonly SuppressedView[]> => (await api.get<Page<SuppressedView>>(`/api/suppressed?company=${company.id}${query}`)).items
const balance = (): Promise<Balance> => api.get<Balance>(`/api/balance?company=${company.id}`)

it('a silence keeps quiet what begins under it; its alerts are told, counted and balanced, and released when it is ended', async () => {
  const made = await api.call<SilenceView>('POST', `/api/companies/${company.id}/silences`, { when: ['asset=~"ap-.*"'], minutes: 60, reason: 'new router' })
  expect(made).toMatchObject({ status: 201, body: { when: ['asset=~"ap-.*"'], reason: 'new router', from: 'company' } })
  await inEffect()
  const deliveryId = await send({ asset_name: 'ap-1', signature: 'link lost', external_id: 'e1', severity: 'critical' }, { asset_name: 'ap-1', signature: 'link lost', external_id: 'e1', severity: 'critical' })
  const [quiet] = await until('the access point is quiet', async () => ((await suppressed()).length === 1 ? suppressed() : null))
  expect(quiet).toMatchObject({ kind: 'silence', ruleId: made.body.id, asset: 'ap-1', status: 'firing', alertCount: 2, until: made.body.endsAt, reason: expect.stringContaining('new router') })
  expect(await suppressed('&kind=maintenance')).toEqual([])
  expect(await api.incidents(`&company=${company.id}`)).toHaveLength(1)

  const receipt = await until('the receipt is settled', async () => {
    const view = await api.get<DeliveryView>(`/api/deliveries/${deliveryId}`)
    return view.elements.every(({ quiet: note }) => note !== null) ? view : null
  })
  expect(receipt.elements.map(({ state, suppressedBy, incidentId }) => [state, suppressedBy, incidentId])).toEqual([['suppressed', 'silence', null], ['suppressed', 'silence', null]])
  expect(receipt.elements[0]?.explanation).toContain('kept quiet (silenced by')
  const books = await until('the books are at rest', async () => {
    const now = await balance()
    return now.accepted === 3 && now.inFlight === 0 && now.problems.quiet === 1 ? now : null
  })
  expect(books).toMatchObject({ difference: 0, problems: { opened: 2, placed: 1, quiet: 1 }, incidents: { opened: 1, net: 1 } })
  expect(await api.get<NoiseView>(`/api/stats/noise?company=${company.id}`)).toMatchObject({ alerts: 3, problems: 2, incidents: 1, noiseReduction: 1 - 1 / 3 })
  expect((await api.get<{ items: SuppressedFigure[] }>(`/api/stats/suppressed?company=${company.id}`)).items).toEqual([{ kind: 'silence', ruleId: made.body.id, problems: 1, alerts: 2, cleared: 0, released: 0 }])

  expect((await api.get<{ items: SilenceView[] }>(`/api/companies/${company.id}/silences`)).items.map(({ id }) => id)).toEqual([made.body.id])
  expect((await api.call('DELETE', `/api/companies/${company.id}/silences/${made.body.id}`)).status).toBe(204)
  expect((await api.call('DELETE', `/api/companies/${company.id}/silences/${made.body.id}`)).status).toBe(404)
  const told = await until('the access point is told', async () => (await api.incidents(`&company=${company.id}`)).find(({ assets }) => assets.includes('ap-1')))
  const { problems: [problem] } = await api.incident(told.id)
  expect(problem?.evidence.features.at(-1)).toMatchObject({ name: 'kept_quiet_by_silence', detail: expect.stringContaining('new router') })
  expect(Date.parse(told.openedAt)).toBeGreaterThan(Date.parse(problem?.firstAt ?? ''))
  expect(await suppressed()).toEqual([])
})

it('a router that cannot be reached hides what hangs on it, in one incident', async () => {
  expect((await api.call('POST', `/api/companies/${company.id}/topology`, { edges: ['pc-1', 'pc-2', 'nas-1'].map((from) => ({ from, to: 'router-1', kind: 'uplink' })) })).status).toBe(200)
  await inEffect()
  await send({ asset_name: 'router-1', signature: 'Host unreachable', message: 'router-1 does not answer', external_id: 'r1', severity: 'critical' })
  const router = await until('the router has an incident', async () => (await api.incidents(`&company=${company.id}`)).find(({ assets }) => assets.includes('router-1')))
  await send(...['pc-1', 'pc-2', 'nas-1'].map((asset_name) => ({ asset_name, signature: 'Host unreachable', message: `${asset_name} does not answer`, external_id: asset_name, severity: 'critical' })))
  const quiet = await until('three are quiet', async () => ((await suppressed('&kind=dependency')).length === 3 ? suppressed('&kind=dependency') : null))
  expect(quiet.every(({ reason, ruleId, until: end }) => reason.startsWith('behind router-1, which cannot be reached') && ruleId === null && end === null)).toBe(true)
  const page = await api.get<Page<SuppressedView>>(`/api/suppressed?company=${company.id}&limit=2`)
  const rest = await api.get<Page<SuppressedView>>(`/api/suppressed?company=${company.id}&limit=2&cursor=${page.next ?? ''}`)
  expect(new Set([...page.items, ...rest.items].map(({ problemKey }) => problemKey)).size).toBe(3)
  expect(rest.next).toBe(null)
  expect(await api.incident(router.id)).toMatchObject({ problemCount: 1, alertCount: 1, assets: ['router-1'] })
  const books = await until('the books are at rest', async () => {
    const now = await balance()
    return now.inFlight === 0 && now.problems.opened === 6 && now.problems.quiet === 3 ? now : null
  })
  expect(books.difference).toBe(0)
})

it('says what is wrong with a silence, and closes it to those who may not manage', async () => {
  const path = `/api/companies/${company.id}/silences`
  for (const body of [{ when: ['colour=red'], minutes: 5, reason: 'x' }, { when: [], reason: 'x' }, { when: [], minutes: 5, endsAt: '2099-01-01T00:00:00Z', reason: 'x' }, { when: [], endsAt: '2001-01-01T00:00:00Z', reason: 'x' }, { when: [], minutes: 5, reason: ' ' }]) {
    expect(await api.call('POST', path, body), JSON.stringify(body)).toMatchObject({ status: 400, body: { code: 'bad_request' } })
  }
})
