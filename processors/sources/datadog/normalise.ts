import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { Fields, filled, isUnfilled } from '../fields.ts'
import { at, firstText, isObject, listOf, textOf } from '../json.ts'
import { normalise as readGeneric } from '../generic/normalise.ts'
import { readMarks, readTags, type MarkedTitle } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** $ALERT_TRANSITION (Datadog, "Webhooks"). No Data is firing: it is sent only to those who asked for it, and ends with Recovered. */
const TRANSITIONS: StatusTable = {
  triggered: 'firing', 're-triggered': 'firing', 'no data': 'firing', 're-no data': 'firing', warn: 'firing', 're-warn': 'firing', renotify: 'firing', 'no-data': 'firing',
  recovered: 'resolved',
  // $ALERT_STATUS in custom templates, and the API's monitor states.
  alert: 'firing', ok: 'resolved', resolved: 'resolved', firing: 'firing', closed: 'resolved', open: 'firing', acknowledged: 'acknowledged',
  // $INCIDENT_STATUS: a stable incident no longer grows and is not over.
  active: 'firing', stable: 'acknowledged',
}

/** $ALERT_PRIORITY; P1 is the most urgent. The API gives a monitor's priority as a number, an incident has $INCIDENT_SEVERITY with the same five steps. */
const PRIORITIES: SeverityTable = { p1: 'critical', p2: 'high', p3: 'medium', p4: 'low', p5: 'info', 1: 'critical', 2: 'high', 3: 'medium', 4: 'low', 5: 'info', 'sev-1': 'critical', 'sev-2': 'high', 'sev-3': 'medium', 'sev-4': 'low', 'sev-5': 'info' }

/** $SECURITY_SIGNAL_SEVERITY. */
const SIGNAL_SEVERITIES: SeverityTable = { critical: 'critical', high: 'high', medium: 'medium', low: 'low', info: 'info' }

const TITLES = ['alerttitle', 'eventtitle', 'title', 'summary', 'subject', 'securitysignaltitle', 'incidenttitle'] as const

/** $ALERT_TYPE, used where the monitor has no priority. `success` says that it recovered, which is no severity. */
const TYPES: SeverityTable = { error: 'high', warning: 'medium', info: 'info' }
const TYPE_STATUSES: StatusTable = { success: 'resolved', error: 'firing', warning: 'firing' }

/** One event; customers also wrap several in an array. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a Datadog webhook is an object; check the payload field of the webhook')]
  // The body of POST /api/webhooks/alerts, posted to this address instead.
  if (at(element, 'tool_source') !== undefined) return readGeneric([element])
  const fields = new Fields(element)
  const marks = readMarks(fields.path(...TITLES, 'monitorname'))
  const message = fields.path('textonlymsg', 'eventmsg', 'message', 'body', 'msg', 'description', 'securitysignalmsg', 'incidentmsg')
  const tags = [...tagsOf(element), ...scopeInBody(message)]
  const unfilled = fields.path('alertid') === null && marks.text === null && message === null ? unfilledTexts(element) : null
  const title = fields.path(...TITLES) ?? unfilled?.title ?? null
  const externalId = identity(fields, marks, message) ?? unfilled?.id ?? null
  if (title === null && message === null && externalId === null) return [reject(path, 'no title, message or id; give the webhook a payload with $EVENT_TITLE, $ALERT_TRANSITION and $ALERT_CYCLE_KEY')]
  const status = statusOf(fields, marks)
  return [
    makeAlert({
      source: 'datadog',
      externalId,
      asset: assetOf(fields, tags, marks),
      signature: fields.path('monitorname', 'securityrulename') ?? marks.text,
      severity: severityOf(fields, marks),
      status,
      title: title ?? marks.text,
      message,
      // $DATE is the time of this event, so it begins the problem only in the first one.
      startsAtMs: isOpening(fields, marks) ? instantMs(fields.path('date', 'dateposix', 'eventdate', 'timestamp')) : null,
      labels: [...marks.scope, ...scopeOf(fields), ...tags, ['metric', fields.path('alertmetric', 'metric')], ['monitor_id', fields.path('alertid', 'monitorid') ?? monitorInLink(message)], ['event_type', fields.path('eventtype')], ['link', fields.path('link', 'url')], ['org', fields.path('orgname', 'org.name')]],
    }),
  ]
}

/**
 * What ties Triggered and Recovered: the customer's own key, then the cycle key and the aggregation key, which are per group; the monitor's id
 * only together with its scope, because every group of a multi alert shares it. $ID is the event's and changes each time.
 */
function identity(fields: Fields, marks: MarkedTitle, message: string | null): string | null {
  const key = fields.path('uniquekey', 'dedupkey', 'deduplicationkey', 'dedupekey', 'incidentkey', 'externalid', 'alias', 'alertcyclekey', 'cyclekey', 'aggregkey', 'aggregationkey', 'securitysignalid', 'incidentpublicid', 'incidentuuid')
  if (key !== null) return key
  const monitor = fields.path('alertid', 'monitorid', 'alertmonitorid')
  const scope = fields.path('alertscope', 'scope', 'scopes')
  if (monitor !== null) return scope === null || scope === '*' ? monitor : `${monitor}:${scope}`
  // The default payload names its monitor only in the links of the message, and its group only in the title or there.
  const linked = monitorInLink(message)
  if (linked === null) return null
  const group = (marks.scope.length > 0 ? marks.scope : scopeInBody(message)).map(([name, value]) => `${name}:${value}`).join(',')
  return group === '' ? linked : `${linked}:${group}`
}

/** `https://app.datadoghq.com/monitors/221164084?…` under "Monitor Status". */
function monitorInLink(message: string | null): string | null {
  return /\/monitors\/(\d{1,20})\b/.exec((message ?? '').slice(-8_192))?.[1] ?? null
}

/** `**system.load.1** over **host:web-1,env:prod** was **> 5**`: the group, as Datadog words it in every message of a metric monitor. */
function scopeInBody(message: string | null): (readonly [string, string])[] {
  const scope = /\*\* over \*\*([^*\n]{1,512})\*\* (?:was|is) /.exec((message ?? '').slice(0, 8_192))?.[1]
  return scope === undefined || !scope.includes(':') ? [] : readTags(scope)
}

function statusOf(fields: Fields, marks: MarkedTitle): AlertStatus {
  const word = fields.path('alerttransition', 'transition') ?? fields.path('status', 'state', 'alertstate')
  const said = statusFrom(TRANSITIONS, word)
  if (said !== 'unknown') return said
  if (marks.status !== null) return marks.status
  const status = readMarks(fields.path('alertstatus')).status ?? statusFrom(TRANSITIONS, fields.path('alertstatus', 'incidentstatus'))
  if (status !== 'unknown') return status
  // A security signal is told once and has no end.
  return fields.path('securityrulename', 'securitysignalid') === null ? statusFrom(TYPE_STATUSES, fields.path('alerttype')) : 'firing'
}

function isOpening(fields: Fields, marks: MarkedTitle): boolean {
  const word = fields.path('alerttransition', 'transition')?.toLowerCase()
  return word === undefined ? marks.status === 'firing' || fields.path('securityrulename', 'securitysignalid') !== null : word === 'triggered' || word === 'warn' || word === 'no data'
}

function severityOf(fields: Fields, marks: MarkedTitle): Severity {
  // $PRIORITY is the event's, `normal` or `low`, and says nothing of the alert; only P1 to P5 count.
  const signal = severityFrom(SIGNAL_SEVERITIES, fields.path('securitysignalseverity'))
  if (signal !== 'unknown') return signal
  for (const word of [fields.path('alertpriority', 'monitorpriority'), fields.path('priority'), fields.path('annotationsdatadogpriority'), fields.path('severity', 'incidentseverity')]) {
    const severity = severityFrom(PRIORITIES, word)
    if (severity !== 'unknown') return severity
  }
  if (marks.severity !== null) return marks.severity
  const transition = fields.path('alerttransition', 'transition')?.toLowerCase() ?? ''
  return transition === 'warn' || transition === 're-warn' ? 'medium' : severityFrom(TYPES, fields.path('alerttype', 'severity', 'level'))
}

function assetOf(fields: Fields, tags: readonly (readonly [string, string])[], marks: MarkedTitle): string | null {
  const named = fields.path('hostname', 'host')
  if (named !== null) return named
  const scopes = [...marks.scope, ...scopeOf(fields), ...tags]
  return scopes.find(([name]) => name === 'host')?.[1] ?? scopes.find(([name]) => name === 'instance-id' || name === 'pod_name' || name === 'container_name' || name === 'device')?.[1] ?? null
}

function scopeOf(fields: Fields): (readonly [string, string])[] {
  return readTags(fields.path('alertscope', 'scope', 'scopes') ?? '').filter(([name]) => name !== '*')
}

function tagsOf(element: unknown): (readonly [string, string])[] {
  const tags = at(element, 'tags') ?? at(element, 'TAGS')
  if (isObject(tags)) return Object.keys(tags).slice(0, 64).map((name) => [name, textOf(tags[name]) ?? ''] as const)
  const listed = listOf(tags).slice(0, 64).flatMap((tag) => readTags(textOf(tag) ?? ''))
  return listed.length > 0 ? listed : readTags(filled(textOf(tags)) ?? '')
}

/**
 * A template in which nothing was filled in, as its test button sends it. Its own words then stand for title and id, so that it shows what is
 * wrong and a later recovery from the same template finds it.
 */
function unfilledTexts(element: unknown): { id: string | null; title: string | null } {
  const literal = (...names: readonly string[]): string | null => {
    const text = firstText(element, ...names)
    return text !== null && isUnfilled(text) ? text : null
  }
  return { id: literal('ALERT_ID', 'alert_id', 'id'), title: literal('ALERT_TITLE', 'alert_title', 'EVENT_TITLE', 'event_title', 'title') }
}
