import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TestClock } from '../../../schemas/clock.ts'
import { FakeDatto } from '../../../test/fakes/datto-rmm.ts'
import { ExecutorError, type CloudAccount, type Executor, type RemoteCommand } from '../port.ts'
import { readEnd } from './component.ts'
import { dattoExecutor } from './index.ts'

let datto: FakeDatto
let clock: TestClock
let executor: Executor
let account: CloudAccount
let uid: string

beforeEach(async () => {
  datto = await FakeDatto.start()
  uid = datto.addDevice({ hostname: 'web-1' }).uid
  clock = new TestClock()
  executor = dattoExecutor({ clock, ca: datto.server.ca })
  account = accountWith({})
})
afterEach(async () => {
  const { faults } = datto
  await datto.close()
  expect(faults).toEqual([])
})

function accountWith(fields: Readonly<Record<string, string>>, secret: string | null = datto.apiSecret): CloudAccount {
  return { id: 'cloud-1', companyId: 'acme', cloud: 'datto_rmm', environment: 'production', secret: async () => secret, fields: { platform: 'pinotage', endpoint: datto.url, apiKey: datto.apiKey, siteUid: datto.siteUid, linuxComponent: datto.linuxComponent, windowsComponent: datto.windowsComponent, ...fields } }
}
const context = () => ({ account, signal: new AbortController().signal })
const command = (changes: Partial<RemoteCommand> = {}): RemoteCommand => ({
  token: 'run-1-step-1', runId: 'run-1', system: 'linux', script: 'echo hello\n', automation: null, timeoutMs: 90_500, ...changes,
  target: { asset: 'web-1', cloud: 'datto_rmm', cloudAccountId: 'cloud-1', system: 'linux', region: 'Acme', instanceId: uid, group: null, foundBy: 'asset_list', isCritical: false, ...changes.target },
})
test('counts the accounts of all companies with one API key as one, whose limits are for all of the MSP', () => {
  const counted = (fields: Readonly<Record<string, string>>) => executor.countedBy?.(accountWith(fields))
  expect(counted({ siteUid: 'that of another company' })).toBe(counted({}))
  expect(counted({ apiKey: 'ANOTHERKEY' })).not.toBe(counted({}))
  expect(counted({ endpoint: '', platform: 'merlot' })).not.toBe(counted({ endpoint: '', platform: 'syrah' }))
  expect(counted({})).not.toContain(datto.apiKey)
})

async function faultOf(promise: Promise<unknown>): Promise<ExecutorError> {
  const thrown = await promise.then(() => null, (error: unknown) => error)
  expect(thrown).toBeInstanceOf(ExecutorError)
  const told = inspect(thrown, { depth: 10, showHidden: true })
  for (const secret of [datto.apiSecret, 'fake-datto-token']) expect(told).not.toContain(secret)
  return thrown as ExecutorError
}

describe('a command', () => {
  test('is a quick job with the component of its system, a time limit and a latest time', async () => {
    await executor.send(command(), context())
    expect(datto.jobs).toMatchObject([{ name: 'alert-whisperer run-1-step-1', deviceUid: uid, componentUid: datto.linuxComponent, script: 'echo hello\n', variables: { awSeconds: '91', awBefore: String((clock.now() + 300_000) / 1_000) } }])
  })

  test('never goes to a device of another site, whatever the plan names', async () => {
    const other = datto.addDevice({ hostname: 'foreign-1', siteUid: 'd0000000-0000-4000-8000-000000000002' })
    expect(await faultOf(executor.send(command({ target: { ...command().target, instanceId: other.uid } }), context()))).toMatchObject({ fault: 'not_found', sent: 'no' })
    expect(datto.jobs).toEqual([])
    expect((await executor.machines({ text: null, tag: null }, context())).map(({ name }) => name)).toEqual(['web-1'])
  })

  test('is not sent to a device that is offline or runs another system, nor without a component', async () => {
    expect(await faultOf(executor.send(command({ system: 'windows' }), context()))).toMatchObject({ fault: 'invalid', sent: 'no' })
    datto.devices[0]!.online = false
    expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault: 'offline', sent: 'no' })
    account = accountWith({ linuxComponent: '' })
    expect((await faultOf(executor.send(command(), context()))).message).toContain('linuxComponent')
    expect(datto.jobs).toEqual([])
  })

  test('whose component is another text is told without an exit code, and says so', async () => {
    datto.scriptsEnd({ stdout: 'x', isForeign: true, reads: 0 })
    const ref = await executor.send(command(), context())
    expect(await executor.poll(ref, command(), context())).toMatchObject({ kind: 'ended', outcome: 'ok', exitCode: null, message: expect.stringContaining('component') as string })
  })

  test('that the component refused to begin is undelivered', async () => {
    datto.scriptsEnd({ stderr: 'aw1 late\n', exitCode: 75, isForeign: true, reads: 0 })
    const ref = await executor.send(command(), context())
    expect(await executor.poll(ref, command(), context())).toMatchObject({ kind: 'ended', outcome: 'undelivered' })
  })
})

test('a page in place of an answer means that our address is blocked, and is waited out', async () => {
  datto.trouble({ method: 'PUT', path: /quickjob/, is: { status: 403, text: '<html>blocked</html>' } })
  expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault: 'throttled', sent: 'no', retryAfterMs: 300_000 })
})

test('a token serves many calls, is asked for anew when it was refused, and a wrong secret is named', async () => {
  await executor.send(command(), context())
  await executor.machines({ text: null, tag: null }, context())
  expect(datto.tokensGiven).toBe(1)
  datto.expireTokens()
  expect(await faultOf(executor.machines({ text: null, tag: null }, context()))).toMatchObject({ fault: 'unauthorised' })
  await executor.machines({ text: null, tag: null }, context())
  expect(datto.tokensGiven).toBe(2)
  account = accountWith({}, 'wrong-secret')
  const checked = await executor.check(context(), null)
  expect(checked).toMatchObject({ ok: false, findings: [{ name: 'credentials' }] })
  expect(JSON.stringify(checked)).not.toContain('wrong-secret')
})

test.each([[{ platform: 'x', endpoint: '' }, 'platform'], [{ endpoint: 'http://x' }, 'endpoint'], [{ apiKey: '' }, 'apiKey'], [{ siteUid: '' }, 'siteUid'], [{ linuxComponent: 'x' }, 'linuxComponent']])('the field in %j is named before anything is called', async (fields, name) => {
  account = accountWith(fields)
  expect(await faultOf(executor.send(command(), context()))).toMatchObject({ fault: 'invalid', sent: 'no', message: expect.stringContaining(`field ${name}`) as string })
  expect(datto.server.calls).toEqual([])
})

test.each([
  ['aw1 exit 3\n', { exitCode: 3, isRefused: false, stderr: '' }], ['oops\naw1 exit 0\r\n', { exitCode: 0, isRefused: false, stderr: 'oops\n' }], ['aw1 exit 0\noops\n', { exitCode: null, isRefused: false, stderr: 'aw1 exit 0\noops\n' }],
  ['aw1 late\n', { exitCode: null, isRefused: true, stderr: 'aw1 late\n' }], ['', { exitCode: null, isRefused: false, stderr: '' }], ['aw1 exit 3x', { exitCode: null, isRefused: false, stderr: 'aw1 exit 3x' }],
])('the end told by %j is read from the last line alone', (stderr, end) => {
  expect(readEnd(stderr)).toEqual(end)
})
