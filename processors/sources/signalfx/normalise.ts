import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { hostAmong } from '../hosts.ts'
import { at, isObject, jsonInside, textEntries, type JsonObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** Five severities, most important first: Critical, Major, Minor, Warning, Info (Splunk Observability Cloud, "Alert rules"). */
const SEVERITIES: SeverityTable = { critical: 'critical', major: 'high', minor: 'medium', warning: 'low', info: 'info' }

/** `statusExtended`, and `status` of older payloads, whose firing words are the condition's (`too high`, `too low`). */
const STATES: StatusTable = {
  anomalous: 'firing', 'too high': 'firing', 'too low': 'firing', triggered: 'firing', firing: 'firing', active: 'firing', alert: 'firing', open: 'firing',
  ok: 'resolved', 'manually resolved': 'resolved', 'manually-resolved': 'resolved', manually_resolved: 'resolved', stopped: 'resolved', 'auto resolved': 'resolved', 'auto-resolved': 'resolved', auto_resolved: 'resolved', resolved: 'resolved', cleared: 'resolved', closed: 'resolved',
}

/** One event of a detector's rule; scripts also collect several in an array. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a detector sends one object an event; check the custom payload of the webhook integration')]
  // Some receivers saw the rule's own fields under `inputs`, so each name is looked for there too.
  const fields = new Fields(element)
  const find = (...names: readonly string[]): string | null => fields.path(...names) ?? fields.path(...names.map((name) => `inputs${name}`))
  const incident = find('incidentid', 'incident')
  const rule = find('rule', 'rulename', 'detectlabel')
  const detector = find('detector', 'detectorname')
  const title = find('messagetitle', 'title')
  if (incident === null && rule === null && detector === null && title === null) return [reject(path, 'no incidentId, rule or detector; leave the payload as it is, or keep {{incidentId}}, {{rule}}, {{severity}} and {{statusExtended}} in it')]
  const dimensions = dimensionsOf(element, find('messagebody', 'body'))
  const status = statusOf(find('statusextended', 'status', 'state', 'anomalystate'), title)
  return [
    makeAlert({
      source: 'signalfx',
      externalId: incident,
      asset: hostAmong(dimensions) ?? hostAmong(textEntries(element)),
      signature: rule ?? detector ?? title,
      severity: severityFrom(SEVERITIES, find('severity')),
      status,
      title: title ?? rule,
      message: find('messagebody', 'description', 'body', 'displaybody'),
      // The time of the event, so it begins the problem only while that fires.
      startsAtMs: status === 'firing' ? instantMs(find('timestamp', 'timestampiso8601', 'eventtimestamp')) : null,
      labels: [
        ...dimensions,
        ['detector', detector],
        ['detector_id', find('detectorid')],
        ['description', find('description')],
        ['originating_metric', find('originatingmetric')],
        ['event_type', find('eventtype')],
        ['condition', find('detectoncondition')],
        ['runbook_url', find('runbookurl')],
        ['tip', find('tip')],
        ['org_id', find('orgid', 'organizationid')],
        ['link', find('detectorurl')],
      ],
    }),
  ]
}

/** A detector that someone resolved by hand still calls its signal anomalous; the title says what happened. */
function statusOf(word: string | null, title: string | null): AlertStatus {
  const text = (title ?? '').slice(0, 256).toLowerCase()
  if (/^(manually |auto-?)?(resolved|cleared|stopped|back to normal)\b/.test(text)) return 'resolved'
  return statusFrom(STATES, word)
}

/** `dimensions` as an object or as JSON text, else the key of the first input, else `{a=b, c=d}` in the body's signal details. */
function dimensionsOf(element: JsonObject, body: string | null): readonly (readonly [string, string])[] {
  const given = at(element, 'dimensions') ?? at(element, 'inputs', 'dimensions')
  const listed = textEntries(typeof given === 'string' ? jsonInside(given.slice(0, 65_536)) : given)
  if (listed.length > 0) return listed
  const inputs = at(element, 'inputs')
  const keyed = (isObject(inputs) ? Object.values(inputs).slice(0, 16) : []).map((input) => textEntries(at(input, 'key'))).find((entries) => entries.length > 0)
  if (keyed !== undefined) return keyed
  const text = typeof given === 'string' && given.startsWith('{') ? given : (body ?? '')
  const start = text.indexOf('{', Math.max(0, text.indexOf('Signal details')))
  const end = text.indexOf('}', start)
  if (start < 0 || end < 0) return []
  return text.slice(start + 1, Math.min(end, start + 4_096)).split(',', 64).flatMap((pair) => {
    const equals = pair.indexOf('=')
    return equals <= 0 ? [] : [[pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()] as const]
  })
}
