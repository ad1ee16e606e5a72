import { readEach, reject } from '../build.ts'
import { at, firstText, isObject, jsonInside, textOf } from '../json.ts'
import type { Normalised } from '../source.ts'
import { recognise } from '../unknown/recognise.ts'
import { readAlarmEvent, readAlarmMessage } from './alarm.ts'
import { readPlainNotification } from './notification.ts'

/** SNS over HTTP, the records a Lambda function gets, an EventBridge event, or an alarm message delivered raw. */
export function normalise(payload: unknown): Normalised {
  const records = at(payload, 'Records')
  if (Array.isArray(records)) return readEach(records, '/Records', (record, path) => readNotification(at(record, 'Sns') ?? record, `${path}/Sns`))
  if (typeof payload === 'string') return readMessage(payload, undefined, '')
  if (Array.isArray(payload)) return readEach(payload, '', (element, path) => readBody(element, undefined, path))
  return isEnvelope(payload) ? readNotification(payload, '') : readBody(payload, undefined, '')
}

function isEnvelope(value: unknown): boolean {
  return textOf(at(value, 'TopicArn')) !== null && textOf(at(value, 'Type')) !== null
}

/** The envelope of SNS ("Parsing Amazon SNS message formats"). Everything but a notification is about the subscription and carries no alert. */
function readNotification(envelope: unknown, path: string): Normalised {
  if (!isObject(envelope)) return [reject(path, 'an SNS record must hold an object `Sns`')]
  const type = firstText(envelope, 'Type')
  if (type === 'SubscriptionConfirmation' || type === 'UnsubscribeConfirmation') return []
  const message = at(envelope, 'Message')
  if (typeof message === 'string') return readMessage(message, envelope, `${path}/Message`)
  return isObject(message) ? readBody(message, envelope, `${path}/Message`) : [reject(`${path}/Message`, 'an SNS notification has a text `Message`')]
}

function readMessage(message: string, envelope: unknown, path: string): Normalised {
  const body = jsonInside(message)
  return body === undefined ? readPlainNotification(message, envelope, path) : readBody(body, envelope, path)
}

function readBody(body: unknown, envelope: unknown, path: string): Normalised {
  if (at(body, 'AlarmName') !== undefined && at(body, 'NewStateValue') !== undefined) return readAlarmMessage(body)
  if (isObject(at(body, 'alarmData')) || isObject(at(body, 'detail', 'state'))) return readAlarmEvent(body)
  // An alarm was created, changed or deleted, or a maintenance note about the alarm itself: no observation.
  if (firstText(body, 'detail-type') === 'CloudWatch Alarm Configuration Change') return []
  if (typeof body !== 'object' || body === null) return [reject(path, 'neither an SNS notification nor an alarm')]
  return recognise(body, 'aws-cloudwatch', path, { title: firstText(envelope, 'Subject'), time: firstText(envelope, 'Timestamp') })
}
