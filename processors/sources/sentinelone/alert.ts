import { makeAlert } from '../build.ts'
import { at, firstText } from '../json.ts'
import type { NormalisedAlert } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom } from '../words.ts'
import { SEVERITIES, STATUSES } from './words.ts'

/** An alert of a custom detection rule (STAR, cloud detection). */
export function readAlert(body: unknown): NormalisedAlert {
  const info = at(body, 'alertInfo')
  const rule = at(body, 'ruleInfo')
  const word = firstText(info, 'incidentStatus')
  const name = firstText(rule, 'name')
  return makeAlert({
    source: 'sentinelone',
    externalId: firstText(info, 'alertId') ?? firstText(body, 'id'),
    asset: firstText(body, ['agentRealtimeInfo', 'name'], ['agentRealtimeInfo', 'agentComputerName'], ['agentDetectionInfo', 'name'], ['agentDetectionInfo', 'uuid'], ['containerInfo', 'name']),
    signature: name,
    severity: severityFrom(SEVERITIES, firstText(rule, 'severity')),
    status: word === null ? 'firing' : statusFrom(STATUSES, word),
    title: name,
    message: firstText(rule, 'description') ?? firstText(body, ['sourceProcessInfo', 'commandline']),
    startsAtMs: instantMs(firstText(info, 'createdAt', 'reportedAt')),
    labels: [
      ['ruleId', firstText(rule, 'id')],
      ['hitType', firstText(info, 'hitType')],
      ['eventType', firstText(info, 'eventType')],
      ['analystVerdict', firstText(info, 'analystVerdict')],
      ['incidentStatus', word],
      ['treatAsThreat', firstText(rule, 'treatAsThreat')],
      ['processName', firstText(body, ['sourceProcessInfo', 'name'])],
      ['siteName', firstText(body, ['agentRealtimeInfo', 'siteName'], ['agentDetectionInfo', 'siteName'])],
      ['accountName', firstText(body, ['agentRealtimeInfo', 'accountName'], ['agentDetectionInfo', 'accountName'])],
      ['agentId', firstText(body, ['agentRealtimeInfo', 'id'])],
    ],
  })
}

/** An alert of the unified alert management. */
export function readUnifiedAlert(body: unknown): NormalisedAlert {
  const name = firstText(body, 'name')
  const word = firstText(body, 'status')
  return makeAlert({
    source: 'sentinelone',
    externalId: firstText(body, 'id', 'externalId'),
    asset: firstText(body, ['asset', 'name'], ['assets', '0', 'name'], ['asset', 'id'], ['assets', '0', 'id']),
    signature: name,
    severity: severityFrom(SEVERITIES, firstText(body, 'severity')),
    status: word === null ? 'firing' : statusFrom(STATUSES, word),
    title: name,
    message: firstText(body, 'description'),
    startsAtMs: instantMs(firstText(body, 'firstSeenAt', 'detectedAt', 'createdAt')),
    labels: [
      ['classification', firstText(body, 'classification')],
      ['confidenceLevel', firstText(body, 'confidenceLevel')],
      ['analystVerdict', firstText(body, 'analystVerdict')],
      ['product', firstText(body, ['detectionSource', 'product'])],
      ['assetType', firstText(body, ['asset', 'type'], ['assets', '0', 'category'])],
      ['siteName', firstText(body, ['realTime', 'scope', 'site', 'name'], ['asset', 'siteName'], 'siteName')],
    ],
  })
}
