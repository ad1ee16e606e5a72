import { makeAlert, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { recognise } from '../unknown/recognise.ts'
import { beganAtMs, listText, readOneOrMany } from '../uptime.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** ALERT_TYPE (Checkly docs, "Alert states & transitions"). */
const STATUSES: StatusTable = {
  alert_failure: 'firing', alert_fail: 'firing', alert_failure_remain: 'firing', alert_degraded_failure: 'firing',
  alert_degraded: 'firing', alert_degraded_remain: 'firing', alert_failure_degraded: 'firing',
  alert_recovery: 'resolved', alert_degraded_recovery: 'resolved', alert_ssl: 'firing',
}

/** Degraded is Checkly's warning: slower than wished, but passing. A failure has no grade. */
const SEVERITIES: SeverityTable = { alert_degraded: 'medium', alert_degraded_remain: 'medium', alert_failure_degraded: 'medium' }

/** Reads the variables of a webhook's body under their own names in any spelling. */
export function normalise(payload: unknown): Normalised {
  return readOneOrMany(payload, readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a Checkly alert is an object; give the webhook a JSON body with CHECK_ID, CHECK_NAME and ALERT_TYPE')]
  const fields = new Fields(element)
  const id = fields.path('checkid', 'id')
  const name = fields.path('checkname', 'name', 'check')
  if (id === null && name === null) return recognise(element, 'checkly', path)
  const type = fields.path('alerttype', 'type', 'eventtype')
  if (type?.toLowerCase() === 'no_alert') return []
  const isSsl = type?.toLowerCase() === 'alert_ssl'
  const status = statusFrom(STATUSES, type)
  const domain = fields.path('sslcheckdomain')
  return [
    makeAlert({
      source: 'checkly',
      externalId: id === null ? null : isSsl ? `${id}:ssl` : id,
      asset: fields.path('host', 'hostname', 'asset', 'target', 'requesturl', 'url') ?? domain,
      signature: isSsl && id === null ? `${name} certificate` : name,
      severity: severityFrom(SEVERITIES, type),
      status,
      title: fields.path('alerttitle', 'event', 'title', 'message') ?? name ?? `Check ${id}`,
      message: fields.path('checkerrormessage', 'errormessage', 'description', 'message'),
      startsAtMs: beganAtMs(status, fields.path('startedat')),
      labels: [
        ['alert_type', type],
        ['check_type', fields.path('checktype')],
        ['group_name', fields.path('groupname', 'checkgroupname')],
        ['run_location', fields.path('runlocation')],
        ['region', fields.path('region')],
        ['tags', listText(at(element, 'tags') ?? at(element, 'TAGS'))],
        ['response_time_ms', fields.path('responsetime')],
        ['status_code', fields.path('apicheckresponsestatuscode')],
        ['ssl_check_domain', domain],
        ['ssl_days_remaining', fields.path('ssldaysremaining')],
        ['check_result_id', fields.path('checkresultid')],
        ['link', fields.path('link', 'resultlink')],
      ],
    }),
  ]
}
