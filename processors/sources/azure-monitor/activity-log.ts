import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { makeAlert } from '../build.ts'
import { at, firstText } from '../json.ts'
import type { NormalisedAlert } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom } from '../words.ts'
import { resourceName } from './resource.ts'
import { CONDITIONS, HEALTH_STAGES, LEVELS, SECURITY_SEVERITIES } from './words.ts'

/** `Microsoft.Insights/activityLogs`: administrative, security, recommendation, service health and resource health events. */
export function readActivityLog(data: unknown): readonly NormalisedAlert[] {
  const event = at(data, 'context', 'activityLog')
  const properties = at(event, 'properties')
  const operation = firstText(event, 'operationName')
  const resourceId = firstText(event, 'resourceId') ?? firstText(event, ['authorization', 'scope'])
  return [
    makeAlert({
      source: 'azure-monitor',
      // The outage's tracking id; else the correlation id, which the events of one action share. The event's own id changes each time.
      externalId: firstText(properties, 'trackingId') ?? firstText(event, 'correlationId', 'operationId', 'eventDataId'),
      asset: firstText(properties, 'compromisedEntity') ?? resourceName(resourceId) ?? firstText(properties, 'service'),
      signature: firstText(data, ['context', 'name']) ?? signatureOf(firstText(event, 'eventSource'), operation, firstText(properties, 'recommendationName', 'service')),
      severity: severityOf(event, properties),
      status: statusOf(data, event),
      title: firstText(properties, 'title', 'recommendationName') ?? firstText(event, 'description') ?? operation,
      message: firstText(event, 'description') ?? firstText(properties, 'communication', 'details'),
      startsAtMs: instantMs(firstText(properties, 'impactStartTime') ?? firstText(event, 'eventTimestamp')),
      labels: [
        ['eventSource', firstText(event, 'eventSource')],
        ['operation', operation],
        ['status', firstText(event, 'status')],
        ['resourceGroup', firstText(event, 'resourceGroupName')],
        ['resourceType', firstText(event, 'resourceType')],
        ['resourceId', resourceId],
        ['service', firstText(properties, 'service')],
        ['region', firstText(properties, 'region')],
        ['healthStatus', firstText(properties, 'currentHealthStatus')],
      ],
    }),
  ]
}

/** Health events keep one signature from their opening to their end: `…/healthevent/Activated/action` ends as `…/Resolved/action`. */
function signatureOf(source: string | null, operation: string | null, name: string | null): string | null {
  if (source === 'ServiceHealth' || source === 'ResourceHealth' || source === 'Recommendation') return name === null ? source : `${source}: ${name}`
  return operation
}

/** A security alert tells its own severity; the level of the event that carries it is always Informational. */
function severityOf(event: unknown, properties: unknown): Severity {
  const own = severityFrom(SECURITY_SEVERITIES, firstText(properties, 'severity'))
  return own === 'unknown' ? severityFrom(LEVELS, firstText(event, 'level')) : own
}

function statusOf(data: unknown, event: unknown): AlertStatus {
  const stage = statusFrom(HEALTH_STAGES, firstText(event, ['properties', 'stage'], 'status'))
  return stage === 'unknown' ? statusFrom(CONDITIONS, firstText(data, 'status')) : stage
}
