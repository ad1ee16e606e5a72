import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert } from '../build.ts'
import { at, firstText, listOf, textEntries } from '../json.ts'
import type { NormalisedAlert } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom } from '../words.ts'
import { resourceGroup, resourceName } from './resource.ts'
import { CONDITIONS, HEALTH_STAGES, SEVERITIES } from './words.ts'

/** The common alert schema: metric, log, activity log, service and resource health, cost, Prometheus and smart detection. */
export function readCommon(data: unknown): readonly NormalisedAlert[] {
  const essentials = at(data, 'essentials')
  const context = at(data, 'alertContext')
  const target = firstText(essentials, ['alertTargetIDs', '0'])
  const description = firstText(essentials, 'description')
  const eventTitle = firstText(context, ['properties', 'title'], 'DetectionSummary', ['annotations', 'summary'])
  const rule = firstText(essentials, 'alertRule') ?? firstText(context, ['AlertData', 'BudgetName'], 'AlertCategory')
  return [
    makeAlert({
      source: 'azure-monitor',
      // The alert instance: the same for Fired and Resolved. The origin's id stands in where an older service has none.
      externalId: firstText(essentials, 'alertId', 'originAlertId'),
      asset: assetOf(essentials, context, target),
      signature: resourceName(rule),
      severity: severityFrom(SEVERITIES, firstText(essentials, 'severity')),
      status: statusOf(essentials, context),
      title: eventTitle ?? resourceName(rule),
      message: description ?? firstText(context, ['annotations', 'description'], ['properties', 'communication'], ['properties', 'description'], 'operationName', 'SearchQuery'),
      startsAtMs: instantMs(firstText(essentials, 'firedDateTime')),
      labels: [
        ...textEntries(at(context, 'labels')),
        ...textEntries(at(data, 'customProperties')),
        ['signalType', firstText(essentials, 'signalType')],
        ['monitoringService', firstText(essentials, 'monitoringService')],
        ['resourceGroup', firstText(essentials, 'targetResourceGroup') ?? resourceGroup(target)],
        ['resourceId', target],
        ['metric', firstText(context, ['condition', 'allOf', '0', 'metricName'])],
        ['metricNamespace', firstText(context, ['condition', 'allOf', '0', 'metricNamespace'])],
        ['operation', firstText(context, 'operationName')],
        ['service', firstText(context, ['properties', 'service'])],
        ['region', firstText(context, ['properties', 'region'])],
        ['trackingId', firstText(context, ['properties', 'trackingId'])],
        ...dimensionsOf(context),
      ],
    }),
  ]
}

/** `configurationItems` name what is ill; `alertTargetIDs` may be the workspace that noticed. */
function assetOf(essentials: unknown, context: unknown, target: string | null): string | null {
  const item = firstText(essentials, ['configurationItems', '0'])
  if (item !== null) return resourceName(item)
  const computer = dimensionsOf(context).find(([name]) => name === 'Computer' || name === '_ResourceId' || name === 'ResourceId' || name === 'Resource')?.[1]
  const named = resourceName(computer ?? target)
  return named ?? firstText(context, ['properties', 'service'], ['properties', 'compromisedEntity'])
}

function statusOf(essentials: unknown, context: unknown): AlertStatus {
  const condition = statusFrom(CONDITIONS, firstText(essentials, 'monitorCondition'))
  const service = (firstText(essentials, 'monitoringService') ?? '').toLowerCase().replace(/\s+/g, '')
  if (condition !== 'firing' || (service !== 'servicehealth' && service !== 'resourcehealth')) return condition
  // Activity log alerts have no state of their own: the note that an outage is over arrives as one more Fired.
  const stage = statusFrom(HEALTH_STAGES, firstText(context, ['properties', 'stage'], 'status'))
  return stage === 'unknown' ? condition : stage
}

function dimensionsOf(context: unknown): (readonly [string, string])[] {
  const listed = at(context, 'condition', 'allOf', '0', 'dimensions') ?? at(context, 'Dimensions')
  return listOf(listed).slice(0, 32).flatMap((dimension) => {
    const name = firstText(dimension, 'name')
    const value = firstText(dimension, 'value')
    return name === null || value === null ? [] : [[name, value] as const]
  })
}
