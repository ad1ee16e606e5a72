import { makeAlert, readEach, reject } from '../build.ts'
import { at, firstText, isObject, listOf, textEntries, textOf } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/**
 * A state is any short word; Riemann's own examples are ok, warning and critical, and it makes `expired` itself when an event's time to live
 * is over and nothing new came, which people alert on like on a failure.
 */
const STATES: StatusTable = {
  ok: 'resolved', up: 'resolved', running: 'resolved', normal: 'resolved', passing: 'resolved', resolved: 'resolved', healthy: 'resolved',
  warning: 'firing', warn: 'firing', minor: 'firing', major: 'firing', critical: 'firing', crit: 'firing', error: 'firing', fatal: 'firing', emergency: 'firing', down: 'firing', failed: 'firing', failure: 'firing', expired: 'firing', exception: 'firing', alert: 'firing',
}

const SEVERITIES: SeverityTable = { ...SEVERITY_WORDS }

/** One event, an array of them, or `events`. */
export function normalise(payload: unknown): Normalised {
  if (Array.isArray(payload)) return readEach(payload, '', readOne)
  const events = at(payload, 'events')
  return Array.isArray(events) ? readEach(events, '/events', readOne) : readOne(payload, '')
}

function readOne(event: unknown, path: string): Normalised {
  if (!isObject(event)) return [reject(path, 'a Riemann event is an object with host, service and state')]
  const host = firstText(event, 'host')
  const service = firstText(event, 'service')
  const description = firstText(event, 'description')
  if (host === null && service === null && description === null) return [reject(path, 'no host, service or description; post the event itself as JSON')]
  const state = stateOf(event['state'])
  const status = statusFrom(STATES, state)
  return [
    makeAlert({
      source: 'riemann',
      // An event has no id; Riemann's index knows it by host and service, and so do we.
      externalId: null,
      asset: host,
      signature: service,
      severity: severityFrom(SEVERITIES, state) === 'unknown' ? severityFrom(SEVERITIES, firstText(event, 'severity')) : severityFrom(SEVERITIES, state),
      status,
      title: description ?? (service === null ? null : `${service} is ${state ?? 'unknown'}`),
      message: description,
      // The event's own time: of a repeated event the newest.
      startsAtMs: status === 'firing' ? instantMs(event['time']) : null,
      labels: [
        ...textEntries(event).filter(([name]) => !KNOWN.has(name)).slice(0, 40),
        ...textEntries(event['attributes']).slice(0, 20),
        ['state', state],
        ['metric', firstText(event, 'metric', 'metric_f', 'metric_d', 'metric_sint64')],
        ['tags', listOf(event['tags']).slice(0, 20).map(textOf).filter((tag) => tag !== null).join(',')],
        ['ttl', firstText(event, 'ttl')],
      ],
    }),
  ]
}

const KNOWN = new Set(['host', 'service', 'state', 'description', 'metric', 'metric_f', 'metric_d', 'metric_sint64', 'time', 'ttl', 'tags'])

/** Clojure clients print keywords with their colon: `:ok`. */
function stateOf(value: unknown): string | null {
  const text = textOf(value)
  return text?.startsWith(':') === true ? text.slice(1) : text
}
