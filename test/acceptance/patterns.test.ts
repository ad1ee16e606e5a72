/**
 * The story: a disk fills, a technician says how they fixed it, and when the same trouble comes back under another id of its tool, the new incident says that it
 * was here before and what helped. Then a line of a whole town fails: seventy unrelated things go wrong at one client within a minute. Nothing
 * is thrown together for that, but each of the incidents says that it stands in a storm; the client next door, who wants no such word, hears none.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { IncidentDetail } from '../../schemas/views.ts'
import { admin, logIn, onboard, type Client } from '../harness/client.ts'
import { Program, until } from '../harness/process.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'

let program: Program
let api: Client

beforeAll(async () => {
  program = await Program.up()
  await program.start()
  api = admin(program)
})
afterAll(() => program.remove())

async function send(company: Company, ...alerts: readonly Record<string, unknown>[]): Promise<void> {
  expect(await post(program.url, company, 'alerts', alerts)).toMatchObject({ status: 202, answer: { accepted: alerts.length } })
}

const incidentsOf = async (company: Company): Promise<readonly IncidentDetail[]> =>
  Promise.all((await api.incidents(`&company=${company.id}`)).map(({ id }) => api.incident(id)))

it('an incident that comes back names its forerunner, and what fixed that', async () => {
  const company = await onboard(program, 'Recurring Ltd')
  const technician = await logIn(program, 'technician', [company.id])
  const visit = (n: number, status = 'firing') => ['disk full', 'backup failed'].map((signature) =>
    alertBody({ asset_name: 'nas-1', signature, message: `${signature} on nas-1`, external_id: `visit-${n}-${signature}`, status }))
  /** The newest of so many incidents, once both problems are in it. */
  const newest = (count: number) => until(`incident ${count} of both problems`, async () => {
    const all = await incidentsOf(company)
    return all.length === count && all[0]?.problemCount === 2 ? all[0] : null
  })

  await send(company, ...visit(1))
  const first = await newest(1)
  expect(first.findings).toEqual([])
  expect((await technician.call('POST', `/api/incidents/${first.id}/resolve`, { text: 'deleted the old snapshots' })).status).toBe(200)
  await send(company, ...visit(1, 'resolved'))

  await send(company, ...visit(2))
  const second = await newest(2)
  expect(second.id).not.toBe(first.id)
  expect(second.pattern).toMatchObject({ kind: 'recurrence', figures: { timesBefore: 1, likeness: 1 } })
  expect(second.findings[0]?.reason).toMatch(/^Seen once before in 28 days, the same problems; .*"deleted the old snapshots"/)
  expect(second.findings[0]?.reason).toContain(first.id)
})

it('a storm is told with its figures on every incident it made, joins none of them, and is not told where it is switched off', async () => {
  const [struck, quiet] = [await onboard(program, 'Struck Ltd'), await onboard(program, 'Quiet Ltd')]
  await send(quiet, alertBody({ asset_name: 'before', signature: 'probe', message: 'before the storm', external_id: 'probe' }))
  const probe = await until('the first incident', async () => (await api.incidents(`&company=${quiet.id}`))[0])
  expect((await api.call('PUT', `/api/companies/${quiet.id}/rules`, { document: { switches: { storm: false } } })).status).toBe(200)
  // Rules and commands reach a company's log in one order: once this note is answered, the rules are in force.
  expect((await api.call('POST', `/api/incidents/${probe.id}/notes`, { text: 'are the rules in force?' })).status).toBe(200)
  // Words of their own, so that nothing but the minute is common to them.
  const word = (n: number) => String(n).replace(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit))).repeat(3)
  const storm = Array.from({ length: 70 }, (_, n) => alertBody({ asset_name: `${word(n)}-host`, signature: `${word(n)}-fault`, message: `${word(n)} trouble`, external_id: `e${n}` }))
  for (const [company, problems] of [[quiet, 71], [struck, 70]] as const) {
    await send(company, ...storm)
    await until('every alert is in an incident', async () => (await api.incidents(`&company=${company.id}`)).reduce((sum, { problemCount }) => sum + problemCount, 0) === problems)
  }
  await until('every incident tells of the storm', async () => (await api.incidents(`&company=${struck.id}`)).every(({ pattern }) => pattern?.kind === 'storm'))
  const all = await incidentsOf(struck)
  expect(all.length).toBe(70)
  const [finding] = all[0]?.findings ?? []
  expect(finding).toMatchObject({ kind: 'storm', figures: { limitPerMinute: 60, perMinute: expect.any(Number) }, since: expect.stringMatching(/^20/) })
  expect(finding?.reason).toContain('new problems of the whole company within a minute')
  expect((await incidentsOf(quiet)).flatMap(({ findings }) => findings)).toEqual([])
})
