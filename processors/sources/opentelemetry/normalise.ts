import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { at, isObject, listOf, textOf } from '../json.ts'
import { ALERTS_MAX } from '../limits.ts'
import { readEventType, shapeOf } from '../sentence.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { knows, SEVERITY_WORDS, severityFrom, STATUS_WORDS, statusFrom, type SeverityTable } from '../words.ts'
import { attributesOf, mapOfValue, textOfValue } from './attributes.ts'

const SOURCE = 'opentelemetry'

/** SEVERITY_NUMBER_WARN; below it a record is about work that goes well ("Logs Data Model", SeverityNumber). */
const WARN = 13
/** Records below WARN shown of one delivery; the rest of them is not worth a row each. */
const ROUTINE_MAX = 100

/** SeverityText is the word of whatever library wrote the record. */
const SEVERITY_TEXTS: SeverityTable = { ...SEVERITY_WORDS, trace: 'info', verbose: 'info', fine: 'info', finer: 'info', finest: 'info', config: 'info', alert: 'critical' }

/** Where the machine or thing stands, most telling first: of the resource, then of the record. */
const ASSETS = ['host.name', 'k8s.object.name', 'k8s.pod.name', 'k8s.deployment.name', 'k8s.statefulset.name', 'k8s.daemonset.name', 'k8s.job.name', 'k8s.node.name', 'service.name', 'device.id', 'cloud.resource_id', 'faas.name', 'container.name', 'service.instance.id', 'hostname', 'host'] as const
/** Ids that stay the same while one problem lasts. */
const PROBLEM_IDS = ['alert.id', 'alert.fingerprint', 'alert.uid', 'problem.id', 'incident.id', 'fingerprint', 'dedup_key'] as const
/** What names the kind of record without its values. */
const KINDS = ['event.name', 'alert.name', 'alertname', 'rule.name', 'exception.type', 'k8s.event.reason', 'message_template.text', 'message_template', 'message.template', 'log.template', '{OriginalFormat}', 'msg_id', 'event_id'] as const
const STATES = ['alert.status', 'alert.state', 'status', 'state'] as const

interface Found {
  readonly resource: ReadonlyMap<string, string>
  readonly scope: string | null
  readonly record: unknown
  readonly path: string
}

/** ExportLogsServiceRequest in JSON, as OTLP/HTTP sends it; protobuf has been brought into the same form. Also an array of requests. */
export function normalise(payload: unknown): Normalised {
  const found: Found[] = []
  if (!Array.isArray(payload)) collect(payload, '', found)
  else for (const [index, request] of (payload as unknown[]).entries()) collect(request, `/${index}`, found)
  const troubles = found.reduce((count, { record }) => count + (isTrouble(record) ? 1 : 0), 0)
  let routineLeft = Math.max(0, Math.min(ROUTINE_MAX, ALERTS_MAX - troubles))
  const read = found.filter(({ record }) => isTrouble(record) || routineLeft-- > 0)
  return readEach(read, '', (one) => readRecord(one as Found))
}

function collect(request: unknown, path: string, into: Found[]): void {
  const list = at(request, 'resourceLogs') ?? at(request, 'resource_logs')
  // A request without records is legal, even one without anything; what is no request at all is told as one record that cannot be read.
  if (!Array.isArray(list) && !(isObject(request) && Object.keys(request).length === 0)) into.push({ resource: new Map(), scope: null, record: undefined, path })
  for (const [r, resourceLogs] of listOf(list).entries()) {
    const resource = attributesOf(at(resourceLogs, 'resource'))
    for (const [s, scopeLogs] of listOf(at(resourceLogs, 'scopeLogs') ?? at(resourceLogs, 'scope_logs')).entries()) {
      const scope = textOf(at(scopeLogs, 'scope', 'name'))
      for (const [l, record] of listOf(at(scopeLogs, 'logRecords') ?? at(scopeLogs, 'log_records')).entries()) {
        into.push({ resource, scope, record, path: `${path}/resourceLogs/${r}/scopeLogs/${s}/logRecords/${l}` })
      }
    }
  }
}

function readRecord({ resource, scope, record, path }: Found): Normalised {
  if (!isObject(record)) return [reject(path, 'no log record: send logs (resourceLogs), not traces or metrics, to /v1/logs')]
  const attributes = attributesOf(record)
  const body = field(record, 'body')
  const inBody = mapOfValue(body)
  const text = textOfValue(body) ?? inBody.get('message') ?? inBody.get('msg') ?? attributes.get('message') ?? attributes.get('exception.message') ?? null
  const event = readEventType(eventName(record) ?? attributes.get('event.name') ?? '')
  const kind = (event.name || null) ?? firstOf(attributes, KINDS) ?? firstOf(inBody, KINDS) ?? (text === null ? null : shapeOf(text))
  const service = resource.get('service.name') ?? null
  const asset = firstOf(resource, ASSETS) ?? firstOf(attributes, ASSETS) ?? firstOf(inBody, ASSETS)
  // Two services of one machine have problems of their own.
  const signature = kind === null || service === null || service === asset || event.name !== '' ? kind : `${service}: ${kind}`
  const told = firstOf(attributes, STATES)
  const state = knows(STATUS_WORDS, told) ? statusFrom(STATUS_WORDS, told) : event.status
  // A record that is neither WARN nor an event opens nothing; it is counted like a check that cannot tell.
  const status: AlertStatus = state ?? (isTrouble(record) ? 'firing' : 'no_data')
  return [
    makeAlert({
      source: SOURCE,
      externalId: firstOf(attributes, PROBLEM_IDS),
      asset,
      signature,
      severity: severityOf(record),
      status,
      title: text ?? kind,
      message: [text, attributes.get('exception.stacktrace')].filter((part) => part !== null && part !== undefined).join('\n') || null,
      startsAtMs: instantMs(field(record, 'timeUnixNano', 'time_unix_nano')) ?? instantMs(field(record, 'observedTimeUnixNano', 'observed_time_unix_nano')),
      labels: [
        ['service', service], ['environment', resource.get('deployment.environment.name') ?? resource.get('deployment.environment') ?? null], ['scope', scope],
        ['severity_text', textOf(field(record, 'severityText', 'severity_text'))], ['trace_id', textOf(field(record, 'traceId', 'trace_id'))],
        ...[...resource, ...attributes].filter(([name]) => name !== 'exception.stacktrace' && !name.startsWith('telemetry.sdk.')),
      ],
    }),
  ]
}

/** WARN and above, or an event, which somebody chose to give a name ("Logs Data Model", EventName). */
function isTrouble(record: unknown): boolean {
  if (!isObject(record)) return true
  const severity = severityOf(record)
  const isGraded = (numberOf(record) ?? 0) >= WARN || (numberOf(record) === null && severity !== 'info' && severity !== 'unknown')
  return isGraded || eventName(record) !== null || listOf(record['attributes']).some((entry) => at(entry, 'key') === 'event.name')
}

function eventName(record: unknown): string | null {
  return textOf(field(record, 'eventName', 'event_name'))
}

/** The number where there is one; 0 means that nobody said. In JSON an enum may also be its name. */
function numberOf(record: unknown): number | null {
  const given = field(record, 'severityNumber', 'severity_number')
  if (typeof given === 'number') return given > 0 ? given : null
  const name = /^(?:SEVERITY_NUMBER_)?(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)([2-4]?)$/.exec(textOf(given)?.slice(0, 40) ?? '')
  if (name === null) return /^\d{1,2}$/.test(textOf(given) ?? '') ? Number(given) || null : null
  return LEVELS.indexOf(name[1] ?? '') * 4 + (name[2] === '' ? 1 : Number(name[2]))
}

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']

function severityOf(record: unknown): Severity {
  const number = numberOf(record)
  if (number === null) return severityFrom(SEVERITY_TEXTS, textOf(field(record, 'severityText', 'severity_text')))
  if (number > 24) return 'unknown'
  return number >= 21 ? 'critical' : number >= 17 ? 'high' : number >= WARN ? 'medium' : 'info'
}

/** JSON of protobuf has lowerCamelCase names; readers must also take the original ones. */
function field(value: unknown, ...names: readonly string[]): unknown {
  return names.map((name) => at(value, name)).find((found) => found !== undefined)
}

function firstOf(attributes: ReadonlyMap<string, string>, names: readonly string[]): string | null {
  for (const name of names) {
    const value = attributes.get(name)
    if (value !== undefined) return value
  }
  return null
}
