import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, firstText, isObject } from '../json.ts'
import { readPages } from '../pages.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { knows, severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** Severity of a condition (API, ActivitySeverity), and its priority where the condition has no severity. NONE says that nobody rated it. */
const SEVERITIES: SeverityTable = { critical: 'critical', major: 'high', moderate: 'medium', minor: 'low' }
const PRIORITIES: SeverityTable = { high: 'high', medium: 'medium', low: 'low' }

/** States of a condition; `statusCode` and `status` hold them in this or that version. */
const STATUSES: StatusTable = { triggered: 'firing', raised: 'firing', active: 'firing', open: 'firing', reset: 'resolved', resolved: 'resolved', cleared: 'resolved', closed: 'resolved', auto_reset: 'resolved', disabled: 'resolved', deleted: 'resolved', acknowledged: 'acknowledged' }

/** Activities beside conditions that begin or end a problem. */
const OTHER_ACTIVITIES: StatusTable = {
  device_down: 'firing', device_offline: 'firing', node_offline: 'firing', offline: 'firing', system_offline: 'firing', agent_offline: 'firing',
  device_up: 'resolved', device_online: 'resolved', node_online: 'resolved', online: 'resolved', system_online: 'resolved', agent_online: 'resolved',
}

const FAILURES = new Set(['failure', 'failed', 'error'])

/** One activity or alert; the lists of the API (`activities`, arrays) are read too. */
export function normalise(payload: unknown): Normalised {
  return readPages(payload, ['activities', 'alerts'], readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a NinjaOne activity is an object; point the webhook here without a template between')]
  const fields = new Fields(element)
  const code = fields.path('statuscode', 'activitystatuscode')
  const state = stateOf(fields, code)
  const isAlert = isAlertObject(element)
  if (state === null && !isAlert) {
    // Logons, patches, software, script runs, remote sessions: activities that are no problem.
    return code === null && fields.path('activitytype', 'type') === null ? [reject(path, 'neither an activity nor an alert; choose Webhook as the notification channel and the condition activities')] : []
  }
  const stateless = code !== null && !knows(STATUSES, code) && !knows(OTHER_ACTIVITIES, code) ? code : null
  const signature = nameOf(fields.path('sourcename')) ?? fields.path('conditionname') ?? stateless ?? fields.path('datamessagecode') ?? connectivity(code) ?? fields.path('subject', 'sourcetype', 'activitytype', 'type')
  const deviceId = fields.path('deviceid')
  const asset = fields.path('devicedisplayname', 'devicename', 'devicesystemname', 'displayname', 'hostname', 'systemname') ?? fields.any('devicednsname', 'dnsname') ?? (deviceId === null ? null : `device ${deviceId}`)
  const severity = severityFrom(SEVERITIES, fields.path('severity', 'dataseverity') ?? fields.any('paramsseverity'))
  return [
    makeAlert({
      source: 'ninjaone',
      // The series ties trigger and reset of one condition; an alert's uid ends with it. Activity ids are new each time.
      externalId: fields.path('seriesuid') ?? fields.path('uid', 'alertuid'),
      asset,
      signature,
      severity: severity === 'unknown' ? severityFrom(PRIORITIES, fields.path('priority', 'datapriority')) : severity,
      status: state ?? 'firing',
      title: fields.path('message', 'subject') ?? signature,
      message: fields.path('message', 'subject') ?? firstText(element, ['data', 'message', 'text']),
      startsAtMs: state === null || state === 'firing' ? instantMs(at(element, 'createTime') ?? at(element, 'activityTime') ?? at(element, 'activity_time')) : instantMs(at(element, 'createTime')),
      labels: [
        ['organizationId', fields.path('organizationid', 'deviceorganizationid')],
        ['organization', fields.path('organizationname') ?? fields.any('organizationname')],
        ['locationId', fields.path('locationid', 'devicelocationid')],
        ['location', fields.any('locationname')],
        ['deviceId', deviceId ?? fields.path('deviceidentifier')],
        ['systemName', fields.path('devicesystemname', 'systemname')],
        ['nodeClass', fields.path('devicenodeclass', 'nodeclass')],
        ['activityType', fields.path('activitytype')],
        ['statusCode', code],
        ['priority', fields.path('priority')],
        ['sourceType', fields.path('sourcetype')],
        ['sourceConfigUid', fields.path('sourceconfiguid')],
        ['activityId', fields.path('activityid') ?? (isAlert ? null : fields.path('id'))],
        ['psaTicketId', fields.path('psaticketid')],
      ],
    }),
  ]
}

/** The source's name; `_average_` and `_total_` are what a machine measures over and name nothing. */
function nameOf(source: string | null): string | null {
  return source === null || /^_[a-z]{1,32}_$/i.test(source) ? null : source
}

/** The state an activity tells; null where it tells none. */
function stateOf(fields: Fields, code: string | null): AlertStatus | null {
  const types = [fields.path('activitytype') ?? '', fields.path('type') ?? ''].map((type) => type.slice(0, 64).toLowerCase())
  const isScript = types.some((type) => type === 'condition_action' || type === 'condition_actionset')
  for (const word of [fields.path('status'), code, ...types.map(lastWord)]) {
    const said = statusFrom(STATUSES, word)
    if (said !== 'unknown' && !isScript) return said
  }
  for (const word of [code, fields.path('activitytype'), fields.path('status')]) {
    const said = statusFrom(OTHER_ACTIVITIES, word)
    if (said !== 'unknown') return said
  }
  const result = fields.path('activityresult')?.slice(0, 64).toLowerCase() ?? ''
  return FAILURES.has(result) || /_(failed|failure|detected)$/.test((code ?? types[0] ?? '').slice(0, 128).toLowerCase()) ? 'firing' : null
}

/** `CONDITION_TRIGGERED` and `ALERT_RESET` name the state at their end. */
function lastWord(type: string): string | null {
  return /^(?:scripted_)?(?:condition|alert)_([a-z]+)$/.exec(type)?.[1] ?? null
}

/** `DEVICE_OFFLINE` and `DEVICE_ONLINE` are two ends of one check. */
function connectivity(code: string | null): string | null {
  return knows(OTHER_ACTIVITIES, code) ? 'Device offline' : null
}

/** The API's alert: a uid and the source of the condition, no activity; what is listed there is open. */
function isAlertObject(element: unknown): boolean {
  return firstText(element, 'uid') !== null && (at(element, 'sourceType') !== undefined || at(element, 'sourceConfigUid') !== undefined || at(element, 'createTime') !== undefined)
}
