import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, firstText, isObject, jsonInside, listOf, textEntries, textOf } from '../json.ts'
import { readMarks, readTags } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'
import { readDefaultMessage } from './default-message.ts'

/** {EVENT.SEVERITY} and {EVENT.NSEVERITY} (Zabbix manual, "Trigger severity") over the words scripts translate them to. Not classified says that nobody rated it. */
const SEVERITIES: SeverityTable = { ...SEVERITY_WORDS, disaster: 'critical', high: 'high', average: 'medium', warning: 'low', information: 'info', 5: 'critical', 4: 'high', 3: 'medium', 2: 'low', 1: 'info' }

/** {TRIGGER.STATUS}, {EVENT.STATUS} and the words of the default message subjects. */
const STATUSES: StatusTable = { problem: 'firing', ok: 'resolved', resolved: 'resolved', recovery: 'resolved', recovered: 'resolved', firing: 'firing', closed: 'resolved', acknowledged: 'acknowledged', update: 'firing', updated: 'firing', up: 'resolved', down: 'firing', alerting: 'firing' }

/** {EVENT.VALUE} and {TRIGGER.VALUE}. */
const VALUES: StatusTable = { 1: 'firing', 0: 'resolved', problem: 'firing', ok: 'resolved' }

/** {EVENT.SOURCE}: 1 is discovery and 2 autoregistration, whose events are not about a trigger. */
const DISCOVERY = '1'
const AUTOREGISTRATION = '2'

/** One event; action scripts also collect several in an array. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(given: unknown, path: string): Normalised {
  // A script may post {ALERT.MESSAGE} as it is.
  const element = typeof given === 'string' ? { message: given } : given
  if (!isObject(element)) return [reject(path, 'a Zabbix event is an object; check the parameters of the media type')]
  const fields = new Fields(element)
  const subject = fields.path('title', 'subject', 'alertsubject', 'sendsubject')
  const body = fields.path('message', 'alertmessage', 'description', 'body', 'text', 'eventmessage', 'sendmessage')
  const told = readDefaultMessage(body)
  const trigger = fields.path('triggername', 'trigger', 'eventname', 'problemname', 'problem', 'event', 'triggerdescription', 'name') ?? told.name
  const marks = readMarks(subject)
  const name = withoutState(readMarks(trigger).text ?? marks.text)
  const host = fields.path('hostname', 'host', 'hosthost', 'hostvisiblename', 'hostname1', 'eventhost', 'eventhostname', 'zabbixhost', 'device', 'resource', 'hostsname', 'hostshost') ?? told.host
  const link = linkIds(fields.path('link', 'url', 'eventurl', 'triggerurl', 'zabbixlink', 'alerturl'))
  const triggerId = fields.path('triggerid', 'objectid', 'eventobjectid', 'eventtriggerid') ?? link.trigger
  const eventId = fields.path('peventid', 'eventid', 'problemid', 'eventproblemid', 'originalproblemid', 'alertuid') ?? told.eventId ?? (triggerId === null ? fields.path('id') : null)
  if (name === null && host === null && triggerId === null && eventId === null) return [reject(path, 'no trigger, host or event; give the media type the parameters {EVENT.NAME}, {HOST.NAME}, {EVENT.ID}, {TRIGGER.ID} and {EVENT.VALUE}')]
  return [
    makeAlert({
      source: 'zabbix',
      // Trigger first: a trigger has one open problem at a time, and its next episode is the same problem again. The event ties one episode.
      // Discovery numbers each turn anew, so that only device and check can tie them.
      externalId: fields.path('eventsource') === DISCOVERY ? null : (triggerId ?? eventId),
      asset: host ?? fields.path('servicename'),
      signature: name === null ? null : withoutHost(name, host),
      severity: severityFrom(SEVERITIES, fields.path('eventseverity', 'severity', 'triggerseverity', 'eventnseverity', 'triggernseverity', 'nseverity', 'severityname', 'priority') ?? told.severity),
      status: statusOf(fields, marks.status, told.status),
      title: subject ?? trigger,
      message: body ?? fields.path('operationaldata', 'eventopdata', 'opdata'),
      startsAtMs: instantMs(fields.path('eventtimestamp', 'timestamp', 'clock', 'eventclock', 'startsat', 'startedat')),
      labels: [
        ...tagsOf(element),
        ['item', fields.path('item', 'itemname', 'itemname1')],
        ['item_value', fields.path('itemvalue', 'itemvalue1', 'itemlastvalue')],
        ['trigger_id', triggerId],
        ['event_id', eventId],
        ['host_ip', fields.path('hostip', 'hostip1', 'ip')],
        ['host_group', fields.path('hostgroup', 'triggerhostgroupname', 'hostgroups', 'hostgroupname', 'hostgroupsname')],
        ['zabbix_url', fields.path('zabbixurl')],
        ['link', fields.path('link', 'url', 'eventurl')],
      ],
    }),
  ]
}

function statusOf(fields: Fields, marked: AlertStatus | null, told: AlertStatus | null): AlertStatus {
  const source = fields.path('eventsource')
  // A host registered itself: nothing is ill and nothing got well. Of a discovered device the message says whether it answers.
  if (source === AUTOREGISTRATION) return 'no_data'
  if (source === DISCOVERY) return told ?? 'no_data'
  const word = fields.path('eventstatus', 'status', 'triggerstatus', 'state')
  // `value` is the event's only where Zabbix streams it itself (connectors), beside `eventid` and `clock`.
  const value = fields.path('eventvalue', 'triggervalue') ?? (fields.path('clock') === null ? null : fields.path('value'))
  const isUpdate = fields.path('eventupdatestatus') === '1'
  const said = statusFrom(STATUSES, word)
  const status = said === 'unknown' ? statusFrom(VALUES, value) : said
  const settled = status === 'unknown' ? (marked ?? told ?? 'unknown') : status
  // An update (a comment, a change of severity) of an acknowledged problem repeats the acknowledgement and never ends anything.
  const isAcknowledged = fields.path('eventackstatus', 'ackstatus', 'acknowledged')?.toLowerCase() === 'yes' || (fields.path('eventupdateaction') ?? '').slice(0, 200).toLowerCase().startsWith('acknowledged')
  return settled === 'firing' && isUpdate && isAcknowledged ? 'acknowledged' : settled
}

/** Trigger names hold the host where they use {HOST.NAME}; put back, the same check has one signature on every host. */
function withoutHost(name: string, host: string | null): string {
  return host === null || host.length < 3 || name === host ? name : name.slice(0, 4_096).replaceAll(host, '{HOST.NAME}')
}

/** `Status of service "Shop" changed to High` is the event's name of a service, and `Discovery: DOWN 10.0.0.5` the subject of a discovered device. */
function withoutState(name: string | null): string | null {
  const text = name?.slice(0, 4_096) ?? null
  if (text === null) return null
  return text.replace(/^(Status of service ".{1,1024}") changed to .{1,64}$/, '$1').replace(/^Discovery: (?:UP|DOWN|DISCOVERED|LOST) /, 'Discovery: ')
}

/** `tr_events.php?triggerid=1&eventid=2`, the link of {TRIGGER.ID} and {EVENT.ID}. */
function linkIds(link: string | null): { trigger: string | null } {
  const query = link === null ? -1 : link.indexOf('?')
  if (link === null || query < 0) return { trigger: null }
  return { trigger: new URLSearchParams(link.slice(query + 1, query + 2_048)).get('triggerid') || null }
}

/** {EVENT.TAGSJSON} as text or array of {tag, value}, {EVENT.TAGS} as `name:value, name`. */
function tagsOf(element: unknown): (readonly [string, string])[] {
  const given = at(element, 'event_tags') ?? at(element, 'tags') ?? at(element, 'eventTags') ?? at(element, 'trigger_tags')
  const parsed = typeof given === 'string' ? (jsonInside(given.slice(0, 65_536)) ?? given) : given
  if (isObject(parsed)) return textEntries(parsed).slice(0, 64).map(([name, value]) => [name, value] as const)
  if (!Array.isArray(parsed)) return readTags(textOf(parsed) ?? '')
  return listOf(parsed).slice(0, 64).flatMap((tag) => {
    const name = firstText(tag, 'tag', 'name')
    return name === null ? readTags(textOf(tag) ?? '') : [[name, firstText(tag, 'value') ?? 'true'] as const]
  })
}
