import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert } from '../build.ts'
import { at, firstText, textEntries } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { statusFrom } from '../words.ts'
import { STATUSES } from './words.ts'

/**
 * An entry of the activity log. Only entries about a threat carry an alert: they share its id. What an entry says of the state is read from
 * its data, for the log has several hundred types whose numbers no public page lists.
 */
export function readActivity(body: unknown): Normalised {
  const data = at(body, 'data')
  const threat = firstText(body, 'threatId') ?? firstText(data, 'threatId')
  if (threat === null) return []
  const name = firstText(data, 'threatName', 'fileDisplayName', 'threatClassification')
  const word = firstText(data, 'newIncidentStatus', 'newStatus', 'incidentStatus')
  const told = statusFrom(STATUSES, word)
  // Mitigated or not says what became of the file; the threat still waits for a person's verdict.
  const status: AlertStatus = word === null ? 'firing' : told === 'unknown' ? 'no_data' : told
  return [
    makeAlert({
      source: 'sentinelone',
      externalId: threat,
      asset: firstText(data, 'computerName', 'agentComputerName') ?? firstText(body, 'agentId'),
      signature: name,
      severity: 'unknown',
      status,
      title: name ?? firstText(body, 'primaryDescription'),
      message: [firstText(body, 'primaryDescription'), firstText(body, 'secondaryDescription')].filter((text) => text !== null).join('\n') || null,
      startsAtMs: word === null ? instantMs(at(body, 'createdAt')) : null,
      labels: [
        ...textEntries(data).slice(0, 32),
        ['classification', firstText(data, 'threatClassification', 'classification')],
        ['activityType', firstText(body, 'activityType')],
        ['siteName', firstText(body, 'siteName') ?? firstText(data, 'siteName')],
        ['accountName', firstText(body, 'accountName') ?? firstText(data, 'accountName')],
        ['agentId', firstText(body, 'agentId')],
      ],
    }),
  ]
}
