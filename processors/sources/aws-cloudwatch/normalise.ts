import { readAwsDelivery } from '../aws-envelope.ts'
import { readPlainNotification } from '../aws-notification.ts'
import { reject } from '../build.ts'
import { at, firstText, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { recognise } from '../unknown/recognise.ts'
import { readAlarmEvent, readAlarmMessage } from './alarm.ts'

/** SNS over HTTP, the records a Lambda function gets, an EventBridge event, or an alarm message delivered raw. */
export function normalise(payload: unknown): Normalised {
  return readAwsDelivery(payload, { readBody, readText: (message, envelope, path) => readPlainNotification('aws-cloudwatch', message, envelope, path) })
}

function readBody(body: unknown, envelope: unknown, path: string): Normalised {
  if (at(body, 'AlarmName') !== undefined && at(body, 'NewStateValue') !== undefined) return readAlarmMessage(body)
  if (isObject(at(body, 'alarmData')) || isObject(at(body, 'detail', 'state'))) return readAlarmEvent(body)
  // An alarm was created, changed or deleted, or a maintenance note about the alarm itself: no observation.
  if (firstText(body, 'detail-type') === 'CloudWatch Alarm Configuration Change') return []
  if (typeof body !== 'object' || body === null) return [reject(path, 'neither an SNS notification nor an alarm')]
  return recognise(body, 'aws-cloudwatch', path, { title: firstText(envelope, 'Subject'), time: firstText(envelope, 'Timestamp') })
}
