/** The original records of dead letters: from where they stood on the log, else from the letter, which is kept twice as long. */
import type { Codec } from '../../schemas/codec.ts'
import { toAppError } from '../../schemas/errors.ts'
import { epochOf, offsetOf, type Position } from '../../schemas/position.ts'
import type { DeadLetter, Delivery, RawRecord } from '../../schemas/records.ts'
import type { DeadLetterDetail } from '../../schemas/receipts.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { FactSource } from '../queries/analytics-scope.ts'
import type { TailedLog } from '../receipts/unrecorded.ts'
import { lettersOfRecord, type LetterRow } from './list.ts'
import { maskSecrets } from './mask-secrets.ts'

/** Where originals are read. */
export interface OriginalPorts {
  readonly facts: FactSource
  readonly log: TailedLog
  readonly raw: Codec<RawRecord>
  readonly letters: Codec<DeadLetter>
}

/** A record that was set aside. */
export interface Original {
  readonly key: string
  /** As it stood on the log; null where only a delivery's parts are left of it. */
  readonly value: Buffer | null
  /** Null where the record is no delivery, or cannot be read. */
  readonly delivery: Delivery | null
}

/** The record behind a letter; null where nothing keeps it any more. */
export async function originalOf(ports: OriginalPorts, letter: LetterRow): Promise<Original | null> {
  const stored = await readOne(ports.log, letter.topic, letter.partition, letter.position)
  if (stored !== null) return { key: stored.key, value: stored.value, delivery: await deliveryIn(ports.raw, letter.topic, stored.value) }
  return fromLetters(ports, letter)
}

/** The first letter of a delivery carries its body; letters of other records carry the record. */
async function fromLetters(ports: OriginalPorts, letter: LetterRow): Promise<Original | null> {
  const carrier = letter.valueBytes > 0 ? letter : (await lettersOfRecord(ports.facts, letter)).find(({ valueBytes }) => valueBytes > 0)
  if (carrier === undefined) return null
  const stored = await readOne(ports.log, TOPICS.deadLetter.name, carrier.letterPartition, carrier.letterPosition)
  if (stored === null) return null
  await ports.letters.prepare([stored.value])
  const { deadLetterId, key, value, delivery, stage, code, companyId } = ports.letters.decode(stored.value)
  if (deadLetterId !== carrier.id) return null
  const isBody = letter.topic === TOPICS.raw.name && stage === 'process' && code !== 'stage_bug' && code !== 'record_unreadable'
  if (!isBody) return { key, value, delivery: await deliveryIn(ports.raw, letter.topic, value) }
  if (delivery === null || companyId === null) return null
  const { deliveryId, integrationId, source, replayable, told, receivedAtMs, contentType, headers } = delivery
  return { key, value: null, delivery: { type: 'delivery', deliveryId, companyId, integrationId, source, replayable, elements: told, receivedAtMs, contentType, headers, body: value, replay: null } }
}

async function deliveryIn(codec: Codec<RawRecord>, topic: string, value: Buffer): Promise<Delivery | null> {
  if (topic !== TOPICS.raw.name) return null
  try {
    await codec.prepare([value])
    const { event } = codec.decode(value)
    return event.type === 'delivery' ? event : null
  } catch (thrown) {
    if (toAppError(thrown).code !== 'record_unreadable') throw thrown
    return null
  }
}

async function readOne(log: TailedLog, topic: string, partition: number, position: Position): Promise<{ key: string; value: Buffer } | null> {
  if (epochOf(position) !== log.epoch) return null
  const offset = offsetOf(position)
  try {
    for await (const [record] of log.read(topic, partition, offset, offset + 1)) if (record !== undefined) return { key: record.key, value: record.value }
  } catch (thrown) {
    if (toAppError(thrown).code !== 'log_gap') throw thrown
  }
  return null
}

/** Bytes of an original as somebody may have them: a delivery's body as it was sent, or the record. */
export function bytesOf({ value, delivery }: Original): { readonly bytes: Buffer; readonly contentType: string } {
  return delivery === null ? { bytes: value ?? Buffer.alloc(0), contentType: 'avro/binary' } : { bytes: delivery.body, contentType: delivery.contentType }
}

/** Bytes of an original shown as text at most. */
const TEXT_BYTES = 16_384
/** Bytes shown of what is no text. */
const BINARY_BYTES = 3_072

/** The start of an original, fit for a screen: nothing in it can steer a terminal, and what looks like a secret is masked. */
export function preview(original: Original): Omit<NonNullable<DeadLetterDetail['original']>, 'link'> {
  const { bytes, contentType } = bytesOf(original)
  const shown = { contentType: clean(contentType.slice(0, 200)), bytes: bytes.length }
  const text = readable(bytes.subarray(0, TEXT_BYTES), bytes.length > TEXT_BYTES)
  if (text === null) return { ...shown, text: bytes.subarray(0, BINARY_BYTES).toString('base64'), encoding: 'base64', isTruncated: bytes.length > BINARY_BYTES }
  return { ...shown, text: maskSecrets(clean(text)), encoding: 'text', isTruncated: bytes.length > TEXT_BYTES }
}

/** The text, or null where the bytes are none; a cut through the last character is no fault. */
function readable(bytes: Buffer, isCut: boolean): string | null {
  for (let cut = 0; cut <= (isCut ? 3 : 0); cut += 1) {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, bytes.length - cut))
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause
    }
  }
  return null
}

const clean = (text: string): string => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
