import { readAlarmEvent, readAlarmMessage } from '../aws-cloudwatch/alarm.ts'
import { readAwsDelivery } from '../aws-envelope.ts'
import { readGuardDuty } from '../aws-guardduty/event.ts'
import { readPlainNotification } from '../aws-notification.ts'
import { readSecurityHub } from '../aws-securityhub/event.ts'
import { reject } from '../build.ts'
import { at, firstText, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { recognise } from '../unknown/recognise.ts'
import { readEvent } from './event.ts'
import { readHealth } from './health.ts'
import { eventOfNotice } from './notice.ts'

const SOURCE = 'aws-eventbridge'

/** Events that carry no observation: a schedule ran, an alarm's settings changed, a trail wrote a read. */
const SILENT = new Set(['Scheduled Event', 'CloudWatch Alarm Configuration Change', 'Tag Change on Resource'])

/** Any event of EventBridge, bare, inside SNS, as Lambda or SQS records, or several in an array. */
export function normalise(payload: unknown): Normalised {
  return readAwsDelivery(payload, { readBody, readText: (message, envelope, path) => readPlainNotification(SOURCE, message, envelope, path) })
}

function readBody(body: unknown, envelope: unknown, path: string): Normalised {
  if (!isObject(body)) return [reject(path, 'an EventBridge event is an object; leave Matched events as the input of the rule\'s target')]
  // Rules may be tested with the list the API takes.
  const kind = firstText(body, 'detail-type', 'DetailType')
  if (kind !== null && SILENT.has(kind)) return []
  if (kind === 'AWS Health Event' || kind === 'AWS Health Abuse Event') return [readHealth(body, SOURCE)]
  if ((kind ?? '').startsWith('CloudWatch Alarm') && isObject(at(body, 'detail', 'state'))) return readAlarmEvent(body, SOURCE)
  if (at(body, 'AlarmName') !== undefined && at(body, 'NewStateValue') !== undefined) return readAlarmMessage(body, SOURCE)
  const from = firstText(body, 'source') ?? ''
  const handed = from === 'aws.guardduty' ? readGuardDuty(body, path, SOURCE) : from === 'aws.securityhub' ? readSecurityHub(body, path, SOURCE) : null
  if (handed !== null) return handed
  if (kind !== null) return [readEvent(body, kind, SOURCE)]
  const notice = eventOfNotice(body)
  if (notice !== null) return notice === undefined ? [] : [readEvent(notice.event, notice.kind, SOURCE)]
  return recognise(body, SOURCE, path, { title: firstText(envelope, 'Subject'), time: firstText(envelope, 'Timestamp') })
}
