import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { hostAmong } from '../hosts.ts'
import { at, firstText, isObject, listOf, textEntries, type JsonObject } from '../json.ts'
import { readMarks } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom, statusFrom, type StatusTable } from '../words.ts'

/** `.Alert.Status`: TRIGGERED or OK; the other words are those of templates. */
const STATES: StatusTable = { triggered: 'firing', firing: 'firing', alert: 'firing', trigger: 'firing', open: 'firing', create: 'firing', ok: 'resolved', resolved: 'resolved', resolve: 'resolved', close: 'resolved', closed: 'resolved', acknowledged: 'acknowledged' }

/** One alert; scripts also collect several in an array. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a Honeycomb notification is an object; check the payload template of the webhook recipient')]
  const fields = new Fields(element)
  const summary = fields.path('summary', 'alertsummary', 'title')
  const marks = readMarks(summary?.slice(0, 4_096).replace(/^TRIGGER TEST: /, '') ?? null)
  const name = fields.path('name', 'triggername', 'alertname', 'burnalertname', 'sloname')
  const externalId = fields.path('id', 'triggerid', 'alertinstanceid', 'instanceid', 'burnalertid', 'alertid', 'deduplicationkey', 'dedupkey', 'alias') ?? idInLink(fields.path('triggerurl', 'url', 'sourceurl'))
  if (name === null && externalId === null && marks.text === null) return [reject(path, 'no name, id or summary; give the template .ID, .Name, .Alert.Status and .Alert.Summary')]
  const group = groupOf(element)
  const word = fields.path('status', 'alertstatus', 'state')
  const status = word === null ? (marks.status ?? 'unknown') : statusFrom(STATES, word)
  return [
    makeAlert({
      source: 'honeycomb',
      externalId,
      asset: assetOf(element, group, externalId),
      signature: name ?? marks.text,
      severity: severityFrom(SEVERITY_WORDS, fields.path('severity', 'priority', 'alertseverity', 'pagerdutyseverity')),
      status,
      title: summary ?? name,
      message: fields.path('description', 'alertdescription', 'message', 'triggerdescription', 'slodescription'),
      startsAtMs: status === 'firing' ? instantMs(fields.path('timestamp', 'alerttimestamp', 'triggeredat', 'startedat', 'firedat')) : null,
      labels: [
        ...group,
        ['description', fields.path('triggerdescription', 'burnalertdescription', 'slodescription')],
        ['operator', fields.path('operator', 'triggeroperator', 'thresholdop')],
        ['threshold', fields.path('threshold', 'triggerthreshold', 'thresholdvalue', 'exhaustionminutes')],
        ['dataset', fields.path('dataset', 'datasets') ?? datasetInLink(fields.path('triggerurl', 'slourl', 'resulturl'))],
        ['environment', fields.path('environment')],
        ['is_test', fields.path('istest', 'alertistest')],
        ['link', fields.path('triggerurl', 'slourl', 'sourceurl', 'linksurl', 'url')],
        ['result_url', fields.path('resulturl')],
      ],
    }),
  ]
}

/** The one group that triggered, as names and values; the template of the docs writes `field` and `value`. Empty where several did. */
function groupOf(element: JsonObject): readonly (readonly [string, string])[] {
  const groups = [listOf(element['result_groups_triggered']), listOf(at(element, 'result', 'groupsTriggered'))].find((list) => list.length > 0) ?? []
  if (groups.length !== 1) return []
  const field = firstText(groups[0], 'field')
  const value = firstText(groups[0], 'value')
  return field !== null && value !== null ? [[field, value]] : textEntries(at(groups[0], 'Group'))
}

/** What the template names, or the one group that triggered. OK tells no groups, so a group names the asset only where an id ties the two. */
function assetOf(element: JsonObject, group: readonly (readonly [string, string])[], externalId: string | null): string | null {
  const own = hostAmong(textEntries(element))
  return own ?? (externalId === null ? null : hostAmong(group))
}

function idInLink(link: string | null): string | null {
  return /\/triggers\/([A-Za-z0-9_-]{1,64})/.exec((link ?? '').slice(0, 1_024))?.[1] ?? null
}

function datasetInLink(link: string | null): string | null {
  return /\/datasets\/([^/?#]{1,128})/.exec((link ?? '').slice(0, 1_024))?.[1] ?? null
}
