import { readEach } from '../build.ts'
import { at, isObject } from '../json.ts'
import { readNotification } from '../nagios-notification.ts'
import type { Normalised } from '../source.ts'

const ADVICE = 'send the variables NOTIFY_HOSTNAME, NOTIFY_SERVICEDESC, NOTIFY_WHAT, NOTIFY_NOTIFICATIONTYPE, NOTIFY_SERVICESTATE and NOTIFY_HOSTSTATE as in the guide'

/** One notification; an array of them, and the `contexts` of a bulk, are read too. */
export function normalise(payload: unknown): Normalised {
  const contexts = at(payload, 'contexts')
  if (Array.isArray(contexts)) return readEach(contexts, '/contexts', readOne)
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  const context = at(element, 'context')
  return readNotification('checkmk', isObject(context) ? context : element, path, ADVICE)
}
