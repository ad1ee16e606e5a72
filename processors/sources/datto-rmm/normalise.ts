import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, firstText, isObject, textEntries } from '../json.ts'
import { readMarks } from '../marks.ts'
import { readPages } from '../pages.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, STATUS_WORDS, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** Priorities of a monitor (help, "Monitors"); `Unknown` stays unknown. */
const SEVERITIES: SeverityTable = { critical: 'critical', high: 'high', moderate: 'medium', medium: 'medium', low: 'low', information: 'info', informational: 'info', info: 'info' }

const STATUSES: StatusTable = { ...STATUS_WORDS, 'alert.raised': 'firing', 'alert.triggered': 'firing', 'alert.resolved': 'resolved', alert: 'firing', resolution: 'resolved', raised: 'firing' }

/** Names inside an alert's context that tell one monitor from another of its class. */
const SUBJECTS = ['diskName', 'serviceName', 'processName', 'instanceName', 'componentName', 'policyName', 'productName', 'product', 'actionType', 'metric', 'logName', 'source', 'eventSource', 'code', 'eventId', 'monitorInstance', 'path', 'type'] as const

/** One alert; lists of the API (`alerts`, arrays) are read too. */
export function normalise(payload: unknown): Normalised {
  return readPages(payload, ['alerts'], readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a Datto RMM alert is an object; paste the body of the guide into the webhook of the monitor')]
  const fields = new Fields(element)
  const id = fields.path('alertuid', 'uid', 'alertid')
  const asset = fields.path('alertsourceinfodevicename', 'devicehostname', 'devicename', 'hostname', 'device') ?? fields.any('devicename', 'devicehostname')
  const message = fields.path('alertmessageen', 'alertmessage', 'message', 'diagnostics', 'alertdiagnostics', 'text', 'description')
  if (id === null && asset === null && message === null) return [reject(path, 'no alert, device or message; use the variables [alert_uid], [device_hostname], [alert_priority] and [alert_message_en] in the body')]
  const context = at(element, 'alertContext')
  const signature = contextName(context) ?? fields.path('alerttype', 'monitortype', 'alertcategory', 'monitorname', 'category', 'trigger')?.replace(/_ctx$/, '') ?? null
  return [
    makeAlert({
      source: 'datto-rmm',
      externalId: id,
      asset,
      signature,
      severity: severityFrom(SEVERITIES, fields.path('priority', 'alertpriority', 'severity', 'alertseverity')),
      status: statusOf(fields),
      title: fields.path('title', 'subject') ?? message ?? contextTitle(context),
      message: message ?? contextTitle(context),
      startsAtMs: instantMs(fields.path('timestamp', 'alerttimestamp', 'triggeredat', 'startedat', 'alertdate')),
      labels: [
        ['site', fields.path('alertsourceinfositename', 'sitename', 'site', 'dattositedetails')],
        ['context', firstText(context, '@class', 'class')],
        ...textEntries(context).filter(([name]) => name !== '@class').slice(0, 24),
        ['deviceUid', fields.path('alertsourceinfodeviceuid', 'deviceuid', 'deviceid')],
        ['siteUid', fields.path('alertsourceinfositeuid', 'siteuid', 'siteid')],
        ['alertType', fields.path('alerttype')],
        ['alertCategory', fields.path('alertcategory')],
        ['deviceOs', fields.path('deviceos')],
        ['deviceIp', fields.path('deviceip', 'externalip')],
        ['deviceDescription', fields.path('devicedescription')],
        ['lastUser', fields.path('lastuser')],
        ['platform', fields.path('platform')],
        ['ticketNumber', fields.path('ticketnumber')],
        ['muted', fields.path('muted')],
        ['resolvedBy', fields.path('resolvedby')],
      ],
    }),
  ]
}

/** `resolved` of the API's object, or the word a template gives its two bodies. A body that says neither is the one for raised alerts. */
function statusOf(fields: Fields): AlertStatus {
  const resolved = fields.path('resolved', 'isresolved', 'alertresolved', 'resolvedalert')?.toLowerCase()
  if (resolved === 'true') return 'resolved'
  const word = fields.path('status', 'alertstatus', 'eventtype', 'event', 'state', 'action')
  if (word !== null) return statusFrom(STATUSES, word)
  return readMarks(fields.path('title', 'subject')).status ?? 'firing'
}

/** `perf_disk_usage C:` of `perf_disk_usage_ctx`: the class of the monitor and what it looks at. */
function contextName(context: unknown): string | null {
  const name = firstText(context, '@class', 'class')
  if (name === null) return null
  const subject = firstText(context, ...SUBJECTS)
  const kind = name.replace(/_ctx$/, '')
  return subject === null ? kind : `${kind} ${subject}`
}

function contextTitle(context: unknown): string | null {
  return firstText(context, 'message', 'description', 'threatName', 'patchTitle', 'stdOut')
}
