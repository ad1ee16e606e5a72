import type { AlertStatus, Severity } from '../../schemas/records.ts'
import { makeAlert, reject } from './build.ts'
import { Fields } from './fields.ts'
import { isObject } from './json.ts'
import { readMarks } from './marks.ts'
import { fieldsOfText } from './nagios-lines.ts'
import type { Normalised } from './source.ts'
import { instantMs, zonedMs } from './time.ts'
import { severityFrom, SEVERITY_WORDS, statusFrom, STATUS_WORDS, type SeverityTable, type StatusTable } from './words.ts'

/** What the tools of the Nagios family call each macro, most telling first; prefixes such as NAGIOS_ and NOTIFY_ are tried with each. */
const HOST = ['hostname', 'host', 'hosthostname', 'hostdisplayname', 'hosthost', 'hostalias']
const SERVICE = ['servicedesc', 'servicename', 'service', 'servicedescription', 'servicedisplayname', 'serviceservice', 'servicehostname', 'check', 'checkname']
const TYPE = ['notificationtype', 'notificationstype', 'ntype', 'eventtype', 'type']
const SERVICE_STATE = ['servicestate', 'serviceshortstate', 'servicestateid']
const HOST_STATE = ['hoststate', 'hostshortstate', 'hoststateid']
const STATE = ['state', 'status', 'currentstate', 'severity', 'stateid']
const OUTPUT = ['serviceoutput', 'hostoutput', 'output', 'checkresultoutput', 'pluginoutput', 'checkoutput', 'message', 'text', 'description', 'body', 'details']
const PREFIXES = ['', 'nagios', 'icinga', 'notify']

/** Notification types of Nagios, Icinga 2 and Checkmk. Flapping stops in whatever state the check is; a downtime is planned, a comment is talk, and neither is an alert. */
const TYPES: StatusTable = { problem: 'firing', recovery: 'resolved', acknowledgement: 'acknowledged', flappingstart: 'firing', ok: 'resolved', ack: 'acknowledged', trigger: 'firing', resolve: 'resolved', acknowledge: 'acknowledged', acknowledgementset: 'acknowledged' }
const PLANNED = /^(downtime|scheduleddowntime|alerthandler|comment)/

/** States of services and hosts by name, in short, and by number of the state type they belong to. */
const STATES: StatusTable = { ...STATUS_WORDS, ok: 'resolved', up: 'resolved', warning: 'firing', warn: 'firing', critical: 'firing', crit: 'firing', unknown: 'firing', unkn: 'firing', down: 'firing', unreachable: 'firing', unreach: 'firing' }
const SERVICE_NUMBERS: readonly string[] = ['ok', 'warning', 'critical', 'unknown']
const HOST_NUMBERS: readonly string[] = ['up', 'down', 'unreachable']
const SEVERITIES: SeverityTable = { ...SEVERITY_WORDS, critical: 'critical', crit: 'critical', warning: 'medium', warn: 'medium', down: 'critical', unreachable: 'high', unreach: 'high' }

/** Reads a notification of the Nagios family whose body is the sender's own: macros as field names, in any case, flat or nested, with or without prefix; or the text of a mail. */
export function readNotification(source: string, given: unknown, path: string, advice: string): Normalised {
  const element = typeof given === 'string' ? fieldsOfText(given) : given
  if (!isObject(element)) return [reject(path, `a notification is a form or a JSON object; ${advice}`)]
  const fields = new Fields(element)
  const host = look(fields, HOST) ?? fields.any('hostname')
  const service = isHostCheck(fields) ? null : (look(fields, SERVICE) ?? fields.any('servicedesc', 'servicename'))
  // Checkmk adds a remark: `ALERTHANDLER (OK)`.
  const type = (look(fields, TYPE) ?? fields.any('notificationtype') ?? '').slice(0, 64).toLowerCase().replace(/\(.*$/, '').replace(/[^a-z]/g, '')
  const subject = look(fields, ['title', 'subject', 'summary', 'notificationsubject'])
  if (PLANNED.test(type)) return []
  if (host === null && service === null) return [reject(path, `no host and no service; ${advice}`)]
  const state = stateOf(fields, service !== null)
  const told = statusOf(type, state)
  const status = told === 'unknown' ? (readMarks(subject).status ?? 'unknown') : told
  return [
    makeAlert({
      source,
      // Problem ids are 0 at the end and new with every turn of a flapping check; host and service are the tools' own key, and always meet.
      externalId: null,
      asset: host,
      signature: service ?? 'Host check',
      severity: severityOf(state, status),
      status,
      title: subject ?? `${host ?? ''}${service === null ? '' : ` ${service}`}${state === null ? '' : `: ${state.toUpperCase()}`}`,
      message: [look(fields, OUTPUT) ?? fields.any('serviceoutput', 'hostoutput'), look(fields, ['longserviceoutput', 'longhostoutput', 'longoutput'])].filter((text) => text !== null).join('\n'),
      startsAtMs: status === 'resolved' ? null : beganMs(fields, service !== null, type),
      labels: labelsOf(fields, state, type),
    }),
  ]
}

function look(fields: Fields, names: readonly string[]): string | null {
  for (const name of names) {
    const found = fields.path(...PREFIXES.map((prefix) => prefix + name))
    if (found !== null) return found
  }
  return null
}

/** Senders that pass the macros of both kinds each time say in WHAT (or as an object type) which of the two it is about. */
function isHostCheck(fields: Fields): boolean {
  return (look(fields, ['what', 'objecttype', 'entitytype', 'checkresulttype', 'type']) ?? '').toLowerCase() === 'host'
}

function stateOf(fields: Fields, isService: boolean): string | null {
  const given = look(fields, isService ? SERVICE_STATE : HOST_STATE) ?? fields.any(isService ? 'servicestate' : 'hoststate') ?? look(fields, STATE)
  const word = given?.slice(0, 64).toLowerCase().trim() ?? null
  if (word === null || !/^\d(\.0)?$/.test(word)) return word
  return (isService ? SERVICE_NUMBERS : HOST_NUMBERS)[Number(word)] ?? null
}

function statusOf(type: string, state: string | null): AlertStatus {
  const said = statusFrom(TYPES, type)
  return said === 'unknown' ? statusFrom(STATES, state) : said
}

/** UNKNOWN is a state of its own that says nothing of the urgency; the state of a recovery is OK, which is no severity. */
function severityOf(state: string | null, status: AlertStatus): Severity {
  return status === 'resolved' ? 'unknown' : severityFrom(SEVERITIES, state)
}

/** The last change of state began the problem. The time of the notification is that of the beginning only in the first of a series. */
function beganMs(fields: Fields, isService: boolean, type: string): number | null {
  const changed = look(fields, isService ? ['lastservicestatechange', 'servicelaststatechange', 'laststatechange', 'lasthardstatechange'] : ['lasthoststatechange', 'hostlaststatechange', 'laststatechange', 'lasthardstatechange'])
  const changedMs = zonedMs(changed)
  if (changedMs !== null) return changedMs
  const isFirst = Number(look(fields, ['notificationnumber', 'servicenotificationnumber', 'hostnotificationnumber']) ?? '1') <= 1
  if (!isFirst || (type !== 'problem' && type !== '' && type !== 'trigger' && type !== 'statechange')) return null
  const sent = look(fields, ['timet', 'timestamp', 'icingatimet', 'microtime', 'executionend', 'checkresultexecutionend', 'longdatetime', 'icingalongdatetime', 'datetime', 'eventtime', 'time'])
  return sent === null ? null : (zonedMs(sent) ?? ctimeMs(sent))
}

const MONTHS: readonly string[] = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** `Sat Oct 26 23:20:39 UTC 2024`, the LONGDATETIME of Nagios and Checkmk; null for zone names that mean two things. */
function ctimeMs(text: string): number | null {
  const parts = /^[a-z]{3} ([a-z]{3}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d) ([a-z]{3}) (\d{4})$/i.exec(text.slice(0, 40))
  if (parts === null) return null
  const [, name = '', day = '', time = '', zone = '', year = ''] = parts
  const month = MONTHS.indexOf(name.toLowerCase()) + 1
  return month === 0 ? null : instantMs(`${year}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')} ${time} ${zone}`)
}

/** Labels by the names we give them, and the macros they come from. */
const LABELS: readonly (readonly [string, readonly string[]])[] = [
  ['host_alias', ['hostalias', 'alias']], ['host_address', ['hostaddress', 'address', 'hostaddress4']], ['host_group', ['hostgroupname', 'hostgroupnames', 'hostgroups']],
  ['service_group', ['servicegroupname', 'servicegroupnames', 'servicegroups']], ['state_type', ['servicestatetype', 'hoststatetype', 'statetype']],
  ['check_command', ['servicecheckcommand', 'hostcheckcommand', 'checkcommand']], ['notification_number', ['notificationnumber', 'servicenotificationnumber', 'hostnotificationnumber']],
  ['author', ['notificationauthor', 'serviceackauthor', 'hostackauthor', 'author', 'acknowledgementauthor']], ['comment', ['notificationcomment', 'serviceackcomment', 'hostackcomment', 'comment', 'acknowledgementcomment']],
  ['problem_id', ['serviceproblemid', 'hostproblemid', 'problemid']], ['site', ['omdsite', 'site']], ['what', ['what']], ['monitor', ['monitoringserver', 'nagiosserver', 'icingaserver', 'monitoredby']], ['url', ['url', 'notesurl', 'servicenotesurl', 'hostnotesurl', 'serviceurl', 'hosturl']],
]

function labelsOf(fields: Fields, state: string | null, type: string): (readonly [string, string | null])[] {
  return [...LABELS.map(([label, names]) => [label, look(fields, names)] as const), ['state', state], ['notification_type', type || null]]
}
