import { GetParameterCommand, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { describe, expect, it } from 'vitest'
import { awsExecutor } from '../../remediator/executors/aws/index.ts'
import type { CloudAccount } from '../../remediator/executors/port.ts'
import type { RunTarget } from '../../schemas/runs.ts'
import { startAwsFake, type Mishap } from '../fakes/aws-ssm.ts'
import { BASE } from '../fakes/aws-sts.ts'
import { executorContract, SteppingClock, type ExecutorWorld, type SendMishap } from './executor.contract.ts'

const ROLE = 'arn:aws:iam::123456789012:role/AlertWhisperer'
const EXTERNAL_ID = 'external-id-of-the-test-account'
const REGION = 'eu-central-1'
const LINUX = 'i-0123456789abcdef0'
const WINDOWS = 'mi-0123456789abcdef0'
const MISHAPS: Readonly<Record<Exclude<SendMishap, 'unreachable'>, Mishap>> = {
  lost: 'lost', garbled: 'garbage', hang: 'hang', broken: { code: 'InternalServerError', status: 500 }, throttled: { code: 'ThrottlingException' }, throttled_for_7s: { code: 'ThrottlingException', retryAfterSeconds: 7 },
  unauthorised: { code: 'UnrecognizedClientException' }, forbidden: { code: 'AccessDeniedException', message: `User is not authorized, external id ${EXTERNAL_ID}` },
}

async function makeWorld(fields: Readonly<Record<string, string>>): Promise<ExecutorWorld> {
  const clock = new SteppingClock()
  const fake = await startAwsFake({ now: () => clock.now() })
  fake.addRole({ arn: ROLE, externalId: EXTERNAL_ID })
  fake.machines.push({ instanceId: LINUX, region: REGION, computerName: 'web1.acme.test' }, { instanceId: WINDOWS, region: REGION, platform: 'Windows' })
  fake.buckets.set('acme-outputs', new Map())
  fake.logGroups.set('/aw/outputs', new Map())
  let endpoint = fake.url
  const account: CloudAccount = {
    id: 'acc1', companyId: 'c1', cloud: 'aws', environment: 'sandbox', secret: async () => null,
    get fields() {
      return { roleArn: ROLE, externalId: EXTERNAL_ID, regions: REGION, endpoint, ...fields }
    },
  }
  const target = (instanceId: string, system: 'linux' | 'windows'): RunTarget => ({ asset: instanceId, cloud: 'aws', cloudAccountId: 'acc1', system, region: REGION, instanceId, group: null, foundBy: 'asset_list', isCritical: false })
  return {
    executor: awsExecutor({ clock, credentials: BASE }), clock, account, pageSize: 50, isHeld: fake.isHeld,
    secrets: [EXTERNAL_ID, BASE.secretAccessKey, BASE.accessKeyId],
    target: (system) => target(system === 'linux' ? LINUX : WINDOWS, system),
    next: ({ goingPolls = 0, end = 'ok', exitCode = end === 'failed' ? 1 : 0, stdout = '', stderr = '' }) => fake.next({ invisiblePolls: 1, pendingPolls: 1, goingPolls, end, ran: { exitCode, stdout, stderr } }),
    taken: () => fake.commands.map(({ comment, script, instanceId }) => ({ token: comment.replace(/^aw /, ''), script, instanceId })),
    mishap: async (kind) => {
      if (kind === 'unreachable') {
        await fake.close()
        return void (endpoint = fake.url)
      }
      fake.mishap('SendCommand', MISHAPS[kind])
    },
    sendCalled: () => fake.called('SendCommand'),
    settle: () => clock.tick(180_000),
    machines: (count) => void fake.machines.splice(0, fake.machines.length, ...Array.from({ length: count }, (_, at) => ({ instanceId: `i-${at.toString(16).padStart(17, '0')}`, region: REGION, computerName: `m${at}`, ip: `10.0.${Math.floor(at / 200)}.${(at % 200) + 1}`, tags: { fleet: 'blue' } }))),
    takeRight: () => {
      fake.deny('ssm:DescribeInstanceInformation')
      return /ssm:DescribeInstanceInformation/
    },
    faults: () => fake.faults,
    close: () => fake.close(),
  }
}

executorContract('AWS, whole outputs in a bucket', () => makeWorld({ outputBucket: 'acme-outputs' }))
executorContract('AWS, whole outputs in a log group', () => makeWorld({ logGroup: '/aw/outputs' }))

describe('the fake of AWS', () => {
  const clients = async () => {
    const fake = await startAwsFake()
    fake.addRole({ arn: ROLE, externalId: EXTERNAL_ID })
    fake.machines.push({ instanceId: LINUX, region: REGION })
    const { Credentials: keys } = await new STSClient({ region: REGION, endpoint: fake.url, credentials: BASE }).send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'test', ExternalId: EXTERNAL_ID }))
    const ssm = new SSMClient({ region: REGION, endpoint: fake.url, maxAttempts: 1, credentials: { accessKeyId: keys?.AccessKeyId ?? '', secretAccessKey: keys?.SecretAccessKey ?? '', sessionToken: keys?.SessionToken ?? '' } })
    return { fake, ssm }
  }

  it('names calls that it does not expect', async () => {
    const { fake, ssm } = await clients()
    await expect(ssm.send(new GetParameterCommand({ Name: 'x' }))).rejects.toThrow()
    expect(fake.faults).toEqual(['AmazonSSM.GetParameter was not expected'])
    await fake.close()
  })

  it('names what the vendor’s description does not allow, where it is there', async ({ skip }) => {
    const { fake, ssm } = await clients()
    await ssm.send(new SendCommandCommand({ DocumentName: 'AWS-RunShellScript', InstanceIds: [LINUX], TimeoutSeconds: 5, Comment: 'x'.repeat(101), Parameters: { commands: ['true'] } }))
    await fake.close()
    if (!fake.isHeld) skip('../shared/specs/aws is not there: requests and answers are held to nothing')
    expect(fake.faults).toEqual(['SendCommandRequest/TimeoutSeconds must be >= 30', 'SendCommandRequest/Comment must NOT have more than 100 characters', expect.stringContaining('Comment must NOT have more than 100')])
  })
})
