import { describe, expect, it } from 'vitest'
import { scriptPolicy } from '../../executors/aws/policy.ts'
import { awsAccess } from '../../executors/aws/access.ts'
import { SYSTEMS } from '../../../schemas/runbooks.ts'
import { COMPONENTS, VARIABLES } from '../../executors/datto-rmm/component.ts'
import { cloudAccountRules } from '../rules.ts'
import { awsSteps, permissionPolicy, principalOf, trustPolicy } from './aws.ts'
import { azureSteps, roleDefinition } from './azure.ts'
import { dattoSteps } from './datto-rmm.ts'
import { gcpSteps, GCP_PERMISSIONS } from './gcp.ts'

const AWS = { accountId: '123456789012', externalId: 'made-by-us', regions: 'eu-central-1, us-east-1', outputBucket: 'acme-outputs', logGroup: '/aw' }
interface Policy { readonly Statement: readonly { readonly Sid?: string; readonly Action: string | readonly string[]; readonly Resource?: string | readonly string[]; readonly Condition?: object; readonly Principal?: object }[] }

describe('the onboarding text of AWS', () => {
  it('has a trust policy that names us alone, with the account’s own external id', () => {
    const { Statement: statements } = trustPolicy('made-by-us', 'arn:aws:iam::999999999999:role/aw') as Policy
    expect(statements.map(({ Action }) => Action)).toEqual(['sts:AssumeRole', 'sts:TagSession'])
    expect(statements.every(({ Principal }) => JSON.stringify(Principal) === '{"AWS":"arn:aws:iam::999999999999:role/aw"}')).toBe(true)
    expect(statements[0]?.Condition).toEqual({ StringEquals: { 'sts:ExternalId': 'made-by-us' } })
  })

  it('gives no right that a run does not need: everything a session asks for and nothing that changes more than scripts do', () => {
    const { Statement: granted } = permissionPolicy(AWS) as Policy
    const actions = granted.flatMap(({ Action }) => Action).sort()
    expect(actions).toEqual(['logs:GetLogEvents', 's3:GetObject', 's3:ListBucket', 'ssm:CancelCommand', 'ssm:DescribeInstanceInformation', 'ssm:GetCommandInvocation', 'ssm:ListCommands', 'ssm:SendCommand'])
    const asked = JSON.parse(scriptPolicy(awsAccess({ companyId: 'c1', fields: AWS }), 'eu-central-1', 'i-0123456789abcdef0', 'AWS-RunShellScript')) as Policy
    for (const action of asked.Statement.flatMap(({ Action }) => Action)) expect(actions).toContain(action)
    const send = granted.find(({ Sid }) => Sid === 'SendScripts')
    expect([send?.Resource].flat().every((resource) => resource !== '*' && /eu-central-1|us-east-1/.test(resource ?? ''))).toBe(true)
  })

  it('leaves out what is not asked for: no bucket, no log group, no right to read them', () => {
    const { Statement: granted } = permissionPolicy({ accountId: '123456789012', regions: 'eu-central-1' }) as Policy
    expect(granted.flatMap(({ Action }) => Action).filter((action) => !action.startsWith('ssm:'))).toEqual([])
  })

  it('is in the part of Amazon’s world that the regions are in', () => {
    expect(JSON.stringify(permissionPolicy({ accountId: '123456789012', regions: 'cn-north-1' }))).toContain('arn:aws-cn:ssm:cn-north-1')
    expect(awsAccess({ companyId: 'c', fields: { accountId: '123456789012', externalId: 'x', regions: 'us-gov-west-1' } }).roleArn).toBe('arn:aws-us-gov:iam::123456789012:role/AlertWhisperer')
  })

  it('says how the agent gets on each system, and what to do when we do not know who we are', () => {
    const steps = awsSteps(AWS, null)
    const text = steps.map(({ text: words, code }) => `${words}\n${code ?? ''}`).join('\n')
    for (const part of ['amazon-ssm-agent.deb', 'amazon-ssm-agent.rpm', 'SSMAgentSetup.exe', 'AmazonSSMManagedInstanceCore', 'get-caller-identity', 's3:PutObject', 'made-by-us']) expect(text.replace('AmazonSSMAgentSetup', 'SSMAgentSetup')).toContain(part)
    expect(awsSteps(AWS, 'arn:aws:iam::999999999999:role/aw').map(({ text: words }) => words).join('\n')).not.toContain('get-caller-identity')
  })

  it('names the role behind a session, which a trust policy can hold', () => {
    expect(principalOf('arn:aws:sts::999999999999:assumed-role/aw/i-0123')).toBe('arn:aws:iam::999999999999:role/aw')
    expect(principalOf('arn:aws:iam::999999999999:user/aw')).toBe('arn:aws:iam::999999999999:user/aw')
  })
})

describe('the onboarding text of Azure', () => {
  const fields = { subscriptionId: '11111111-2222-3333-4444-555555555555', tenantId: 'acme.test', clientId: '66666666-2222-3333-4444-555555555555' }

  it('has a role of the run-command actions, in the groups that are named and nowhere else', () => {
    const role = roleDefinition({ ...fields, resourceGroups: 'web, db' }) as { Actions: string[]; DataActions: string[]; AssignableScopes: string[] }
    expect(role.Actions.filter((action) => /runCommand/.test(action))).toEqual(['Microsoft.Compute/virtualMachines/runCommands/read', 'Microsoft.Compute/virtualMachines/runCommands/write', 'Microsoft.Compute/virtualMachines/runCommands/delete', 'Microsoft.Compute/virtualMachines/runCommand/action'])
    expect(role.Actions.some((action) => action.includes('*'))).toBe(false)
    expect(role.AssignableScopes).toEqual([`/subscriptions/${fields.subscriptionId}/resourceGroups/web`, `/subscriptions/${fields.subscriptionId}/resourceGroups/db`])
    expect(azureSteps({ ...fields, resourceGroups: 'web, db' }).find(({ title }) => title.includes('Assign'))?.code?.split('\n')).toHaveLength(2)
  })

  it('registers an application, or gives this program’s machine an identity', () => {
    expect(azureSteps(fields)[0]?.code).toContain('az ad app create')
    expect(azureSteps({ ...fields, identity: 'managed' })[0]?.code).toContain('az vm identity assign')
  })
})

describe('the onboarding text of Google Cloud', () => {
  it('has a custom role, a service account, and the agent for each system', () => {
    const text = gcpSteps({ projectId: 'acme-production' }).map(({ code }) => code ?? '').join('\n')
    for (const part of ['gcloud iam roles create', GCP_PERMISSIONS.join(','), 'service-accounts create', 'google-osconfig-agent', 'googet', 'enable-osconfig=TRUE']) expect(text).toContain(part)
    expect(gcpSteps({ projectId: 'acme-production', identity: 'ambient' }).map(({ code }) => code ?? '').join('\n')).not.toContain('keys create')
  })
})

describe('the onboarding text of Datto RMM', () => {
  it('has a component for each system, with the variables the executor fills', () => {
    const steps = dattoSteps()
    for (const system of SYSTEMS) {
      const step = steps.find(({ code }) => code === COMPONENTS[system])
      for (const name of Object.values(VARIABLES)) {
        expect(step?.text).toContain(name)
        expect(COMPONENTS[system]).toContain(name)
      }
    }
  })

  it('is for MSP Admins alone, because a key reaches every company', () => {
    const fields = { platform: 'pinotage', apiKey: 'A1B2C3D4E5F6', siteUid: 'd0000000-0000-4000-8000-000000000001' }
    expect(cloudAccountRules.adminOnly('datto_rmm', {}, fields)).toHaveLength(2)
    expect(cloudAccountRules.mistakes({ cloud: 'datto_rmm', name: 'rmm', fields, hasSecret: true }, 'x')).toEqual([])
    expect(cloudAccountRules.mistakes({ cloud: 'datto_rmm', name: 'rmm', fields: { platform: 'pinotage' }, hasSecret: false }, null).length).toBeGreaterThan(2)
  })
})
