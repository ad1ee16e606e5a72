/** Parts for tests of planning: an incident, assets, accounts and machines to change. */
import type { PlanAccount, PlanAsset, PlanIncident, PlanProblem } from '../../schemas/remediation-match.ts'
import type { CloudMachine } from '../executors/port.ts'
import type { PlanExecutor } from './plan.ts'

/** A disk problem on web-01. */
export function someProblem(change: Partial<PlanProblem> = {}): PlanProblem {
  return { problemKey: 'p1', asset: 'web-01', signature: 'disk full', source: 'datadog', integrationId: 'int', severity: 'high', status: 'firing', title: 'Disk full', message: '', labels: {}, count: 1, ...change }
}

/** An incident of that problem. */
export function somePlanIncident(change: Partial<PlanIncident> = {}): PlanIncident {
  return { incidentId: 'i1', companyId: 'c1', category: null, rootCauseAsset: null, suggested: [], problems: [someProblem()], ...change }
}

/** web-01 as the asset list has it. */
export function someAsset(change: Partial<PlanAsset> = {}): PlanAsset {
  return { name: 'web-01', aliases: [], isCritical: false, cloud: 'aws', region: 'eu-west-1', account: null, instanceId: 'i-0000000000000001a', resourceGroup: null, vmName: null, tags: { os: 'linux' }, ...change }
}

/** An AWS account of the company for production. */
export function someAccount(change: Partial<PlanAccount> = {}): PlanAccount {
  return { id: 'acc-1', cloud: 'aws', name: 'main', environment: 'production', enabled: true, fields: { accountId: '111122223333', regions: 'eu-west-1' }, ...change }
}

/** A Linux machine as a cloud tells of it. */
export function someMachine(instanceId = 'i-0000000000000001a', change: Partial<CloudMachine> = {}): CloudMachine {
  return { instanceId, name: null, group: null, region: 'eu-west-1', system: 'linux', addresses: [], tags: {}, isOnline: true, ...change }
}

/** A cloud that can do everything. */
export function someExecutor(cloud: PlanExecutor['cloud'] = 'aws', change: Partial<PlanExecutor['capabilities']> = {}): PlanExecutor {
  return { cloud, capabilities: { systems: ['linux', 'windows'], automation: true, cancel: true, findsSent: true, timeoutMaxMs: 86_400_000, scriptMaxBytes: 100_000, ...change }, costMicroUsd: ({ automation }) => (automation === null ? 0 : 2_000) }
}
