import { readAwsDelivery } from '../aws-envelope.ts'
import { readPlainNotification } from '../aws-notification.ts'
import { reject } from '../build.ts'
import { firstText, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { recognise } from '../unknown/recognise.ts'
import { readGuardDuty } from './event.ts'

/** Events of EventBridge, bare or inside SNS, and findings as the API answers them. */
export function normalise(payload: unknown): Normalised {
  return readAwsDelivery(payload, { readBody, readText: (message, envelope, path) => readPlainNotification('aws-guardduty', message, envelope, path) })
}

function readBody(body: unknown, envelope: unknown, path: string): Normalised {
  if (!isObject(body)) return [reject(path, 'a GuardDuty event is an object; leave Matched events as the input of the rule\'s target')]
  const found = readGuardDuty(body, path, 'aws-guardduty')
  return found ?? recognise(body, 'aws-guardduty', path, { title: firstText(envelope, 'Subject'), time: firstText(envelope, 'Timestamp') })
}
