/** The story: an operator does at a terminal what remediation needs: brings a cloud in, reads a plan, asks for a run, follows it, turns the stop switch, adds a runbook. */
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SHIPPED_FOLDER } from '../../remediator/library/shipped.ts'
import type { PlanView, RunDetail } from '../../schemas/remediation-views.ts'
import type { CloudAccountView, RunView } from '../../schemas/runs.ts'
import { admin, onboard } from '../harness/client.ts'
import { Program } from '../harness/process.ts'

const ROOT = join(import.meta.dirname, '..', '..')
let program: Program
let folder: string
let companyId: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aw-cli-'))
  program = await Program.up({ AWS_EC2_METADATA_DISABLED: 'true' })
  await program.start()
  companyId = (await onboard(program, 'Acme Ltd')).id
  const asset = await admin(program).call('POST', `/api/companies/${companyId}/assets`, { name: 'web-1', cloudProvider: 'aws', account: '123456789012', region: 'eu-central-1', instanceId: 'i-0123456789abcdef0', tags: { os: 'linux' } })
  expect(asset.status).toBe(201)
})
afterAll(async () => {
  await program.remove()
  rmSync(folder, { recursive: true, force: true })
})

function aw(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly error: string }> {
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] ?? '', AW_PORT: String(program.port), AW_DATA_DIR: program.dataDir }
    execFile(process.execPath, [join(ROOT, 'main.ts'), ...args], { env, timeout: 240_000, maxBuffer: 10_000_000 }, (error, out, said) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, out, error: said })
    })
  })
}

async function json<T>(...args: readonly string[]): Promise<T> {
  const { code, out, error } = await aw(...args, '--json')
  expect([args, code, error]).toEqual([args, 0, ''])
  return JSON.parse(out) as T
}

const company = ['--company', 'Acme Ltd'] as const

it('brings a cloud in: the policy to copy, with a fresh external id each, and the account once', async () => {
  const { code, out } = await aw('cloud', 'onboard', 'aws', ...company, '--sandbox', '--name', 'lab', '--field', 'accountId=123456789012', '--field', 'regions=eu-central-1')
  expect([code, out]).toEqual([0, expect.stringContaining('"sts:ExternalId"')])
  const again = await json<{ account: CloudAccountView }>('cloud', 'onboard', 'aws', ...company, '--name', 'lab')
  const other = await json<{ account: CloudAccountView }>('cloud', 'onboard', 'aws', ...company, '--name', 'other', '--field', 'accountId=210987654321', '--field', 'regions=eu-central-1')
  expect(out).toContain(again.account.fields['externalId'])
  expect(other.account.fields['externalId']).not.toBe(again.account.fields['externalId'])
  expect((await aw('cloud', 'list', ...company)).out).toMatch(/lab .*sandbox.*no .*never/)
  expect((await aw('cloud', 'remove', 'other', ...company)).code).toBe(0)
  expect((await json<CloudAccountView[]>('cloud', 'list', ...company)).map(({ name }) => name)).toEqual(['lab'])
})

it('says what does not work of a cloud, and ends with 1', async () => {
  const { code, out } = await aw('cloud', 'check', 'lab', ...company, '--use')
  expect([code, out]).toEqual([1, expect.stringContaining('lab does not work yet')])
  expect((await aw('cloud', 'check', 'nobody', ...company)).error).toContain('aw cloud list')
  const [account] = await json<CloudAccountView[]>('cloud', 'list', ...company)
  expect((await admin(program).call('PATCH', `/api/companies/${companyId}/cloud-accounts/${account?.id ?? ''}`, { enabled: true })).status).toBe(200)
})

it('lists and shows runbooks, with scripts and inputs', async () => {
  expect((await aw('runbook', 'list', ...company)).out).toMatch(/disk-clean-temp +low .*Free temporary space/)
  const { out } = await aw('runbook', 'show', 'disk-clean-temp', ...company)
  expect(out).toContain('aw_ok')
  expect(out).toMatch(/volume .*problem\.labels/)
})

it('shows a plan with exact commands, and a refusal in a sentence with 1', async () => {
  const { code, out } = await aw('runbook', 'plan', 'disk-clean-temp', ...company, '--target', 'web-1', '--input', 'volume=/var')
  expect([code, out]).toEqual([0, expect.stringContaining('=== step measure on web-1')])
  expect(out).toContain(Buffer.from('/var').toString('base64'))
  const view = await json<PlanView>('runbook', 'plan', 'disk-clean-temp', ...company, '--target', 'web-1', '--input', 'volume=/var')
  expect([view.mode, view.verdict.kind]).toEqual(['dry-run', 'show'])
  const refused = await aw('runbook', 'plan', 'disk-clean-temp', ...company, '--target', 'web-1', '--input', 'volume=/var; reboot')
  expect([refused.code, refused.out]).toEqual([1, expect.stringContaining('volume')])
  expect((await aw('runbook', 'plan', 'disk-clean-temp', ...company, '--input', 'volume')).code).toBe(2)
})

it('asks for a run and follows it to its end, which in dry-run is that it is shown', async () => {
  const { code, out } = await aw('runbook', 'run', 'disk-clean-temp', ...company, '--target', 'web-1', '--input', 'volume=/var', '--follow')
  expect([code, out]).toEqual([0, expect.stringMatching(/shown, none \(mode_dry_run\)/)])
  const [run] = await json<RunView[]>('run', 'list', ...company)
  expect(run).toMatchObject({ status: 'shown', runbookId: 'disk-clean-temp', mode: 'dry-run' })
  expect((await json<RunDetail>('run', 'show', run?.id ?? '')).commands.every(({ status }) => status === 'skipped')).toBe(true)
  expect((await aw('run', 'list', ...company)).out).toMatch(/disk-clean-temp .*web-1 .*dry-run .*shown/)
  expect((await aw('run', 'cancel', run?.id ?? '')).error).toContain('has ended')
})

it('asks for a one-off script as a draft of high risk, and refuses a file whose system it cannot tell', async () => {
  const script = join(folder, 'look.sh')
  writeFileSync(script, 'aw_fact answer 42\naw_ok "looked"\n')
  const run = await json<RunDetail>('runbook', 'script', script, ...company, '--summary', 'look once', '--target', 'web-1')
  expect(run).toMatchObject({ risk: 'high', mode: 'dry-run', status: 'planned', plan: { targets: [{ asset: 'web-1' }], commands: [{ system: 'linux', script: expect.stringContaining('aw_fact answer 42') as string }] } })
  expect(await aw('runbook', 'script', join(folder, 'look.py'), ...company, '--summary', 'x')).toMatchObject({ code: 2, error: expect.stringContaining('*.sh for Linux') as string })
})

it('asks for nothing twice with one key', async () => {
  const ask = () => json<RunDetail>('runbook', 'run', 'disk-clean-temp', ...company, '--target', 'web-1', '--input', 'volume=/tmp', '--key', 'once')
  expect((await ask()).id).toBe((await ask()).id)
})

it('turns the stop switch of one company and of all, and back', async () => {
  expect((await aw('remediation', 'stop', ...company, '--reason', 'we look first')).out).toContain('STOPPED: we look first')
  expect((await aw('remediation', 'show', ...company)).out).toContain('STOPPED')
  expect((await aw('doctor')).out).toMatch(/stop switch: Acme Ltd +on: we look first/)
  expect((await aw('remediation', 'resume', ...company)).out).toContain('not stopped')
  expect((await aw('remediation', 'stop', '--reason', 'all of it')).out).toContain('for all companies: STOPPED')
  expect((await aw('remediation', 'show', ...company)).out).toContain('STOPPED for all by the MSP')
  expect((await aw('remediation', 'resume')).code).toBe(0)
})

it('saves what is allowed from a file, or says what is wrong with it', async () => {
  const file = join(folder, 'allowed.json')
  writeFileSync(file, JSON.stringify({ maxConcurrent: 2, automaticLowRisk: false }))
  expect((await json<{ effective: object }>('remediation', 'set', file, ...company)).effective).toMatchObject({ maxConcurrent: 2, automaticLowRisk: false })
  writeFileSync(file, JSON.stringify({ maxConcurrent: -2 }))
  expect((await aw('remediation', 'set', file, ...company)).error).toContain('maxConcurrent')
})

it('adds a runbook of one’s own after its check, and removes it', async () => {
  const own = join(folder, 'own-clean')
  cpSync(join(SHIPPED_FOLDER, 'disk-clean-temp'), own, { recursive: true })
  const definition = readFileSync(join(own, 'runbook.yaml'), 'utf8')
  writeFileSync(join(own, 'runbook.yaml'), definition.replace(/^id: .*$/m, 'id: own-clean'))
  expect((await aw('runbook', 'add', own, ...company)).out).toContain('own-clean')
  expect((await aw('runbook', 'list', ...company)).out).toMatch(/own-clean +low .*company/)
  writeFileSync(join(own, 'runbook.yaml'), definition.replace(/^id: .*$/m, 'id: other'))
  const refused = await aw('runbook', 'add', own, ...company)
  expect([refused.code, refused.error]).toEqual([1, expect.stringContaining('own-clean')])
  expect((await aw('runbook', 'remove', 'own-clean', ...company)).code).toBe(0)
  expect((await aw('runbook', 'show', 'own-clean', ...company)).error).toContain('not_found')
})

it('replays, lists what waits, and says what it does not know', async () => {
  expect((await json<{ incidents: number }>('runbook', 'replay', ...company)).incidents).toBe(0)
  expect((await aw('approvals')).out).toContain('nothing waits for approval')
  for (const [word, said] of [['approve', 'not_found'], ['refuse', 'not_found']] as const) expect(await aw(word, 'no-such-request')).toMatchObject({ code: 1, error: expect.stringContaining(said) as string })
})
