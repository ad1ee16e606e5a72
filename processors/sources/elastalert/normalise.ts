import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { hostAmong } from '../hosts.ts'
import { isObject, textEntries } from '../json.ts'
import { readMarks } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom, statusFrom, type StatusTable } from '../words.ts'

/** `event_type` of the PagerTree alerter, `event_action` and `status` of templates. A field of the matched document that is called so (`status: 200`) stands in no table. */
const STATES: StatusTable = { create: 'firing', created: 'firing', trigger: 'firing', triggered: 'firing', firing: 'firing', alert: 'firing', acknowledge: 'acknowledged', acknowledged: 'acknowledged', resolve: 'resolved', resolved: 'resolved', close: 'resolved', closed: 'resolved', recovered: 'resolved', ok: 'resolved' }

/** One alert; scripts also collect several in an array, or under `alerts` or `matches`. */
export function normalise(payload: unknown): Normalised {
  if (Array.isArray(payload)) return readEach(payload, '', readOne)
  for (const name of ['alerts', 'matches']) {
    const list = isObject(payload) ? payload[name] : undefined
    if (Array.isArray(list) && list.some(isObject)) return readEach(list, `/${name}`, readOne)
  }
  return readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'an ElastAlert alert is an object; check http_post2_payload of the rule')]
  const fields = new Fields(element)
  const title = fields.path('title', 'alertsubject', 'subject', 'summary', 'alerttitle', 'annotationssummary')
  const rule = fields.path('rulename', 'rule', 'alertname', 'elastalertrule', 'elastalertrulename', 'alertrule', 'name', 'alert', 'signature', 'labelsalertname')
  const message = fields.path('description', 'alerttext', 'text', 'body', 'message', 'details', 'alertmessage', 'annotationsdescription')
  const asset = hostAmong(fields.entries) ?? hostAmong(textEntries(element['labels'])) ?? fields.path('asset', 'assetname', 'resource', 'source')
  const externalId = fields.path('id', 'alertid', 'alertuid', 'dedupkey', 'deduplicationkey', 'incidentkey', 'alias', 'externalid')
  if (title === null && rule === null && message === null && asset === null) return [reject(path, 'no rule, title or message; give http_post2_payload the fields rule, title, severity and host')]
  const told = [fields.path('eventtype'), fields.path('eventaction', 'action'), fields.path('status', 'state')].map((word) => statusFrom(STATES, word)).find((status) => status !== 'unknown')
  const marks = readMarks(withoutPrefix(rule ?? title))
  return [
    makeAlert({
      source: 'elastalert',
      externalId: isDocumentId(element, externalId) ? null : externalId,
      asset,
      signature: marks.text,
      severity: severityFrom(SEVERITY_WORDS, fields.path('severity', 'alertseverity', 'priority', 'alertpriority', 'rulelevel', 'labelsseverity', 'annotationsseverity') ?? (isWholeDocument(element) ? null : fields.path('level'))),
      status: told ?? marks.status ?? readMarks(title).status ?? 'firing',
      title: title ?? rule,
      message,
      startsAtMs: instantMs(fields.path('timestamp', 'startsat', 'time', 'alerttime', 'matchtime')),
      labels: [
        ...fields.entries.filter(([name]) => name.length <= 64 && !['title', 'description', 'message'].includes(name.toLowerCase())).slice(0, 40),
        ['rule', rule],
      ],
    }),
  ]
}

/** A log document's `level` is that of one line, not of the alert. */
function isWholeDocument(element: Readonly<Record<string, unknown>>): boolean {
  return element['_index'] !== undefined
}

/** With `http_post_all_values` the matched document comes whole, and `_id` is the document's: another one at each match. */
function isDocumentId(element: Readonly<Record<string, unknown>>, found: string | null): boolean {
  return found !== null && element['_id'] === found && element['id'] === undefined
}

/** Subjects are written `ElastAlert: name` where the rule sets none. */
function withoutPrefix(title: string | null): string | null {
  return title === null ? null : title.slice(0, 4_096).replace(/^elastalert\s?2?: /i, '')
}
