/**
 * The story: a technician asks why two alerts are in one incident, why a third is not, and why a rule did not take hold. The answer is there for each
 * alert, from the payload to the clause that failed, at the terminal and through the API; it is shown to the company's own people alone, and it still
 * names the rules of then when they have changed.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExplainView } from '../../schemas/explain-view.ts'
import { admin, logIn, onboard, type Client } from '../harness/client.ts'
import { Program, until } from '../harness/process.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'

const RULES = {
  grouping: [
    { id: 'per-site', name: 'One incident a site', kind: 'group_by', when: ['labels.team=network'], by: ['site'] },
    { id: 'databases', kind: 'never_join', left: ['asset=~"db-.*"', 'labels.env=prod'], right: ['asset=~"web-.*"'] },
  ],
}

let program: Program
let company: Company
let root: Client
let boss: Client
let folder: string
/** Alert ids by what they are about. */
const ids: Record<string, string> = {}

const aw = (...args: string[]): Promise<{ code: number; out: string; err: string }> => new Promise((resolve) => {
  execFile(process.execPath, ['main.ts', ...args], { env: { PATH: process.env['PATH'] ?? '', AW_URL: program.url, AW_ADMIN_TOKEN: program.adminToken }, cwd: join(import.meta.dirname, '../..') }, (error, out, err) => {
    resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, out, err })
  })
})

/** Posts one alert, and waits until its decision can be told. */
async function send(name: string, over: Parameters<typeof alertBody>[0]): Promise<ExplainView> {
  const { status, answer } = await post(program.url, company, 'alerts', alertBody({ external_id: name, ...over }))
  expect(status).toBe(202)
  ids[name] = `${answer.deliveryId ?? ''}:0`
  return until(`the decision on ${name}`, async () => {
    const { status: asked, body } = await boss.call<ExplainView>('GET', `/api/alerts/${encodeURIComponent(ids[name] ?? '')}/explain`)
    return asked === 200 && body.decision !== null ? body : null
  })
}

beforeAll(async () => {
  program = await Program.up()
  await program.start()
  folder = mkdtempSync(join(tmpdir(), 'aw-rules-'))
  company = await onboard(program, 'Explained Ltd')
  root = admin(program)
  boss = await logIn(program, 'company_admin', [company.id])
})
afterAll(async () => {
  await program.remove()
  rmSync(folder, { recursive: true, force: true })
})

describe('rules at the terminal', () => {
  it('are checked offline with every mistake, saved with a reason, shown, compared and rolled back', async () => {
    const [good, bad, other] = ['good.json', 'bad.json', 'other.json'].map((name) => join(folder, name)) as [string, string, string]
    writeFileSync(good, JSON.stringify(RULES))
    writeFileSync(bad, JSON.stringify({ grouping: [{ id: 'x', kind: 'group_by', when: ['site'], by: ['colour'] }] }))
    writeFileSync(other, JSON.stringify({ grouping: [{ ...RULES.grouping[0], by: ['service'] }] }))
    expect(await aw('rules', 'check', good)).toMatchObject({ code: 0, out: `${good}: no mistakes\n` })
    const checked = await aw('rules', 'check', bad)
    expect([checked.code, checked.out.split('\n')]).toEqual([1, [expect.stringContaining('grouping[0].when[0] "site" is no matcher'), expect.stringContaining('grouping[0].by[0] "colour" is no field'), '']])
    expect(await aw('rules', 'set', bad, '--company', company.name)).toMatchObject({ code: 1, err: expect.stringContaining('colour') })
    expect((await aw('rules', 'set', good, '--company', company.name, '--comment', 'as agreed in March')).out).toContain('revision 1 of the rules of')
    await aw('rules', 'set', other, '--company', company.name)
    const diff = await aw('rules', 'diff', '--company', company.name)
    expect(diff.out.split('\n')).toEqual(['from revision 1 to 2', 'changed   grouping/per-site', expect.stringMatching(/^ {2}- .*"site"/), expect.stringMatching(/^ {2}\+ .*"service"/), 'removed   grouping/databases', expect.stringMatching(/^ {2}- /), ''])
    expect((await aw('rules', 'rollback', '1', '--company', company.name, '--comment', 'back')).out).toContain('which repeats revision 1')
    const shown = (await aw('rules', 'show', '--company', company.name)).out
    expect(shown).toContain('revision 3 of')
    expect(shown).toMatch(/grouping\/per-site\s+company\s+3/)
    expect(shown).toContain('as agreed in March')
    const settings = await aw('settings', 'diff')
    expect(settings.out).toContain('Explained Ltd')
    expect(settings.out).toContain('grouping/per-site')
    expect((await aw('settings', 'show', '--company', company.name)).out).toMatch(/windowMs\s+600000\s+built_in/)
  })
})

describe('the decision on an alert', () => {
  it('names how it was read, the score and its terms, and what it was compared with', async () => {
    const first = await send('cpu', { asset_name: 'web-1', signature: 'HighCPU' })
    expect(first).toMatchObject({
      companyId: company.id, delivery: { element: 0, integration: 'generic' }, normalised: { by: 'adapter', alert: { asset: 'web-1', signature: 'HighCPU', severity: 'high', message: 'CPU is at 97%' } },
      fate: { state: 'stored' }, problem: { isPresentEpisode: true, alertCount: 1 }, suppression: null, incident: { status: 'open' }, decision: { rule: 'founded', ruleId: null, considered: [] },
    })
    const second = await send('disk', { asset_name: 'web-1', signature: 'DiskFull', message: 'volume C is full' })
    expect(second.incident?.id).toBe(first.incident?.id)
    expect(second.decision).toMatchObject({ rule: 'scored', with: { asset: 'web-1' }, sentence: expect.stringMatching(/^it joined the incident of ".*": 0\.\d\d is at or above the threshold/) })
    expect(second.decision?.features.map(({ name }) => name)).toEqual(expect.arrayContaining(['same_asset', 'nearness']))
    expect(second.settings).toMatchObject({ windowMs: 600_000, joinThreshold: expect.any(Number) })
    // The vendor's own id stands in the ledger alone, which is a second behind.
    await until('the ledger', async () => (await boss.get<ExplainView>(`/api/alerts/${ids['cpu'] ?? ''}/explain`)).normalised?.alert.externalId === 'cpu')
    expect(second.settings?.revision).toBe(second.settings?.presentRevision)
  })

  it('names the rule that decided, each that matched, and of the others the clause that failed', async () => {
    const leeds = { team: 'network', site: 'leeds' }
    const router = await send('router', { asset_name: 'router-1', signature: 'LinkDown', message: 'uplink', labels: leeds })
    const camera = await send('camera', { asset_name: 'camera-7', signature: 'NoPicture', message: 'black', labels: leeds })
    expect(camera.incident?.id).toBe(router.incident?.id)
    expect(camera.decision).toMatchObject({ ruleId: 'per-site', sentence: expect.stringContaining('rule per-site groups by site: leeds') })
    expect(camera.rules).toMatchObject({ companyRevision: 3, matched: [{ ruleId: 'per-site', name: 'One incident a site', kind: 'group_by' }] })
    expect(camera.rules?.nearest?.map(({ ruleId, side, failed }) => [ruleId, side, failed])).toEqual([
      ['databases', 'right', ['asset=~"web-.*"']], ['databases', 'left', ['asset=~"db-.*"', 'labels.env=prod']],
    ])
    const text = (await aw('explain', ids['camera'] ?? '')).out
    for (const line of [/^why {10}it joined the incident of ".*": rule per-site groups by site: leeds$/m, /^ {2}matched {4}grouping\/per-site \(group_by\) "One incident a site"$/m, /^ {2}not {8}grouping\/databases \(never_join\), its right side: asset=~"web-\.\*"$/m, /^incident {5}#\d+/m]) expect(text).toMatch(line)
  })

  it('says of an incident it did not join which rule kept it out', async () => {
    const web = await send('web', { asset_name: 'web-9', signature: 'Slow', message: 'slow answers', labels: { service: 'shop', host: 'db-9' } })
    const db = await send('db', { asset_name: 'db-9', signature: 'Slow', message: 'slow answers', labels: { service: 'shop', env: 'prod' } })
    expect(db.incident?.id).not.toBe(web.incident?.id)
    expect(db.decision?.considered).toMatchObject([{ asset: 'web-9', incident: { id: web.incident?.id }, reason: 'rule databases keeps it apart' }])
    expect((await aw('explain', ids['db'] ?? '')).out).toMatch(/why not elsewhere\n {2}0\.00 {2}#\d+ {2}.* on web-9: rule databases keeps it apart/)
  })

  it('is found by the delivery or the problem too, and goes by the rules of then', async () => {
    const before = await boss.get<ExplainView>(`/api/alerts/${encodeURIComponent(ids['camera'] ?? '')}/explain`)
    await root.call('PUT', `/api/companies/${company.id}/rules`, { document: {}, comment: 'none any more' })
    const after = await boss.get<ExplainView>(`/api/alerts/${encodeURIComponent(before.delivery?.id ?? '')}/explain`)
    expect([after.rules, after.decision]).toEqual([before.rules, before.decision])
    const byKey = await boss.get<ExplainView>(`/api/alerts/${encodeURIComponent(before.problem?.key ?? '')}/explain`)
    expect(byKey).toMatchObject({ delivery: null, normalised: { by: 'program', alert: { asset: 'camera-7' } }, decision: before.decision, incident: before.incident })
    expect(JSON.parse((await aw('explain', ids['camera'] ?? '', '--json')).out)).toMatchObject({ decision: { ruleId: 'per-site' } })
  })

  it('tells what keeps an alert quiet, and by which rule', async () => {
    const at = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
    await root.call('PUT', `/api/companies/${company.id}/rules`, { document: { silences: [{ id: 'printer', when: ['asset=p-17'], startsAt: at(-1), endsAt: at(7), reason: 'part on order', by: 'Ada' }] } })
    const view = await until('the silence', async () => {
      const { answer } = await post(program.url, company, 'alerts', alertBody({ asset_name: 'p-17', signature: `Jam ${Math.random()}`, external_id: `jam-${Math.random()}` }))
      return until('the decision', async () => {
        const { status, body } = await boss.call<ExplainView>('GET', `/api/alerts/${answer.deliveryId ?? ''}/explain`)
        return status === 200 && body.problem !== null ? body : null
      }).then((body) => (body.suppression === null ? null : body))
    })
    expect(view).toMatchObject({ incident: null, decision: null, suppression: { kind: 'silence', ruleId: 'printer' }, rules: { matched: [{ list: 'silences', ruleId: 'printer' }] } })
    expect((await aw('explain', view.id)).out).toMatch(/^kept quiet {3}silence: .*part on order.* \(rule printer\), until /m)
  })

  it('is told of an alert that was not understood as far as it came', async () => {
    const { answer } = await post(program.url, company, 'alerts', ['no object'])
    const view = await until('the dead letter', async () => {
      const { status, body } = await boss.call<ExplainView>('GET', `/api/alerts/${answer.deliveryId ?? ''}/explain`)
      return status === 200 && body.fate?.deadLetter != null ? body : null
    })
    expect(view).toMatchObject({ normalised: null, problem: null, decision: null, rules: null, fate: { state: 'dead_lettered' } })
    expect((await aw('explain', answer.deliveryId ?? '')).out).toContain('set aside  payload_invalid')
    expect(await aw('explain', 'no-such-alert')).toMatchObject({ code: 1, err: 'aw: there is no such alert (not_found)\n' })
  })
})

describe('who may ask', () => {
  it('shows nothing to another company, clauses to nobody without the settings, and no decision on an incident that is somebody else’s', async () => {
    const stranger = await logIn(program, 'company_admin', [(await onboard(program, 'Curious Ltd')).id])
    const [technician, colleague, viewer] = [await logIn(program, 'technician', [company.id]), await logIn(program, 'technician', [company.id]), await logIn(program, 'viewer', [company.id])]
    const key = (await boss.get<ExplainView>(`/api/alerts/${ids['disk'] ?? ''}/explain`)).problem?.key ?? ''
    for (const id of [ids['disk'] ?? '', (ids['disk'] ?? '').replace(/:0$/, ''), key]) expect((await stranger.call('GET', `/api/alerts/${encodeURIComponent(id)}/explain`)).status).toBe(404)
    const seen = await viewer.get<ExplainView>(`/api/alerts/${ids['disk'] ?? ''}/explain`)
    expect([seen.decision?.rule, seen.rules?.nearest]).toEqual(['scored', null])
    await root.call('POST', `/api/incidents/${seen.incident?.id ?? ''}/assign`, { assignee: colleague.userId })
    const hidden = await until('the assignment', async () => {
      const view = await technician.get<ExplainView>(`/api/alerts/${ids['disk'] ?? ''}/explain`)
      return view.incident === null ? view : null
    })
    expect(hidden).toMatchObject({ incident: null, decision: null, rules: null, fate: { state: 'stored' } })
  })
})
