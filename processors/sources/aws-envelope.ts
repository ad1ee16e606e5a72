import { readEach, reject } from './build.ts'
import { at, firstText, isObject, jsonInside, textOf } from './json.ts'
import type { Normalised } from './source.ts'

/** How one AWS source reads what the wrapping held; `envelope` is the SNS notification around it, undefined where there was none. */
export interface AwsReader {
  /** A JSON object or array. */
  readBody(body: unknown, envelope: unknown, path: string): Normalised
  /** A text that is no JSON. */
  readText(message: string, envelope: unknown, path: string): Normalised
}

/** SNS over HTTP, the records a Lambda function or an SQS queue gets, a bare event, or an array of any of them. */
export function readAwsDelivery(payload: unknown, reader: AwsReader): Normalised {
  const records = at(payload, 'Records')
  if (Array.isArray(records)) return readEach(records, '/Records', (record, path) => readRecord(record, path, reader))
  if (typeof payload === 'string') return readMessage(payload, undefined, '', reader)
  if (Array.isArray(payload)) return readEach(payload, '', (element, path) => (isNotification(element) ? readNotification(element, path, reader) : reader.readBody(element, undefined, path)))
  return isNotification(payload) ? readNotification(payload, '', reader) : reader.readBody(payload, undefined, '')
}

function readRecord(record: unknown, path: string, reader: AwsReader): Normalised {
  const queued = at(record, 'body')
  if (typeof queued !== 'string') return readNotification(at(record, 'Sns') ?? record, `${path}/Sns`, reader)
  const inside = jsonInside(queued)
  return isNotification(inside) ? readNotification(inside, `${path}/body`, reader) : readMessage(queued, undefined, `${path}/body`, reader)
}

function isNotification(value: unknown): boolean {
  return textOf(at(value, 'TopicArn')) !== null && textOf(at(value, 'Type')) !== null
}

/** The envelope of SNS ("Parsing Amazon SNS message formats"). Everything but a notification is about the subscription and carries no alert. */
function readNotification(envelope: unknown, path: string, reader: AwsReader): Normalised {
  if (!isObject(envelope)) return [reject(path, 'an SNS record must hold an object `Sns`')]
  const type = firstText(envelope, 'Type')
  if (type === 'SubscriptionConfirmation' || type === 'UnsubscribeConfirmation') return []
  const message = at(envelope, 'Message')
  if (typeof message === 'string') return readMessage(message, envelope, `${path}/Message`, reader)
  return isObject(message) ? reader.readBody(message, envelope, `${path}/Message`) : [reject(`${path}/Message`, 'an SNS notification has a text `Message`')]
}

function readMessage(message: string, envelope: unknown, path: string, reader: AwsReader): Normalised {
  const body = jsonInside(message)
  return body === undefined ? reader.readText(message, envelope, path) : reader.readBody(body, envelope, path)
}
