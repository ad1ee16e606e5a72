import { makeAlert, readEach, reject } from '../build.ts'
import { filled } from '../fields.ts'
import { at, firstText, isObject, textEntries } from '../json.ts'
import { readMarks } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** Conviva grades an alert critical, warning or info. */
const SEVERITIES: SeverityTable = { ...SEVERITY_WORDS }
const STATES: StatusTable = { fired: 'firing', firing: 'firing', active: 'firing', open: 'firing', opened: 'firing', triggered: 'firing', ongoing: 'firing', resolved: 'resolved', closed: 'resolved', cleared: 'resolved', ended: 'resolved', recovered: 'resolved' }

/** One alert; scripts also collect several in an array. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a Conviva alert is an object; use the webhook notification of Pulse')]
  const text = (...names: readonly string[]): string | null => names.map((name) => filled(firstText(element, name))).find((found) => found !== null) ?? null
  const id = text('event_id', 'alert_id', 'id')
  const name = text('alert_name', 'metric_name', 'name', 'title')
  if (id === null && name === null) return [reject(path, 'no event_id or metric_name; use the webhook notification of Pulse')]
  const cause = text('root_cause', 'dimension', 'filter_name', 'filter')
  const word = text('status', 'alert_status', 'state', 'event_status')
  return [
    makeAlert({
      source: 'conviva',
      externalId: id,
      // An alert is about viewers of one kind; which kind is its root cause, a combination that names no machine.
      asset: text('asset_name', 'application_name', 'app_name', 'channel', 'stream_name'),
      signature: readMarks(name).text,
      severity: severityFrom(SEVERITIES, text('severity', 'alert_severity', 'level')),
      // Conviva speaks up when an alert is fired; where it tells a state, that counts.
      status: word === null ? 'firing' : statusFrom(STATES, word),
      title: cause === null || name === null ? name : `${name}: ${cause}`,
      message: text('description', 'message', 'summary') ?? text('value'),
      startsAtMs: clockFirstMs(text('alert_time', 'start_time', 'fired_time', 'timestamp')),
      labels: [...textEntries(at(element, 'custom_fields')), ...textEntries(element).filter(([field]) => field !== 'custom_fields').slice(0, 40)],
    }),
  ]
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** Conviva writes `02:45 Jan 18, 2026 PST`; other forms are read as usual. */
function clockFirstMs(text: string | null): number | null {
  const parts = /^(\d\d:\d\d(?::\d\d)?) ([A-Z][a-z]{2}) (\d{1,2}), (\d{4}) ([A-Z]{3})$/.exec((text ?? '').slice(0, 40))
  const month = MONTHS.indexOf(parts?.[2]?.toLowerCase() ?? '')
  return parts === null || month < 0 ? instantMs(text) : instantMs(`${parts[4]}-${String(month + 1).padStart(2, '0')}-${(parts[3] ?? '').padStart(2, '0')}T${parts[1]}${parts[5]}`)
}
