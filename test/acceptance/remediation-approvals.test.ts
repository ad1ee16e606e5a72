/**
 * The story: a disk runs full at Acme. A technician asks for a repair that is too risky to be his alone. The plan is shown with its exact commands; who may say yes
 * does, through the API or by a link that works once, for one person, and not for mail scanners that only look.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PlanView, RunDetail } from '../../schemas/remediation-views.ts'
import type { ApprovalView } from '../../schemas/runs.ts'
import { TestClock } from '../../schemas/clock.ts'
import { judge } from '../../remediator/guard/judge.ts'
import { ADMIN_TOKEN, openApiHarness, type ApiHarness } from '../harness/api.ts'
import { runbook, step } from '../harness/runs-world.ts'

const clock = new TestClock(Date.UTC(2026, 2, 1))
const LOW = runbook({ id: 'disk-clean', risk: 'low', match: { all: ['signature=disk'], any: [] }, steps: [step('clean', { shell: { linux: { file: 'clean.sh', text: 'aw_ok "cleaned"' } } })], inputs: [
  { name: 'volume', type: 'string', description: 'where', from: ['problem.labels.mount'], default: '/tmp', isRequired: false, pattern: '^/[a-z/]*$', min: null, max: null, values: [], maxLength: 100 },
] })
const HIGH = runbook({ id: 'service-restart', summary: 'Restart a service.', risk: 'high', digest: 'e'.repeat(64) })

let api: ApiHarness
let acme: { id: string }
let bravo: { id: string }
const people: Record<string, { id: string; token: string }> = {}

beforeAll(async () => {
  api = await openApiHarness(clock, { mode: 'production', shipped: [LOW, HIGH] })
  acme = await api.company('Acme', { mode: 'production' })
  bravo = await api.company('Bravo', { mode: 'production' })
  for (const [name, role, company] of [['tech', 'technician', acme], ['other', 'technician', acme], ['boss', 'company_admin', acme], ['viewer', 'viewer', acme], ['foreign', 'company_admin', bravo]] as const) people[name] = await api.user(role, [company.id], name)
  for (const name of ['ada', 'bob']) people[name] = await api.user('msp_admin', [], name)
  const asset = await call('ada', 'POST', `/api/companies/${acme.id}/assets`, { name: 'web-1', cloudProvider: 'aws', region: 'eu-central-1', account: '123456789012', instanceId: 'i-0123456789abcdef0', tags: { os: 'linux' } })
  expect(asset.status).toBe(201)
  const { body } = await call<{ id: string }>('ada', 'POST', `/api/companies/${acme.id}/cloud-accounts`, { cloud: 'aws', name: 'main', fields: { accountId: '123456789012', regions: 'eu-central-1' } })
  await call('ada', 'POST', `/api/companies/${acme.id}/cloud-accounts/${body.id}/check`)
  expect((await call('ada', 'PATCH', `/api/companies/${acme.id}/cloud-accounts/${body.id}`, { enabled: true })).status).toBe(200)
})
afterAll(() => api.close())

async function call<T>(who: string, method: string, url: string, body?: unknown, headers?: Record<string, string>): Promise<{ status: number; body: T; text: string; headers: Record<string, unknown> }> {
  const answer = await api.call(who === 'token' ? ADMIN_TOKEN : people[who]?.token ?? null, method, url, body, headers)
  return { status: answer.status, body: answer.body as never, text: answer.text, headers: answer.headers }
}

/** As the role `remediate` does with what is due. */
async function work(): Promise<void> {
  for (const held of await api.remediation.runs.claim('worker', 50)) {
    const current = await api.remediation.shelf.get(held.companyId, held.runbook.id)
    await api.remediation.runs.admit(held, (facts) => judge({ ...facts, currentDigest: current?.digest ?? null, maintenance: [] }), null)
  }
}

/** A run that waits for a yes. */
async function asked(by = 'tech', risk: 'high' | 'low' = 'high'): Promise<{ run: RunDetail; approval: ApprovalView }> {
  const { status, body, text } = await call<RunDetail>(by, 'POST', `/api/msp/runbooks/${risk === 'high' ? 'service-restart' : 'disk-clean'}/execute`, { company: acme.id, targets: ['web-1'] })
  expect([status, text]).toEqual([202, expect.any(String)])
  await work()
  const { body: run } = await call<RunDetail>(by, 'GET', `/api/runs/${body.id}`)
  expect([run.status, run.code]).toEqual(['awaiting_approval', expect.any(String)])
  return { run, approval: run.approvals.find(({ status: one }) => one === 'pending')! }
}

const statusOf = async (id: string): Promise<string> => {
  await work()
  return (await call<RunDetail>('ada', 'GET', `/api/runs/${id}`)).body.status
}

/** Ends what is under way, so that the machine is free for the next test. */
async function clear(): Promise<void> {
  await api.database.query('delete from runs')
}

describe('a plan', () => {
  test('is shown before anything runs, with machines, exact commands, risk, cost and what the guard says', async () => {
    const { status, body } = await call<PlanView>('tech', 'POST', '/api/msp/runbooks/service-restart/plan', { company: acme.id, targets: ['web-1'] })
    expect(status).toBe(200)
    expect(body).toMatchObject({ runbookId: 'service-restart', mode: 'production', risk: 'high', verdict: { kind: 'ask', role: 'msp_admin', fourEyes: true } })
    expect(body.plan?.targets).toMatchObject([{ asset: 'web-1', instanceId: 'i-0123456789abcdef0', region: 'eu-central-1', foundBy: 'asset_list' }])
    expect(body.plan?.commands.map(({ phase, stepId }) => [phase, stepId])).toEqual([['step', 'clean'], ['verify', 'verify']])
    expect(body.plan?.commands[0]?.script).toContain('echo clean')
    expect(body.plan?.commands[0]?.digest).toMatch(/^[0-9a-f]{64}$/)
    expect((await call<{ items: unknown[] }>('ada', 'GET', '/api/runs')).body.items).toEqual([])
  })

  test('takes a machine by its instance too, and says where none or several fit', async () => {
    const planned = (targets: unknown) => call<PlanView & { message: string }>('tech', 'POST', '/api/msp/runbooks/disk-clean/plan', { company: acme.id, targets }).then(({ status, body }) => [status, body.plan?.targets[0]?.instanceId ?? body.verdict?.code ?? body.message])
    expect(await planned([{ asset: 'web-1', instanceId: 'i-0123456789abcdef0' }])).toEqual([200, 'i-0123456789abcdef0'])
    expect(await planned(['i-0123456789abcdef0'])).toEqual([200, 'i-0123456789abcdef0'])
    expect(await planned([{ asset: 'web-1', cloudAccountId: 'not-ours', instanceId: 'i-0123456789abcdef0' }])).toEqual([200, 'target_foreign'])
    expect((await planned([{ asset: 'web-1', cloudAccountId: 'not-ours' }]))[0]).toBe(400)
    expect((await planned([{ instanceId: 'i-0123456789abcdef0' }]))[0]).toBe(400)
    expect((await planned([{ asset: 'web-1', colour: 'red' }]))[0]).toBe(400)
  })

  test('refuses inputs that do not fit, in a sentence, and never makes them text of a script', async () => {
    for (const volume of ['/tmp; reboot', '$(id)', '`id`', '/tmp\nreboot', '/tmp\u0000', "'", 'ü', '{{ssm:password}}', '/TMP']) {
      const { status, body } = await call<{ code: string; message: string }>('tech', 'POST', '/api/msp/runbooks/disk-clean/execute', { company: acme.id, targets: ['web-1'], inputs: { volume } })
      expect([volume, status]).toEqual([volume, 400])
      expect(body.message).toMatch(volume.includes('\0') ? /NUL/ : /volume: /)
    }
    const { body } = await call<PlanView>('tech', 'POST', '/api/msp/runbooks/disk-clean/plan', { company: acme.id, targets: ['web-1'], inputs: { volume: '/var/tmp' } })
    expect(body.plan?.inputs).toEqual({ volume: '/var/tmp' })
    expect(body.plan?.commands[0]?.script).not.toContain('/var/tmp')
    expect(body.plan?.commands[0]?.script).toContain(Buffer.from('/var/tmp').toString('base64'))
    for (const [change, said] of [[{ inputs: { colour: 'red' } }, /colour/], [{ targets: ['nobody-knows'] }, /nobody-knows/], [{ targets: [] }, /machine/]] as const) {
      expect((await call<{ message: string }>('tech', 'POST', '/api/msp/runbooks/disk-clean/execute', { company: acme.id, targets: ['web-1'], ...change })).body.message).toMatch(said)
    }
    expect((await call<{ items: unknown[] }>('ada', 'GET', '/api/runs')).body.items).toEqual([])
  })

  test('is made once for one idempotency key', async () => {
    const ask = (body: object) => call<RunDetail>('tech', 'POST', '/api/msp/runbooks/disk-clean/execute', { company: acme.id, targets: ['web-1'], ...body }, { 'idempotency-key': 'k1' })
    const [first, second] = [await ask({}), await ask({})]
    expect([first.status, second.body.id]).toEqual([202, first.body.id])
    expect((await ask({ mode: 'dry-run' })).status).toBe(409)
    const draft = () => call<RunDetail>('tech', 'POST', `/api/companies/${acme.id}/scripts`, { summary: 'x', system: 'linux', script: 'true', targets: ['web-1'] }, { 'idempotency-key': 'k2' })
    expect((await draft()).body.id).toBe((await draft()).body.id)
    expect(await api.database.query(`select 1 from runbooks where kind = 'draft'`)).toHaveLength(1)
    await clear()
  })

  test('is only shown in dry-run, commands included', async () => {
    const { body } = await call<RunDetail>('tech', 'POST', '/api/msp/runbooks/disk-clean/execute', { company: acme.id, targets: ['web-1'], mode: 'dry-run' })
    expect(await statusOf(body.id)).toBe('shown')
    const run = (await call<RunDetail>('tech', 'GET', `/api/runs/${body.id}`)).body
    expect(run).toMatchObject({ mode: 'dry-run', code: 'mode_dry_run', startedAt: null })
    expect(run.plan.commands[0]?.script).toContain('aw_ok "cleaned"')
    expect(run.commands.every(({ status }) => status === 'skipped')).toBe(true)
    expect((await call<{ runs: number }>('ada', 'GET', '/api/stats/remediation')).body.runs).toBe(0)
    await clear()
  })
})

describe('a request', () => {
  test('is decided by whoever the matrix names, never by who asked, and once', async () => {
    const { run, approval } = await asked('bob')
    expect(approval).toMatchObject({ role: 'msp_admin', fourEyes: true, status: 'pending', incidentId: null })
    for (const [who, status] of [['viewer', 403], ['tech', 403], ['boss', 403], ['foreign', 404], ['bob', 403]] as const) expect([who, (await call(who, 'POST', `/api/approvals/${approval.id}/approve`)).status]).toEqual([who, status])
    expect(await statusOf(run.id)).toBe('awaiting_approval')
    expect((await call<ApprovalView>('ada', 'POST', `/api/approvals/${approval.id}/approve`, { comment: 'go on' })).body).toMatchObject({ status: 'approved', via: 'api', comment: 'go on', decidedBy: { name: 'ada' } })
    expect((await call('ada', 'POST', `/api/approvals/${approval.id}/refuse`)).status).toBe(409)
    expect(await statusOf(run.id)).toBe('queued')
    const { body: audit } = await call<{ items: { actor: { name: string }; subject: string }[] }>('ada', 'GET', '/api/audit?action=run.approve')
    expect(audit.items[0]).toMatchObject({ actor: { name: 'ada' } })
    await clear()
  })

  test('that is refused ends the run, with who and why', async () => {
    const { run, approval } = await asked()
    expect((await call<ApprovalView>('ada', 'POST', `/api/approvals/${approval.id}/refuse`, { comment: 'not today' })).status).toBe(200)
    expect(await statusOf(run.id)).toBe('refused')
    expect((await call<RunDetail>('tech', 'GET', `/api/runs/${run.id}`)).body.approvals[0]).toMatchObject({ status: 'refused', comment: 'not today' })
    await clear()
  })

  test('is listed for those who see the run', async () => {
    const { approval } = await asked()
    for (const [who, ids] of [['tech', [approval.id]], ['viewer', [approval.id]], ['foreign', []]] as const) {
      expect((await call<{ items: ApprovalView[] }>(who, 'GET', '/api/approvals?status=pending')).body.items.map(({ id }) => id)).toEqual(ids)
    }
    expect((await call('foreign', 'GET', `/api/approvals?company=${acme.id}`)).status).toBe(404)
    await clear()
  })

  test('is void after its time', async () => {
    const { approval } = await asked()
    const link = (await call<{ url: string }>('ada', 'POST', `/api/approvals/${approval.id}/link`)).body.url.replace('http://aw.test', '')
    clock.tick(2 * 3_600_000)
    expect((await call('ada', 'POST', `/api/approvals/${approval.id}/approve`)).status).toBe(409)
    expect((await call('nobody', 'GET', link)).status).toBe(404)
    expect((await press(link, 'approve')).status).toBe(404)
    await clear()
  })
})

const press = (link: string, decision: string, more = '') => call('nobody', 'POST', link, `decision=${decision}${more}`, { 'content-type': 'application/x-www-form-urlencoded' })

describe('a link', () => {
  async function linked(who = 'ada'): Promise<{ run: RunDetail; approval: ApprovalView; link: string }> {
    const { run, approval } = await asked()
    const { status, body } = await call<{ url: string; userId: string }>(who, 'POST', `/api/approvals/${approval.id}/link`)
    expect([status, body.userId]).toEqual([201, people[who]?.id])
    return { run, approval, link: body.url.replace('http://aw.test', '') }
  }

  test('shows the plan with two buttons, and looking decides nothing, however often', async () => {
    const { run, link } = await linked()
    for (let look = 0; look < 3; look += 1) {
      const { status, text, headers } = await call('nobody', 'GET', link)
      expect(status).toBe(200)
      expect(text).toContain('echo clean')
      expect(text.match(/<button/g)).toHaveLength(2)
      expect(text).not.toMatch(/<script|\son\w+=/i)
      expect(headers).toMatchObject({ 'content-security-policy': expect.stringMatching(/^default-src 'none'.*form-action 'self'/), 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    }
    expect((await call('nobody', 'HEAD', link)).status).toBe(200)
    expect(await statusOf(run.id)).toBe('awaiting_approval')
    await clear()
  })

  test('decides once, in the name of its person', async () => {
    const { run, approval, link } = await linked()
    const told = await press(link, 'approve', '&comment=by+mail')
    expect([told.status, told.text]).toEqual([200, expect.stringContaining('Approved')])
    expect((await press(link, 'refuse')).status).toBe(404)
    expect((await call('nobody', 'GET', link)).status).toBe(404)
    expect((await call<RunDetail>('ada', 'GET', `/api/runs/${run.id}`)).body.approvals.find(({ id }) => id === approval.id)).toMatchObject({ status: 'approved', via: 'link', comment: 'by mail', decidedBy: { name: 'ada' } })
    expect(await statusOf(run.id)).toBe('queued')
    await clear()
  })

  test('refuses as well, and needs one of the two buttons', async () => {
    const { run, link } = await linked()
    expect((await press(link, 'perhaps')).status).toBe(400)
    expect((await press(link, 'refuse')).text).toContain('Refused')
    expect(await statusOf(run.id)).toBe('refused')
    await clear()
  })

  test('is had by its own person alone, and by nobody who may not decide', async () => {
    const { approval } = await asked('bob')
    const link = (who: string, user?: string) => call<{ userId: string }>(who, 'POST', `/api/approvals/${approval.id}/link`, user === undefined ? {} : { user }).then(({ status }) => status)
    expect(await link('bob', people['ada']?.id)).toBe(403)
    expect([await link('bob'), await link('tech'), await link('boss'), await link('viewer'), await link('foreign')]).toEqual([403, 403, 403, 403, 404])
    expect([await link('token', people['ada']?.id), await link('token', people['boss']?.id), await link('token', 'nobody')]).toEqual([201, 403, 403])
    await clear()
  })

  test('dies with its person’s right, with another’s decision, and with any change to it', async () => {
    const carl = await api.user('msp_admin', [], 'carl')
    people['carl'] = carl
    const { approval, link, run } = await linked('carl')
    for (const wrong of [`${link}x`, link.slice(0, -1), link.replace(/link\/./, 'link/_'), '/api/approvals/link/none', `/api/approvals/link/${'A'.repeat(43)}.${'A'.repeat(43)}`]) {
      expect([wrong, (await call('nobody', 'GET', wrong)).status, (await press(wrong, 'approve')).status]).toEqual([wrong, 404, 404])
    }
    await call('token', 'PATCH', `/api/users/${carl.id}`, { disabled: true })
    expect([(await call('nobody', 'GET', link)).status, (await press(link, 'approve')).status]).toEqual([404, 404])
    const second = (await call<{ url: string }>('ada', 'POST', `/api/approvals/${approval.id}/link`)).body.url.replace('http://aw.test', '')
    expect((await call('bob', 'POST', `/api/approvals/${approval.id}/approve`)).status).toBe(200)
    expect((await press(second, 'refuse')).status).toBe(409)
    expect(await statusOf(run.id)).toBe('queued')
    await clear()
  })

  test('shows a script to its end, however much stands before that', async () => {
    const script = `${'# nothing to see here\n'.repeat(2_000)}echo 'at the very end'\n`
    const { body: run } = await call<RunDetail>('tech', 'POST', `/api/companies/${acme.id}/scripts`, { summary: 'long', system: 'linux', script, targets: ['web-1'] })
    await work()
    const approval = (await call<RunDetail>('tech', 'GET', `/api/runs/${run.id}`)).body.approvals[0]!
    const { url } = (await call<{ url: string }>('ada', 'POST', `/api/approvals/${approval.id}/link`)).body
    expect((await call('nobody', 'GET', url.replace('http://aw.test', ''))).text).toContain('at the very end')
    await clear()
  })

  test('shows hostile text as text', async () => {
    const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
    const { body: run } = await call<RunDetail>('tech', 'POST', `/api/companies/${acme.id}/scripts`, { summary: hostile, system: 'linux', script: `echo '${hostile}'`, targets: ['web-1'] })
    await work()
    const approval = (await call<RunDetail>('tech', 'GET', `/api/runs/${run.id}`)).body.approvals[0]!
    const { url } = (await call<{ url: string }>('ada', 'POST', `/api/approvals/${approval.id}/link`)).body
    const { text } = await call('nobody', 'GET', url.replace('http://aw.test', ''))
    expect(text).not.toMatch(/<script|<img|onerror=alert\(2\)>/)
    expect(text).toContain('&#60;script&#62;alert(1)')
    await clear()
  })
})

describe('a one-off script', () => {
  test('is always high risk and needs somebody else, whoever writes it', async () => {
    for (const who of ['tech', 'ada']) {
      const { status, body } = await call<RunDetail>(who, 'POST', `/api/companies/${acme.id}/scripts`, { summary: 'look at the disk', system: 'linux', script: 'df -h\naw_ok "looked"\n', targets: ['web-1'] })
      expect([status, body.risk]).toEqual([202, 'high'])
      await work()
      const run = (await call<RunDetail>(who, 'GET', `/api/runs/${body.id}`)).body
      expect(run.approvals).toMatchObject([{ status: 'pending', role: 'msp_admin', fourEyes: true }])
      expect(run.plan.commands[0]?.script).toContain('df -h')
      expect((await call(who, 'POST', `/api/approvals/${run.approvals[0]?.id}/approve`)).status).toBe(403)
      expect((await call('bob', 'POST', `/api/approvals/${run.approvals[0]?.id}/approve`)).status).toBe(200)
      expect(await statusOf(run.id)).toBe('queued')
      await clear()
    }
  })

  test('is no runbook of the library, and is refused with placeholders of the cloud', async () => {
    await call('tech', 'POST', `/api/companies/${acme.id}/scripts`, { summary: 'x', system: 'linux', script: 'true', targets: ['web-1'] })
    expect((await call<{ items: { id: string }[] }>('tech', 'GET', `/api/runbooks?company=${acme.id}`)).body.items.map(({ id }) => id)).toEqual(['disk-clean', 'service-restart'])
    expect((await call<{ message: string }>('tech', 'POST', `/api/companies/${acme.id}/scripts`, { summary: 'x', system: 'linux', script: 'echo {{ssm:secret}}', targets: ['web-1'] })).body.message).toContain('ssm')
    expect((await call('viewer', 'POST', `/api/companies/${acme.id}/scripts`, { summary: 'x', system: 'linux', script: 'true', targets: ['web-1'] })).status).toBe(403)
    await clear()
  })
})

describe('the stop switch', () => {
  test('stops a company, or all, at once, until it is taken back', async () => {
    for (const path of [`/api/companies/${acme.id}/remediation`, '/api/settings/remediation']) {
      expect((await call('ada', 'POST', `${path}/stop`, { reason: 'we look first' })).status).toBe(200)
      const { body } = await call<RunDetail>('tech', 'POST', '/api/msp/runbooks/disk-clean/execute', { company: acme.id, targets: ['web-1'] })
      expect(await statusOf(body.id)).toBe('refused')
      const run = (await call<RunDetail>('tech', 'GET', `/api/runs/${body.id}`)).body
      expect([run.code, run.message]).toEqual([path.includes('companies') ? 'stopped_company' : 'stopped_globally', expect.stringContaining('we look first')])
      expect((await call('ada', 'POST', `${path}/resume`)).status).toBe(200)
    }
    const { body } = await call<RunDetail>('tech', 'POST', '/api/msp/runbooks/disk-clean/execute', { company: acme.id, targets: ['web-1'] })
    expect(await statusOf(body.id)).toBe('queued')
    await clear()
  })

  test('of the MSP is not taken back by a company', async () => {
    await call('ada', 'POST', '/api/settings/remediation/stop', { reason: 'all' })
    expect((await call('boss', 'POST', '/api/settings/remediation/resume')).status).toBe(403)
    await call('boss', 'POST', `/api/companies/${acme.id}/remediation/resume`)
    expect((await call<{ effective: { stopped: boolean } }>('boss', 'GET', `/api/companies/${acme.id}/remediation`)).body.effective.stopped).toBe(true)
    await call('ada', 'POST', '/api/settings/remediation/resume')
  })
})

test('output is handed on piece by piece, from where the reader was', async () => {
  const { body: run } = await call<RunDetail>('tech', 'POST', '/api/msp/runbooks/disk-clean/execute', { company: acme.id, targets: ['web-1'] })
  const url = `/api/runs/${run.id}/output`
  const first = await call<{ items: unknown[]; next: string }>('tech', 'GET', url)
  expect(first.body).toMatchObject({ items: [], next: expect.any(String) })
  await api.database.query(`update run_commands set stdout = 'one\n', status = 'sent' where run_id = $1 and seq = 0`, [run.id])
  const second = await call<{ items: { text: string; stream: string; offset: number }[]; next: string }>('tech', 'GET', `${url}?cursor=${encodeURIComponent(first.body.next)}`)
  expect(second.body.items).toMatchObject([{ text: 'one\n', stream: 'stdout', offset: 0 }])
  await api.database.query(`update run_commands set stdout = 'one\ntwo\n', stderr = 'oh' where run_id = $1 and seq = 0`, [run.id])
  const third = await call<{ items: { text: string; offset: number }[]; next: string }>('tech', 'GET', `${url}?cursor=${encodeURIComponent(second.body.next)}`)
  expect(third.body.items.map(({ text, offset }) => [text, offset])).toEqual([['two\n', 4], ['oh', 0]])
  await api.database.query(`update runs set status = 'succeeded' where id = $1`, [run.id])
  expect((await call<{ next: null }>('tech', 'GET', `${url}?cursor=${encodeURIComponent(third.body.next)}`)).body).toMatchObject({ items: [], next: null, status: 'succeeded' })
  expect((await call('tech', 'GET', `${url}?cursor=nonsense`)).status).toBe(400)
  expect((await call('foreign', 'GET', url)).status).toBe(404)
  expect((await call('tech', 'POST', `/api/runs/${run.id}/cancel`)).status).toBe(409)
  await clear()
})

test('rates leave out what was simulated, only shown, or never began', async () => {
  const rows: [string, string, string | null, string, boolean, boolean][] = [['a', 'succeeded', 'self_healed', 'production', false, true], ['b', 'succeeded', 'verified', 'sandbox', false, true], ['c', 'failed', 'failed', 'production', false, true], ['d', 'succeeded', 'verified', 'demo', true, true], ['e', 'shown', 'none', 'dry-run', false, false], ['f', 'cancelled', 'none', 'production', false, false]]
  for (const [key, status, outcome, mode, simulated, started] of rows) {
    const { body } = await call<RunDetail>('tech', 'POST', '/api/msp/runbooks/disk-clean/execute', { company: acme.id, targets: ['web-1'] }, { 'idempotency-key': key })
    await api.database.query('update runs set status = $2, outcome = $3, mode = $4, simulated = $5, started_at = case when $6 then now() end, ended_at = now() where id = $1', [body.id, status, outcome, mode, simulated, started])
  }
  const { body } = await call<Record<string, unknown>>('boss', 'GET', `/api/stats/remediation?company=${acme.id}`)
  expect(body).toMatchObject({ runs: 3, succeeded: 2, failed: 1, selfHealed: 1, successShare: 2 / 3, selfHealedShare: 1 / 3, items: [{ companyId: acme.id, runbookId: 'disk-clean', runs: 3 }] })
  expect((await call<Record<string, unknown>>('foreign', 'GET', '/api/stats/remediation')).body).toMatchObject({ runs: 0, items: [] })
  const books = (await call<{ items: { id: string; rates: { runs: number } }[] }>('tech', 'GET', `/api/runbooks?company=${acme.id}`)).body.items
  expect(books.map(({ id, rates }) => [id, rates.runs])).toEqual([['disk-clean', 3], ['service-restart', 0]])
  await clear()
})

test('an incident names the runbooks that fit, and a replay says what past ones would have had', async () => {
  const id = await api.incident(acme.id, { openedAtMs: clock.now() - 3_600_000, updatedAtMs: clock.now() })
  expect((await call<{ suggestedRunbooks: unknown[] }>('tech', 'GET', `/api/incidents/${id}`)).body.suggestedRunbooks).toMatchObject([{ id: 'disk-clean', effectiveRisk: 'low', fits: true, why: expect.arrayContaining([expect.stringContaining('criteria')]) as string[] }])
  const plan = (await call<PlanView>('tech', 'POST', '/api/msp/runbooks/disk-clean/plan', { company: acme.id, incident: id })).body
  expect([plan.plan?.inputs, plan.plan?.targets[0]?.asset, plan.verdict.kind]).toEqual([{ volume: '/var' }, 'web-1', 'run'])
  const { status, body } = await call<{ incidents: number; matched: number; wouldRun: number; items: object[] }>('boss', 'POST', '/api/runbooks/replay', { company: acme.id })
  expect([status, body]).toEqual([200, expect.objectContaining({ incidents: 1, matched: 1, wouldRun: 1, isCut: false })])
  expect(body.items[0]).toMatchObject({ incidentId: id, runbookId: 'disk-clean', risk: 'low', verdict: { kind: 'run' } })
  expect((await call<{ incidents: number }>('boss', 'POST', '/api/runbooks/replay', { company: acme.id, to: '2026-01-01T00:00:00Z' })).body.incidents).toBe(0)
  expect((await call<{ items: unknown[] }>('ada', 'GET', '/api/runs')).body.items).toEqual([])
  expect((await call('boss', 'POST', '/api/runbooks/replay', { company: bravo.id })).status).toBe(404)
})
