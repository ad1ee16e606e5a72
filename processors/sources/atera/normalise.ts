import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, isObject } from '../json.ts'
import { readPages } from '../pages.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** Severities of an alert (Atera API, Alerts). */
const SEVERITIES: SeverityTable = { critical: 'critical', warning: 'medium', information: 'info', informational: 'info', info: 'info' }

/** Words for what the console calls an alert's status; the API's object has `Archived` in its place. */
const STATUSES: StatusTable = { open: 'firing', opened: 'firing', active: 'firing', new: 'firing', created: 'firing', triggered: 'firing', snoozed: 'acknowledged', archived: 'resolved', resolved: 'resolved', closed: 'resolved' }

/** One alert; the pages of the API (`items`) and arrays are read too. */
export function normalise(payload: unknown): Normalised {
  return readPages(payload, ['items', 'alerts'], readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'an Atera alert is an object of the alerts API; see the guide for the small script that hands it on')]
  const alert = at(element, 'alert') ?? at(element, 'Alert') ?? at(element, 'data')
  const fields = new Fields(isObject(alert) ? alert : element)
  const id = fields.path('alertid', 'id')
  const title = fields.path('title', 'alerttitle', 'name', 'alertname')
  const device = fields.path('devicename', 'agentname', 'machinename', 'device', 'hostname')
  if (id === null && title === null && device === null) return [reject(path, 'no AlertID, Title or DeviceName; post the alert as the API gives it')]
  return [
    makeAlert({
      source: 'atera',
      externalId: id,
      asset: device,
      signature: title ?? fields.path('code', 'alertcategoryid'),
      severity: severityFrom(SEVERITIES, fields.path('severity', 'alertseverity')),
      status: statusOf(fields),
      title,
      message: [fields.path('alertmessage', 'message', 'description'), fields.path('additionalinfo')].filter((text) => text !== null).join('\n'),
      startsAtMs: instantMs(fields.path('created', 'createdat', 'createddate', 'timestamp')),
      labels: [
        ['CustomerName', fields.path('customername', 'customer')],
        ['CustomerID', fields.path('customerid')],
        ['DeviceGuid', fields.path('deviceguid')],
        ['AlertCategoryID', fields.path('alertcategoryid', 'category')],
        ['Code', fields.path('code')],
        ['Source', fields.path('source')],
        ['ThresholdValue', fields.path('thresholdvalue1', 'thresholdvalue')],
        ['FolderID', fields.path('folderid')],
        ['TicketID', fields.path('ticketid')],
        ['SnoozedEndDate', fields.path('snoozedenddate')],
      ],
    }),
  ]
}

/** Archived is the end of an alert, by a person or by Atera; without the word a listed alert is open. */
function statusOf(fields: Fields): AlertStatus {
  if (fields.path('archived', 'isarchived')?.toLowerCase() === 'true' || fields.path('archiveddate') !== null) return 'resolved'
  const word = fields.path('status', 'alertstatus', 'state')
  if (word !== null) return statusFrom(STATUSES, word)
  return fields.path('snoozedenddate') === null ? 'firing' : 'acknowledged'
}
