import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SteppingClock } from '../../../test/contracts/executor.contract.ts'
import { startAwsFake, type AwsFake } from '../../../test/fakes/aws-ssm.ts'
import { BASE } from '../../../test/fakes/aws-sts.ts'
import { readResult } from '../../library/result.ts'
import { ExecutorError, type CallContext, type CloudAccount, type Executor, type Progress, type RemoteCommand, type SentRef } from '../port.ts'
import { awsExecutor, awsIdentity } from './index.ts'

const ROLE = 'arn:aws:iam::123456789012:role/AlertWhisperer'
const EXTERNAL_ID = 'external-id-of-the-test-account'
const REGION = 'eu-central-1'
const HERE = 'i-0123456789abcdef0'
const THERE = 'i-0fedcba9876543210'

let clock: SteppingClock
let fake: AwsFake
let executor: Executor
beforeEach(async () => {
  clock = new SteppingClock()
  fake = await startAwsFake({ now: () => clock.now() })
  fake.addRole({ arn: ROLE, externalId: EXTERNAL_ID })
  fake.machines.push({ instanceId: HERE, region: REGION, computerName: 'web1.acme.test', ip: '10.0.0.1' }, { instanceId: THERE, region: REGION, computerName: 'db1' })
  executor = awsExecutor({ clock, credentials: BASE })
})
afterEach(async () => {
  await fake.close()
  expect(fake.faults).toEqual([])
})

const account = (fields: Readonly<Record<string, string>> = {}): CloudAccount => ({ id: 'a1', companyId: 'c1', cloud: 'aws', environment: 'sandbox', secret: async () => null, fields: { roleArn: ROLE, externalId: EXTERNAL_ID, regions: REGION, endpoint: fake.url, ...fields } })
const context = (fields?: Readonly<Record<string, string>>): CallContext => ({ account: account(fields), signal: new AbortController().signal })
const command = (changes: Partial<RemoteCommand> = {}, instanceId = HERE): RemoteCommand => ({
  token: `token-${changes.runId ?? 'run-1'}-${instanceId}`, runId: 'run-1', runbookId: 'disk-full-clean-temp', system: 'linux', script: 'echo hello\n', automation: null, timeoutMs: 90_000,
  target: { asset: 'web1', cloud: 'aws', cloudAccountId: 'a1', system: 'linux', region: REGION, instanceId, group: null, foundBy: 'asset_list', isCritical: false }, ...changes,
})
const refusal = async (work: Promise<unknown>): Promise<ExecutorError> => {
  const error: unknown = await work.then(() => new Error('nothing was thrown'), (thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ExecutorError)
  return error as ExecutorError
}
const ended = async (ref: SentRef, one: RemoteCommand, fields?: Readonly<Record<string, string>>): Promise<Extract<Progress, { kind: 'ended' }>> => {
  for (let poll = 0; poll < 60; poll++) {
    const progress = await executor.poll(ref, one, context(fields))
    if (progress.kind === 'ended') return progress
    clock.tick(2_000)
  }
  throw new Error('it did not end')
}
const assumed = (): number => fake.calls.filter((call) => call === 'sts.AssumeRole').length

describe('sessions', () => {
  it('carry company, run and runbook, the external id, and the rights for one machine and one document', async () => {
    await executor.send(command(), context())
    const [session] = fake.identities.sessions
    expect(session?.tags).toEqual({ company: 'c1', run: 'run-1', runbook: 'disk-full-clean-temp' })
    expect(session?.name).toBe('aw-run-1')
    const send = session?.policy?.Statement.find(({ Action }) => Action === 'ssm:SendCommand')
    expect(send?.Resource).toEqual([`arn:aws:ec2:${REGION}:123456789012:instance/${HERE}`, `arn:aws:ssm:${REGION}::document/AWS-RunShellScript`])
    expect(session?.policy?.Statement.flatMap(({ Action }) => Action).filter((action) => !/^ssm:(SendCommand|GetCommandInvocation|ListCommands|CancelCommand)$/.test(action))).toEqual([])
  })

  it('are narrow for real: the keys of one command are refused on another machine', async () => {
    await executor.send(command(), context())
    const session = fake.identities.sessions[0]!
    expect(() => fake.identities.authorise(session, 'ssm:SendCommand', [`arn:aws:ec2:${REGION}:123456789012:instance/${THERE}`])).toThrow('not authorized')
    expect(() => fake.identities.authorise(session, 'ssm:DescribeInstanceInformation', ['*'])).toThrow('not authorized')
  })

  it('are made once for everything a command needs, however many ask at once, and again five minutes before they end', async () => {
    const one = command()
    const ref = await executor.send(one, context())
    await Promise.all(Array.from({ length: 20 }, () => executor.poll(ref, one, context())))
    expect(assumed()).toBe(1)
    clock.tick(54 * 60_000)
    await executor.poll(ref, one, context())
    expect(assumed()).toBe(1)
    clock.tick(2 * 60_000)
    await Promise.all(Array.from({ length: 20 }, () => executor.poll(ref, one, context())))
    expect(assumed()).toBe(2)
  })

  it('are never shared by two companies, runs or machines', async () => {
    await executor.send(command(), context())
    await executor.send(command({ runId: 'run-2' }), context())
    await executor.send(command({}, THERE), context())
    await executor.send(command({ runId: 'run-1', token: 'another' }), { ...context(), account: { ...account(), companyId: 'c2' } })
    expect(fake.identities.sessions.map(({ tags, name }) => `${tags['company'] ?? ''} ${name}`)).toEqual(['c1 aw-run-1', 'c1 aw-run-2', 'c1 aw-run-1', 'c2 aw-run-1'])
  })

  it('that Amazon takes no longer are forgotten, so that the next call has a new one', async () => {
    const one = command()
    const ref = await executor.send(one, context())
    fake.identities.sessions[0]!.endsAtMs = 0
    expect(await refusal(executor.poll(ref, one, context()))).toMatchObject({ fault: 'unauthorised', sent: 'no' })
    expect((await ended(ref, one)).outcome).toBe('ok')
    expect(assumed()).toBe(2)
  })

  it('are not made again and again for others when one who waits gives up', async () => {
    fake.mishap('AssumeRole', 'hang')
    const abort = new AbortController()
    const called = fake.called('AssumeRole')
    const giving = refusal(executor.send(command(), { account: account(), signal: abort.signal }))
    await called
    abort.abort()
    expect(await giving).toMatchObject({ fault: 'timeout', sent: 'no' })
    expect(fake.commands).toEqual([])
  })

  it('are refused with a wrong external id, and the message names what to look at but not the id', async () => {
    const error = await refusal(executor.send(command(), context({ externalId: 'some-other-external-id' })))
    expect(error).toMatchObject({ fault: 'forbidden', sent: 'no' })
    expect(error.message).toMatch(/trust policy.*external id.*sts:TagSession/)
    expect(error.message).not.toMatch(/some-other-external-id|external-id-of-the-test/)
  })

  it('are refused by a trust policy without sts:TagSession', async () => {
    fake.addRole({ arn: ROLE, externalId: EXTERNAL_ID, allowsTags: false })
    expect((await refusal(executor.send(command(), context()))).message).toContain('sts:TagSession')
  })

  it('keep their keys out of every answer and every error', async () => {
    const one = command()
    const ref = await executor.send(one, context())
    fake.mishap('GetCommandInvocation', { code: 'ValidationException', message: `bad token ${fake.identities.sessions[0]!.token} of ${fake.identities.sessions[0]!.accessKeyId} with ${fake.identities.sessions[0]!.secretAccessKey}` })
    const error = await refusal(executor.poll(ref, one, context()))
    const told = JSON.stringify([ref, error.message, error.stack, String(error.cause)])
    for (const secret of [fake.identities.sessions[0]!.token, fake.identities.sessions[0]!.accessKeyId, fake.identities.sessions[0]!.secretAccessKey]) expect(told).not.toContain(secret)
  })
})

describe('commands', () => {
  it('have a time limit of their own and one for reaching the machine, and the token in their comment', async () => {
    await executor.send(command({ timeoutMs: 90_500 }), context())
    expect(fake.commands[0]).toMatchObject({ executionTimeout: '91', deliverySeconds: 60, comment: `aw token-run-1-${HERE}` })
  })

  it.each([
    ['a region that the account does not name', { target: { ...command().target, region: 'us-east-1' } }], ['an id that is none of Amazon’s', { target: { ...command().target, instanceId: 'vm-1; reboot' } }], ['a token that cannot be looked for', { token: 'a b' }],
    ['a stored parameter in the script', { script: 'echo {{ssm:/prod/password}}' }], ['a stored parameter, spelled otherwise', { script: 'echo {{ SSM-Secure:/prod/password:1 }}' }], ['half a character', { script: 'echo \ud83e' }], ['a NUL', { script: 'echo \0' }], ['a time limit beyond two days', { timeoutMs: 200_000_000 }],
  ] as const)('are refused before any call: %s', async (_name, changes) => {
    expect(await refusal(executor.send(command(changes), context()))).toMatchObject({ fault: 'invalid', sent: 'no' })
    expect(fake.calls).toEqual([])
  })

  it.each([['no machine took in time', { end: 'delivery_timed_out' }, 'undelivered'], ['no machine took at all', { end: 'undelivered' }, 'undelivered'], ['passed their limit', { end: 'timed_out' }, 'timed_out']] as const)('that %s are told as such', async (_name, behaviour, outcome) => {
    fake.next(behaviour)
    const one = command()
    expect(await ended(await executor.send(one, context()), one)).toMatchObject({ outcome, exitCode: null })
  })

  it('to a machine without an agent are offline, and to one of another system invalid; nothing was sent', async () => {
    expect(await refusal(executor.send(command({}, 'i-00000000000000000'), context()))).toMatchObject({ fault: 'offline', sent: 'no' })
    expect(await refusal(executor.send(command({ system: 'windows' }), context()))).toMatchObject({ fault: 'invalid', sent: 'no' })
  })

  it.each([
    ['lost', 'timeout', 'unknown'], ['garbage', 'unavailable', 'unknown'], [{ code: 'InternalServerError', status: 500 }, 'unavailable', 'unknown'], [{ code: 'ServiceUnavailable', status: 503 }, 'unavailable', 'unknown'], [{ code: 'Anything', status: 502 }, 'unavailable', 'unknown'],
    [{ code: 'RequestTimeout', status: 408 }, 'timeout', 'unknown'], [{ code: 'ThrottlingException' }, 'throttled', 'no'], [{ code: 'TooManyRequests', status: 429 }, 'throttled', 'no'], [{ code: 'AccessDeniedException' }, 'forbidden', 'no'], [{ code: 'ExpiredTokenException' }, 'unauthorised', 'no'],
    [{ code: 'InvalidParameters' }, 'invalid', 'no'], [{ code: 'MaxDocumentSizeExceeded' }, 'invalid', 'no'], [{ code: 'InvalidInstanceId' }, 'offline', 'no'], [{ code: 'Nonsense', status: 418 }, 'invalid', 'no'],
  ] as const)('answered with %j: %s, sent %s, and tried once', async (mishap, fault, sent) => {
    fake.mishap('SendCommand', mishap)
    expect(await refusal(executor.send(command(), context()))).toMatchObject({ fault, sent })
    expect(fake.calls.filter((call) => call === 'ssm.SendCommand')).toHaveLength(1)
  })

  it('that are not answered in time are ended, and may have been taken', async () => {
    const quick = awsExecutor({ clock, credentials: BASE, callTimeoutMs: 4_000 })
    fake.mishap('SendCommand', 'hang')
    expect(await refusal(quick.send(command(), context()))).toMatchObject({ fault: 'timeout', sent: 'unknown' })
    expect(fake.commands).toHaveLength(1)
  })

  it('whose role could not be asked for were not sent, whatever went wrong', async () => {
    for (const mishap of ['lost', { code: 'InternalFailure', status: 500 }, { code: 'Throttling' }] as const) {
      fake.mishap('AssumeRole', mishap)
      expect((await refusal(executor.send(command(), context()))).sent).toBe('no')
    }
    expect(fake.commands).toEqual([])
  })

  it('beyond the rate that the account allows are throttled, and go when there is room again', async () => {
    fake.throttle('SendCommand', { capacity: 3, perSecond: 1 })
    const all = Array.from({ length: 5 }, (_, at) => command({ runId: `run-${at}` }))
    const results = await Promise.all(all.map((one) => executor.send(one, context()).then(() => 'sent', (thrown: unknown) => (thrown as ExecutorError).fault)))
    expect(results.sort()).toEqual(['sent', 'sent', 'sent', 'throttled', 'throttled'])
    clock.tick(2_000)
    expect(fake.commands).toHaveLength(3)
    await executor.send(command({ runId: 'run-9' }), context())
    expect(fake.commands).toHaveLength(4)
  })

  it('that nobody knows of long after they were taken are told as not found', async () => {
    fake.next({ invisiblePolls: 1_000 })
    const one = command()
    const ref = await executor.send(one, context())
    expect((await executor.poll(ref, one, context())).kind).toBe('going')
    clock.tick(121_000)
    expect((await refusal(executor.poll(ref, one, context()))).fault).toBe('not_found')
  })

  it('are found among hundreds, newest first, page by page; those of another machine, token or account are not', async () => {
    const one = command()
    const sinceMs = clock.now()
    const ref = await executor.send(one, context())
    for (let n = 0; n < 120; n++) await executor.send(command({ runId: 'run-1', token: `other-${n}` }), context())
    expect(await executor.find(one, sinceMs, context())).toMatchObject({ commandId: ref['commandId'] })
    expect(fake.calls.filter((call) => call === 'ssm.ListCommands')).toHaveLength(3)
    clock.tick(200_000)
    expect(await executor.find({ ...one, token: one.token.slice(0, -1) }, sinceMs, context())).toBe('absent')
    expect(await executor.find({ ...one, target: { ...one.target, instanceId: THERE } }, sinceMs, context())).toBe('absent')
  })

  it('are found while they have not reached the machine yet, and long after a crash', async () => {
    fake.next({ pendingPolls: 1_000 })
    const one = command()
    const sinceMs = clock.now()
    const ref = await executor.send(one, context())
    expect(await executor.find(one, sinceMs, context())).toMatchObject({ commandId: ref['commandId'] })
    clock.tick(40 * 60_000)
    for (let n = 0; n < 60; n++) await executor.send(command({ token: `later-${n}` }), context())
    const before = fake.calls.length
    expect(await executor.find(one, sinceMs, context())).toMatchObject({ commandId: ref['commandId'] })
    expect(fake.calls.slice(before)).toEqual(['ssm.ListCommands'])
  })

  it('are told as unknown before the lists can be complete, and as absent after', async () => {
    const sinceMs = clock.now()
    expect(await executor.find(command(), sinceMs, context())).toBe('unknown')
    clock.tick(119_000)
    expect(await executor.find(command(), sinceMs, context())).toBe('unknown')
    clock.tick(2_000)
    expect(await executor.find(command(), sinceMs, context())).toBe('absent')
  })
})

describe('outputs', () => {
  const LONG = `${'a line of output, žluťoučký\n'.repeat(2_000)}{"aw":1,"outcome":"ok","message":"done","changed":[]}\n`
  const sent = async (fields: Readonly<Record<string, string>>) => {
    fake.next({ ran: { stdout: LONG } })
    const one = command()
    return { one, ref: await executor.send(one, context(fields)) }
  }

  it('cut at 24,000 bytes are told as cut where no bucket and no log group is named, with what to do', async () => {
    const { one, ref } = await sent({})
    const progress = await ended(ref, one)
    expect(progress).toMatchObject({ outcome: 'ok', isTruncated: true, message: expect.stringContaining('outputBucket') })
    expect(readResult(progress.stdout, 0).outcome).toBe('no_result')
  })

  it.each([['a bucket', { outputBucket: 'acme-outputs' }], ['a log group', { logGroup: '/aw' }]] as const)('that come late to %s are waited for, without a poll that sleeps', async (_name, fields) => {
    fake.buckets.set('acme-outputs', new Map())
    fake.logGroups.set('/aw', new Map())
    fake.outputLatePolls = 3
    const { one, ref } = await sent(fields)
    expect((await executor.poll(ref, one, context(fields))).kind).toBe('going')
    const progress = await ended(ref, one, fields)
    expect(progress.isTruncated).toBe(false)
    expect(readResult(progress.stdout, 0).outcome).toBe('ok')
  })

  it.each([-300_000, 300_000])('are waited for however wrong the clock of the machine is (%i ms)', async (offMs) => {
    fake.buckets.set('acme-outputs', new Map())
    fake.outputLatePolls = 3
    fake.machinesClockMs = offMs
    const { one, ref } = await sent({ outputBucket: 'acme-outputs' })
    expect((await executor.poll(ref, one, context({ outputBucket: 'acme-outputs' }))).kind).toBe('going')
    expect(await ended(ref, one, { outputBucket: 'acme-outputs' })).toMatchObject({ isTruncated: false })
  })

  it('that never come are given up after a minute, and told as cut', async () => {
    fake.buckets.set('acme-outputs', new Map())
    fake.outputLatePolls = 1_000
    const { one, ref } = await sent({ outputBucket: 'acme-outputs' })
    expect((await executor.poll(ref, one, context({ outputBucket: 'acme-outputs' }))).kind).toBe('going')
    clock.tick(61_000)
    expect(await executor.poll(ref, one, context({ outputBucket: 'acme-outputs' }))).toMatchObject({ kind: 'ended', outcome: 'ok', isTruncated: true })
  })

  it.each([
    ['a bucket that may not be read', { outputBucket: 'acme-outputs' }, 's3:GetObject'], ['a bucket that is gone', { outputBucket: 'gone' }, null], ['a log group that may not be read', { logGroup: '/aw' }, 'logs:GetLogEvents'],
  ] as const)('that cannot be had from %s do not keep the command from having ended', async (_name, fields, denied) => {
    fake.buckets.set('acme-outputs', new Map())
    fake.logGroups.set('/aw', new Map())
    if (denied !== null) fake.deny(denied)
    const { one, ref } = await sent(fields)
    const early = await executor.poll(ref, one, context(fields)).catch((thrown: unknown) => thrown)
    expect(early).not.toMatchObject({ kind: 'ended' })
    clock.tick(61_000)
    expect(await executor.poll(ref, one, context(fields))).toMatchObject({ kind: 'ended', outcome: 'ok', exitCode: 0, isTruncated: true, message: expect.stringContaining('not whole') as string })
  })

  it('are known to be cut by the mark of the agent, however few letters the bytes are, and whole where they end just below', async () => {
    fake.next({ ran: { stdout: '日'.repeat(9_000), stderr: '日'.repeat(2_660) } })
    const one = command()
    expect(await ended(await executor.send(one, context()), one)).toMatchObject({ isTruncated: true })
    fake.next({ ran: { stdout: '日'.repeat(7_999), stderr: '日'.repeat(2_660) } })
    const other = command({ runId: 'run-2' })
    expect(await ended(await executor.send(other, context()), other)).toMatchObject({ isTruncated: false, stdout: '日'.repeat(7_999) })
  })

  it('of another stream, machine or company are not to be read under this session', async () => {
    fake.buckets.set('acme-outputs', new Map([['private/keys', Buffer.from('secret')]]))
    const { one, ref } = await sent({ outputBucket: 'acme-outputs' })
    await ended(ref, one, { outputBucket: 'acme-outputs' })
    const session = fake.identities.sessions[0]!
    expect(() => fake.identities.authorise(session, 's3:GetObject', ['arn:aws:s3:::acme-outputs/private/keys'])).toThrow('not authorized')
  })
})

describe('Automation documents', () => {
  const automation = (parameters: Readonly<Record<string, string>> = {}) => command({ script: null, automation: { document: 'AWS-RestartEC2Instance', parameters: { InstanceId: HERE, ...parameters } } })

  it('are started once under a token, whatever is sent twice, followed, and told in the form of a script’s result', async () => {
    fake.usual = { goingPolls: 1 }
    const one = automation()
    const ref = await executor.send(one, context())
    expect(await executor.send(one, context())).toMatchObject({ automationId: ref['automationId'] })
    expect(fake.automations).toHaveLength(1)
    expect(fake.automations[0]).toMatchObject({ document: 'AWS-RestartEC2Instance', parameters: { InstanceId: [HERE] } })
    expect((await executor.poll(ref, one, context())).kind).toBe('going')
    const progress = await ended(ref, one)
    expect(progress).toMatchObject({ outcome: 'ok', exitCode: 0 })
    expect(readResult(progress.stdout, progress.exitCode)).toMatchObject({ outcome: 'ok', result: { changed: ['restart (aws:changeInstanceState)'], facts: { restartState: 'running' } } })
  })

  it('that fail say why', async () => {
    fake.usual = { end: 'failed', ran: { stderr: 'Step restart failed.' } }
    const one = automation()
    const progress = await ended(await executor.send(one, context()), one)
    expect(progress).toMatchObject({ outcome: 'failed', exitCode: 1, stderr: 'Step restart failed.' })
    expect(readResult(progress.stdout, 1)).toMatchObject({ outcome: 'failed', result: { code: 'automation_failed', message: 'Step restart failed.' } })
  })

  it('are stopped when they are cancelled, also when they have ended by then', async () => {
    fake.usual = { end: 'never' }
    const one = automation()
    const ref = await executor.send(one, context())
    await executor.cancel(ref, one, context())
    expect((await ended(ref, one)).outcome).toBe('cancelled')
    fake.mishap('StopAutomationExecution', { code: 'InvalidAutomationStatusUpdateException' })
    await executor.cancel(ref, one, context())
  })

  it('whose answer was lost are found by the session that started them; others are absent, when it can be known', async () => {
    const one = automation()
    const sinceMs = clock.now()
    fake.mishap('StartAutomationExecution', 'lost')
    expect((await refusal(executor.send(one, context()))).sent).toBe('unknown')
    expect(await executor.find(one, sinceMs, context())).toMatchObject({ automationId: fake.automations[0]?.id })
    const other = { ...one, token: 'another-token' }
    expect(await executor.find(other, sinceMs, context())).toBe('unknown')
    clock.tick(180_000)
    expect(await executor.find(other, sinceMs, context())).toBe('absent')
  })

  it('run with rights cut to the one document only where they have a role of their own', async () => {
    await executor.send(automation(), context())
    await executor.send({ ...automation({ AutomationAssumeRole: 'arn:aws:iam::123456789012:role/Automation' }), token: 'second' }, context())
    expect(fake.identities.sessions.map(({ policy }) => policy?.Statement.flatMap(({ Action }) => Action) ?? null)).toEqual([null, ['ssm:StartAutomationExecution', 'ssm:GetAutomationExecution', 'ssm:StopAutomationExecution', 'ssm:DescribeAutomationExecutions', 'iam:PassRole']])
  })

  it('that nobody has are not found, and nothing was sent', async () => {
    expect(await refusal(executor.send({ ...automation(), automation: { document: 'MissingDocument', parameters: {} } }, context()))).toMatchObject({ fault: 'not_found', sent: 'no' })
  })

  it('have a price, scripts have none', () => {
    expect(executor.costMicroUsd({ automation: null, timeoutMs: 90_000 })).toBe(0)
    expect(executor.costMicroUsd({ automation: automation().automation, timeoutMs: 60_000 })).toBe(21_800)
  })
})

describe('machines', () => {
  it('are found by name with or without domain, by the name in the console, in every region of the account and in no other', async () => {
    fake.machines.push({ instanceId: 'i-00000000000000001', region: 'us-east-1', computerName: 'ip-10-0-0-9', tags: { Name: 'shop' } }, { instanceId: 'i-00000000000000002', region: 'us-west-2', computerName: 'shop' })
    const find = async (text: string) => (await executor.machines({ text, tag: null }, context({ regions: `${REGION}, us-east-1` }))).map(({ instanceId }) => instanceId)
    expect(await find('WEB1')).toEqual([HERE])
    expect(await find('db1.acme.test')).toEqual([THERE])
    expect(await find('web1.other.test')).toEqual([])
    expect(await find('shop')).toEqual(['i-00000000000000001'])
    expect(await find('i-00000000000000002')).toEqual([])
  })

  it('that one region does not know are found in another, also where the service calls their id invalid', async () => {
    fake.mishap('DescribeInstanceInformation', { code: 'InvalidInstanceId' })
    fake.machines.push({ instanceId: 'i-00000000000000007', region: 'us-east-1' })
    expect(await executor.machines({ text: 'i-00000000000000007', tag: null }, context({ regions: REGION }))).toEqual([])
    expect(await executor.machines({ text: 'i-00000000000000007', tag: null }, context({ regions: `${REGION}, us-east-1` }))).toHaveLength(1)
  })

  it('of one name are all told, so that a person chooses', async () => {
    fake.machines.push({ instanceId: 'i-00000000000000003', region: REGION, computerName: 'web1.other.test' })
    expect(await executor.machines({ text: 'web1', tag: null }, context())).toHaveLength(2)
  })

  it('are more than are looked through: that is told, because half a list could make two look like one', async () => {
    for (let n = 0; n < 2_001; n++) fake.machines.push({ instanceId: `i-${n.toString(16).padStart(17, 'a')}`, region: REGION })
    expect((await refusal(executor.machines({ text: 'nobody', tag: null }, context()))).message).toContain('more than 2000')
  })
})

describe('checks', () => {
  const failing = async (fields?: Readonly<Record<string, string>>, machine: Parameters<Executor['check']>[1] = null) => (await executor.check(context(fields), machine)).findings.filter(({ ok }) => !ok).map(({ name, message }) => `${name}: ${message}`)

  it('name a role that anybody may have act for them', async () => {
    fake.addRole({ arn: ROLE, externalId: null })
    expect(await failing()).toEqual([expect.stringMatching(/^external id: .*sts:ExternalId/)])
  })

  it('name a wrong external id, and look no further', async () => {
    expect(await failing({ externalId: 'wrong-external-id' })).toEqual([expect.stringMatching(/^role: .*trust policy/)])
  })

  it('name fields that cannot work', async () => {
    expect(await failing({ regions: '' })).toEqual([expect.stringMatching(/^fields: .*region/)])
    expect(await failing({ accountId: '999999999999' })).toEqual([expect.stringMatching(/^fields: accountId/)])
  })

  it.each([['ssm:ListCommands', {}], ['s3:GetObject', { outputBucket: 'acme-outputs' }], ['logs:GetLogEvents', { logGroup: '/aw' }]] as const)('name the right %s that is missing', async (right, fields) => {
    fake.buckets.set('acme-outputs', new Map())
    fake.logGroups.set('/aw', new Map())
    expect(await failing(fields)).toEqual([])
    fake.deny(right)
    expect(await failing(fields)).toEqual([expect.stringMatching(/not authorized|AccessDenied/)])
  })

  it('name a bucket and a log group that are not there', async () => {
    expect(await failing({ outputBucket: 'acme-outputs' })).toEqual([expect.stringContaining('NoSuchBucket')])
    expect(await failing({ logGroup: '/aw' })).toEqual([expect.stringContaining('log group does not exist')])
  })

  it('name a machine that does not take commands', async () => {
    const machine = { instanceId: HERE, group: null, region: REGION, system: 'linux' } as const
    fake.next({ end: 'undelivered' })
    expect(await failing({}, machine)).toEqual([expect.stringContaining('did not take the command')])
    fake.next({ end: 'never' })
    expect(await failing({}, machine)).toEqual([expect.stringContaining('has not ended within 90 s')])
    fake.mishap('GetCommandInvocation', { code: 'ThrottlingException' })
    expect(await failing({}, machine)).toEqual([])
  })

  it('tell who this program is for Amazon, and nothing where it is nobody', async () => {
    expect(await awsIdentity({ credentials: BASE, region: REGION, endpoint: fake.url }, clock)).toBe('arn:aws:iam::999999999999:user/aw')
    expect(await awsIdentity({ credentials: { ...BASE, accessKeyId: 'AKIASOMEBODYELSE000' }, region: REGION, endpoint: fake.url }, clock)).toBe(null)
  })
})
