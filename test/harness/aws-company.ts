/** A company whose machine is in AWS, as an operator sets it up: settings, asset, cloud account, check, switched on. AWS is the fake; everything else is the program. */
import type { CloudAccountView } from '../../schemas/runs.ts'
import type { RunbookSummary, RunDetail } from '../../schemas/remediation-views.ts'
import type { RunView } from '../../schemas/runs.ts'
import type { Page } from '../../schemas/views.ts'
import type { AwsFake } from '../fakes/aws-ssm.ts'
import { BASE } from '../fakes/aws-sts.ts'
import { onboard } from './client.ts'
import { until, type Program } from './process.ts'
import { post, type Company } from './sender.ts'

/** What the program needs to call the fake, and to be allowed to. */
export const AWS_ENV = { AW_MODE: 'production', AWS_ACCESS_KEY_ID: BASE.accessKeyId, AWS_SECRET_ACCESS_KEY: BASE.secretAccessKey, AWS_EC2_METADATA_DISABLED: 'true' } as const
const REGION = 'eu-central-1'

/** A company with one machine. */
export interface AwsCompany {
  readonly company: Company
  readonly instanceId: string
  readonly asset: string
  /** What Datadog posts, with the body of our guide filled in. */
  datadog(transition: 'Triggered' | 'Recovered'): Promise<void>
}

/** Sets it up. `volume` is what the monitor watches. */
export async function awsCompany(program: Program, fake: AwsFake, name: string, at: { readonly asset: string; readonly instanceId: string; readonly accountId: string; readonly volume: string }): Promise<AwsCompany> {
  const company = await onboard(program, name, { mode: 'production' })
  const { asset, instanceId, accountId, volume } = at
  const roleArn = `arn:aws:iam::${accountId}:role/AlertWhisperer`
  fake.machines.push({ instanceId, region: REGION, computerName: asset })
  await program.api('POST', `/api/companies/${company.id}/assets`, { name: asset, cloudProvider: 'aws', region: REGION, account: accountId, instanceId, tags: { os: 'linux' } })
  const path = `/api/companies/${company.id}/cloud-accounts`
  const account = await program.api<CloudAccountView>('POST', path, { cloud: 'aws', name: 'main', environment: 'production', fields: { accountId, roleArn, regions: REGION, endpoint: fake.url } })
  // One of the runbooks for disks, so that a story is about that one.
  const { items } = await program.api<Page<RunbookSummary>>('GET', `/api/runbooks?company=${company.id}`)
  await program.api('PUT', `/api/companies/${company.id}/remediation`, { settings: { runbooks: Object.fromEntries(items.filter(({ id }) => id !== 'disk-clean-temp').map(({ id }) => [id, { enabled: false }])) } })
  fake.addRole({ arn: roleArn, externalId: account.fields['externalId'] ?? null })
  const checked = await program.api<CloudAccountView>('POST', `${path}/${account.id}/check`)
  if (checked.check?.ok !== true) throw new Error(`the check failed: ${JSON.stringify(checked.check)}`)
  await program.api('PATCH', `${path}/${account.id}`, { enabled: true })
  return {
    company, instanceId, asset,
    async datadog(transition) {
      const { status, answer } = await post(program.url, company, 'datadog', {
        alert_id: '4711', alert_cycle_key: `cycle-${name}`, aggreg_key: `aggreg-${name}`, alert_scope: `host:${asset},volume:${volume}`, alert_title: `Disk usage is high on ${asset}`,
        event_title: `[${transition} on {host:${asset}}] Disk usage is high on ${asset}`, alert_transition: transition, alert_priority: 'P2', alert_type: transition === 'Recovered' ? 'success' : 'error', alert_metric: 'system.disk.in_use',
        hostname: asset, tags: `env:prod,volume:${volume}`, text_only_msg: `${volume} is more than 90 % full.`, date: String(Date.now()), link: 'https://app.datadoghq.com/monitors/4711', org_name: 'Acme',
      })
      if (status !== 202) throw new Error(`Datadog was answered ${status}: ${JSON.stringify(answer)}`)
    },
  }
}

/** The company's runs, newest first. */
export async function runsOf(program: Program, company: Company): Promise<readonly RunView[]> {
  return (await program.api<Page<RunView>>('GET', `/api/runs?company=${company.id}`)).items
}

/** The company's only run once `condition` holds of it. */
export function onlyRun(program: Program, company: Company, what: string, condition: (run: RunDetail) => boolean, timeoutMs = 300_000): Promise<RunDetail> {
  return until(what, async () => {
    const [first, ...others] = await runsOf(program, company)
    if (first === undefined || others.length > 0) throw new Error(`${others.length + (first === undefined ? 0 : 1)} runs`)
    const run = await program.api<RunDetail>('GET', `/api/runs/${first.id}`)
    if (condition(run)) return run
    throw new Error(`the run is ${run.status} (${run.code ?? ''}): ${run.message ?? ''}; commands ${run.commands.map(({ stepId, status, outcome }) => `${stepId} ${status} ${outcome ?? ''}`).join(', ')}`)
  }, timeoutMs)
}
