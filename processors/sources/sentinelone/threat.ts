import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert } from '../build.ts'
import { at, firstText, listOf, textOf } from '../json.ts'
import type { NormalisedAlert } from '../source.ts'
import { instantMs } from '../time.ts'
import { statusFrom } from '../words.ts'
import { STATUSES } from './words.ts'

/** A threat of the API since version 2.1. It has a confidence and no severity, so none is made up. */
export function readThreat(body: unknown): NormalisedAlert {
  const info = at(body, 'threatInfo')
  const detected = at(body, 'agentDetectionInfo')
  const now = at(body, 'agentRealtimeInfo')
  const name = firstText(info, 'threatName', 'classification')
  return makeAlert({
    source: 'sentinelone',
    externalId: firstText(info, 'threatId') ?? firstText(body, 'id'),
    asset: firstText(now, 'agentComputerName') ?? firstText(detected, 'agentComputerName', 'agentIpV4') ?? firstText(now, 'agentId') ?? firstText(body, ['containerInfo', 'name']),
    signature: name,
    severity: 'unknown',
    status: statusOf(info),
    title: name,
    message: [firstText(info, 'classification'), firstText(info, 'filePath'), firstText(info, 'maliciousProcessArguments')].filter((text) => text !== null).join('\n') || null,
    startsAtMs: instantMs(firstText(info, 'identifiedAt')) ?? instantMs(firstText(info, 'createdAt')),
    labels: [
      ['classification', firstText(info, 'classification')],
      ['confidenceLevel', firstText(info, 'confidenceLevel')],
      ['analystVerdict', firstText(info, 'analystVerdict')],
      ['incidentStatus', firstText(info, 'incidentStatus')],
      ['mitigationStatus', firstText(info, 'mitigationStatus')],
      ['filePath', firstText(info, 'filePath')],
      ['sha1', firstText(info, 'sha1')],
      ['sha256', firstText(info, 'sha256')],
      ['storyline', firstText(info, 'storyline')],
      ['processUser', firstText(info, 'processUser')],
      ['engines', listOf(at(info, 'engines')).slice(0, 16).flatMap((engine) => textOf(engine) ?? []).join(',') || null],
      ['agentId', firstText(now, 'agentId')],
      ['agentOs', firstText(now, 'agentOsName', 'agentOsType') ?? firstText(detected, 'agentOsName')],
      ['agentIp', firstText(detected, 'agentIpV4')],
      ['accountName', firstText(now, 'accountName') ?? firstText(detected, 'accountName')],
      ['siteName', firstText(now, 'siteName') ?? firstText(detected, 'siteName')],
      ['groupName', firstText(now, 'groupName') ?? firstText(detected, 'groupName')],
    ],
  })
}

function statusOf(info: unknown): AlertStatus {
  const word = firstText(info, 'incidentStatus')
  if (word !== null) return statusFrom(STATUSES, word)
  return firstText(info, 'resolved', 'automaticallyResolved') === 'true' ? 'resolved' : 'firing'
}

/** A threat of the API version 2.0, flat. */
export function readOldThreat(body: unknown): NormalisedAlert {
  const name = firstText(body, 'threatName', 'classification', 'displayName')
  const word = firstText(body, 'incidentStatus')
  const status = word === null ? (firstText(body, 'resolved') === 'true' ? 'resolved' : 'firing') : statusFrom(STATUSES, word)
  return makeAlert({
    source: 'sentinelone',
    externalId: firstText(body, 'threatId', 'id'),
    asset: firstText(body, 'agentComputerName', 'computerName', 'agentIp', 'agentId'),
    signature: name,
    severity: 'unknown',
    status,
    title: name,
    message: firstText(body, 'description', 'filePath', 'fileDisplayName'),
    startsAtMs: instantMs(firstText(body, 'identifiedAt', 'createdDate', 'createdAt')),
    labels: [
      ['classification', firstText(body, 'classification')],
      ['mitigationStatus', firstText(body, 'mitigationStatus')],
      ['filePath', firstText(body, 'filePath')],
      ['sha1', firstText(body, 'fileContentHash')],
      ['agentId', firstText(body, 'agentId')],
      ['siteName', firstText(body, 'siteName')],
      ['accountName', firstText(body, 'accountName')],
    ],
  })
}
