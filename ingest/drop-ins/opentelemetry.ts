/**
 * Logs over OTLP/HTTP ("OTLP Specification", OTLP/HTTP): JSON and protobuf, packed or not, answered in kind. Which records become alerts, the adapter
 * decides; here those beyond its limit are told as partial success, for the sender counts them as lost.
 */
import type { BodyFault } from '../body.ts'
import { JSON_TYPE, type Answer, type DropIn, type DropInRequest, type RefusedRequest, type Taken } from './drop-in.ts'
import { walkFields, type VisitField } from './protobuf-fields.ts'
import { readObject, type JsonObject } from './read-object.ts'

const PROTOBUF_TYPE = 'application/x-protobuf'
/** Records that mean trouble read from one delivery: the adapters' limit of alerts. */
export const RECORDS_MAX = 5_000
/** SEVERITY_NUMBER_WARN. */
const WARN = 13

function mediaTypeOf(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase()
}

/** google.rpc.Status in the type of the request: field 1 is the code, field 2 the message. */
function refusal({ status, message, contentType }: RefusedRequest): Answer {
  const code = GRPC_CODES[status] ?? 2
  if (mediaTypeOf(contentType) !== PROTOBUF_TYPE) return { status, contentType: JSON_TYPE, body: JSON.stringify({ code, message }) }
  return { status, contentType: PROTOBUF_TYPE, body: Buffer.concat([Buffer.of(0x08, code), lengthDelimited(2, Buffer.from(message))]) }
}

/** Codes of google.rpc.Code by our status. */
const GRPC_CODES: Readonly<Record<number, number>> = { 400: 3, 401: 16, 404: 5, 413: 11, 415: 3, 429: 8, 500: 13, 503: 14 }

/** `POST /v1/logs`. */
export const OPENTELEMETRY: readonly DropIn[] = [{ methods: ['POST'], path: '/v1/logs', source: 'opentelemetry', take, refusal }]

function take({ body, contentType }: DropInRequest): Taken | BodyFault {
  const mediaType = mediaTypeOf(contentType)
  if (mediaType === PROTOBUF_TYPE) {
    const records = countProtobuf(body)
    if (records === null) return { code: 'body_invalid', message: 'The body is no ExportLogsServiceRequest in protobuf.' }
    return { body, contentType: PROTOBUF_TYPE, answer: { status: 200, contentType: PROTOBUF_TYPE, body: protobufAnswer(records) } }
  }
  if (mediaType !== JSON_TYPE) return { code: 'media_type_unsupported', message: `OTLP/HTTP is ${PROTOBUF_TYPE} or ${JSON_TYPE}.` }
  const read = readObject(body)
  if ('fault' in read) return read.fault
  const records = countJson(read.value)
  if (records === null) return { code: 'body_invalid', message: 'The body is no ExportLogsServiceRequest: resourceLogs must be an array.' }
  return { body, contentType: JSON_TYPE, answer: { status: 200, contentType: JSON_TYPE, body: jsonAnswer(records) } }
}

function unread(records: number): { count: number; message: string } | null {
  return records <= RECORDS_MAX ? null : { count: records - RECORDS_MAX, message: `Only ${RECORDS_MAX} records of WARN and above are read from one request; lower send_batch_max_size.` }
}

function jsonAnswer(records: number): string {
  const rest = unread(records)
  return JSON.stringify(rest === null ? {} : { partialSuccess: { rejectedLogRecords: String(rest.count), errorMessage: rest.message } })
}

/** ExportLogsServiceResponse: field 1 is the partial success, whose field 1 is the count and field 2 the message. */
function protobufAnswer(records: number): Buffer {
  const rest = unread(records)
  if (rest === null) return Buffer.alloc(0)
  return lengthDelimited(1, Buffer.concat([Buffer.of(0x08), writeVarint(rest.count), lengthDelimited(2, Buffer.from(rest.message))]))
}

function lengthDelimited(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.of(number * 8 + 2), writeVarint(bytes.length), bytes])
}

function writeVarint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}

/** Records that mean trouble in resource_logs (1) . scope_logs (2) . log_records (2), by severity_number (2) or event_name (12); null where it is no such message. */
function countProtobuf(body: Buffer): number | null {
  let count = 0
  let signs = 0
  const field: VisitField = (number, from, to, varint) => {
    if ((number === 2 && varint >= WARN) || (number === 12 && to > from)) signs++
    return true
  }
  const record = (from: number, to: number): boolean => {
    signs = 0
    if (!walkFields(body, from, to, field)) return false
    if (signs > 0) count++
    return true
  }
  const within = (wanted: number, inner: (from: number, to: number) => boolean): VisitField => (number, from, to) => number !== wanted || (from >= 0 && inner(from, to))
  const scope = within(2, record)
  const resource = within(2, (from, to) => walkFields(body, from, to, scope))
  const request = within(1, (from, to) => walkFields(body, from, to, resource))
  return walkFields(body, 0, body.length, request) ? count : null
}

function countJson(request: JsonObject): number | null {
  const resources = listIn(request, 'resourceLogs', 'resource_logs')
  if (resources === null) return null
  let count = 0
  for (const resource of resources) {
    for (const scope of listIn(resource, 'scopeLogs', 'scope_logs') ?? []) {
      for (const record of listIn(scope, 'logRecords', 'log_records') ?? []) {
        if (typeof record !== 'object' || record === null) continue
        const { severityNumber, eventName } = record as { severityNumber?: unknown; eventName?: unknown }
        if ((typeof severityNumber === 'number' && severityNumber >= WARN) || (typeof eventName === 'string' && eventName !== '')) count++
      }
    }
  }
  return count
}

/** An array under one of the names; empty where there is none, null where something else stands there. */
function listIn(value: unknown, ...names: readonly string[]): readonly unknown[] | null {
  if (typeof value !== 'object' || value === null) return null
  for (const name of names) {
    if (!Object.hasOwn(value, name)) continue
    const list = (value as JsonObject)[name]
    return Array.isArray(list) ? (list as unknown[]) : null
  }
  return []
}
