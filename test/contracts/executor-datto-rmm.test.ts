import { describe, expect, it } from 'vitest'
import { dattoExecutor } from '../../remediator/executors/datto-rmm/index.ts'
import type { CloudAccount } from '../../remediator/executors/port.ts'
import type { RunTarget } from '../../schemas/runs.ts'
import type { Trouble } from '../fakes/cloud-server.ts'
import { FakeDatto } from '../fakes/datto-rmm.ts'
import { executorContract, SteppingClock, type ExecutorWorld, type SendMishap } from './executor.contract.ts'

const refused = (status: number, headers: Readonly<Record<string, string>> = {}): Trouble['is'] => ({ status, json: {}, headers })
const MISHAPS: Readonly<Record<Exclude<SendMishap, 'unreachable'>, Trouble['is']>> = { lost: 'lost_after', garbled: 'garbled', hang: 'silence', broken: refused(500), throttled: refused(429), throttled_for_7s: refused(429, { 'retry-after': '7' }), unauthorised: refused(401), forbidden: refused(403) }

async function makeWorld(): Promise<ExecutorWorld> {
  const clock = new SteppingClock()
  const datto = await FakeDatto.start()
  const linux = datto.addDevice({ hostname: 'web-1' })
  const windows = datto.addDevice({ hostname: 'dc-1', operatingSystem: 'Microsoft Windows Server 2022 Standard' })
  const account: CloudAccount = {
    id: 'acc1', companyId: 'c1', cloud: 'datto_rmm', environment: 'sandbox', secret: async () => datto.apiSecret,
    fields: { platform: 'pinotage', endpoint: datto.url, apiKey: datto.apiKey, siteUid: datto.siteUid, linuxComponent: datto.linuxComponent, windowsComponent: datto.windowsComponent },
  }
  return {
    executor: dattoExecutor({ clock, ca: datto.server.ca }), clock, account, pageSize: datto.pageSize, isHeld: FakeDatto.isHeld, secrets: [datto.apiSecret, 'fake-datto-token'],
    target: (system): RunTarget => {
      const { uid, hostname } = system === 'linux' ? linux : windows
      return { asset: hostname, cloud: 'datto_rmm', cloudAccountId: 'acc1', system, region: 'Acme', instanceId: uid, group: null, foundBy: 'asset_list', isCritical: false }
    },
    next: ({ goingPolls = 0, end = 'ok', exitCode = end === 'failed' ? 1 : end === 'timed_out' ? 124 : 0, stdout = '', stderr = '' }) => datto.scriptsEnd({ stdout, stderr, exitCode, reads: end === 'never' ? 1_000 : goingPolls, ...(end === 'undelivered' ? { status: 'Expired' } : {}) }),
    taken: () => datto.jobs.map(({ name, script, deviceUid }) => ({ token: name.replace(/^alert-whisperer /, ''), script, instanceId: deviceUid })),
    mishap: async (kind) => (kind === 'unreachable' ? datto.close() : datto.trouble({ method: 'PUT', path: /\/quickjob$/, is: MISHAPS[kind] })),
    sendCalled: () => datto.server.taken(/\/quickjob$/),
    settle: () => clock.tick(180_000),
    machines: (count) => {
      datto.devices.splice(0)
      for (let at = 0; at < count; at++) datto.addDevice({ hostname: `m${at}`, udf: { udf3: 'fleet=blue' } })
    },
    takeRight: () => {
      datto.canList = false
      return /listing devices.*403/
    },
    faults: () => datto.faults,
    close: () => datto.close(),
  }
}

executorContract('Datto RMM', makeWorld, { noCancel: 'the API has no call that ends a job', noFind: 'the API lists no jobs of a device' })

describe('the fake of Datto RMM', () => {
  it('says whether it is held to the vendor’s description', ({ skip }) => {
    if (!FakeDatto.isHeld) skip('../shared/specs/datto-rmm is not there; only the fake judges the executor')
    expect(FakeDatto.isHeld).toBe(true)
  })
})
