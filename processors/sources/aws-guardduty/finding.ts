import type { Severity } from '../../../schemas/records.ts'
import { awsResourceName } from '../aws-resource.ts'
import { makeAlert } from '../build.ts'
import { at, firstText, textOf } from '../json.ts'
import type { NormalisedAlert } from '../source.ts'
import { instantMs } from '../time.ts'

/** Where a finding of each resource type names its resource ("GuardDuty finding details"), the narrowest first. */
const RESOURCE_PATHS: readonly (readonly string[])[] = [
  ['instanceDetails', 'instanceId'],
  ['lambdaDetails', 'functionName'],
  ['rdsDbInstanceDetails', 'dbInstanceIdentifier'],
  ['rdsLimitlessDbDetails', 'dbShardGroupIdentifier'],
  ['ebsVolumeDetails', 'scannedVolumeDetails', '0', 'volumeArn'],
  ['ebsSnapshotDetails', 'snapshotArn'],
  ['recoveryPointDetails', 'recoveryPointArn'],
  ['kubernetesDetails', 'kubernetesWorkloadDetails', 'name'],
  ['ecsClusterDetails', 'name'],
  ['eksClusterDetails', 'name'],
  ['containerDetails', 'name'],
  ['s3BucketDetails', '0', 'name'],
  ['accessKeyDetails', 'userName'],
  ['accessKeyDetails', 'accessKeyId'],
]

/** What a resource type says the finding is about; findings about a bucket tell the instance and the key that touched it as well. */
const TYPE_PATHS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  accesskey: [['accessKeyDetails', 'userName'], ['accessKeyDetails', 'accessKeyId']],
  s3bucket: [['s3BucketDetails', '0', 'name']],
  s3object: [['s3BucketDetails', '0', 'name']],
  ekscluster: [['eksClusterDetails', 'name']],
  kubernetescluster: [['eksClusterDetails', 'name']],
  ecscluster: [['ecsClusterDetails', 'name']],
  container: [['containerDetails', 'name']],
}

/** One finding, in camel case as EventBridge sends it or with capitals as the API answers. */
export function readFinding(finding: unknown, event: unknown, source: string): NormalisedAlert | null {
  const id = text(finding, 'id')
  const type = text(finding, 'type')
  if (id === null && type === null) return null
  const severity = number(field(finding, 'severity'))
  return makeAlert({
    source,
    externalId: id,
    asset: assetOf(finding),
    signature: type,
    severity: graded(severity),
    // A finding has no end; archiving it is the only way to say that it is over.
    status: text(finding, 'service', 'archived') === 'true' ? 'resolved' : 'firing',
    title: text(finding, 'title') ?? type,
    message: text(finding, 'description'),
    startsAtMs: instantMs(text(finding, 'service', 'eventFirstSeen')) ?? instantMs(text(finding, 'createdAt')) ?? instantMs(at(event, 'time')),
    labels: [
      ['account', text(finding, 'accountId') ?? firstText(event, 'account')],
      ['region', text(finding, 'region') ?? firstText(event, 'region')],
      ['arn', text(finding, 'arn')],
      ['severity_number', severity === null ? null : String(severity)],
      ['resource_type', text(finding, 'resource', 'resourceType')],
      ['workload', text(finding, 'resource', 'kubernetesDetails', 'kubernetesWorkloadDetails', 'name')],
      ['instance', text(finding, 'resource', 'instanceDetails', 'instanceId')],
      ['resource_role', text(finding, 'service', 'resourceRole')],
      ['action', text(finding, 'service', 'action', 'actionType')],
      ['remote_ip', remoteIp(finding)],
      ['count', text(finding, 'service', 'count')],
      ['detector', text(finding, 'service', 'detectorId')],
      ['sample', text(finding, 'service', 'additionalInfo', 'sample')],
    ],
  })
}

/** Severity levels ("Severity levels of GuardDuty findings"): 9.0 and above critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, 1.0 to 3.9 low. */
export function graded(severity: number | null): Severity {
  if (severity === null || severity <= 0 || severity > 10) return 'unknown'
  if (severity >= 9) return 'critical'
  if (severity >= 7) return 'high'
  return severity >= 4 ? 'medium' : 'low'
}

/** The resource a finding or a runtime event is about; null where an attack sequence names none. */
export function assetOf(finding: unknown): string | null {
  const type = (text(finding, 'resource', 'resourceType') ?? '').slice(0, 64).toLowerCase()
  const own = Object.hasOwn(TYPE_PATHS, type) ? (TYPE_PATHS[type] ?? []) : []
  for (const path of [...own, ...RESOURCE_PATHS]) {
    const found = text(finding, 'resource', ...path) ?? text(finding, 'resourceDetails', ...path)
    if (found !== null) return awsResourceName(found)
  }
  return awsResourceName(text(finding, 'service', 'detection', 'sequence', 'resources', '0', 'uid'))
}

function remoteIp(finding: unknown): string | null {
  for (const action of ['networkConnectionAction', 'awsApiCallAction', 'kubernetesApiCallAction', 'rdsLoginAttemptAction']) {
    const found = text(finding, 'service', 'action', action, 'remoteIpDetails', 'ipAddressV4') ?? text(finding, 'service', 'action', action, 'remoteIpDetails', 'ipAddressV6')
    if (found !== null) return found
  }
  return null
}

function text(value: unknown, ...path: readonly string[]): string | null {
  return textOf(field(value, ...path))
}

/** The value at a path whose steps may begin with a capital. */
function field(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((current, step) => at(current, step) ?? at(current, `${step[0]?.toUpperCase() ?? ''}${step.slice(1)}`), value)
}

function number(value: unknown): number | null {
  const found = typeof value === 'string' ? Number.parseFloat(value) : value
  return typeof found === 'number' && Number.isFinite(found) ? found : null
}
