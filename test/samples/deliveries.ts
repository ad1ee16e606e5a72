/**
 * Deliveries of Zabbix and of CloudWatch through SNS: the recorded ones of `../shared/payloads` where that folder lies beside the project, else
 * small ones of our own in the same form. Beside each stands what a careful reader makes of it; null is not judged.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '../../../shared/payloads')

/** What a delivery says, alert by alert. */
export interface Judged {
  readonly asset: string | null
  readonly signature: string | null
  readonly severity: string | null
  readonly status: string | null
}

/** A body as sent, and what is in it. */
export interface Sample {
  readonly body: string
  readonly judged: readonly Judged[]
}

/** Whether the recorded deliveries are there. */
export const HAS_RECORDED = existsSync(FOLDER)

/** One delivery by the name of its tool and file. */
export function sampleOf(tool: 'zabbix' | 'aws-cloudwatch', name: string): Sample {
  if (HAS_RECORDED) {
    const path = join(FOLDER, tool, name)
    return { body: readFileSync(`${path}.json`, 'utf8'), judged: JSON.parse(readFileSync(`${path}.expect.json`, 'utf8')) as Judged[] }
  }
  const own = OWN[`${tool}/${name}`]
  if (own === undefined) throw new Error(`there is no delivery ${tool}/${name} of our own`)
  return { body: JSON.stringify(own.body), judged: own.judged }
}

const AGENT = { hostname: 'mail.example.org', item: 'Agent ping is Up (1)', link: 'https://zabbix.example.org/tr_events.php?triggerid=51&eventid=9' }
const TOPIC = { MessageId: '00000000-0000-4000-8000-000000000001', TopicArn: 'arn:aws:sns:eu-west-1:111122223333:alarms', Timestamp: '2020-01-01T00:00:00.000Z', SignatureVersion: '1', Signature: 'none' }

function alarm(state: string): object {
  const message = {
    AlarmName: 'queue-too-long', AWSAccountId: '111122223333', NewStateValue: state, NewStateReason: 'Threshold Crossed', StateChangeTime: '2020-01-01T00:00:00.000+0000', Region: 'EU (Ireland)',
    AlarmArn: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:queue-too-long', Trigger: { MetricName: 'Depth', Namespace: 'AWS/SQS', Dimensions: [{ name: 'QueueName', value: 'orders' }] },
  }
  return { ...TOPIC, Type: 'Notification', Message: JSON.stringify(message) }
}

const OWN: Readonly<Record<string, { readonly body: object; readonly judged: readonly Judged[] }>> = {
  'zabbix/problem-disaster': { body: { ...AGENT, severity: 'Disaster', status: 'PROBLEM', trigger: 'Mail queue is stuck' }, judged: [{ asset: AGENT.hostname, signature: null, severity: 'critical', status: 'firing' }] },
  'zabbix/ok-average': { body: { ...AGENT, severity: 'Average', status: 'OK', trigger: 'Mail queue moves' }, judged: [{ asset: AGENT.hostname, signature: null, severity: 'medium', status: 'resolved' }] },
  'zabbix/media-type-problem-high': {
    body: { event_id: '7', trigger_id: '77', event_nseverity: '4', event_value: '1', title: 'Problem: Shop page is slow', description: 'Problem name: Shop page is slow\r\nHost: shop.example.org\r\nSeverity: High\r\nOriginal problem ID: 7\r\n' },
    judged: [{ asset: 'shop.example.org', signature: 'Shop page is slow', severity: 'high', status: 'firing' }],
  },
  'aws-cloudwatch/sns-alarm-rds-cpu': { body: alarm('ALARM'), judged: [{ asset: 'orders', signature: 'queue-too-long', severity: 'high', status: 'firing' }] },
  'aws-cloudwatch/sns-ok-rds-cpu': { body: alarm('OK'), judged: [{ asset: 'orders', signature: 'queue-too-long', severity: null, status: 'resolved' }] },
  'aws-cloudwatch/sns-insufficient-data': { body: { ...alarm('INSUFFICIENT_DATA'), MessageId: '00000000-0000-4000-8000-000000000002' }, judged: [{ asset: 'orders', signature: 'queue-too-long', severity: null, status: null }] },
  'aws-cloudwatch/sns-subscription-confirmation': {
    body: { ...TOPIC, Type: 'SubscriptionConfirmation', Token: 'none', Message: 'You have chosen to subscribe.', SubscribeURL: 'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription' }, judged: [],
  },
  'aws-cloudwatch/sns-plain-text-message': { body: { ...TOPIC, Type: 'Notification', Subject: 'Backup did not run', Message: 'No backup was made last night.' }, judged: [{ asset: null, signature: null, severity: null, status: 'firing' }] },
}
