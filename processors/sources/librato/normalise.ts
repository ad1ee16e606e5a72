import { makeAlert, readEach, reject } from '../build.ts'
import { at, firstText, isObject, jsonInside, listOf, textOf, type JsonObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'

/** Sources that stand for no machine in particular. */
const NO_SOURCES = new Set(['*', 'unassigned', 'all'])

/** One alert (the form field `payload`, already opened); scripts also collect several in an array. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(given: unknown, path: string): Normalised {
  if (!isObject(given)) return [reject(path, 'a Librato webhook is an object or a form with the field payload; use the service Webhook')]
  // Relays that turn the form into JSON keep the field's name.
  const wrapped = given['payload']
  const inside = typeof wrapped === 'string' ? jsonInside(wrapped.slice(0, 262_144)) : wrapped
  const hook = isObject(inside) && !isObject(given['alert']) ? inside : given
  const alert = hook['alert']
  // Snapshots of charts come to the same address and carry no alert.
  if (!isObject(alert) && Array.isArray(hook['attachments'])) return []
  if (!isObject(alert)) return [reject(path, 'no alert in the payload; use the service Webhook of Librato or AppOptics')]
  const id = firstText(alert, 'id')
  const name = firstText(alert, 'name')
  if (id === null && name === null) return [reject(`${path}/alert`, 'an alert without id and name; use the service Webhook of Librato or AppOptics')]
  const isCleared = hook['clear'] !== undefined && hook['clear'] !== null && hook['clear'] !== false
  const violations = violationsOf(hook)
  const [first] = violations
  const sources = [...new Set(violations.map(({ source }) => source).filter((source) => source !== null))]
  return [
    makeAlert({
      source: 'librato',
      externalId: id ?? firstText(hook, 'incident_key'),
      asset: sources[0] ?? null,
      signature: name ?? firstText(hook, ['metric', 'name']),
      severity: 'unknown',
      status: isCleared ? 'resolved' : 'firing',
      title: name,
      message: firstText(alert, 'description') ?? violations.slice(0, 20).map(({ text }) => text).join('\n'),
      startsAtMs: isCleared ? null : instantMs(hook['trigger_time']),
      labels: [
        ['metric', first?.metric ?? null],
        ['value', first?.value ?? null],
        ['sources', sources.length < 2 ? null : sources.slice(0, 20).join(',')],
        ['condition', firstText(hook, ['conditions', '0', 'type'])],
        ['threshold', firstText(hook, ['conditions', '0', 'threshold'])],
        ['clear', firstText(hook, 'clear')],
        ['incident_key', firstText(hook, 'incident_key')],
        ['triggered_by_user_test', firstText(hook, 'triggered_by_user_test')],
        ['runbook_url', firstText(alert, 'runbook_url')],
      ],
    }),
  ]
}

interface Violation {
  /** Null for a source that names no machine. */
  readonly source: string | null
  readonly metric: string | null
  readonly value: string | null
  readonly text: string
}

/** `violations` lists measurements by source (version 2); version 1 has one `metric` and one `measurement`. */
function violationsOf(hook: JsonObject): readonly Violation[] {
  const bySource = at(hook, 'violations')
  if (!isObject(bySource)) {
    const measurement = at(hook, 'measurement')
    return isObject(measurement) ? [violation(firstText(measurement, 'source'), firstText(hook, ['metric', 'name']), textOf(measurement['value']))] : []
  }
  return Object.entries(bySource).slice(0, 100).flatMap(([source, measurements]) => listOf(measurements).slice(0, 10).map((one) => violation(source, firstText(one, 'metric'), firstText(one, 'value'))))
}

function violation(source: string | null, metric: string | null, value: string | null): Violation {
  return { source: source === null || source === '' || NO_SOURCES.has(source.toLowerCase()) ? null : source, metric, value, text: `${metric ?? 'metric'} of ${source ?? 'all sources'}: ${value ?? 'no value'}` }
}
