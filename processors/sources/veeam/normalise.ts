import { makeAlert, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, isObject } from '../json.ts'
import { readPages } from '../pages.ts'
import type { Normalised } from '../source.ts'
import { zonedMs } from '../time.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** Alarm severities (Veeam ONE and Service Provider Console) and results of a job, which fails or warns. */
const SEVERITIES: SeverityTable = { critical: 'critical', error: 'high', failed: 'high', failure: 'high', warning: 'medium', information: 'info', info: 'info', informational: 'info' }
const STATUSES: StatusTable = { critical: 'firing', error: 'firing', failed: 'firing', failure: 'firing', warning: 'firing', information: 'firing', info: 'firing', informational: 'firing', triggered: 'firing', active: 'firing', new: 'firing', acknowledged: 'acknowledged', resolved: 'resolved', success: 'resolved', succeeded: 'resolved', successful: 'resolved', ok: 'resolved', healthy: 'resolved', closed: 'resolved' }

/** A session that has no result yet. */
const RUNNING = new Set(['none', 'running', 'working', 'starting', 'stopping', 'pausing', 'resuming', 'postprocessing', 'waitingtape', 'idle', 'inprogress', 'pending'])

/** One alarm or job session; the pages of the APIs (`data`, `items`) and arrays are read too. */
export function normalise(payload: unknown): Normalised {
  return readPages(payload, ['items', 'alarms', 'data'], readOne)
}

function readOne(given: unknown, path: string): Normalised {
  // A single resource of the Console stands in `data`.
  const single = at(given, 'data')
  const element = typeof given === 'string' ? { subject: given } : isObject(single) ? single : given
  if (!isObject(element)) return [reject(path, 'a Veeam alarm or session is an object; see the guide for the scripts that post one')]
  const fields = new Fields(element)
  const subject = fields.path('subject', 'title', 'mailsubject')
  const mail = readSubject(subject)
  const job = fields.path('jobname', 'policyname', 'backupjobname') ?? (isSession(fields) ? fields.path('name') : null) ?? mail?.name ?? null
  const alarm = fields.path('alarmname', 'alarm', 'alarmtemplatename', 'predefinedalarmname', 'templatename') ?? (job === null ? fields.path('name') : null)
  const machine = fields.path('objectcomputername', 'computername', 'objectname', 'objectobjectname', 'alarmassignmentobjectname', 'nodename', 'affectednode', 'node', 'object', 'vmname', 'machinename', 'backupserver', 'backupservername', 'servername', 'server', 'hostname', 'host')
  const id = fields.path('triggeredalarmid', 'alarmid', 'jobid', 'jobuid', 'instanceuid') ?? (isSession(fields) ? null : fields.path('id', 'uid'))
  const word = fields.path('result', 'resultresult', 'jobresult', 'lastactivationstatus', 'status', 'alarmstatus', 'newstatus', 'severity', 'state') ?? mail?.state ?? null
  if (alarm === null && job === null && machine === null && id === null) return [reject(path, 'no alarm, job or object; post alarmName, objectName and status, or jobName and result')]
  // A session without a result is still at work, which is no alert.
  if (job !== null && word !== null && RUNNING.has(word.slice(0, 32).toLowerCase().replace(/[^a-z]/g, ''))) return []
  const status = statusFrom(STATUSES, word)
  const message = fields.path('lastactivationmessage', 'resultmessage', 'message', 'description', 'summary', 'triggersummary', 'details', 'reason', 'body', 'text')
  return [
    makeAlert({
      source: 'veeam',
      externalId: id,
      asset: machine,
      signature: alarm ?? job ?? fields.path('objecttype', 'area'),
      severity: status === 'resolved' ? 'unknown' : severityFrom(SEVERITIES, word) === 'unknown' ? severityFrom(SEVERITIES, fields.path('severity', 'alarmseverity')) : severityFrom(SEVERITIES, word),
      status,
      title: subject ?? (alarm === null && job === null ? message : [alarm ?? job, machine].filter((part) => part !== null).join(' on ')),
      message,
      startsAtMs: status === 'resolved' ? null : zonedMs(fields.path('triggeredtime', 'lastactivationtime', 'triggered', 'endtime', 'creationtime', 'starttime', 'time', 'timestamp')),
      labels: [
        ['object', fields.path('objectobjectname', 'objectname')],
        ['object_type', fields.path('objecttype', 'objecttypename', 'alarmassignmentobjecttype')],
        ['job', job],
        ['job_type', fields.path('jobtype', 'sessiontype', 'type')],
        ['area', fields.path('area')],
        ['company', fields.path('companyname', 'organizationname', 'objectorganizationuid', 'companyid')],
        ['location', fields.path('locationname', 'objectlocationuid', 'locationid')],
        ['alarm_template', fields.path('alarmtemplateid', 'alarmtemplateuid')],
        ['repeat_count', fields.path('repeatcount')],
        ['old_status', fields.path('oldstatus', 'previousstatus')],
        ['session_id', fields.path('sessionid', 'sessionuid') ?? (isSession(fields) ? fields.path('id') : null)],
        ['remark', fields.path('lastactivationremark', 'comment')],
      ],
    }),
  ]
}

/** A session object of Backup & Replication: it names its job, its type or its result in an object. */
function isSession(fields: Fields): boolean {
  return fields.path('sessiontype', 'resultresult', 'jobid', 'jobname') !== null
}

/** The subject of a job's mail: `[%JobResult%] %JobName% (%ObjectCount% machines) %Issues%`. */
function readSubject(subject: string | null): { state: string; name: string } | null {
  const text = (subject ?? '').slice(0, 1_024).trim()
  const end = text.startsWith('[') ? text.indexOf(']') : -1
  if (end < 2) return null
  const state = text.slice(1, end)
  const rest = text.slice(end + 1).trim()
  const count = rest.search(/ \(\d{1,9} [a-z]+\)/i)
  const name = (count < 0 ? rest : rest.slice(0, count)).trim()
  return name === '' || statusFrom(STATUSES, state) === 'unknown' ? null : { state, name }
}
