/** The AWS executor through Amazon's own library against moto, an independent reading of AWS: what it knows of SSM (commands, their lists, invocations), STS and S3. */
import { randomUUID } from 'node:crypto'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { ListCommandsCommand, SSMClient } from '@aws-sdk/client-ssm'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { awsExecutor } from '../../remediator/executors/aws/index.ts'
import { fromBucket, OUTPUT_MAX_BYTES } from '../../remediator/executors/aws/output.ts'
import { ExecutorError, type CloudAccount, type RemoteCommand } from '../../remediator/executors/port.ts'
import type { System } from '../../schemas/runbooks.ts'
import { systemClock, type Clock } from '../../schemas/clock.ts'
import type { Service } from '../services/service.ts'
import { start } from '../services/moto.ts'

const REGION = 'eu-central-1'
const OWN = { accessKeyId: 'AKIATESTMOTO0000000', secretAccessKey: 'own-secret-of-the-test' }
const [ACME, BOLT] = ['111111111111', '222222222222'] as const

describe('the AWS executor against moto', () => {
  let moto: Service
  beforeAll(async () => {
    moto = await start({ report: (line) => console.log(line) })
  })
  afterAll(() => moto.stop())

  const account = (accountId: string = ACME): CloudAccount => ({ id: accountId, companyId: `company-${accountId}`, cloud: 'aws', environment: 'sandbox', secret: async () => null, fields: { accountId, externalId: `external-id-of-${accountId}`, regions: REGION, endpoint: moto.url } })
  const context = (accountId?: string) => ({ account: account(accountId), signal: new AbortController().signal })
  const command = (script: string, system: System = 'linux', instanceId = 'i-0123456789abcdef0'): RemoteCommand => ({
    token: randomUUID(), runId: randomUUID(), system, script, automation: null, timeoutMs: 90_000, target: { asset: 'web1', cloud: 'aws', cloudAccountId: ACME, system, region: REGION, instanceId, group: null, foundBy: 'asset_list', isCritical: false },
  })
  /** Keys of the company's account, as its own people would have. */
  const keysOf = async (accountId: string) => {
    const { Credentials: keys } = await new STSClient({ region: REGION, endpoint: moto.url, credentials: OWN }).send(new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${accountId}:role/theirs`, RoleSessionName: 'test' }))
    return { accessKeyId: keys?.AccessKeyId ?? '', secretAccessKey: keys?.SecretAccessKey ?? '', sessionToken: keys?.SessionToken ?? '' }
  }
  const commandsOf = async (accountId: string) => (await new SSMClient({ region: REGION, endpoint: moto.url, credentials: await keysOf(accountId) }).send(new ListCommandsCommand({}))).Commands ?? []

  it('assumes the company’s role, sends, follows to the end, and finds by token what another process sent', async () => {
    const one = command('echo hello\n')
    const sinceMs = Date.now()
    const ref = await awsExecutor({ clock: systemClock, credentials: OWN }).send(one, context())
    const other = awsExecutor({ clock: systemClock, credentials: OWN })
    expect(await other.find(one, sinceMs, context())).toMatchObject({ commandId: ref['commandId'] })
    expect(await other.poll(ref, one, context())).toMatchObject({ kind: 'ended', outcome: 'ok', exitCode: 0 })
    expect((await commandsOf(ACME)).find(({ CommandId }) => CommandId === ref['commandId'])).toMatchObject({ DocumentName: 'AWS-RunShellScript', Comment: `aw ${one.token}`, InstanceIds: [one.target.instanceId] })
  })

  it('says of what was never sent that it is absent, once enough time has gone by', async () => {
    const sinceMs = Date.now()
    const later: Clock = { now: () => Date.now() + 300_000, sleep: systemClock.sleep }
    expect(await awsExecutor({ clock: systemClock, credentials: OWN }).find(command('true\n'), sinceMs, context())).toBe('unknown')
    expect(await awsExecutor({ clock: later, credentials: OWN }).find(command('true\n'), sinceMs, context())).toBe('absent')
  })

  it('works in the account of the company whose role it is, and nowhere else', async () => {
    const executor = awsExecutor({ clock: systemClock, credentials: OWN })
    const one = command('echo only in the other account\n')
    const ref = await executor.send(one, context(BOLT))
    expect((await commandsOf(BOLT)).map(({ CommandId }) => CommandId)).toContain(ref['commandId'])
    expect((await commandsOf(ACME)).map(({ CommandId }) => CommandId)).not.toContain(ref['commandId'])
    expect(await executor.find(one, Date.now() - 1000, context(ACME))).toBe('unknown')
  })

  it.each([
    ['linux', `printf '%s' "it's \\$(id) \`id\` \${HOME}" 'žluťoučký 🦊 \u202e\u2028'\n`], ['windows', 'Write-Output "a"\r\nWrite-Output \'$env:PATH\' `t\r\n'], ['linux', '<a>&amp;</a> {{ inputs }} ]]> \u0001\u001b[31m\ttrailing  '],
  ] as const)('hands a %s script over byte for byte', async (system, script) => {
    const one = command(script, system, 'mi-0123456789abcdef0')
    const ref = await awsExecutor({ clock: systemClock, credentials: OWN }).send(one, context())
    const kept = (await commandsOf(ACME)).find(({ CommandId }) => CommandId === ref['commandId'])
    expect(kept?.Parameters).toEqual({ commands: [script], executionTimeout: ['90'] })
    expect(kept?.DocumentName).toBe(system === 'linux' ? 'AWS-RunShellScript' : 'AWS-RunPowerShellScript')
  })

  it('loses none of a hundred commands sent at once', async () => {
    const executor = awsExecutor({ clock: systemClock, credentials: OWN })
    const all = Array.from({ length: 100 }, () => command('true\n'))
    const refs = await Promise.all(all.map((one) => executor.send(one, context())))
    expect(new Set(refs.map((ref) => ref['commandId'])).size).toBe(100)
    const comments = (await commandsOf(ACME)).map(({ Comment }) => Comment)
    expect(all.filter(({ token }) => comments.filter((comment) => comment === `aw ${token}`).length !== 1)).toEqual([])
  })

  it('reads a whole output from the bucket, the end of one that is too long, and nothing of one that is not there', async () => {
    const s3 = new S3Client({ region: REGION, endpoint: moto.url, credentials: await keysOf(ACME), forcePathStyle: true })
    const called = { ssm: new SSMClient({ region: REGION }), s3: () => s3, logs: () => { throw new Error('not asked') }, abortSignal: new AbortController().signal }
    const wanted = { commandId: 'c-1', instanceId: 'i-1', system: 'linux', stream: 'stdout' } as const
    const put = (text: string) => s3.send(new PutObjectCommand({ Bucket: 'outputs', Key: 'alert-whisperer/c-1/i-1/awsrunShellScript/0.awsrunShellScript/stdout', Body: text }))
    await s3.send(new CreateBucketCommand({ Bucket: 'outputs', CreateBucketConfiguration: { LocationConstraint: REGION } }))
    expect(await fromBucket('outputs', wanted, called)).toBe(null)
    const long = `${'žluťoučký line\n'.repeat(3_000)}{"outcome":"ok"}\n`
    await put(long)
    expect(await fromBucket('outputs', wanted, called)).toEqual({ text: long, isTruncated: false })
    await put(`${'x'.repeat(OUTPUT_MAX_BYTES)}{"outcome":"ok"}\n`)
    const end = await fromBucket('outputs', wanted, called)
    expect(end?.isTruncated).toBe(true)
    expect(end?.text.length).toBe(OUTPUT_MAX_BYTES)
    expect(end?.text.endsWith('{"outcome":"ok"}\n')).toBe(true)
  })

  it('tells of a call that the service does not know without a word of the keys', async () => {
    const executor = awsExecutor({ clock: systemClock, credentials: OWN })
    const one = command('true\n')
    const ref = await executor.send(one, context())
    const error: unknown = await executor.cancel(ref, one, context()).then(() => null, (thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ExecutorError)
    expect(String(error)).not.toMatch(/own-secret|external-id-of|ASIA|AKIA/)
  })
})
