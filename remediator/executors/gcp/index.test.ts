import { inspect } from 'node:util'
import { PassThroughClient, type AuthClient } from 'google-auth-library'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TestClock } from '../../../schemas/clock.ts'
import { FakeGcp } from '../../../test/fakes/gcp.ts'
import { ExecutorError, STARTS_WITHIN_MS, type CloudAccount, type Executor, type Progress, type RemoteCommand, type SentRef } from '../port.ts'
import { gcpExecutor } from './index.ts'

// Whatever goes over the wire here is held to ../shared/specs where that is there; without it only the fake judges.
let gcp: FakeGcp
let clock: TestClock
let executor: Executor
let account: CloudAccount

beforeEach(async () => {
  gcp = await FakeGcp.start()
  gcp.addInstance({ name: 'web-1' })
  clock = new TestClock()
  executor = gcpExecutor({ clock, ca: gcp.server.ca, own: ownIdentity('own-identity-token') })
  account = accountWith({})
})
afterEach(async () => {
  const { faults } = gcp
  await gcp.close()
  expect(faults).toEqual([])
})

/** Our own identity, as default credentials give it. */
function ownIdentity(token: string | null): () => Promise<AuthClient> {
  class Own extends PassThroughClient {
    override async getAccessToken(): Promise<never> {
      return { token } as never
    }
  }
  return async () => new Own()
}
function accountWith(fields: Readonly<Record<string, string>>, secret: string | null = gcp.keyFile): CloudAccount {
  return { id: 'cloud-1', companyId: 'acme', cloud: 'gcp', environment: 'production', fields: { projectId: gcp.projectId, endpoint: gcp.url, ...fields }, secret: async () => secret }
}
const context = () => ({ account, signal: new AbortController().signal })
const command = (changes: Partial<RemoteCommand> = {}): RemoteCommand => ({
  token: 'Run-1-step-1', runId: 'run-1', system: 'linux', script: '#!/bin/sh\necho hello\n', automation: null, timeoutMs: 60_000, ...changes,
  target: { asset: 'web-1', cloud: 'gcp', cloudAccountId: 'cloud-1', system: 'linux', region: 'europe-west3', instanceId: 'web-1', group: 'europe-west3-a', foundBy: 'asset_list', isCritical: false, ...changes.target },
})
async function untilEnded(ref: SentRef, sent: RemoteCommand, looks = 10): Promise<Extract<Progress, { kind: 'ended' }>> {
  for (let look = 0; look < looks; look++) {
    const progress = await executor.poll(ref, sent, context())
    if (progress.kind === 'ended') return progress
  }
  throw new Error('it did not end')
}
async function faultOf(promise: Promise<unknown>): Promise<ExecutorError> {
  const thrown = await promise.then(() => null, (error: unknown) => error)
  expect(thrown).toBeInstanceOf(ExecutorError)
  const told = inspect(thrown, { depth: 10, showHidden: true })
  for (const secret of ['PRIVATE KEY', 'own-identity-token', 'ya29.', 'eyJ']) expect(told).not.toContain(secret)
  return thrown as ExecutorError
}

describe('a command', () => {
  test('is an assignment for one machine, found by its token, and gone after it was cleaned', async () => {
    gcp.commandsEnd({ stdout: 'hello\n', stderr: 'hm\n', reads: 2 })
    const ref = await executor.send(command(), context())
    expect(gcp.starts).toMatchObject([{ instance: 'web-1', script: '#!/bin/sh\necho hello\n' }])
    expect(gcp.kept).toHaveLength(1)
    expect(gcp.kept[0]).toMatch(/^aw-[0-9a-f]{40}$/)
    expect(await executor.poll(ref, command(), context())).toMatchObject({ kind: 'going' })
    expect(await untilEnded(ref, command())).toEqual({ kind: 'ended', outcome: 'ok', exitCode: 0, stdout: 'hello\n', stderr: 'hm\n', isTruncated: false, message: null })
    expect(await executor.find(command(), clock.now(), context())).toEqual(ref)
    await executor.clean(ref, command(), context())
    await executor.clean(ref, command(), context())
    expect(gcp.kept).toEqual([])
  })

  test('goes to one machine even where another carries a copy of its label', async () => {
    const { id } = gcp.instances[0]!
    gcp.addInstance({ name: 'web-1-copy', labels: { 'alert-whisperer-instance': id } })
    await executor.send(command(), context())
    expect(gcp.starts.map(({ instance }) => instance)).toEqual(['web-1'])
  })

  test('is not sent where the machine lacks its label, and the error says what to run', async () => {
    const { id } = gcp.addInstance({ name: 'db-1', labels: {} })
    const fault = await faultOf(executor.send(command({ target: { ...command().target, instanceId: 'db-1' } }), context()))
    expect(fault).toMatchObject({ fault: 'invalid', sent: 'no' })
    expect(fault.message).toContain(`--labels=alert-whisperer-instance=${id}`)
    expect(gcp.kept).toEqual([])
  })

  test('is not sent to a machine that does not run, or is not there', async () => {
    gcp.instances[0]!.status = 'TERMINATED'
    expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault: 'offline', sent: 'no' })
    expect(await faultOf(executor.send(command({ target: { ...command().target, instanceId: 'web-9' } }), context()))).toMatchObject({ fault: 'not_found', sent: 'no' })
  })

  test.each([
    ['no-agent-detected', 'undelivered'], ['vm-not-running', 'undelivered'], ['os-policies-not-supported-by-agent', 'undelivered'], ['task-timeout', 'failed'], ['unexpected-agent-state', 'failed'], ['resource-execution-errors', 'failed'],
  ])('whose report says %s is %s', async (reason, outcome) => {
    gcp.commandsEnd({ reason })
    expect(await untilEnded(await executor.send(command(), context()), command())).toMatchObject({ outcome, exitCode: null })
  })

  test('without a report is given up only when it cannot begin any more, and then nobody claims that it did not run', async () => {
    gcp.commandsEnd({ reads: 1_000 })
    const ref = await executor.send(command(), context())
    clock.tick(STARTS_WITHIN_MS.gcp + 60_000 + 900_000)
    expect((await executor.poll(ref, command(), context())).kind).toBe('going')
    clock.tick(1)
    expect(await executor.poll(ref, command(), context())).toMatchObject({ kind: 'ended', outcome: 'failed', message: expect.stringContaining('not known') as string })
  })

  test('that another program made under this id is not taken for ours', async () => {
    await executor.send(command(), context())
    gcp.trouble({ method: 'GET', path: /osPolicyAssignments\/aw-/, is: { status: 200, json: { description: 'by hand', osPolicies: [], instanceFilter: {}, rollout: { disruptionBudget: { fixed: 1 }, minWaitDuration: '0s' } } } })
    expect(await faultOf(executor.find(command(), clock.now(), context()))).toMatchObject({ fault: 'invalid' })
  })

  test('made twice under one token is made once', async () => {
    await executor.send(command(), context())
    expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault: 'busy' })
    expect(gcp.starts).toHaveLength(1)
  })
})

describe('the identity', () => {
  test('can be ours, taking on the service account, with nothing stored and one token for many calls', async () => {
    account = accountWith({ identity: 'ambient', serviceAccount: gcp.email }, null)
    await executor.send(command(), context())
    await executor.send(command({ token: 'Run-1-step-2' }), context())
    expect(gcp.tokensGiven).toBe(1)
  })

  test('can be ours as it is', async () => {
    gcp.knows('own-identity-token')
    account = accountWith({ identity: 'ambient' }, null)
    await executor.send(command(), context())
    expect(gcp.tokensGiven).toBe(0)
  })

  test('is refused in words where our own may not take on the service account, or we have none', async () => {
    account = accountWith({ identity: 'ambient', serviceAccount: gcp.email }, null)
    gcp.rights.impersonate = false
    expect((await faultOf(executor.send(command(), context()))).message).toContain('Service Account Token Creator')
    executor = gcpExecutor({ clock, ca: gcp.server.ca, own: ownIdentity(null) })
    expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault: 'unauthorised', sent: 'no' })
  })

  test.each([
    ['nothing', null], ['no JSON', '{"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY'], ['a configuration that names a program', JSON.stringify({ type: 'external_account', credential_source: { executable: { command: '/bin/sh' } } })],
    ['half a key', JSON.stringify({ type: 'service_account', client_email: 'x@acme-servers.iam.gserviceaccount.com', private_key: '-----BEGIN PRIVATE KEY-----\nbroken\n-----END PRIVATE KEY-----\n' })],
  ])('is refused without a word of the secret where that is %s', async (_what, secret) => {
    account = accountWith({}, secret)
    expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault: 'unauthorised', sent: 'no' })
    expect(gcp.server.calls).toEqual([])
  })

  test.each([[{ projectId: 'X' }, 'projectId'], [{ endpoint: 'http://x' }, 'endpoint'], [{ identity: 'x' }, 'identity'], [{ serviceAccount: 'root@evil.example' }, 'serviceAccount']])('with the field in %j is named before anything is called', async (fields, name) => {
    account = accountWith(fields)
    expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault: 'invalid', message: expect.stringContaining(`field ${name}`) as string })
  })
})

test('what Google Cloud cannot do is refused before a call', async () => {
  for (const changes of [{ script: null, automation: { document: 'x', parameters: {} } }, { timeoutMs: 900_001 }, { token: '-x' }, { target: { ...command().target, group: null } }, { target: { ...command().target, group: '../x' } }, { target: { ...command().target, instanceId: 'web-1/x' } }]) {
    expect(await faultOf(executor.send(command(changes), context()))).toMatchObject({ fault: 'invalid', sent: 'no' })
  }
  expect(gcp.server.calls).toEqual([])
})

test('a command whose first sending came late after all is not sent twice, nor told as not sent: it is there, and is looked up', async () => {
  const ref = await executor.send(command(), context())
  expect(await faultOf(executor.send(command(), context()))).toMatchObject({ sent: 'unknown' })
  expect(await executor.find(command(), clock.now(), context())).toEqual(ref)
})

test('zones the account is not bound to are neither seen nor touched', async () => {
  gcp.addInstance({ name: 'far-1', zone: 'us-central1-a' })
  account = accountWith({ zones: 'us-central1-a, us-central1-b' })
  expect((await executor.machines({ text: null, tag: null }, context())).map(({ instanceId }) => instanceId)).toEqual(['far-1'])
  expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault: 'forbidden', sent: 'no' })
})

test('half a list of machines is no list: a zone that Google does not reach may have one of the same name', async () => {
  const partly = { status: 200, json: { items: {}, unreachables: ['projects/acme-servers/zones/europe-west3-a'] } }
  gcp.server.trouble({ path: /aggregated/, is: partly })
  expect(await faultOf(executor.machines({ text: 'web-1', tag: null }, context()))).toMatchObject({ fault: 'unavailable', message: expect.stringContaining('europe-west3-a') as string })
  account = accountWith({ zones: 'us-central1-a' })
  gcp.server.trouble({ path: /aggregated/, is: partly })
  expect(await executor.machines({ text: 'web-1', tag: null }, context())).toEqual([])
})

test('a check says which step fails: the label, the agent', async () => {
  const machine = { instanceId: 'web-1', group: 'europe-west3-a', region: 'europe-west3', system: 'linux' } as const
  gcp.instances[0]!.hasAgent = false
  expect(await executor.check(context(), machine)).toMatchObject({ ok: false, findings: [{ ok: true }, { ok: true }, { ok: true }, { name: 'agent', message: expect.stringContaining('enable-osconfig') as string }] })
  gcp.addInstance({ name: 'db-1', labels: {} })
  expect(await executor.check(context(), { ...machine, instanceId: 'db-1' })).toMatchObject({ ok: false, findings: [{}, {}, {}, { message: expect.stringContaining('lacks its label') as string }] })
  gcp.rights.policies = false
  expect(await executor.check(context(), null)).toMatchObject({ ok: false, findings: [{}, {}, { name: 'policies', ok: false }] })
})
