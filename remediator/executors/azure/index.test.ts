import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TestClock } from '../../../schemas/clock.ts'
import { FakeAzure } from '../../../test/fakes/azure-arm.ts'
import { ExecutorError, type CloudAccount, type Executor, type Progress, type RemoteCommand, type SentRef } from '../port.ts'
import { azureExecutor } from './index.ts'

// Whatever goes over the wire here is held to ../shared/specs where that is there; without it only the fake judges.
let azure: FakeAzure
let clock: TestClock
let executor: Executor
let account: CloudAccount
let secretReads: number

beforeEach(async () => {
  azure = await FakeAzure.start()
  azure.addVm({ name: 'web-1', tags: { role: 'web', env: 'prod' } })
  clock = new TestClock()
  executor = azureExecutor({ clock, ca: azure.server.ca, callTimeoutMs: 10_000 })
  secretReads = 0
  account = accountWith({})
})
afterEach(async () => {
  const { faults } = azure
  await azure.close()
  expect(faults).toEqual([])
})

function accountWith(fields: Readonly<Record<string, string>>, secret: string | null = azure.clientSecret): CloudAccount {
  return {
    id: 'cloud-1', companyId: 'acme', cloud: 'azure', environment: 'production',
    fields: { tenantId: azure.tenantId, subscriptionId: azure.subscriptionId, clientId: azure.clientId, identity: 'secret', endpoint: azure.url, authority: azure.url, ...fields },
    secret: async () => {
      secretReads += 1
      return secret
    },
  }
}
const context = () => ({ account, signal: new AbortController().signal })
const command = (changes: Partial<RemoteCommand> = {}): RemoteCommand => ({
  token: 'run-1-step-1', runId: 'run-1', system: 'linux', script: '#!/bin/sh\necho hello\n', automation: null, timeoutMs: 60_000, ...changes,
  target: { asset: 'web-1', cloud: 'azure', cloudAccountId: 'cloud-1', system: changes.system ?? 'linux', region: 'westeurope', instanceId: 'web-1', group: 'servers', foundBy: 'asset_list', isCritical: false, ...changes.target },
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
  // Neither the error nor anything in it tells a secret.
  const told = inspect(thrown, { depth: 10, showHidden: true })
  for (const secret of [azure.clientSecret, azure.sas, 'ZmFrZS1zaWduYXR1cmU', 'fake-access-token']) expect(told).not.toContain(secret)
  return thrown as ExecutorError
}

describe('a managed run command', () => {
  test('is sent once by its token, tells how it goes, and is gone after it was cleaned', async () => {
    azure.scriptsEnd({ stdout: 'hello\n', stderr: 'a warning\n', reads: 2 })
    const sent = command()
    const ref = await executor.send(sent, context())
    expect(azure.starts).toMatchObject([{ by: 'managed', name: 'run-1-step-1', vm: 'web-1', script: '#!/bin/sh\necho hello\n' }])
    expect(await executor.poll(ref, sent, context())).toEqual({ kind: 'going', stdout: '', stderr: '', retryAfterMs: 7_000 })
    expect(await untilEnded(ref, sent)).toEqual({ kind: 'ended', outcome: 'ok', exitCode: 0, stdout: 'hello\n', stderr: 'a warning\n', isTruncated: false, message: null })
    expect(azure.kept).toEqual(['run-1-step-1'])
    await executor.clean(ref, sent, context())
    expect(azure.kept).toEqual([])
    await executor.clean(ref, sent, context())
    expect(azure.starts).toHaveLength(1)
  })

  test('is asked for with the whole contract: no wait in the PUT, a time limit, and a failed script that is no failed deployment', async () => {
    await executor.send(command({ timeoutMs: 90_500 }), context())
    expect(azure.putBodies.at(-1)).toEqual({ location: 'westeurope', properties: { source: { script: '#!/bin/sh\necho hello\n' }, asyncExecution: true, treatFailureAsDeploymentFailure: false, timeoutInSeconds: 91 } })
  })

  test.each([
    [{ exitCode: 3 }, 'failed', 3],
    [{ exitCode: 1 }, 'failed', 1],
    [{ state: 'TimedOut', exitCode: 0 }, 'timed_out', 0],
    [{ state: 'Canceled', exitCode: 0 }, 'cancelled', 0],
  ] as const)('that ends with %j is %s', async (end, outcome, exitCode) => {
    azure.scriptsEnd(end)
    const ref = await executor.send(command(), context())
    expect(await untilEnded(ref, command())).toMatchObject({ outcome, exitCode })
  })

  test('is judged by the script’s state, never by the resource’s: provisioning has succeeded while the script still runs', async () => {
    azure.scriptsEnd({ reads: 3, exitCode: 1 })
    azure.operationReads = 0
    const ref = await executor.send(command(), context())
    expect((await executor.poll(ref, command(), context())).kind).toBe('going')
    expect((await executor.poll(ref, command(), context())).kind).toBe('going')
    expect((await untilEnded(ref, command())).outcome).toBe('failed')
  })

  test('that no agent takes is undelivered, which the operation tells with status 200', async () => {
    azure.vms[0]!.isAgentReady = false
    const ref = await executor.send(command(), context())
    expect((await executor.poll(ref, command(), context())).kind).toBe('going')
    expect(await untilEnded(ref, command())).toMatchObject({ outcome: 'undelivered', message: expect.stringContaining('agent does not answer') as string })
    expect(azure.starts).toEqual([])
  })

  test('whose making failed so that it never was is undelivered, and not one that somebody ended', async () => {
    azure.vms[0]!.isAgentReady = false
    const ref = await executor.send(command(), context())
    azure.trouble({ method: 'GET', path: /\/runCommands\//, is: { status: 404, json: { error: { code: 'ResourceNotFound', message: 'not found' } } }, times: 20 })
    expect(await untilEnded(ref, command())).toMatchObject({ outcome: 'undelivered', message: expect.stringContaining('agent does not answer') as string })
  })

  test('is deleted to cancel it, which ends the script, and then counts as cancelled', async () => {
    azure.scriptsEnd({ reads: 50 })
    const ref = await executor.send(command(), context())
    await executor.cancel(ref, command(), context())
    expect(azure.starts[0]?.wasStopped).toBe(true)
    expect(await untilEnded(ref, command())).toMatchObject({ outcome: 'cancelled' })
  })
})

test('the end of a command that has ended already is not asked for: its result would go with it', async () => {
  azure.scriptsEnd({ stdout: 'all done\n', reads: 0 })
  const ref = await executor.send(command(), context())
  await executor.cancel(ref, command(), context())
  expect(azure.kept).toEqual(['run-1-step-1'])
  expect(await untilEnded(ref, command())).toMatchObject({ outcome: 'ok', stdout: 'all done\n' })
  await executor.clean(ref, command(), context())
  await executor.cancel(ref, command(), context())
})

describe('a lost answer', () => {
  test.each(['lost_after', 'silence'] as const)('(%s) leaves open whether the command was taken, and the look-up finds it', async (is) => {
    const stop = new AbortController()
    azure.trouble({ method: 'PUT', path: /runCommands/, is })
    if (is === 'silence') void azure.server.taken(/runCommands/).then(() => stop.abort())
    expect(await faultOf(executor.send(command(), { account, signal: stop.signal }))).toMatchObject({ sent: 'unknown', fault: is === 'silence' ? 'timeout' : 'unavailable' })
    const ref = await executor.find(command(), clock.now(), context())
    expect(ref).toEqual({ kind: 'managed', name: 'run-1-step-1' })
    expect(await untilEnded(ref as SentRef, command())).toMatchObject({ outcome: 'ok' })
    expect(azure.starts).toHaveLength(1)
  })

  test('of a command that never arrived is `unknown` while it may be on its way, and `absent` after that', async () => {
    azure.trouble({ method: 'PUT', path: /runCommands/, is: 'lost_before' })
    const sinceMs = clock.now()
    expect(await faultOf(executor.send(command(), context()))).toMatchObject({ sent: 'unknown' })
    expect(await executor.find(command(), sinceMs, context())).toBe('unknown')
    clock.tick(120_000)
    expect(await executor.find(command(), sinceMs, context())).toBe('absent')
    expect(azure.starts).toEqual([])
  })

  test('comes to an end by the executor’s own time limit', async () => {
    executor = azureExecutor({ clock, ca: azure.server.ca, callTimeoutMs: 100 })
    azure.trouble({ path: /./, is: 'silence', times: 9 })
    expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault: 'timeout' })
  })

  test('is never mended by sending again: one PUT for one send', async () => {
    azure.trouble({ method: 'PUT', path: /runCommands/, is: { status: 503, json: { error: { code: 'ServiceUnavailable', message: 'later' } } } })
    expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault: 'unavailable', sent: 'unknown' })
    expect(azure.server.calls.filter(({ method }) => method === 'PUT')).toHaveLength(1)
  })
})

describe('what Azure refuses', () => {
  test.each([
    [401, 'ExpiredAuthenticationToken', 'unauthorised'], [404, 'ResourceNotFound', 'not_found'], [409, 'Conflict', 'busy'], [429, 'TooManyRequests', 'throttled'], [400, 'InvalidParameter', 'invalid'],
  ] as const)('%s %s is `%s`, and nothing was sent', async (status, code, fault) => {
    azure.trouble({ method: 'PUT', path: /runCommands/, is: { status, json: { error: { code, message: 'no' } }, headers: { 'retry-after': '17' } } })
    expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault, sent: 'no', retryAfterMs: 17_000 })
    expect(azure.starts).toEqual([])
  })

  test('a machine that does not run is offline', async () => {
    azure.vms[0]!.power = 'deallocated'
    expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault: 'offline', sent: 'no' })
  })

  test('a wrong secret is named with what to do, and not told', async () => {
    account = accountWith({}, 'wrong-secret-value~1234')
    const fault = await faultOf(executor.send(command(), context()))
    expect(fault).toMatchObject({ fault: 'unauthorised', sent: 'no' })
    expect(fault.message).toContain('AADSTS7000215')
    expect(inspect(fault, { depth: 10, showHidden: true })).not.toContain('wrong-secret-value')
  })

  test.each([[{ tenantId: 'ffffffff-0000-4000-8000-000000000000' }, 'AADSTS90002'], [{ clientId: 'ffffffff-0000-4000-8000-000000000000' }, 'AADSTS700016']])('the wrong %j is named', async (fields, code) => {
    account = accountWith(fields)
    expect((await faultOf(executor.send(command(), context()))).message).toContain(code)
  })

  test('Entra ID that is throttled or lost says so, and nothing was sent', async () => {
    azure.trouble({ path: /oauth2/, is: { status: 429, headers: { 'retry-after': '30' } } })
    expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault: 'throttled', sent: 'no', retryAfterMs: 30_000 })
    azure.trouble({ path: /oauth2/, is: 'lost_before' })
    expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault: 'unavailable', sent: 'no' })
    await executor.send(command(), context())
  })

  test('an endpoint that nobody listens on was not reached', async () => {
    const closed = await FakeAzure.start()
    await closed.close()
    account = accountWith({ endpoint: closed.url })
    expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault: 'unavailable', sent: 'no' })
  })

  test.each([
    [{ subscriptionId: 'x' }, 'subscriptionId'], [{ clientId: 'x' }, 'clientId'], [{ endpoint: 'http://management.azure.com' }, 'endpoint'], [{ authority: 'https://user@login' }, 'authority'], [{ runCommand: 'x' }, 'runCommand'], [{ identity: 'x' }, 'identity'], [{ tenantId: '' }, 'tenantId'],
  ])('the field in %j is named before anything is called', async (fields, name) => {
    account = accountWith(fields)
    expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault: 'invalid', sent: 'no', message: expect.stringContaining(`field ${name}`) as string })
    expect(azure.server.calls).toEqual([])
  })

  test.each([
    [{ script: null, automation: { document: 'x', parameters: {} } }, 'invalid'], [{ token: '../x' }, 'invalid'], [{ target: { ...command().target, group: null } }, 'invalid'], [{ target: { ...command().target, instanceId: 'web-1/../web-2' } }, 'invalid'],
  ])('a command with %j is refused before anything is called', async (changes, fault) => {
    expect(await faultOf(executor.send(command(changes), context()))).toMatchObject({ fault, sent: 'no' })
    expect(azure.server.calls).toEqual([])
  })

  test('a resource group the account is not bound to is refused', async () => {
    account = accountWith({ resourceGroups: 'lab, Desktops' })
    expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault: 'forbidden', sent: 'no' })
  })
})

describe('the token', () => {
  test('is asked for once while it is good, also by many at the same time', async () => {
    await Promise.all([1, 2, 3, 4].map((step) => executor.send(command({ token: `run-1-step-${step}` }), context())))
    expect(azure.tokensGiven).toBe(1)
    expect(secretReads).toBe(1)
  })

  test('is asked for anew shortly before its end', async () => {
    clock = new TestClock(Date.now())
    executor = azureExecutor({ clock, ca: azure.server.ca })
    await executor.send(command(), context())
    clock.tick(54 * 60_000)
    await executor.poll({ kind: 'managed', name: 'run-1-step-1' }, command(), context())
    expect(azure.tokensGiven).toBe(1)
    clock.tick(2 * 60_000)
    await executor.poll({ kind: 'managed', name: 'run-1-step-1' }, command(), context())
    expect(azure.tokensGiven).toBe(2)
  })

  test('that Azure refuses is forgotten, so the next call asks for another', async () => {
    await executor.send(command(), context())
    azure.expireTokens()
    const ref = { kind: 'managed', name: 'run-1-step-1' }
    expect(await faultOf(executor.poll(ref, command(), context()))).toMatchObject({ fault: 'unauthorised' })
    expect((await untilEnded(ref, command())).outcome).toBe('ok')
  })

  test('goes to nobody but Azure, whatever address an answer names', async () => {
    azure.operationHost = 'https://evil.example'
    azure.scriptsEnd({ reads: 5 })
    const ref = await executor.send(command(), context())
    const fault = await faultOf(executor.poll(ref, command(), context()))
    expect(fault.message).toContain('evil.example')
  })
})

describe('an action run command', () => {
  test('takes over where managed ones are refused, tells the exit code by the script’s last line, and cannot be found again', async () => {
    azure.rights = { ...azure.rights, managed: false }
    azure.scriptsEnd({ stdout: 'working\n{"aw":1,"outcome":"refused","code":"os_unknown","message":"no","changed":[],"changedCount":0,"facts":{}}', stderr: 'hm' })
    const ref = await executor.send(command(), context())
    expect(azure.starts).toMatchObject([{ by: 'action', script: '#!/bin/sh\necho hello\n' }])
    expect(await executor.poll(ref, command(), context())).toMatchObject({ kind: 'going', retryAfterMs: 7_000 })
    expect(await untilEnded(ref, command())).toMatchObject({ outcome: 'failed', exitCode: 3, stderr: 'hm', stdout: expect.stringMatching(/^working\n\{.*\}$/) as string, isTruncated: false })
    expect(await executor.find(command(), clock.now() - 900_000, context())).toBe('unknown')
    expect(await faultOf(executor.cancel(ref, command(), context()))).toMatchObject({ fault: 'invalid' })
    await executor.clean(ref, command(), context())
  })

  test('is not used where only writing is refused, because a look-up could not tell which way was gone', async () => {
    azure.trouble({ method: 'PUT', path: /runCommands/, is: { status: 403, json: { error: { code: 'AuthorizationFailed', message: 'no' } } } })
    expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault: 'forbidden', sent: 'no' })
    expect(azure.starts).toEqual([])
  })

  test('is not used where the account says `managed`', async () => {
    azure.rights = { ...azure.rights, managed: false }
    account = accountWith({ runCommand: 'managed' })
    expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault: 'forbidden' })
    expect(azure.starts).toEqual([])
  })

  test('is refused as busy while another one runs', async () => {
    account = accountWith({ runCommand: 'action' })
    azure.operationReads = 5
    await executor.send(command(), context())
    expect(await faultOf(executor.send(command({ token: 'run-2-step-1' }), context()))).toMatchObject({ fault: 'busy', sent: 'no' })
  })

  test('on Windows gives both streams, and 4,096 bytes count as cut', async () => {
    account = accountWith({ runCommand: 'action' })
    azure.addVm({ name: 'dc-1', system: 'windows' })
    const line = '{"aw":1,"outcome":"ok","code":null,"message":"done","changed":[],"changedCount":0,"facts":{}}'
    azure.scriptsEnd({ stdout: `${'x'.repeat(9_000)}\r\n${line}\r\n`, stderr: 'oh' })
    const sent = command({ system: 'windows', script: "Write-Output 'hello'\n", target: { ...command().target, instanceId: 'dc-1' } })
    const ref = await executor.send(sent, context())
    const end = await untilEnded(ref, sent)
    expect(end).toMatchObject({ outcome: 'ok', exitCode: 0, stderr: 'oh', isTruncated: true })
    expect(end.stdout.trimEnd().endsWith(line)).toBe(true)
  })

  test('of a script without a result tells what the agent says of its end, else nothing', async () => {
    account = accountWith({ runCommand: 'action' })
    azure.scriptsEnd({ stdout: 'plain', exitCode: 5 })
    expect(await untilEnded(await executor.send(command(), context()), command())).toMatchObject({ outcome: 'failed', exitCode: 5 })
    azure.scriptsEnd({ stdout: 'plain', exitCode: 0 })
    expect(await untilEnded(await executor.send(command(), context()), command())).toMatchObject({ outcome: 'ok', exitCode: null })
  })
})

describe('output longer than Azure keeps', () => {
  const long = `${'line of output\n'.repeat(2_000)}last line`

  test('is cut and says so without a container', async () => {
    azure.scriptsEnd({ stdout: long })
    expect(await untilEnded(await executor.send(command(), context()), command())).toMatchObject({ isTruncated: true, stdout: expect.stringMatching(/last line$/) as string })
  })

  test('is read whole from the container with a SAS, which is in no reference that is stored', async () => {
    account = accountWith({ outputContainer: `${azure.url}/blobs/runs` }, JSON.stringify({ clientSecret: azure.clientSecret, outputSas: `?${azure.sas}` }))
    azure.scriptsEnd({ stdout: long, stderr: '' })
    const ref = await executor.send(command(), context())
    expect(JSON.stringify(ref)).not.toContain('sig=')
    expect(await untilEnded(ref, command())).toMatchObject({ isTruncated: false, stdout: long, stderr: '' })
  })

  test('is read with our own identity where the machine writes with its', async () => {
    account = accountWith({ outputContainer: `${azure.url}/blobs/runs`, outputIdentity: 'system' })
    azure.scriptsEnd({ stdout: long })
    const ref = await executor.send(command(), context())
    expect(azure.putBodies.at(-1)).toMatchObject({ properties: { outputBlobManagedIdentity: {}, outputBlobUri: `${azure.url}/blobs/runs/run-1-step-1-stdout.txt` } })
    expect(await untilEnded(ref, command())).toMatchObject({ isTruncated: false, stdout: long })
  })

  test.each([
    ['is missing', { path: /^\/blobs/, is: { status: 404, text: '' }, times: 2 }], ['holds only its beginning', { path: /^\/blobs/, is: { status: 200, text: 'line 0\n' }, times: 2 }], ['may not be asked for', { path: /oauth2/, is: { status: 503, json: {} }, times: 9 }],
  ] as const)('keeps the end that Azure itself tells where the blob %s', async (_what, trouble) => {
    account = accountWith({ outputContainer: `${azure.url}/blobs/runs`, outputIdentity: 'system' })
    azure.scriptsEnd({ stdout: long })
    const ref = await executor.send(command(), context())
    azure.trouble(trouble)
    expect(await untilEnded(ref, command())).toMatchObject({ outcome: 'ok', isTruncated: true, stdout: expect.stringMatching(/last line$/) as string })
  })

  test('stays cut where the blob cannot be read, and the end is told all the same', async () => {
    account = accountWith({ outputContainer: `${azure.url}/blobs/runs` }, JSON.stringify({ clientSecret: azure.clientSecret, outputSas: 'sig=wrong' }))
    azure.scriptsEnd({ stdout: long, exitCode: 1 })
    expect(await untilEnded(await executor.send(command(), context()), command())).toMatchObject({ outcome: 'failed', isTruncated: true, stdout: expect.stringMatching(/last line$/) as string })
  })
})

describe('machines', () => {
  beforeEach(() => {
    azure.addVm({ name: 'dc-1', computerName: 'dc-1-host', group: 'desktops', system: 'windows', tags: { role: 'dc', env: 'prod' }, power: 'deallocated' })
    azure.addVm({ name: 'web-2', tags: { role: 'web', env: 'test' } })
    azure.addVm({ name: 'db-1', tags: { role: 'db', env: 'prod' } })
    azure.addVm({ name: 'db-2', tags: { role: 'db', env: 'prod' }, address: '10.0.0.4' })
  })
  const found = async (text: string | null, tag: { key: string; value: string } | null = null): Promise<readonly string[]> => (await executor.machines({ text, tag }, context())).map(({ instanceId }) => instanceId)

  test('come from every page, with group, system, tags and power state', async () => {
    const machines = await executor.machines({ text: null, tag: null }, context())
    expect(machines.map(({ instanceId }) => instanceId)).toEqual(['web-1', 'dc-1', 'web-2', 'db-1', 'db-2'])
    expect(machines[1]).toEqual({ instanceId: 'dc-1', name: 'dc-1-host', group: 'DESKTOPS', region: 'westeurope', system: 'windows', addresses: [], tags: { role: 'dc', env: 'prod' }, isOnline: false })
    expect(machines[0]).toMatchObject({ system: 'linux', isOnline: true })
  })

  test('are found by name, computer name with or without domain, private address and tag, and an address of two networks gives both', async () => {
    expect(await found('WEB-2')).toEqual(['web-2'])
    expect(await found('dc-1-host.corp.example')).toEqual(['dc-1'])
    expect(await found('web')).toEqual([])
    expect(await found('10.0.0.6')).toEqual(['web-2'])
    expect(await found('10.0.0.4')).toEqual(['web-1', 'db-2'])
    expect(await found('10.9.9.9')).toEqual([])
    expect(await found(null, { key: 'Role', value: 'db' })).toEqual(['db-1', 'db-2'])
    expect(await found('db-2', { key: 'role', value: 'web' })).toEqual([])
  })

  test.each([
    ['is throttled', { status: 429, headers: { 'retry-after': '9' }, json: {} }, { fault: 'throttled', retryAfterMs: 9_000 }], ['fails', { status: 500, json: {} }, { fault: 'unavailable' }], ['is lost', 'lost_after', { fault: 'unavailable' }],
    ['goes on elsewhere', { status: 200, json: { value: [], nextLink: 'https://elsewhere.example/more' } }, { fault: 'invalid' }],
  ] as const)('are not told by an address where the list of networks %s, because another machine may have it too', async (_what, is, fault) => {
    azure.trouble({ path: /networkInterfaces/, is })
    expect(await faultOf(executor.machines({ text: '10.0.0.4', tag: null }, context()))).toMatchObject(fault)
    azure.trouble({ path: /networkInterfaces/, is: { status: 403, json: {} } })
    expect(await found('10.0.0.4')).toEqual([])
  })

  test('of other resource groups are not seen', async () => {
    account = accountWith({ resourceGroups: 'Desktops' })
    expect(await found(null)).toEqual(['dc-1'])
  })

  test('are a fault where the right to list them is missing', async () => {
    azure.rights = { ...azure.rights, list: false }
    expect(await faultOf(executor.machines({ text: null, tag: null }, context()))).toMatchObject({ fault: 'forbidden' })
  })
})

describe('the check', () => {
  const machine = { instanceId: 'web-1', group: 'servers', region: 'westeurope', system: 'linux' } as const

  test('asks for a token, lists machines and runs a harmless command, and leaves nothing behind', async () => {
    azure.scriptsEnd({ stdout: 'alert-whisperer check\n', reads: 0 })
    const { ok, findings } = await executor.check(context(), machine)
    expect({ ok, names: findings.map(({ name }) => name) }).toEqual({ ok: true, names: ['credentials', 'machines', 'agent', 'command'] })
    expect(azure.kept).toEqual([])
    expect(azure.starts).toHaveLength(1)
  })

  test('says at which step it ends', async () => {
    expect(await executor.check(context(), null)).toMatchObject({ ok: true, findings: [{ name: 'credentials' }, { name: 'machines', message: '1 machines are seen, 50 are shown at most' }] })
    azure.vms[0]!.isAgentReady = false
    expect(await executor.check(context(), machine)).toMatchObject({ ok: false, findings: [{ ok: true }, { ok: true }, { name: 'agent', ok: false }] })
    account = accountWith({}, null)
    expect(await executor.check(context(), machine)).toMatchObject({ ok: false, findings: [{ name: 'credentials', ok: false, message: expect.stringContaining('no client secret') as string }] })
  })

  test('does not take a kept token for a good secret', async () => {
    await executor.send(command(), context())
    account = accountWith({}, 'changed-since')
    expect(await executor.check(context(), null)).toMatchObject({ ok: false })
  })
})

test('a managed identity needs no secret', async () => {
  process.env.IDENTITY_ENDPOINT = `${azure.url}/msi/token`
  process.env.IDENTITY_HEADER = 'msi-header'
  try {
    account = accountWith({ identity: 'managed', tenantId: '', clientId: '' }, null)
    await executor.send(command(), context())
    expect(azure.starts).toHaveLength(1)
    expect(secretReads).toBe(0)
  } finally {
    delete process.env.IDENTITY_ENDPOINT
    delete process.env.IDENTITY_HEADER
  }
})
