import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { gradeOf, stateOf, withoutState } from './event-type.ts'

/** Where templates put the event's own fields. */
const NESTS = ['details', 'latestevent', 'event', 'payload', 'customdetails', 'payloadcustomdetails'] as const

/** One event, or a list of them as templates write it with `#foreach(${fullEventList})`. */
export function normalise(payload: unknown): Normalised {
  if (Array.isArray(payload)) return readEach(payload, '', readOne)
  for (const name of ['events', 'fullEventList', 'clampedEventList']) {
    const list = at(payload, name)
    if (Array.isArray(list) && list.some(isObject)) return readEach(list, `/${name}`, readOne)
  }
  return readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'an AppDynamics request is an object; check the payload of the HTTP request template')]
  const fields = new Fields(element)
  // Templates choose names and nesting; `details.event_type`, `latestEvent.eventType` and `eventType` are one.
  // A telling name counts before a less telling one, wherever it stands: `details.node_name` before `application_name`.
  const find = (...names: readonly string[]): string | null => fields.path(...names.flatMap((name) => [name, ...NESTS.map((nest) => `${nest}${name}`)]))
  const action = fields.path('eventtype', 'eventaction', 'action', 'status', 'state')
  const displayName = find('eventname', 'displayname', 'eventdisplayname', 'name')
  const types = [find('eventtypekey', 'typekey') ?? null, fields.path('detailseventtype', 'latesteventeventtype', 'payloadclass', 'eventtype', 'type'), displayName]
  const rule = find('healthrulename', 'healthrule', 'anomalyname', 'rulename', 'policyname', 'policy')
  const summary = find('description', 'title', 'summary', 'summarymessage', 'eventsummary', 'subject')
  const asset = find('nodename', 'node', 'machinename', 'hostname', 'host', 'servername', 'tiername', 'tier', 'dbname', 'affectedentitiesname', 'affectedentityname', 'affectedentity', 'entityname', 'applicationname', 'application', 'appname', 'app', 'source')
  const externalId = find('incidentkey', 'dedupkey', 'incidentid', 'incidentname', 'violationid') ?? incidentInLink(find('deeplink', 'eventdeeplink', 'url', 'link', 'clienturl', 'linkshref'))
  if (externalId === null && asset === null && rule === null && displayName === null && summary === null) return [reject(path, 'no event, rule or entity; give the HTTP request template the body of the set-up page')]
  const severity = find('severity', 'topseverity', 'eventseverity')
  const told = stateOf(types, action)
  // A template without the event's type still says WARN or ERROR while something is wrong; ends are INFO.
  const status = told === 'unknown' && ['warn', 'error', 'warning', 'critical'].includes(severity?.toLowerCase() ?? '') ? 'firing' : told
  return [
    makeAlert({
      source: 'appdynamics',
      externalId,
      asset,
      signature: rule ?? withoutState(displayName) ?? (summary?.includes('${') === true ? null : withoutState(summary)),
      severity: gradeOf(types, severity, status),
      status,
      title: summary ?? displayName,
      message: find('message', 'eventmessage', 'summary', 'summarymessage', 'description'),
      // Each event has its own time, so it begins the violation only while that fires.
      startsAtMs: status === 'firing' ? javaDateMs(find('eventtime', 'time', 'timestamp', 'triggertime', 'lastreceived')) : null,
      labels: [
        ['application', find('applicationname', 'application', 'appname')],
        ['tier', find('tiername', 'tier')],
        ['node', find('nodename', 'node')],
        ['event_type', types[0] ?? types[1] ?? null],
        ['event_id', find('eventid', 'id')],
        ['guid', find('guid', 'eventguid')],
        ['health_rule', find('healthrulename', 'healthrule')],
        ['policy', find('policyname', 'policy')],
        ['account', find('accountname', 'account')],
        ['link', find('deeplink', 'eventdeeplink', 'url', 'link', 'linkshref')],
      ],
    }),
  ]
}

/** Links of a violation name it: `#location=APP_INCIDENT_DETAIL&incident=1234`. */
function incidentInLink(link: string | null): string | null {
  return /[?&]incident=(\d{1,20})/.exec((link ?? '').slice(0, 2_048))?.[1] ?? null
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** A template prints `Tue Feb 03 10:00:00 UTC 2026`; zones that have no one meaning give null. */
function javaDateMs(text: string | null): number | null {
  const parts = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d\d:\d\d:\d\d) ([A-Z]{3}) (\d{4})$/.exec((text ?? '').slice(0, 40))
  const month = MONTHS.indexOf(parts?.[1]?.toLowerCase() ?? '')
  return parts === null || month < 0 ? instantMs(text) : instantMs(`${parts[5]}-${String(month + 1).padStart(2, '0')}-${parts[2]}T${parts[3]}${parts[4]}`)
}
