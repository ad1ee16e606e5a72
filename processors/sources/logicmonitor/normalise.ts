import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { zonedMs } from '../time.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** ##LEVEL## (tokens page) and its number in the API; the word of a level is the word of a severity. */
const SEVERITIES: SeverityTable = { critical: 'critical', error: 'high', warning: 'medium', warn: 'medium', info: 'info', 4: 'critical', 3: 'high', 2: 'medium' }

/** ##ALERTSTATUS##: active, clear, ack, update, test, and what custom HTTP delivery calls the same activities. */
const STATUSES: StatusTable = { active: 'firing', alert: 'firing', new: 'firing', firing: 'firing', open: 'firing', update: 'firing', escalated: 'firing', escalate: 'firing', 'de-escalated': 'firing', clear: 'resolved', cleared: 'resolved', resolved: 'resolved', end: 'resolved', ended: 'resolved', closed: 'resolved', ack: 'acknowledged', acked: 'acknowledged', acknowledged: 'acknowledged', ackclear: 'resolved' }

/** Tokens kept under their own names. */
const LABELS: readonly string[] = ['datasource', 'datapoint', 'instance', 'value', 'threshold', 'group', 'hostips', 'hosturl', 'duration', 'eventsource', 'eventcode', 'eventtype', 'service', 'servicegroup', 'website', 'websitegroup', 'checkpoint', 'alerttype', 'clearvalue', 'agent', 'internalid', 'dependencyrole', 'admin', 'chain', 'rule']

/** One delivery; an array of them is read too. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a LogicMonitor delivery is an object; choose Raw, format JSON, and paste the body of the guide')]
  const fields = new Fields(element)
  const word = fields.path('alertstatus', 'status', 'state', 'alertstate', 'eventaction', 'event')
  if (word?.toLowerCase() === 'test') return []
  const id = fields.path('alertid', 'internalid', 'id')
  const host = fields.path('host', 'hostname', 'device', 'devicename', 'resource', 'resourcename', 'monitorobjectname', 'displayname', 'systemdisplayname', 'systemhostname', 'website', 'websitename', 'service', 'servicename', 'agentdescription', 'agent')
  const signature = signatureOf(fields)
  if (id === null && host === null && signature === null) return [reject(path, 'no alert id, host or datasource; use the tokens ##ALERTID##, ##HOST##, ##DATASOURCE##, ##DATAPOINT##, ##LEVEL## and ##ALERTSTATUS##')]
  const status = word === null ? flagged(fields) : statusFrom(STATUSES, word)
  const message = fields.path('message', 'alertmessage', 'body', 'eventmsg', 'alertdetail', 'detail', 'details')
  const url = fields.path('alertdetailurl', 'alerturl', 'url', 'link')
  return [
    makeAlert({
      source: 'logicmonitor',
      externalId: id,
      asset: host,
      signature,
      severity: severityFrom(SEVERITIES, fields.path('level', 'severity', 'alertlevel', 'errorlevel')),
      status,
      title: fields.path('subject', 'title', 'summary') ?? ([host, signature].filter((part) => part !== null).join(' ') || null),
      message: message ?? fields.path('dpdescription', 'datapointdesc', 'dsdescription', 'dsdesc'),
      // ##DATE## is when this message was sent, so it is the beginning only of the first.
      startsAtMs: zonedMs(fields.path('startepoch', 'start', 'starttime', 'startdate')) ?? (status === 'firing' ? zonedMs(fields.path('date', 'time')) : null),
      labels: [...LABELS.map((name) => [name, fields.path(name)] as const), ['url', url], ['level', fields.path('level')]],
    }),
  ]
}

/** The alert objects of the REST API say with flags how far they are; without a word and without flags nothing is known. */
function flagged(fields: Fields): AlertStatus {
  const cleared = fields.path('cleared')
  if (cleared === null) return 'unknown'
  if (cleared === 'true') return 'resolved'
  return fields.path('acked') === 'true' ? 'acknowledged' : 'firing'
}

/** The datasource (with its instance, as the token writes it) and the datapoint; an event source or a website check stands alone. */
function signatureOf(fields: Fields): string | null {
  const source = fields.path('datasource', 'dsname', 'datasourcename', 'logicmodule', 'resourcetemplatename', 'module')
  const point = fields.path('datapoint', 'dpname', 'datapointname')
  const both = [source, point].filter((part) => part !== null).join(' ')
  return both || fields.path('eventsource', 'batchjob', 'jobmonitor', 'configsource', 'checkpoint', 'alerttype')
}
