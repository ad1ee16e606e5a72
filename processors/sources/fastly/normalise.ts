import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { firstText, isObject, type JsonObject } from '../json.ts'
import { readMarks } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { statusFrom, type StatusTable } from '../words.ts'

const STATES: StatusTable = { triggered: 'firing', firing: 'firing', active: 'firing', open: 'firing', resolved: 'resolved', closed: 'resolved', ok: 'resolved' }

/** One alert; scripts also collect several in an array. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a Fastly alert is an object; use an integration of the type Webhook')]
  const title = firstText(element, 'title', 'name')
  const marks = readMarks(title)
  const definition = firstText(element, 'definition_id') ?? definitionIn(element)
  if (marks.text === null && definition === null) return [reject(path, 'no title and no definition; use an integration of the type Webhook')]
  return [
    makeAlert({
      source: 'fastly',
      // The definition has one open alert at a time; the history's id is one episode's, and only a link tells it.
      externalId: definition,
      asset: firstText(element, 'service_name', 'service_id', ['service', 'name'], 'domain', 'origin'),
      signature: marks.text,
      severity: 'unknown',
      status: statusOf(element, marks.status),
      title,
      message: firstText(element, 'description'),
      startsAtMs: instantMs(element['start']),
      labels: [
        ['metric', firstText(element, 'metric')],
        ['service_id', firstText(element, 'service_id')],
        ['history_id', queryOf(firstText(element, 'history_ui'), 'id')],
        ['end', firstText(element, 'end')],
        ['link', firstText(element, 'history_ui', 'definition_ui')],
        ['definition_link', firstText(element, 'definition_ui')],
      ],
    }),
  ]
}

/** `triggered` is true while the alert fires; the title says it too. */
function statusOf(element: JsonObject, marked: AlertStatus | null): AlertStatus {
  if (element['triggered'] === true || element['triggered'] === 'true') return 'firing'
  if (element['triggered'] === false || element['triggered'] === 'false') return 'resolved'
  return marked ?? statusFrom(STATES, firstText(element, 'status', 'state'))
}

/** The definition's id, which the payload tells inside its links only: `…/alerts/definitions/{id}/edit`, `…?definition_id={id}`. */
function definitionIn(element: JsonObject): string | null {
  for (const name of ['definition_ui', 'definition_api']) {
    const found = /\/definitions\/([\w-]{1,64})/.exec((firstText(element, name) ?? '').slice(0, 1_024))?.[1]
    if (found !== undefined) return found
  }
  return queryOf(firstText(element, 'history_api'), 'definition_id') ?? /\/history\/([\w-]{1,64})/.exec((firstText(element, 'history_ui') ?? '').slice(0, 1_024))?.[1] ?? null
}

function queryOf(link: string | null, name: string): string | null {
  const query = link === null ? -1 : link.indexOf('?')
  return link === null || query < 0 ? null : new URLSearchParams(link.slice(query + 1, query + 2_048)).get(name) || null
}
