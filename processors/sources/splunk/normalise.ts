import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { filled } from '../fields.ts'
import { hostAmong } from '../hosts.ts'
import { at, firstText, isObject, textOf } from '../json.ts'
import { readMarks } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom, type SeverityTable } from '../words.ts'

/** Urgency of Enterprise Security, severity labels of ITSI, and the words people write into a search; the product's own alert has none in its webhook. */
const SEVERITIES: SeverityTable = { ...SEVERITY_WORDS }

/** `alert.severity` of a saved search (savedsearches.conf), where a custom action sends it. */
const ALERT_SEVERITIES: SeverityTable = { 1: 'info', 2: 'info', 3: 'medium', 4: 'high', 5: 'critical', 6: 'critical' }

/** One triggered search; scripts also collect several in an array. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a Splunk webhook is an object; use the alert action Webhook')]
  const result = at(element, 'result')
  const row = rowOf(result)
  const sid = firstText(element, 'sid')
  const name = filled(firstText(element, 'search_name')) ?? nameInSid(sid, firstText(element, 'app'))
  if (name === null && sid === null && row.size === 0) return [reject(path, 'no search_name, sid or result; use the alert action Webhook of a saved search')]
  const marks = readMarks(name)
  const asset = hostAmong(row) ?? row.get('dest') ?? row.get('dest_host') ?? row.get('orig_host') ?? row.get('dvc') ?? row.get('src_host') ?? row.get('src') ?? firstText(element, 'host', 'server_host')
  return [
    makeAlert({
      source: 'splunk',
      externalId: identity(row),
      asset,
      signature: marks.text,
      severity: severityOf(element, row),
      status: statusOf(row, marks.status),
      title: name,
      message: row.get('_raw') ?? row.get('message') ?? row.get('description') ?? firstText(element, 'message'),
      startsAtMs: instantMs(row.get('_time')) ?? instantMs(at(element, 'trigger_time')) ?? timeInSid(sid),
      labels: [
        ...[...row].filter(([field]) => !field.startsWith('_') && !field.startsWith('date_') && !field.startsWith('time') && field !== 'punct'),
        ['app', firstText(element, 'app')],
        ['owner', firstText(element, 'owner')],
        ['sid', sid],
        ['link', firstText(element, 'results_link')],
      ],
    }),
  ]
}

/** The first row of the search's results as texts; a field with several values gives its first. */
function rowOf(result: unknown): ReadonlyMap<string, string> {
  if (!isObject(result)) return new Map()
  const entries = Object.entries(result).slice(0, 1_000).flatMap(([field, value]) => {
    const text = textOf(Array.isArray(value) ? value[0] : value)
    return text === null ? [] : [[field, text] as const]
  })
  return new Map(entries)
}

/** A search has no id that ends with it: its sid is new at each run. Episodes of ITSI and notables of Enterprise Security have one. */
function identity(row: ReadonlyMap<string, string>): string | null {
  const episode = row.get('itsi_group_id')
  if (episode !== undefined) return episode
  const notable = row.get('event_id')
  return notable?.includes('@@notable@@') === true ? notable : null
}

function severityOf(element: unknown, row: ReadonlyMap<string, string>): Severity {
  for (const field of ['urgency', 'severity_label', 'alert_severity', 'severity', 'priority']) {
    const severity = severityFrom(SEVERITIES, row.get(field) ?? null)
    if (severity !== 'unknown') return severity
  }
  const own = firstText(element, 'severity', 'alert_severity')
  const severity = severityFrom(ALERT_SEVERITIES, own)
  return severity === 'unknown' ? severityFrom(SEVERITIES, own) : severity
}

/** An alert action runs when the search's condition holds; ITSI sends its episodes' end as the severity `normal`. */
function statusOf(row: ReadonlyMap<string, string>, marked: AlertStatus | null): AlertStatus {
  const isCleared = row.has('itsi_group_id') && row.get('severity_label')?.toLowerCase() === 'normal'
  return isCleared ? 'resolved' : (marked ?? 'firing')
}

/** The search's name inside a sid, `scheduler__admin__search__name_at_1483557185_2`; long names are hashed (`RMD5…`) and lost. */
function nameInSid(sid: string | null, app: string | null): string | null {
  if (sid === null || app === null || sid.length > 512) return null
  const start = sid.indexOf(`_${app}_`)
  const end = sid.lastIndexOf('_at_')
  const name = start < 0 || end < start ? '' : sid.slice(start + app.length + 2, end).replace(/^_/, '')
  return name === '' || name.startsWith('RMD5') ? null : name
}

/** When a scheduled search ran. A real-time search (`rt_`) tells there when it was started, which says nothing. */
function timeInSid(sid: string | null): number | null {
  if (sid === null || sid.startsWith('rt_')) return null
  return instantMs(/_at_(\d{9,10})_/.exec(sid.slice(-64))?.[1])
}
