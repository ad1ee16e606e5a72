import { at, firstText, isObject, type JsonObject } from '../json.ts'

/** Kinds of events that say the same as the notices Auto Scaling publishes to a topic itself ("Amazon SNS notification options for Amazon EC2 Auto Scaling"). */
const SCALING: Readonly<Record<string, string>> = {
  'autoscaling:EC2_INSTANCE_LAUNCH': 'EC2 Instance Launch Successful',
  'autoscaling:EC2_INSTANCE_LAUNCH_ERROR': 'EC2 Instance Launch Unsuccessful',
  'autoscaling:EC2_INSTANCE_TERMINATE': 'EC2 Instance Terminate Successful',
  'autoscaling:EC2_INSTANCE_TERMINATE_ERROR': 'EC2 Instance Terminate Unsuccessful',
}

/** Kinds of RDS events by the `Event Source` of a notice ("Subscribing to Amazon RDS event notification"). */
const RDS: Readonly<Record<string, string>> = {
  'db-instance': 'RDS DB Instance Event', 'db-cluster': 'RDS DB Cluster Event', 'db-snapshot': 'RDS DB Snapshot Event', 'db-cluster-snapshot': 'RDS DB Cluster Snapshot Event',
  'db-parameter-group': 'RDS DB Parameter Group Event', 'db-security-group': 'RDS DB Security Group Event', 'db-proxy': 'RDS DB Proxy Event', 'blue-green-deployment': 'RDS Blue Green Deployment Event',
}

/** A notice that RDS or Auto Scaling published to a topic itself, as the event it would be; null for anything else, undefined for a test. */
export function eventOfNotice(body: unknown): { readonly kind: string; readonly event: JsonObject } | null | undefined {
  if (!isObject(body)) return null
  const scaling = firstText(body, 'Event') ?? ''
  if (scaling === 'autoscaling:TEST_NOTIFICATION') return undefined
  const kind = Object.hasOwn(SCALING, scaling) ? SCALING[scaling] : undefined
  if (kind !== undefined) return { kind, event: { source: 'aws.autoscaling', account: firstText(body, 'AccountId'), region: firstText(body, 'AutoScalingGroupARN')?.split(':', 5)[3] ?? null, time: firstText(body, 'Time', 'StartTime'), resources: [firstText(body, 'AutoScalingGroupARN')], detail: body } }
  const origin = firstText(body, 'Event Source') ?? ''
  const rds = Object.hasOwn(RDS, origin) ? RDS[origin] : undefined
  if (rds === undefined) return null
  // `…#RDS-EVENT-0006`, the place in the manual.
  const id = /RDS-EVENT-\d{4}$/.exec((firstText(body, 'Event ID') ?? '').slice(-64))?.[0] ?? null
  const detail = { SourceIdentifier: firstText(body, 'Source ID'), SourceArn: firstText(body, 'Source ARN'), Message: firstText(body, 'Event Message'), EventID: id, Date: at(body, 'Event Time'), link: firstText(body, 'Identifier Link') }
  return { kind: rds, event: { source: 'aws.rds', time: firstText(body, 'Event Time'), resources: [], detail } }
}
