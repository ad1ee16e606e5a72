import { AwsSnsDoor } from './aws-sns.ts'
import type { Door } from './door.ts'
import { grafanaDoor } from './grafana.ts'
import { pagerdutyDoor } from './pagerduty.ts'
import { sentryDoor } from './sentry.ts'

/** The doors of one process, by source; undefined for a vendor that neither signs nor shakes hands. SNS carries more than alarms, so several sources share its door. */
export function createDoors(): (source: string) => Door | undefined {
  const sns = new AwsSnsDoor()
  const doors = new Map<string, Door>([
    ['aws-cloudwatch', sns],
    ['aws-eventbridge', sns],
    ['aws-guardduty', sns],
    ['aws-securityhub', sns],
    ['aws-sns', sns],
    ['grafana', grafanaDoor],
    ['pagerduty', pagerdutyDoor],
    ['sentry', sentryDoor],
  ])
  return (source) => doors.get(source)
}
