import type { NormalisedAlert } from '../source.ts'
import type { Severity } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { isObject } from '../json.ts'
import { readEventType } from '../sentence.ts'
import type { DeliveryContext, Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { recognise } from '../unknown/recognise.ts'
import { SEVERITY_WORDS, severityFrom } from '../words.ts'
import { binary, structured, type CloudEvent } from './envelope.ts'

const SOURCE = 'cloudevents'

/** Attributes with a place of their own. */
const TAKEN = new Set(['specversion', 'time', 'datacontenttype', 'dataschema', 'id'])

/** A structured event, a batch of them, or the data of a binary one whose attributes are headers. */
export function normalise(payload: unknown, context: DeliveryContext): Normalised {
  if (Array.isArray(payload) && binary(null, context) === null) return readEach(payload, '', (element, path) => readEvent(structured(element), path))
  return readEvent(structured(payload) ?? binary(payload, context), '')
}

function readEvent(event: CloudEvent | null, path: string): Normalised {
  const type = event?.attributes.get('type')
  if (event === null || type === undefined) return [reject(path, 'no CloudEvent: it needs specversion, type, source and id, in the body or as ce- headers')]
  const { attributes, data } = event
  const attribute = (name: string): string | null => attributes.get(name) ?? null
  const inside = isObject(data) ? recognisedOf(data, path) : null
  const kind = readEventType(type)
  const text = typeof data === 'string' ? data : null
  const subject = attribute('subject')
  return [
    makeAlert({
      source: SOURCE,
      // The event's own id is new each time; only what the data is about stays.
      externalId: inside?.externalId ?? null,
      asset: inside?.asset ?? subject ?? attribute('source'),
      signature: kind.name,
      severity: severityOf(attributes, inside),
      status: kind.status ?? inside?.status ?? 'firing',
      title: titleOf(inside, kind.name) ?? text ?? (subject === null ? type : `${type}: ${subject}`),
      message: text ?? (inside?.message || null),
      startsAtMs: instantMs(attribute('time')),
      labels: [
        ...[...attributes].filter(([name]) => !TAKEN.has(name)).map(([name, value]): [string, string] => [name === 'source' ? 'event_source' : name === 'type' ? 'event_type' : name, value]),
        ['event_id', attribute('id')],
        ...Object.entries(inside?.labels ?? {}),
      ],
    }),
  ]
}

/** The data read by the recogniser of unknown tools. */
function recognisedOf(data: unknown, path: string): NormalisedAlert | null {
  const [first] = recognise(data, SOURCE, path)
  return first === undefined || 'rejected' in first ? null : first
}

/** A title that the data has itself; the recogniser falls back to the first words it finds, which here are no title. */
function titleOf(inside: NormalisedAlert | null, name: string): string | null {
  if (inside === null || inside.message === '') return null
  return inside.title === name ? null : inside.title
}

/** The attributes of the Severity extension, or a plain `severity`; else what the data says. */
function severityOf(attributes: ReadonlyMap<string, string>, inside: NormalisedAlert | null): Severity {
  for (const name of ['severity', 'severitytext']) {
    const severity = severityFrom(SEVERITY_WORDS, attributes.get(name) ?? null)
    if (severity !== 'unknown') return severity
  }
  const number = Number(attributes.get('severitynumber') ?? Number.NaN)
  if (number >= 1 && number <= 24) return number >= 21 ? 'critical' : number >= 17 ? 'high' : number >= 13 ? 'medium' : 'info'
  return inside?.severity ?? 'unknown'
}
