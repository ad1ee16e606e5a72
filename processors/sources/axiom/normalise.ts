import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { hostAmong } from '../hosts.ts'
import { at, isObject, listOf, textEntries, textOf, type JsonObject } from '../json.ts'
import { readMarks } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom, statusFrom, type StatusTable } from '../words.ts'

/** `{{.Action}}`: Open or Closed. */
const ACTIONS: StatusTable = { open: 'firing', opened: 'firing', triggered: 'firing', firing: 'firing', closed: 'resolved', close: 'resolved', resolved: 'resolved' }

/** One notification; scripts also collect several in an array. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'an Axiom notification is an object; check the body of the custom webhook notifier')]
  const event = isObject(element['event']) ? element['event'] : element
  const fields = new Fields(element)
  const find = (...names: readonly string[]): string | null => fields.path(...names.map((name) => `event${name}`)) ?? fields.path(...names)
  const title = find('title', 'name', 'monitorname')
  const marks = readMarks(title)
  const monitor = find('monitorid', 'id')
  if (monitor === null && marks.text === null) return [reject(path, 'no monitor or title; give the body {{.Action}}, {{.MonitorID}}, {{.Title}} and {{.Timestamp}}')]
  const word = fields.path('action', 'eventaction', 'status', 'eventstatus', 'state')
  const status = word === null ? (marks.status ?? 'unknown') : statusFrom(ACTIONS, word)
  const groups = groupsOf(event)
  const matched = textEntries(at(event, 'matchedEvent'))
  return [
    makeAlert({
      source: 'axiom',
      // A monitor that notifies by group has one open problem a group.
      externalId: monitor === null || groups.length === 0 ? monitor : `${monitor}:${groups.map(([, value]) => value).join(',')}`,
      asset: hostAmong(groups) ?? hostAmong(matched),
      signature: marks.text,
      severity: severityFrom(SEVERITY_WORDS, find('severity', 'priority')),
      status,
      title,
      message: find('body', 'message', 'description'),
      startsAtMs: status === 'firing' ? goTimeMs(find('timestamp', 'time', 'queryendtime')) : null,
      labels: [...matched.filter(([name]) => !name.startsWith('_')), ...groups, ['description', find('description')], ['value', find('value')], ['monitor_id', monitor], ['link', find('url', 'monitorurl')]],
    }),
  ]
}

/** `groupKeys` and `groupValues` are two lists in step; null where the monitor has no groups. */
function groupsOf(event: JsonObject): readonly (readonly [string, string])[] {
  const values = listOf(event['groupValues']).slice(0, 32)
  const keys = listOf(event['groupKeys'])
  return values.flatMap((value, index) => {
    const text = textOf(value)
    return text === null ? [] : [[textOf(keys[index]) ?? `group_${index}`, text] as const]
  })
}

/** Go prints `2026-02-03 10:00:00.123 +0000 UTC`, where the last word only repeats the offset. */
function goTimeMs(text: string | null): number | null {
  return instantMs(text === null || text.length > 64 ? null : text.replace(/ ([+-]\d{4}) [A-Z]{2,5}( m=\S+)?$/, '$1'))
}
