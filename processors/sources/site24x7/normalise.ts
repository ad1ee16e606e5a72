import { makeAlert, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, firstText, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { recognise } from '../unknown/recognise.ts'
import { beganAtMs, listText, readOneOrMany } from '../uptime.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** $STATUS as a grade: Site24x7 ranks its alarms Down, Critical, Trouble (help, "Status"). */
const SEVERITIES: SeverityTable = { down: 'critical', critical: 'critical', trouble: 'medium', 'configuration error': 'low' }

/** $STATUS, also as the code of the API. */
const STATUSES: StatusTable = { down: 'firing', critical: 'firing', trouble: 'firing', 'configuration error': 'firing', up: 'resolved', 0: 'firing', 1: 'resolved', 2: 'firing', 3: 'firing', 10: 'firing' }

/** States of a monitor somebody put aside or that is being found; nothing is wrong. */
const NOT_ALERTS = new Set(['maintenance', 'suspended', 'discovery', 'discovery in progress', 'under maintenance', '5', '7', '9'])

/** Reads the incident parameters, as form fields or JSON, under their own names or in the customer's own JSON. */
export function normalise(payload: unknown): Normalised {
  return readOneOrMany(payload, readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a Site24x7 alarm is a form or an object; select Post as JSON and Send Incident Parameters in the webhook')]
  const fields = new Fields(element)
  const id = fields.path('monitorid', 'incidentnumber')
  const name = fields.path('monitorname', 'monitor', 'displayname')
  if (id === null && name === null) return recognise(element, 'site24x7', path)
  const word = fields.path('status', 'monitorstatus', 'severity')
  if (word !== null && NOT_ALERTS.has(word.toLowerCase())) return []
  const status = statusFrom(STATUSES, word)
  const reason = fields.path('incidentreason', 'reason', 'incidentdetails')
  return [
    makeAlert({
      source: 'site24x7',
      externalId: id,
      // A monitor of a server, device or cloud resource has no URL: it is named after what it watches.
      asset: fields.path('monitorurl', 'hostname', 'host', 'servername', 'ipaddress', 'monitorhost') ?? name,
      signature: name,
      severity: severityFrom(SEVERITIES, word),
      status,
      title: `${name ?? id} is ${word ?? 'in an unknown state'}`,
      message: fields.path('incidentdetails') ?? firstText(at(element, 'STATUS_CHANGE_ATTRIBUTES', '0'), 'reason') ?? reason,
      startsAtMs: beganAtMs(status, fields.path('incidenttimeiso', 'outagetimeunixformat', 'ct')),
      labels: [
        ['monitorType', fields.path('monitortype')],
        ['reason', reason],
        ['attribute', firstText(at(element, 'STATUS_CHANGE_ATTRIBUTES', '0'), 'attributeName')],
        ['failed_locations', fields.path('failedlocations')],
        ['monitor_group', fields.path('monitorgroupname', 'monitorgroup')],
        ['tags', listText(at(element, 'TAGS') ?? at(element, 'tags'), 'name')],
        ['customer', fields.path('mspcustomername', 'customername', 'buname')],
        ['timezone', fields.path('timezone')],
        ['dashboard', fields.path('monitordashboardlink')],
        ['rca', fields.path('rcalink')],
      ],
    }),
  ]
}
