/** Avro in the Confluent wire format: one zero byte, the schema id in four bytes, the Avro body. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import avro from 'avsc'
import { AppError } from './errors.ts'
import type { CallEvent, DeadLetter, IncidentRecord, CorrelationRecord, LedgerRow, RawRecord, RunEvent } from './records.ts'
import { TOPICS, type TopicName } from './topics.ts'

const MAGIC = 0
const HEADER_BYTES = 5
const scratch = Buffer.allocUnsafeSlow(65_536)

/** What `openCodec` needs of a schema registry: ids never change, and an incompatible change is refused. */
export interface SchemaIds {
  /** The id of this schema under the subject, registering it when new. Throws `schema_incompatible` where the released one cannot be read by it or the other way round. */
  idFor(subject: string, schema: string): Promise<number>
  /** The schema text behind an id. Throws `record_unreadable` for an id nobody gave. */
  schemaOf(id: number): Promise<string>
}

/** The record type of each topic. */
export interface TopicRecords {
  'alerts.raw.v1': RawRecord
  'alerts.v1': LedgerRow
  'correlation.v1': CorrelationRecord
  'incidents.v1': IncidentRecord
  'runs.v1': RunEvent
  'calls.v1': CallEvent
  'dead-letter.v1': DeadLetter
}

/** Encodes and decodes the records of one topic. */
export interface Codec<T> {
  /** The wire form of a record. Throws `internal` naming the field that does not fit. */
  encode(record: T): Buffer
  /** Learns the writer schemas of these values, so that `decode` can be synchronous. */
  prepare(values: readonly Buffer[]): Promise<void>
  /** The record in a value `prepare` has seen. Throws `record_unreadable`. */
  decode(value: Buffer): T
}

/**
 * Records with several forms have one union field, `event`, and each form says its name in a one-word `type` field. avsc wants such a
 * union wrapped in an object named after the branch; this puts the wrapper on and takes it off.
 */
function wrapping(type: avro.Type): { wrap: (record: unknown) => unknown; unwrap: (decoded: unknown) => unknown } {
  const union = type instanceof avro.types.RecordType ? type.fields.find((field) => field.name === 'event')?.type : undefined
  if (!(union instanceof avro.types.WrappedUnionType)) return { wrap: (record) => record, unwrap: (decoded) => decoded }
  const branches = new Map<string, string>()
  for (const branch of union.types) {
    if (!(branch instanceof avro.types.RecordType)) continue
    const kind = branch.field('type').type
    if (kind instanceof avro.types.EnumType) branches.set(kind.symbols[0] ?? '', branch.name ?? '')
  }
  return {
    wrap: (record) => {
      const { event } = record as { event: { type: string } }
      return { event: { [branches.get(event.type) ?? event.type]: event } }
    },
    unwrap: (decoded) => {
      const { event } = decoded as { event: Record<string, unknown> }
      for (const name in event) return { event: event[name] }
      return decoded
    },
  }
}

/** The text of `schemas/avro/<name>.avsc`. */
export function schemaText(name: string): string {
  return JSON.stringify(JSON.parse(readFileSync(join(import.meta.dirname, 'avro', `${name}.avsc`), 'utf8')))
}

/** Parses a schema. */
export function parseSchema(text: string): avro.Type {
  return avro.Type.forSchema(JSON.parse(text) as avro.Schema)
}

/** A codec for one topic; registers our schema under the subject `<topic>-value`. */
export async function openCodec<N extends TopicName>(topic: N, ids: SchemaIds): Promise<Codec<TopicRecords[N]>> {
  const spec = Object.values(TOPICS).find((candidate) => candidate.name === topic)
  if (spec === undefined) throw new AppError('internal', `no topic ${topic} in schemas/topics.ts`)
  return openRecordCodec<TopicRecords[N]>(`${topic}-value`, schemaText(spec.schema), ids)
}

/** A codec for any schema text under a subject: topics, and state entries. */
export async function openRecordCodec<T>(subject: string, text: string, ids: SchemaIds): Promise<Codec<T>> {
  const type = parseSchema(text)
  const { wrap, unwrap } = wrapping(type)
  const id = await ids.idFor(subject, text)
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt8(MAGIC, 0)
  header.writeUInt32BE(id, 1)
  const readers = new Map<number, (body: Buffer) => T>([[id, (body) => unwrap(type.fromBuffer(body)) as T]])

  const idOf = (value: Buffer): number => {
    if (value.length < HEADER_BYTES || value[0] !== MAGIC) throw new AppError('record_unreadable', `a record of ${subject} is not in the Confluent wire format`)
    return value.readUInt32BE(1)
  }
  return {
    encode(record) {
      // Written into one buffer all codecs share and copied out once; going through avsc's own buffer and a concat took twice as long.
      try {
        const wrapped = wrap(record)
        const end = type.encode(wrapped, scratch, HEADER_BYTES)
        const value = Buffer.allocUnsafe(end >= 0 ? end : scratch.length - end)
        if (end >= 0) scratch.copy(value, HEADER_BYTES, HEADER_BYTES, end)
        else type.encode(wrapped, value, HEADER_BYTES)
        header.copy(value)
        return value
      } catch (cause) {
        throw new AppError('internal', `encoding a record of ${subject}: ${(cause as Error).message}`, { cause })
      }
    },
    async prepare(values) {
      for (const value of values) {
        if (value.length < HEADER_BYTES || value[0] !== MAGIC) continue
        const writerId = value.readUInt32BE(1)
        if (readers.has(writerId)) continue
        const writer = parseSchema(await ids.schemaOf(writerId))
        const resolver = type.createResolver(writer)
        readers.set(writerId, (body) => unwrap(type.fromBuffer(body, resolver)) as T)
      }
    },
    decode(value) {
      const read = readers.get(idOf(value))
      if (read === undefined) throw new AppError('record_unreadable', `a record of ${subject} names schema ${idOf(value)}, which the registry does not have`)
      try {
        return read(value.subarray(HEADER_BYTES))
      } catch (cause) {
        throw new AppError('record_unreadable', `a record of ${subject} does not fit its schema: ${(cause as Error).message}`, { cause })
      }
    },
  }
}
