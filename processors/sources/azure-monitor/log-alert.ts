import { makeAlert } from '../build.ts'
import { at, firstText } from '../json.ts'
import type { NormalisedAlert } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom } from '../words.ts'
import { resourceName } from './resource.ts'
import { LEVELS, SEVERITIES } from './words.ts'

/** `Microsoft.Insights/LogAlert`, a log search alert of the first generation. It fires on every evaluation and never says that it is over. */
export function readLogAlert(data: unknown): readonly NormalisedAlert[] {
  const rule = firstText(data, 'AlertRuleName')
  const asset = firstText(data, ['AffectedConfigurationItems', '0'], ['Dimensions', '0', 'value'], 'ResourceId')
  const graded = severityFrom(SEVERITIES, firstText(data, 'Severity'))
  return [
    makeAlert({
      source: 'azure-monitor',
      externalId: null,
      asset: resourceName(asset),
      signature: rule,
      severity: graded === 'unknown' ? severityFrom(LEVELS, firstText(data, 'SeverityDescription', 'Severity')) : graded,
      status: 'firing',
      title: rule,
      message: firstText(data, 'Description', 'SearchQuery'),
      startsAtMs: instantMs(at(data, 'SearchIntervalEndtimeUtc')),
      labels: [
        ['signalType', 'Log'],
        ['alertType', firstText(data, 'AlertType')],
        ['subscriptionId', firstText(data, 'SubscriptionId')],
        ['workspaceId', firstText(data, 'WorkspaceId', 'ApplicationId')],
        ['resultCount', firstText(data, 'ResultCount')],
      ],
    }),
  ]
}
