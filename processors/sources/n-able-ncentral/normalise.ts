import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { isObject } from '../json.ts'
import { xmlTexts } from '../parse-xml.ts'
import type { Normalised } from '../source.ts'
import { zonedMs } from '../time.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** States of a service (N-central help, "Service states"). A service that is disabled or still in transition says nothing. */
const STATUSES: StatusTable = { normal: 'resolved', failed: 'firing', warning: 'firing', stale: 'firing', misconfigured: 'firing', 'no data': 'firing', nodata: 'firing', disconnected: 'firing', disabled: 'no_data', transition: 'no_data', 'in transition': 'no_data' }
const SEVERITIES: SeverityTable = { failed: 'high', warning: 'medium', stale: 'low', misconfigured: 'low' }

/** Names that templates in JSON give the same fields, as whole paths: `{device: {name}, service: {name, task}, state: {new, old}}`. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  affectedservice: ['servicename', 'service'], taskident: ['servicetask', 'taskname', 'task'], customername: ['devicecustomer', 'customer'], devicename: ['device'], deviceuri: ['deviceip', 'ip'],
  qualitativenewstate: ['qualitativenewstatus', 'statenew', 'newstate', 'state', 'status'], qualitativeoldstate: ['stateold', 'oldstate'], quantitativenewstate: ['statedetails', 'details', 'message'],
  timeofstatechange: ['alerttime', 'time'], activenotificationtriggerid: ['alertid'],
}

/** One notification in XML, read by the edge or still a text; objects with the same names and arrays of them are read too. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(given: unknown, path: string): Normalised {
  const element = typeof given === 'string' && given.trimStart().startsWith('<') ? xmlTexts(given) : given
  if (!isObject(element)) return [reject(path, 'an N-central notification is XML; choose the recipient type HTTP (XML) in the notification profile')]
  const fields = new Fields(element)
  const field = (name: string): string | null => fields.path(name) ?? fields.any(name, `notification${name}`) ?? fields.path(...(ALIASES[name] ?? []))
  const device = field('devicename')
  const service = field('affectedservice')
  const task = field('taskident')
  const uri = field('deviceuri')
  if (device === null && service === null && uri === null) return [reject(path, 'no DeviceName and no AffectedService; use the notification in N-central\'s own format')]
  const state = field('qualitativenewstate')
  const customer = field('customername')
  const status = statusFrom(STATUSES, state)
  return [
    makeAlert({
      source: 'n-able-ncentral',
      externalId: placeOf([customer, device ?? uri, service, task]),
      asset: device ?? uri,
      signature: service,
      severity: status === 'firing' ? severityFrom(SEVERITIES, state) : 'unknown',
      status,
      title: [device ?? uri, [service, task].filter((part) => part !== null).join(' ') || null, state].filter((part) => part !== null).join(' - '),
      message: field('quantitativenewstate'),
      startsAtMs: status === 'firing' ? zonedMs(field('timeofstatechange')) : null,
      labels: [
        ['QualitativeNewState', state],
        ['QualitativeOldState', field('qualitativeoldstate')],
        ['CustomerName', customer],
        ['ServiceOrganizationName', field('serviceorganizationname')],
        ['DeviceURI', uri],
        ['ProbeURI', field('probeuri')],
        ['TaskIdent', task],
        ['NcentralURI', field('ncentraluri')],
        ['ExternalCustomerID', field('externalcustomerid')],
        ['ActiveNotificationTriggerID', field('activenotificationtriggerid')],
        ['ActiveProfile', field('activeprofile')],
        ['NotificationTriggerName', field('notificationtriggername')],
        ['TimeOfStateChange', field('timeofstatechange')],
        ['AcknowledgementUser', field('acknowledgementuser')],
        ['RemoteControlLink', field('remotecontrollink')],
      ],
    }),
  ]
}

/**
 * N-central's own address of a check: customer, device, service and task (`C:` of the service Disk). One server holds many customers, whose
 * devices share names, and a device has several tasks of one service; the trigger's id is of the rule that notified, and new with each.
 */
function placeOf(parts: readonly (string | null)[]): string {
  return parts.flatMap((part) => (part === null ? [] : part.slice(0, 256).replaceAll('/', '%2F'))).join('/')
}
