import { readEach } from '../build.ts'
import { at, isObject } from '../json.ts'
import { readNotification } from '../nagios-notification.ts'
import type { Normalised } from '../source.ts'

const ADVICE = 'send the macros HOSTNAME, SERVICEDESC, SERVICESTATE (or HOSTSTATE), NOTIFICATIONTYPE and SERVICEOUTPUT as in the guide'

/** One notification; an array of them, and the `checkresults` that NRDP takes, are read too. */
export function normalise(payload: unknown): Normalised {
  const results = at(payload, 'checkresults')
  if (Array.isArray(results)) return readEach(results, '/checkresults', readOne)
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  // The scripts for paging services put the macros into `details`, the archived ones into `macros`.
  const inside = at(element, 'details') ?? at(element, 'macros') ?? at(element, 'payload')
  return readNotification('nagios', isObject(inside) ? { ...outer(element), ...inside } : element, path, ADVICE)
}

/** What stands around the macros: the event's type, which counts only where the macros have none. */
function outer(element: unknown): Record<string, unknown> {
  return { eventtype: at(element, 'event_type') ?? at(element, 'event_action') ?? null }
}
