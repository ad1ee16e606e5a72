import { AwsSnsDoor } from './aws-sns.ts'
import { checklyDoor } from './checkly.ts'
import { cloudflareDoor } from './cloudflare.ts'
import { crowdstrikeDoor } from './crowdstrike.ts'
import type { Door } from './door.ts'
import { grafanaDoor } from './grafana.ts'
import { honeycombDoor } from './honeycomb.ts'
import { merakiDoor } from './meraki.ts'
import { netboxDoor } from './netbox.ts'
import { pagerdutyDoor } from './pagerduty.ts'
import { sentryDoor } from './sentry.ts'
import { signalfxDoor } from './signalfx.ts'
import { statuscakeDoor } from './statuscake.ts'

/** The doors of one process, by source; undefined for a vendor that neither signs nor shakes hands. SNS carries more than alarms, so several sources share its door. */
export function createDoors(): (source: string) => Door | undefined {
  const sns = new AwsSnsDoor()
  const shared = ['aws-cloudwatch', 'aws-eventbridge', 'aws-guardduty', 'aws-securityhub', 'aws-sns'].map((source) => [source, sns] as const)
  const own = [
    checklyDoor, cloudflareDoor, crowdstrikeDoor, grafanaDoor, honeycombDoor, merakiDoor, netboxDoor, pagerdutyDoor, sentryDoor, signalfxDoor, statuscakeDoor,
  ].map((door) => [door.id, door] as const)
  const doors = new Map<string, Door>([...shared, ...own])
  return (source) => doors.get(source)
}
