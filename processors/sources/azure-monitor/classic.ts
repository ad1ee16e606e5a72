import { makeAlert } from '../build.ts'
import { at, firstText, textEntries } from '../json.ts'
import type { NormalisedAlert } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom } from '../words.ts'
import { resourceName } from './resource.ts'
import { CONDITIONS, SEVERITIES } from './words.ts'

/** Classic metric alerts (`status` and `context` at the top) and the metric schema (`AzureMonitorMetricAlert`, the same inside `data`). */
export function readClassic(body: unknown): readonly NormalisedAlert[] {
  const context = at(body, 'context')
  const status = statusFrom(CONDITIONS, firstText(body, 'status'))
  const name = firstText(context, 'name')
  const condition = at(context, 'condition')
  return [
    makeAlert({
      source: 'azure-monitor',
      // The rule: these schemas number no instance, and one rule watches one resource.
      externalId: firstText(context, 'id'),
      asset: firstText(context, 'resourceName') ?? resourceName(firstText(context, 'resourceId')),
      signature: name,
      severity: severityFrom(SEVERITIES, firstText(context, 'severity')),
      status,
      title: name,
      message: firstText(context, 'description'),
      // The time of this change: it begins the problem only when the rule was activated.
      startsAtMs: status === 'firing' ? instantMs(firstText(context, 'timestamp')) : null,
      labels: [
        ...textEntries(at(body, 'properties')),
        ['metric', firstText(condition, 'metricName', ['allOf', '0', 'metricName'])],
        ['resourceGroup', firstText(context, 'resourceGroupName')],
        ['resourceType', firstText(context, 'resourceType')],
        ['resourceId', firstText(context, 'resourceId')],
        ['region', firstText(context, 'resourceRegion')],
        ['portalLink', firstText(context, 'portalLink')],
      ],
    }),
  ]
}
