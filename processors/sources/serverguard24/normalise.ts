import { makeAlert, reject } from '../build.ts'
import { firstText, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { readOneOrMany } from '../uptime.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** `check_result` of a service. */
const SEVERITIES: SeverityTable = { critical: 'critical', warning: 'medium' }

/** UNKNOWN says that the check itself could not be made. */
const STATUSES: StatusTable = { critical: 'firing', warning: 'firing', ok: 'resolved', unknown: 'no_data' }

/** Reads the notification of a service, as JSON or as form fields. */
export function normalise(payload: unknown): Normalised {
  return readOneOrMany(payload, readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a ServerGuard24 notification is an object')]
  const server = firstText(element, 'server_address', 'server_name')
  const service = serviceOf(firstText(element, 'service_name'), firstText(element, 'service_shortname'))
  if (server === null && service === null) return [reject(path, 'no server and no service; use a notification of the type Webhook')]
  const result = firstText(element, 'check_result')
  return [
    makeAlert({
      source: 'serverguard24',
      externalId: null,
      asset: server,
      signature: service,
      severity: severityFrom(SEVERITIES, result),
      status: statusFrom(STATUSES, result),
      title: `${service ?? 'Service'} on ${firstText(element, 'server_name') ?? server ?? 'a server'} is ${result ?? 'in an unknown state'}`,
      message: firstText(element, 'service_message') ?? firstText(element, 'check_output'),
      // `notification_time` is the time of the message, in a zone that is not told.
      startsAtMs: null,
      // Arguments of the check (service_arg_…) may hold log-ins: only path and port are labels.
      labels: [
        ['service', firstText(element, 'service_shortname', 'service_name')],
        ['service_name', firstText(element, 'service_name')],
        ['server_name', firstText(element, 'server_name')],
        ['check_result', result],
        ['check_output', firstText(element, 'check_output')],
        ['path', firstText(element, 'service_arg_path')],
        ['port', firstText(element, 'service_arg_port')],
      ],
    }),
  ]
}

/** A server may be checked several times by services of one name, which then differ in the short name. */
function serviceOf(name: string | null, short: string | null): string | null {
  return name === null || short === null || name === short ? (name ?? short) : `${name} (${short})`
}
