import { describe, expect, it } from 'vitest'
import { azureExecutor } from '../../remediator/executors/azure/index.ts'
import type { CloudAccount } from '../../remediator/executors/port.ts'
import type { RunTarget } from '../../schemas/runs.ts'
import { FakeAzure, type FakeEnd } from '../fakes/azure-arm.ts'
import type { Trouble } from '../fakes/cloud-server.ts'
import { executorContract, SteppingClock, type ExecutorWorld, type SendMishap } from './executor.contract.ts'

const refused = (status: number, code: string, headers: Readonly<Record<string, string>> = {}): Trouble['is'] => ({ status, json: { error: { code, message: 'Azure does not want to.' } }, headers })
const MISHAPS: Readonly<Record<Exclude<SendMishap, 'unreachable'>, Trouble['is']>> = {
  lost: 'lost_after', garbled: 'garbled', hang: 'silence', broken: refused(500, 'InternalServerError'), throttled: refused(429, 'TooManyRequests'), throttled_for_7s: refused(429, 'TooManyRequests', { 'retry-after': '7' }),
  unauthorised: refused(401, 'ExpiredAuthenticationToken'), forbidden: refused(403, 'AuthorizationFailed'),
}

async function makeWorld(fields: Readonly<Record<string, string>>, withSas: boolean): Promise<ExecutorWorld> {
  const clock = new SteppingClock()
  const azure = await FakeAzure.start()
  const linux = azure.addVm({ name: 'web-1' })
  const windows = azure.addVm({ name: 'dc-1', system: 'windows' })
  let isAgentLost = false
  const account: CloudAccount = {
    id: 'acc1', companyId: 'c1', cloud: 'azure', environment: 'sandbox', secret: async () => (withSas ? JSON.stringify({ clientSecret: azure.clientSecret, outputSas: azure.sas }) : azure.clientSecret),
    fields: { tenantId: azure.tenantId, subscriptionId: azure.subscriptionId, clientId: azure.clientId, identity: 'secret', endpoint: azure.url, authority: azure.url, ...(withSas ? { outputContainer: `${azure.url}/blobs/runs` } : {}), ...fields },
  }
  return {
    executor: azureExecutor({ clock, ca: azure.server.ca }), clock, account, pageSize: azure.pageSize, isHeld: FakeAzure.isHeld, secrets: [azure.clientSecret, azure.sas, 'fake-access-token'],
    target: (system): RunTarget => {
      const vm = system === 'linux' ? linux : windows
      return { asset: vm.name, cloud: 'azure', cloudAccountId: 'acc1', system, region: vm.region, instanceId: vm.name, group: vm.group, foundBy: 'asset_list', isCritical: false }
    },
    next: ({ goingPolls = 0, end = 'ok', exitCode = end === 'failed' ? 1 : 0, stdout = '', stderr = '' }) => {
      isAgentLost = end === 'undelivered'
      linux.isAgentReady = windows.isAgentReady = !isAgentLost
      const ending: FakeEnd = { stdout, stderr, exitCode, reads: end === 'never' ? Number.POSITIVE_INFINITY : goingPolls, ...(end === 'timed_out' ? { state: 'TimedOut' } : {}) }
      azure.scriptsEnd(ending)
    },
    taken: () => azure.starts.map(({ name, script, vm }) => ({ token: name, script, instanceId: vm })),
    mishap: async (kind) => {
      if (kind === 'unreachable') return azure.close()
      azure.trouble({ method: 'PUT', path: /\/runCommands\//, is: MISHAPS[kind] })
    },
    sendCalled: () => azure.server.taken(/\/runCommands\//),
    settle: () => clock.tick(180_000),
    machines: (count) => {
      azure.vms.splice(0)
      for (let at = 0; at < count; at++) azure.addVm({ name: `m${at}`, tags: { fleet: 'blue' } })
    },
    takeRight: () => {
      azure.rights = { ...azure.rights, list: false }
      return /Microsoft\.Compute\/virtualMachines\/read/
    },
    faults: () => azure.faults,
    close: () => azure.close(),
  }
}

executorContract('Azure, whole outputs in a container', () => makeWorld({}, true))
executorContract('Azure, without a container', () => makeWorld({ runCommand: 'managed' }, false), { longOutputBytes: 4_096 })

describe('the fake of Azure', () => {
  it('says whether it is held to the vendor’s description', ({ skip }) => {
    if (!FakeAzure.isHeld) skip('../shared/specs/azure and entra-id are not there; only the fake judges the executor')
    expect(FakeAzure.isHeld).toBe(true)
  })
})
