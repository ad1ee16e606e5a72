import { readEvent } from '../aws-eventbridge/event.ts'
import { eventOfNotice } from '../aws-eventbridge/notice.ts'
import { readAwsDelivery } from '../aws-envelope.ts'
import { readPlainNotification } from '../aws-notification.ts'
import { readEach, reject } from '../build.ts'
import { at, firstText, isObject, listOf } from '../json.ts'
import type { Normalised } from '../source.ts'
import { recognise } from '../unknown/recognise.ts'
import { readAlarmEvent, readAlarmMessage } from './alarm.ts'

/** SNS over HTTP, the records a Lambda function gets, an EventBridge event, or an alarm message delivered raw. */
export function normalise(payload: unknown): Normalised {
  return readAwsDelivery(payload, { readBody, readText: (message, envelope, path) => readPlainNotification('aws-cloudwatch', message, envelope, path) })
}

function readBody(body: unknown, envelope: unknown, path: string): Normalised {
  if (at(body, 'AlarmName') !== undefined) return readAlarmMessage(body)
  // A relay took the envelope's other fields away.
  if (at(body, 'Message', 'AlarmName') !== undefined) return readAlarmMessage(at(body, 'Message'))
  if (isObject(at(body, 'alarmData')) || isObject(at(body, 'detail', 'state'))) return readAlarmEvent(body)
  // An alarm was created, changed or deleted, or a maintenance note about the alarm itself: no observation.
  if (firstText(body, 'detail-type') === 'CloudWatch Alarm Configuration Change') return []
  // What the API answers to DescribeAlarms.
  const listed = ['MetricAlarms', 'CompositeAlarms'].flatMap((name) => (Array.isArray(at(body, name)) ? listOf(at(body, name)) : []))
  if (listed.length > 0) return readEach(listed, `${path}/MetricAlarms`, (alarm) => readAlarmMessage(alarm))
  const notice = eventOfNotice(body)
  if (notice !== null) return notice === undefined ? [] : [readEvent(notice.event, notice.kind, 'aws-cloudwatch')]
  if (typeof body !== 'object' || body === null) return [reject(path, 'neither an SNS notification nor an alarm')]
  return recognise(body, 'aws-cloudwatch', path, { title: firstText(envelope, 'Subject'), time: firstText(envelope, 'Timestamp') })
}
