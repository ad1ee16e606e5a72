import type { AlertStatus } from '../../../schemas/records.ts'
import { awsResourceName } from '../aws-resource.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { at, firstText, isObject, listOf } from '../json.ts'
import type { Normalised, NormalisedAlert } from '../source.ts'
import { instantMs } from '../time.ts'
import { statusFrom, type StatusTable } from '../words.ts'
import { assetOf, readFinding } from './finding.ts'

const COVERAGE: StatusTable = { healthy: 'resolved', unhealthy: 'firing' }
const SCANS: StatusTable = { threats_found: 'firing', failed: 'firing', access_denied: 'firing', no_threats_found: 'no_data', unsupported: 'no_data' }

/** An event of `aws.guardduty`, a bare finding, or the list the API answers. Null where it is none of them. */
export function readGuardDuty(body: unknown, path: string, source: string): Normalised | null {
  const listed = at(body, 'Findings') ?? at(body, 'findings')
  if (Array.isArray(listed)) return readEach(listOf(listed), `${path}/Findings`, (finding, findingPath) => [readFinding(finding, undefined, source) ?? noFinding(findingPath)])
  const detail = at(body, 'detail')
  const kind = firstText(body, 'detail-type') ?? ''
  if (kind.startsWith('GuardDuty Runtime Protection')) return [readCoverage(body, source)]
  if (kind === 'GuardDuty Malware Protection Object Scan Result') return [readScan(body, source)]
  const finding = isObject(detail) ? readFinding(detail, body, source) : isFinding(body) ? readFinding(body, undefined, source) : null
  return finding === null ? null : [finding]
}

function isFinding(body: unknown): boolean {
  return at(body, 'service') !== undefined || at(body, 'Service') !== undefined || at(body, 'schemaVersion') !== undefined || at(body, 'SchemaVersion') !== undefined
}

function noFinding(path: string): ReturnType<typeof reject> {
  return reject(path, 'a GuardDuty finding has an `id` and a `type`')
}

/** `GuardDuty Runtime Protection Unhealthy` and `… Healthy`: whether the agent still watches a resource. */
function readCoverage(body: unknown, source: string): NormalisedAlert {
  const detail = at(body, 'detail')
  const word = firstText(detail, 'currentStatus') ?? (firstText(body, 'detail-type') ?? '').split(' ').at(-1) ?? null
  const asset = assetOf(detail)
  const status: AlertStatus = statusFrom(COVERAGE, word)
  return makeAlert({
    source,
    externalId: asset === null ? null : `${firstText(body, 'account') ?? ''}:${asset}:runtime-coverage`,
    asset,
    signature: 'GuardDuty Runtime Protection',
    severity: 'unknown',
    status,
    title: firstText(body, 'detail-type'),
    message: firstText(detail, 'issue'),
    startsAtMs: status === 'firing' ? (instantMs(at(detail, 'lastStatusChangedAt')) ?? instantMs(at(body, 'time'))) : null,
    labels: [['account', firstText(detail, 'resourceAccountId') ?? firstText(body, 'account')], ['region', firstText(body, 'region')], ['resource_type', firstText(detail, ['resourceDetails', 'resourceType'])]],
  })
}

/** Malware Protection for S3 tells every scan, clean ones included. */
function readScan(body: unknown, source: string): NormalisedAlert {
  const detail = at(body, 'detail')
  const bucket = firstText(detail, ['s3ObjectDetails', 'bucketName'])
  const object = firstText(detail, ['s3ObjectDetails', 'objectKey'])
  const status = statusFrom(SCANS, firstText(detail, ['scanResultDetails', 'scanResultStatus'], 'scanStatus'))
  return makeAlert({
    source,
    externalId: bucket === null ? null : `${bucket}/${object ?? ''}`,
    asset: bucket ?? awsResourceName(firstText(body, ['resources', '0'])),
    signature: firstText(body, 'detail-type'),
    severity: 'unknown',
    status,
    title: firstText(body, 'detail-type'),
    message: firstText(detail, ['scanResultDetails', 'threats', '0', 'name']),
    startsAtMs: instantMs(at(body, 'time')),
    labels: [['account', firstText(body, 'account')], ['region', firstText(body, 'region')], ['object', object], ['result', firstText(detail, ['scanResultDetails', 'scanResultStatus'])], ['threat', firstText(detail, ['scanResultDetails', 'threats', '0', 'name'])]],
  })
}
