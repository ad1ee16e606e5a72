import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { hostAmong } from '../hosts.ts'
import { at, firstText, isObject, listOf, textEntries, textOf, type JsonObject } from '../json.ts'
import { readMarks } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom, type SeverityTable } from '../words.ts'

/** Priorities of an event definition: 1 low, 2 normal (now called medium), 3 high, 4 critical; words where a template writes them. */
const PRIORITIES: SeverityTable = { ...SEVERITY_WORDS, 1: 'low', 2: 'medium', 3: 'high', 4: 'critical', normal: 'medium' }

/** Graylog itself tells no end; templates and relays that know of one say it in a field of their own. */
const ENDS = new Set(['resolved', 'closed', 'ok', 'recovered', 'cleared'])

/** One event; scripts also collect several in an array. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a Graylog notification is an object; use an HTTP Notification')]
  const check = at(element, 'check_result')
  if (isObject(check)) return readCallback(element, check)
  const event = isObject(element['event']) ? element['event'] : element
  const fields = new Fields(element)
  const title = firstText(element, 'event_definition_title') ?? fields.path('eventdefinitiontitle', 'eventtitle', 'title', 'alertname', 'name')
  const message = firstText(event, 'message') ?? fields.path('message', 'body', 'text')
  const definition = firstText(element, 'event_definition_id') ?? fields.any('eventdefinitionid')
  const asset = assetOf(element, event) ?? fields.path('host', 'hostname', 'asset')
  if (title === null && message === null && definition === null && asset === null) return [reject(path, 'no event definition or message; use an HTTP Notification, or give the template event_definition_title and event.message')]
  return [
    makeAlert({
      source: 'graylog',
      // An event's id is new each time and Graylog tells no end; definition and key are what repeats, and both are in signature and asset.
      externalId: null,
      asset,
      signature: readMarks(title ?? message).text,
      severity: severityFrom(PRIORITIES, firstText(event, 'priority') ?? fields.path('priority', 'eventdefinitionpriority', 'severity')),
      status: ENDS.has(firstText(element, 'status', 'state')?.slice(0, 64).toLowerCase() ?? '') ? 'resolved' : 'firing',
      title: title ?? message,
      message: message ?? firstText(element, 'event_definition_description'),
      startsAtMs: instantMs(event['timestamp']) ?? instantMs(fields.path('timestamp', 'eventtimestamp')),
      labels: [
        ...textEntries(at(event, 'group_by_fields')),
        ...textEntries(at(event, 'fields')),
        ['event_definition_id', definition],
        ['event_id', firstText(event, 'id')],
        ['key', firstText(event, 'key')],
        ['origin', firstText(event, 'source')],
        ['query', firstText(event, ['replay_info', 'query'])],
        ['message_source', firstText(element, ['backlog', '0', 'source'])],
        ['event_definition_type', firstText(element, 'event_definition_type')],
      ],
    }),
  ]
}

/** What the event was grouped by or its own fields name; else the sender all messages of the backlog share. `event.source` is the Graylog server. */
function assetOf(element: JsonObject, event: JsonObject): string | null {
  const named = hostAmong([...textEntries(event['group_by_fields']), ...textEntries(event['fields'])])
  if (named !== null) return named
  const grouped = firstText(event, ['group_by_fields', 'source'], ['fields', 'source'])
  if (grouped !== null) return grouped
  const senders = new Set(listOf(element['backlog']).slice(0, 200).map((message) => firstText(message, 'source', ['fields', 'source'])))
  const [only = null] = senders
  return senders.size === 1 ? only : firstText(event, ['key_tuple', '0'], 'key')
}

/** The alarm callback of Graylog 2 (and its legacy HTTP alarm callback since): a triggered condition of a stream. */
function readCallback(element: JsonObject, check: JsonObject): Normalised {
  // A condition that is not met carries no alert.
  if (check['triggered'] === false) return []
  const condition = at(check, 'triggered_condition')
  const description = firstText(check, 'result_description')
  const title = firstText(condition, 'title')
  const senders = new Set(listOf(check['matching_messages']).slice(0, 200).map((message) => firstText(message, 'source')))
  const [only = null] = senders
  return [
    makeAlert({
      source: 'graylog',
      externalId: textOf(at(condition, 'id')),
      asset: senders.size === 1 ? only : null,
      signature: title ?? firstText(element, ['stream', 'title']) ?? firstText(condition, 'type'),
      severity: 'unknown',
      status: 'firing',
      title: title ?? description,
      message: description,
      startsAtMs: instantMs(check['triggered_at']),
      labels: [['stream', firstText(element, ['stream', 'title'])], ['stream_id', firstText(element, ['stream', 'id'])], ['condition_type', firstText(condition, 'type')], ['field', firstText(condition, ['parameters', 'field'])], ['threshold', firstText(condition, ['parameters', 'threshold'])]],
    }),
  ]
}
