import { describe, expect, it } from 'vitest'
import { gcpExecutor } from '../../remediator/executors/gcp/index.ts'
import type { CloudAccount } from '../../remediator/executors/port.ts'
import type { RunTarget } from '../../schemas/runs.ts'
import type { Trouble } from '../fakes/cloud-server.ts'
import { FakeGcp } from '../fakes/gcp.ts'
import { executorContract, SteppingClock, type ExecutorWorld, type SendMishap } from './executor.contract.ts'

const refused = (code: number, status: string, headers: Readonly<Record<string, string>> = {}): Trouble['is'] => ({ status: code, json: { error: { code, status, message: 'Google does not want to.' } }, headers })
const MISHAPS: Readonly<Record<Exclude<SendMishap, 'unreachable'>, Trouble['is']>> = {
  lost: 'lost_after', garbled: 'garbled', hang: 'silence', broken: refused(500, 'INTERNAL'), throttled: refused(429, 'RESOURCE_EXHAUSTED'), throttled_for_7s: refused(429, 'RESOURCE_EXHAUSTED', { 'retry-after': '7' }),
  unauthorised: refused(401, 'UNAUTHENTICATED'), forbidden: refused(403, 'PERMISSION_DENIED'),
}

async function makeWorld(): Promise<ExecutorWorld> {
  const clock = new SteppingClock()
  const gcp = await FakeGcp.start()
  const linux = gcp.addInstance({ name: 'web-1' })
  const windows = gcp.addInstance({ name: 'dc-1', system: 'windows' })
  const account: CloudAccount = { id: 'acc1', companyId: 'c1', cloud: 'gcp', environment: 'sandbox', fields: { projectId: gcp.projectId, endpoint: gcp.url }, secret: async () => gcp.keyFile }
  const isSend = /\/osPolicyAssignments$/
  return {
    executor: gcpExecutor({ clock, ca: gcp.server.ca }), clock, account, pageSize: gcp.pageSize, isHeld: FakeGcp.isHeld, secrets: ['PRIVATE KEY', (JSON.parse(gcp.keyFile) as { private_key: string }).private_key.slice(60, 100), 'eyJ'],
    target: (system): RunTarget => {
      const { name, zone } = system === 'linux' ? linux : windows
      return { asset: name, cloud: 'gcp', cloudAccountId: 'acc1', system, region: 'europe-west3', instanceId: name, group: zone, foundBy: 'asset_list', isCritical: false }
    },
    next: ({ goingPolls = 0, end = 'ok', exitCode = end === 'failed' ? 1 : end === 'timed_out' ? 124 : 0, stdout = '', stderr = '' }) => gcp.commandsEnd({ stdout, stderr, exitCode, reads: end === 'never' ? 1_000 : goingPolls, ...(end === 'undelivered' ? { reason: 'no-agent-detected' } : {}) }),
    taken: () => gcp.starts.map(({ description, script, instance }) => ({ token: description.split(' ')[1] ?? '', script, instanceId: instance })),
    mishap: async (kind) => (kind === 'unreachable' ? gcp.close() : gcp.trouble({ method: 'POST', path: isSend, is: MISHAPS[kind] })),
    sendCalled: () => gcp.server.taken(isSend),
    settle: () => clock.tick(180_000),
    machines: (count) => {
      gcp.instances.splice(0)
      for (let at = 0; at < count; at++) gcp.addInstance({ name: `m${at}`, labels: { fleet: 'blue' } })
    },
    takeRight: () => {
      gcp.rights.list = false
      return /compute\.instances\.list/
    },
    faults: () => gcp.faults,
    close: () => gcp.close(),
  }
}

executorContract('Google Cloud', makeWorld, { longOutputBytes: 65_536, noCancel: 'the agent has no call that ends a script; it ends by its time limit' })

describe('the fake of Google Cloud', () => {
  it('says whether it is held to the vendor’s description', ({ skip }) => {
    if (!FakeGcp.isHeld) skip('../shared/specs/gcp is not there; only the fake judges the executor')
    expect(FakeGcp.isHeld).toBe(true)
  })
})
