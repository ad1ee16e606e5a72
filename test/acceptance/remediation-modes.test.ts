/** The modes of remediation beside production: what is demonstrated is marked and counts nowhere; what is tried in a sandbox never leaves it. */
import { afterEach, expect, it } from 'vitest'
import type { RunbookSummary, RunDetail } from '../../schemas/remediation-views.ts'
import type { CloudAccountView } from '../../schemas/runs.ts'
import type { Page } from '../../schemas/views.ts'
import type { Company } from '../harness/sender.ts'
import { startAwsFake } from '../fakes/aws-ssm.ts'
import { AWS_ENV, onlyRun } from '../harness/aws-company.ts'
import { onboard } from '../harness/client.ts'
import { Program } from '../harness/process.ts'
import { alertBody, post } from '../harness/sender.ts'

const ended: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const end of ended.splice(0).reverse()) await end() })

async function started(env: Readonly<Record<string, string>>): Promise<Program> {
  const program = await Program.up(env)
  ended.push(() => program.remove())
  await program.start()
  return program
}

/** Asks for the clean-up of a volume of web-1. */
const ask = (program: Program, company: Company, mode?: string): Promise<RunDetail> => program.api<RunDetail>('POST', '/api/msp/runbooks/disk-clean-temp/execute', {
  company: company.id, targets: ['web-1'], inputs: { volume: '/var' }, ...(mode === undefined ? {} : { mode }),
})
const isOver = ({ endedAt }: RunDetail): boolean => endedAt !== null

it('demo: an alert is followed to its end without any cloud, marked as simulated and kept out of the figures', { timeout: 600_000 }, async () => {
  const program = await started({ AW_MODE: 'demo' })
  const company = await onboard(program, 'Acme', { mode: 'demo' })
  // One of the runbooks for disks: the problem goes on firing, and the next one would be tried.
  const { items } = await program.api<Page<RunbookSummary>>('GET', `/api/runbooks?company=${company.id}`)
  await program.api('PUT', `/api/companies/${company.id}/remediation`, { settings: { runbooks: Object.fromEntries(items.filter(({ id }) => id !== 'disk-clean-temp').map(({ id }) => [id, { enabled: false }])) } })
  await post(program.url, company, 'alerts', alertBody({ asset_name: 'web-1', signature: 'disk usage', message: 'Disk usage of /var is high', tool_source: 'Nagios', severity: 'high', labels: { volume: '/var' } }))
  const run = await onlyRun(program, company, 'the run is over', isOver)
  expect(run).toMatchObject({ mode: 'demo', isSimulated: true })
  for (const command of run.commands.filter(({ status }) => status === 'ended')) expect(command.stdout).toContain('[simulated]')
  const stats = await program.api<{ runs: number; incidentsHealed: number }>('GET', `/api/stats/remediation?company=${company.id}`)
  expect(stats).toMatchObject({ runs: 0, incidentsHealed: 0 })
})

it('sandbox: runs go to the sandbox account alone, and a production account is never called', { timeout: 600_000 }, async () => {
  const [box, real] = [await startAwsFake(), await startAwsFake()]
  ended.push(() => box.close(), () => real.close())
  const program = await started({ ...AWS_ENV, AW_MODE: 'sandbox' })
  const company = await onboard(program, 'Acme', { mode: 'sandbox' })
  const account = async (fake: typeof box, environment: 'sandbox' | 'production', accountId: string): Promise<void> => {
    const roleArn = `arn:aws:iam::${accountId}:role/AlertWhisperer`
    fake.machines.push({ instanceId: 'i-0123456789abcdef0', region: 'eu-central-1', computerName: 'web-1' })
    const path = `/api/companies/${company.id}/cloud-accounts`
    const made = await program.api<CloudAccountView>('POST', path, { cloud: 'aws', name: environment, environment, fields: { accountId, roleArn, regions: 'eu-central-1', endpoint: fake.url } })
    fake.addRole({ arn: roleArn, externalId: made.fields['externalId'] ?? null })
    expect((await program.api<CloudAccountView>('POST', `${path}/${made.id}/check`)).check?.ok).toBe(true)
    await program.api('PATCH', `${path}/${made.id}`, { enabled: true })
  }
  await account(box, 'sandbox', '111111111111')
  await account(real, 'production', '222222222222')
  await program.api('POST', `/api/companies/${company.id}/assets`, { name: 'web-1', cloudProvider: 'aws', region: 'eu-central-1', instanceId: 'i-0123456789abcdef0', tags: { os: 'linux' } })
  box.usual = { execute: async () => ({ exitCode: 0, stdout: `${JSON.stringify({ aw: 1, outcome: 'ok', code: null, message: 'done', changed: [], changedCount: 0, facts: { usedPercent: 71 } })}\n`, stderr: '' }) }
  const [boxed, called] = [box.commands.length, real.calls.length]

  const asked = await ask(program, company)
  const run = await onlyRun(program, company, 'the run is over', isOver)
  expect(run).toMatchObject({ id: asked.id, mode: 'sandbox', isSimulated: false, status: 'succeeded' })
  expect(box.commands.length - boxed).toBe(3)
  expect(real.calls.length).toBe(called)
})
