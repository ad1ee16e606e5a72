import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { hostAmong } from '../hosts.ts'
import { at, firstText, isObject, jsonInside, textEntries, textOf } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** Levels of an alert node (Kapacitor, "AlertNode"): OK, INFO, WARNING, CRITICAL. */
const LEVELS: SeverityTable = { info: 'info', warning: 'medium', warn: 'medium', critical: 'critical', crit: 'critical' }
const STATES: StatusTable = { ok: 'resolved', info: 'firing', warning: 'firing', warn: 'firing', critical: 'firing', crit: 'firing' }

/** One alert; scripts also collect several in an array. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'Kapacitor posts one object an alert; use .post() or the HTTP post handler')]
  const id = firstText(element, 'id')
  const message = firstText(element, 'message')
  const data = dataOf(element['data'])
  const series = at(data, 'series', '0') ?? at(data, 'Series', '0')
  const tags = textEntries(at(series, 'tags'))
  if (id === null && message === null && series === undefined) return [reject(path, 'no id, message or data; use .post() without a template, or keep id, level and message in it')]
  const level = firstText(element, 'level')
  const status: AlertStatus = statusFrom(STATES, level)
  const asset = hostAmong(tags) ?? hostAmong(textEntries(element)) ?? hostIn(id)
  return [
    makeAlert({
      source: 'kapacitor',
      externalId: id,
      asset,
      signature: checkOf(id, asset) ?? firstText(series, 'name'),
      // OK is no severity; what the alert was stands in previousLevel.
      severity: severityFrom(LEVELS, status === 'resolved' ? firstText(element, 'previousLevel') : level),
      status,
      title: message ?? id,
      message: firstText(element, 'details') ?? message,
      startsAtMs: startOf(element),
      labels: [
        ...tags,
        ['measurement', firstText(series, 'name')],
        ['level', level],
        ['previous_level', firstText(element, 'previousLevel')],
        ['task', firstText(element, 'taskName', 'task')],
        ['value', valueOf(series)],
      ],
    }),
  ]
}

/** `data` is the query's result; templates paste it as a text, which may be no JSON at all. */
function dataOf(data: unknown): unknown {
  const text = typeof data === 'string' ? data.slice(0, 65_536) : null
  return text === null ? data : jsonInside(text)
}

/** The alert's state began `duration` nanoseconds before `time`. */
function startOf(element: unknown): number | null {
  const timeMs = instantMs(at(element, 'time'))
  const duration = at(element, 'duration')
  const durationMs = typeof duration === 'number' && duration > 0 ? Math.trunc(duration / 1e6) : 0
  if (timeMs === null) return null
  // A duration longer than the time since 1970 is none.
  return durationMs < timeMs ? instantMs(timeMs - durationMs) : timeMs
}

/**
 * The id without its group: `{{ .Name }}:{{ .Group }}` is the default, where the group is `nil` or `host=web-9,cpu=0`. A number is no name,
 * and an id of the customer's own is one with the machine's name put out of it.
 */
function checkOf(id: string | null, asset: string | null): string | null {
  if (id === null || /^\d+$/.test(id)) return null
  const colon = id.indexOf(':')
  const group = colon < 0 ? '' : id.slice(colon + 1)
  if (colon > 0 && (group === 'nil' || group.includes('='))) return id.slice(0, colon)
  if (asset === null || asset.length < 3 || !id.includes(asset)) return id
  return id.slice(0, 4_096).replaceAll(asset, '').replace(/^[\s:/,._-]+|(?<![\s:/,._-])[\s:/,._-]+$/g, '') || null
}

/** `host=web-9` inside the id's group. */
function hostIn(id: string | null): string | null {
  const group = (id ?? '').slice(0, 1_024)
  return hostAmong(group.slice(group.indexOf(':') + 1).split(',', 32).map((pair) => {
    const equals = pair.indexOf('=')
    return equals > 0 ? [pair.slice(0, equals), pair.slice(equals + 1)] as const : ['', null] as const
  }))
}

/** The last column of the first row, which follows `time`. */
function valueOf(series: unknown): string | null {
  const columns = at(series, 'columns')
  const row = at(series, 'values', '0')
  return Array.isArray(columns) && Array.isArray(row) ? textOf(row[columns.length - 1]) : null
}
