/**
 * The story: an MSP writes rules and settings for all of its clients. Acme needs some of them otherwise, says why, regrets one change and takes it
 * back; Globex follows the MSP. Later somebody asks who differs, in what, and since when.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import type { Settings } from '../../schemas/records.ts'
import type { CompanyDifferences, CompanySettingsView, EffectiveRules, MspSettingsView, RuleBookView } from '../../schemas/rule-views.ts'
import type { RuleTrials } from '../../schemas/rule-trial.ts'
import { MIGRATIONS_DIR } from '../../storage/postgres/migrate.ts'
import { announceDue } from '../../storage/queries/integration-settings.ts'
import { ADMIN_TOKEN, openApiHarness, type ApiHarness } from '../harness/api.ts'

const clock = new TestClock(Date.UTC(2026, 2, 1))
let api: ApiHarness
let acme: { id: string; admin: string }
let globex: { id: string; admin: string }
let serial = 0

const hold = (id: string, minutes: number) => ({ id, when: ['signature=cpu'], minutes })
const company = async (name: string) => {
  const { id } = await api.company(`${name} ${(serial += 1)}`)
  return { id, admin: (await api.user('company_admin', [id], 'ada')).token }
}
const call = async <T>(token: string, method: string, url: string, body?: unknown, headers: Record<string, string> = {}): Promise<{ status: number; body: T & { code: string; message: string; mistakes: { path: string }[] } }> => {
  const { status, text } = await api.call(token, method, url, body, headers)
  return { status, body: JSON.parse(text) as T & { code: string; message: string; mistakes: { path: string }[] } }
}
const rulesOf = ({ id }: { id: string }) => `/api/companies/${id}/rules`
/** Settings records of a company since the last look. */
const told = async ({ id }: { id: string }): Promise<Settings[]> => {
  const rows = await api.database.query<{ event: Settings }>(`select record -> 'event' as event from outbox where key = $1 order by id`, [id])
  await api.database.query('delete from outbox where key = $1', [id])
  return rows.map(({ event }) => event)
}

beforeAll(async () => {
  api = await openApiHarness(clock)
})
afterAll(() => api.close())
beforeEach(async () => {
  await call(ADMIN_TOKEN, 'PUT', '/api/rules', { document: {} })
  await call(ADMIN_TOKEN, 'PUT', '/api/settings', {})
  acme = await company('Acme')
  globex = await company('Globex')
  await told(acme)
  await told(globex)
})

test('rules are saved before anything matches them, reach the log of the company in the same moment, and roll back as a new revision', async () => {
  const first = await call<RuleBookView>(acme.admin, 'PUT', rulesOf(acme), { document: { holds: [hold('cpu', 5)] }, comment: 'CPU peaks at night' })
  expect(first).toMatchObject({ status: 200, body: { scope: acme.id, revision: 1, author: { name: 'ada' }, comment: 'CPU peaks at night', rolledBackTo: null, createdAt: '2026-03-01T00:00:00.000Z' } })
  const [record] = await told(acme)
  expect(record).toMatchObject({ type: 'settings', revision: 2, rules: '{"holds":[{"id":"cpu","when":["signature=cpu"],"minutes":5}]}' })

  await call(acme.admin, 'PUT', rulesOf(acme), { document: { holds: [hold('cpu', 50)] }, comment: 'a mistake' })
  const back = await call<RuleBookView>(acme.admin, 'POST', `${rulesOf(acme)}/rollback`, { revision: 1, comment: '50 was a mistake' })
  expect(back.body).toMatchObject({ revision: 3, rolledBackTo: 1, document: { holds: [hold('cpu', 5)] }, comment: '50 was a mistake' })
  expect((await told(acme)).map(({ revision, rules, rulesRevision }) => [revision, JSON.parse(rules), rulesRevision])).toEqual([
    [3, { holds: [hold('cpu', 50)] }, (record?.rulesRevision ?? 0) + 1], [4, { holds: [hold('cpu', 5)] }, (record?.rulesRevision ?? 0) + 2],
  ])

  const { body: revisions } = await call<{ items: RuleBookView[] }>(acme.admin, 'GET', `${rulesOf(acme)}/revisions`)
  expect(revisions.items.map(({ revision, comment }) => [revision, comment])).toEqual([[3, '50 was a mistake'], [2, 'a mistake'], [1, 'CPU peaks at night']])
  expect((await call<RuleBookView>(acme.admin, 'GET', `${rulesOf(acme)}/revisions/2`)).body.document).toEqual({ holds: [hold('cpu', 50)] })
  expect((await call(acme.admin, 'GET', `${rulesOf(acme)}/revisions/4`)).status).toBe(404)
  expect((await call(acme.admin, 'POST', `${rulesOf(acme)}/rollback`, { revision: 9 })).status).toBe(404)
  const audit = await call<{ items: { action: string; after: { revision: number } }[] }>(acme.admin, 'GET', `/api/audit?company=${acme.id}`)
  expect(audit.body.items.filter(({ action }) => action.startsWith('rules.')).map(({ action, after }) => [action, after.revision])).toEqual([['rules.rolled_back', 3], ['rules.saved', 2], ['rules.saved', 1]])
})

test('every mistake of a rule book is named with its place, and nothing of it is saved', async () => {
  const refused = await call(acme.admin, 'PUT', rulesOf(acme), { document: { holds: [{ id: 'x', when: ['cpu'], minutes: 0 }], grouping: [{ id: 'y', kind: 'group_by', when: [], by: ['colour'] }] } })
  expect(refused).toMatchObject({ status: 400, body: { code: 'bad_request', mistakes: [{ path: 'grouping[0].by[0]' }, { path: 'holds[0].when[0]' }, { path: 'holds[0].minutes' }] } })
  expect(refused.body.message).toContain('holds[0].minutes must be a whole number from 1 to 60')
  expect(await told(acme)).toEqual([])
  expect((await call<RuleBookView>(acme.admin, 'GET', rulesOf(acme))).body).toMatchObject({ revision: 0, document: {} })
})

test('of two who change the same revision, the second is told instead of winning', async () => {
  await call(acme.admin, 'PUT', rulesOf(acme), { document: {}, expectedRevision: 0 })
  for (const attempt of [call(acme.admin, 'PUT', rulesOf(acme), { document: {}, expectedRevision: 0 }), call(acme.admin, 'PUT', rulesOf(acme), { document: {} }, { 'if-match': '"0"' }), call(acme.admin, 'POST', `${rulesOf(acme)}/rollback`, { revision: 1, expectedRevision: 0 })]) {
    expect(await attempt).toMatchObject({ status: 409, body: { code: 'conflict', message: expect.stringContaining('it is at revision 1 now') } })
  }
  expect((await call(acme.admin, 'PUT', rulesOf(acme), { document: {} }, { 'if-match': '"1"' })).status).toBe(200)
  expect((await call(acme.admin, 'PUT', rulesOf(acme), { document: {} }, { 'if-match': 'soon' })).status).toBe(400)
  const { body: { revision } } = await call<MspSettingsView>(ADMIN_TOKEN, 'GET', '/api/settings')
  expect((await call(ADMIN_TOKEN, 'PUT', '/api/settings', { expectedRevision: revision - 1 })).status).toBe(409)
  expect((await call(ADMIN_TOKEN, 'PUT', '/api/settings', { expectedRevision: revision })).status).toBe(200)
  const both = await Promise.all([1, 2].map((minutes) => call(acme.admin, 'PUT', rulesOf(acme), { document: { holds: [hold('h', minutes)] }, expectedRevision: 2 })))
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
})

test('rules of the MSP flow to every company, which puts its own in their place, adds to them or switches them off', async () => {
  await call(acme.admin, 'PUT', rulesOf(acme), { document: { holds: [hold('slow', 9), { id: 'disk', enabled: false }], grouping: [{ id: 'own', kind: 'never_join', left: [], right: [] }] } })
  await told(acme)
  await call(ADMIN_TOKEN, 'PUT', '/api/rules', { document: { holds: [hold('slow', 3), hold('disk', 3), hold('net', 3)], switches: { storm: false } }, comment: 'for all' })
  const [toAcme, toGlobex] = [await told(acme), await told(globex)]
  expect([toAcme, toGlobex].map((records) => records.map(({ rules }) => JSON.parse(rules)))).toEqual([
    [{ grouping: [{ id: 'own', kind: 'never_join', left: [], right: [] }], holds: [hold('slow', 9), hold('net', 3)], switches: { storm: false } }],
    [{ holds: [hold('slow', 3), hold('disk', 3), hold('net', 3)], switches: { storm: false } }],
  ])
  const { body: effective } = await call<EffectiveRules>(acme.admin, 'GET', `${rulesOf(acme)}/effective`)
  expect(effective).toMatchObject({ revision: toAcme[0]?.rulesRevision, companyRevision: 1, origins: [
    { list: 'grouping', id: 'own', from: 'company', since: 1 }, { list: 'holds', id: 'slow', from: 'company', since: 1 }, { list: 'holds', id: 'net', from: 'msp' }, { list: 'switches', id: 'storm', from: 'msp' },
  ] })
  // What evidence names is still there when the rules have changed.
  await call(ADMIN_TOKEN, 'PUT', '/api/rules', { document: {} })
  expect((await call<EffectiveRules>(acme.admin, 'GET', `${rulesOf(acme)}/effective?revision=${effective.revision}`)).body.document).toEqual(effective.document)
  expect((await call(acme.admin, 'GET', `${rulesOf(acme)}/effective?revision=99`)).status).toBe(404)
})

test('a company onboarded later has the rules and settings of the MSP from its first record on', async () => {
  await call(ADMIN_TOKEN, 'PUT', '/api/rules', { document: { holds: [hold('cpu', 4)] } })
  await call(ADMIN_TOKEN, 'PUT', '/api/settings', { windowMs: 420_000, requireHmac: false })
  const late = await company('Late')
  expect(await told(late)).toMatchObject([{ revision: 1, windowMs: 420_000, rules: JSON.stringify({ holds: [hold('cpu', 4)] }), rulesRevision: 1 }])
})

test('a change for all that is cut off half-way reaches the rest with the next announcement', async () => {
  const before = (await told(globex)).length
  // As the transaction of the change leaves them when the process ends before the first batch.
  await api.database.query('update companies set settings_revision = settings_revision + 1, announced_at = null where id = any($1)', [[acme.id, globex.id]])
  expect([before, (await told(globex)).length]).toEqual([0, 0])
  await announceDue(api.database, clock.now())
  for (const one of [acme, globex]) expect(await told(one)).toHaveLength(1)
  await announceDue(api.database, clock.now())
  expect(await told(globex)).toEqual([])
})

test('settings of the MSP flow to companies that set nothing, value by value for weights and SLA, and a company takes them again', async () => {
  await call(acme.admin, 'PATCH', `/api/companies/${acme.id}`, { windowMs: 300_000, weights: { text: 0.3 }, comment: 'short troubles' })
  await told(acme)
  const saved = await call<MspSettingsView>(ADMIN_TOKEN, 'PUT', '/api/settings', { windowMs: 900_000, weights: { text: 0.1, labels: 0.2 }, sla: { high: { responseMinutes: 10, resolveMinutes: 60 } }, comment: 'new contract' })
  expect(saved.body).toMatchObject({ overrides: { windowMs: 900_000 }, settings: { windowMs: 900_000, joinThreshold: expect.any(Number) }, origins: { windowMs: { comment: 'new contract' }, 'sla.high': { comment: 'new contract' } } })
  expect(await told(acme)).toMatchObject([{ windowMs: 300_000, weights: { text: 0.3, labels: 0.2 } }])
  expect(await told(globex)).toMatchObject([{ windowMs: 900_000, weights: { text: 0.1, labels: 0.2 } }])

  const { body } = await call<CompanySettingsView>(acme.admin, 'GET', `/api/companies/${acme.id}/settings`)
  expect(body.overrides).toEqual({ windowMs: 300_000, weights: { text: 0.3 } })
  expect(body.origins).toMatchObject({
    windowMs: { from: 'company', set: { by: { name: 'ada' }, comment: 'short troubles' } }, 'weights.text': { from: 'company' }, 'weights.labels': { from: 'msp', set: { comment: 'new contract' } },
    'sla.high': { from: 'msp' }, joinThreshold: { from: 'built_in', set: null }, requestsPerMinute: { from: 'built_in' },
  })
  expect((await api.call(acme.admin, 'GET', `/api/companies/${acme.id}`)).body).toMatchObject({ windowMs: 300_000, sla: { high: { responseMinutes: 10, resolveMinutes: 60 } } })

  await call(acme.admin, 'PATCH', `/api/companies/${acme.id}`, { inherit: ['windowMs', 'weights.text'] })
  expect(await told(acme)).toMatchObject([{ windowMs: 900_000, weights: { text: 0.1, labels: 0.2 } }])
  expect((await call(acme.admin, 'PATCH', `/api/companies/${acme.id}`, { inherit: ['colour', 'mode.x'] })).body.message).toBe('inherit: "colour" is no setting; inherit: "mode.x" is no setting')
  for (const wrong of [{ windowMs: 1 }, { requestsPerMinute: 5 }, { windowMs: 900_000, maxLifeMs: 300_000 }]) expect((await call(ADMIN_TOKEN, 'PUT', '/api/settings', wrong)).status).toBe(400)
})

test('companies of the release before inherit what they had left at the defaults, and keep what they had set', async () => {
  const wholly = { windowMs: 600_000, maxLifeMs: 14_400_000, joinThreshold: 0.7, weights: {}, requestsPerMinute: 1_000, burst: 100, requireHmac: true, mode: 'production', sla: {}, cloudProvider: null }
  await api.database.query('update companies set settings = $2::jsonb where id = $1', [acme.id, JSON.stringify(wholly)])
  const migration = readFileSync(join(MIGRATIONS_DIR, '0006-settings-cascade.sql'), 'utf8')
  await api.database.query(`${migration.slice(migration.indexOf('update companies')).trim().replace(/;$/, '')} where c.id = '${acme.id}'`)
  const { body } = await call<CompanySettingsView>(acme.admin, 'GET', `/api/companies/${acme.id}/settings`)
  expect([body.overrides, body.settings.windowMs, body.origins['joinThreshold']]).toEqual([{ joinThreshold: 0.7, burst: 100 }, 600_000, { from: 'company', set: null }])
})

test('a life that two levels make shorter than the window is taken as the window', async () => {
  await call(acme.admin, 'PATCH', `/api/companies/${acme.id}`, { maxLifeMs: 600_000 })
  await told(acme)
  await call(ADMIN_TOKEN, 'PUT', '/api/settings', { windowMs: 900_000 })
  expect(await told(acme)).toMatchObject([{ windowMs: 900_000, maxLifeMs: 900_000 }])
  expect((await call(acme.admin, 'PATCH', `/api/companies/${acme.id}`, { joinThreshold: 0.6 })).status).toBe(200)
  expect((await call(acme.admin, 'PATCH', `/api/companies/${acme.id}`, { maxLifeMs: 600_000 })).status).toBe(400)
})

test('the diff names the companies that differ, the field or rule, who set it, when and why', async () => {
  await call(ADMIN_TOKEN, 'PUT', '/api/rules', { document: { holds: [hold('slow', 3), hold('disk', 3), hold('same', 3)] } })
  await call(ADMIN_TOKEN, 'PUT', '/api/settings', { joinThreshold: 0.6 })
  await call(acme.admin, 'PATCH', `/api/companies/${acme.id}`, { windowMs: 300_000, joinThreshold: 0.6, comment: 'short troubles' })
  await call(acme.admin, 'PUT', rulesOf(acme), { document: { holds: [hold('own', 1)] }, comment: 'first' })
  clock.tick(3_600_000)
  await call(acme.admin, 'PUT', rulesOf(acme), { document: { holds: [hold('own', 1), hold('slow', 9), hold('same', 3), { id: 'disk', enabled: false }, { id: 'gone', enabled: false }], switches: { storm: false } }, comment: 'second' })
  const { body } = await call<{ items: CompanyDifferences[] }>(ADMIN_TOKEN, 'GET', `/api/settings/diff?limit=200`)
  const found = body.items.filter(({ companyId }) => [acme.id, globex.id].includes(companyId))
  expect(found.map(({ companyId }) => companyId)).toEqual([acme.id])
  expect(found[0]?.differences.map(({ field, how, set }) => [field, how, set?.by.name, set?.at.slice(11, 13), set?.comment])).toEqual([
    ['windowMs', 'replaced', 'ada', '00', 'short troubles'],
    ['holds/own', 'own', 'ada', '00', 'first'], ['holds/slow', 'replaced', 'ada', '01', 'second'], ['holds/disk', 'off', 'ada', '01', 'second'],
    ['switches/storm', 'own', 'ada', '01', 'second'],
  ])
  expect(found[0]?.differences[2]).toMatchObject({ what: 'rule', inherited: hold('slow', 3), value: hold('slow', 9) })
  expect((await call<{ items: CompanyDifferences[] }>(globex.admin, 'GET', '/api/settings/diff')).body.items).toEqual([])
  expect((await call<{ items: CompanyDifferences[] }>(acme.admin, 'GET', '/api/settings/diff')).body.items.map(({ companyId }) => companyId)).toEqual([acme.id])
  expect((await call(globex.admin, 'GET', `/api/settings/diff?company=${acme.id}`)).status).toBe(404)
})

test('a sample problem is tried against the rules in effect or a draft, and each clause that failed is named', async () => {
  await call(ADMIN_TOKEN, 'PUT', '/api/rules', { document: { holds: [hold('cpu', 3)] } })
  const draft = { grouping: [{ id: 'site', kind: 'group_by', when: ['source=zabbix', 'labels.env=prod'], by: ['site'] }, { id: 'apart', kind: 'never_join', left: ['asset=~"db-.*"'], right: ['asset=~"web-.*"'] }] }
  const tried = (problem: object, document?: unknown) => call<RuleTrials>(acme.admin, 'POST', `${rulesOf(acme)}/try`, { problem, ...(document === undefined ? {} : { document }) }).then(({ body }) => body)
  expect((await tried({ signature: 'CPU' })).matched).toMatchObject([{ list: 'holds', ruleId: 'cpu', matches: true }])
  const { matched, nearest } = await tried({ signature: 'disk', source: 'zabbix', asset: 'web-1', labels: { env: 'test' } }, draft)
  expect(matched.map(({ ruleId, side }) => [ruleId, side])).toEqual([['apart', 'right']])
  expect(nearest.map(({ ruleId, side, failed }) => [ruleId, side, failed])).toEqual([
    ['apart', 'left', ['asset=~"db-.*"']], ['cpu', 'when', ['signature=cpu']], ['site', 'when', ['labels.env=prod', 'by: the problem has no site']],
  ])
  // The clock stands at Sunday the 1st of March 2026, 00:00 or 01:00.
  const windows = await tried({}, { maintenance: [
    { id: 'sunday', when: [], timeZone: 'UTC', reason: 'r', schedule: { kind: 'weekly', days: [7], from: '00:00', minutes: 1440 } }, { id: 'monday', when: [], timeZone: 'UTC', reason: 'r', schedule: { kind: 'weekly', days: [1], from: '00:00', minutes: 1440 } },
  ], silences: [{ id: 'over', when: [], startsAt: '2026-02-01T00:00:00Z', endsAt: '2026-02-02T00:00:00Z', reason: 'r', by: 'b' }] })
  expect([windows.matched.map(({ ruleId }) => ruleId), windows.nearest.flatMap(({ ruleId, failed }) => [ruleId, ...failed])]).toEqual([['sunday'], ['monday', 'schedule: the window is not open then', 'over', 'endsAt: it ended at 2026-02-02T00:00:00Z', 'cpu', 'signature=cpu']])
  // A draft is only tried.
  expect((await call<RuleBookView>(acme.admin, 'GET', rulesOf(acme))).body.revision).toBe(0)
  expect((await call(acme.admin, 'POST', `${rulesOf(acme)}/try`, { problem: {}, document: { holds: 7 } })).status).toBe(400)
})
