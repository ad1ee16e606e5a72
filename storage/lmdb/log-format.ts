/**
 * How the log lies in LMDB. Records are kept in blocks: the records of one partition that were committed together, up to BLOCK_BYTES.
 * One entry a record cost 5 times as much to read as one entry a block, whose records are slices of one buffer.
 * Block key: topic id (2 bytes), partition (2), offset of the first record (6), so that a partition is one range in order of offset.
 * Block: format (1), append time (6), count (4), then for each record key length (2), value length (4), key, value.
 * Head of a partition: first offset kept (8), next offset (8), last append time (8); its version numbers the changes.
 */
import { AppError } from '../../schemas/errors.ts'

/** A block is closed when it has so many bytes; it is larger only when its one record is. */
const BLOCK_BYTES = 64 * 1024

const FORMAT = 1
const BLOCK_HEADER_BYTES = 11
const RECORD_HEADER_BYTES = 6

/** A partition of a topic as one number: the topic's id above 2^16, the partition below. */
export type Slot = number

/** The slot of a partition. */
export function slotOf(topicId: number, partition: number): Slot {
  return topicId * 65_536 + partition
}

/** The key of a block, and by its order the bound of a range. */
export function blockKey(slot: Slot, offset: number): Buffer {
  const key = Buffer.allocUnsafe(10)
  key.writeUInt32BE(slot, 0)
  key.writeUIntBE(offset, 4, 6)
  return key
}

/** The offset of the first record of a block. */
export function offsetOfKey(key: Buffer): number {
  return key.readUIntBE(4, 6)
}

/** The key of a partition's head. */
export function headKey(slot: Slot): Buffer {
  const key = Buffer.allocUnsafe(4)
  key.writeUInt32BE(slot, 0)
  return key
}

/** Where a partition starts and ends, and when it was last appended to. */
export interface Head {
  readonly first: number
  readonly next: number
  readonly lastAtMs: number
}

/** A head as bytes. */
export function encodeHead(head: Head): Buffer {
  const bytes = Buffer.allocUnsafe(24)
  bytes.writeDoubleBE(head.first, 0)
  bytes.writeDoubleBE(head.next, 8)
  bytes.writeDoubleBE(head.lastAtMs, 16)
  return bytes
}

/** A head from bytes. */
export function decodeHead(bytes: Buffer): Head {
  return { first: bytes.readDoubleBE(0), next: bytes.readDoubleBE(8), lastAtMs: bytes.readDoubleBE(16) }
}

/** A record to store. */
export interface BlockRecord {
  readonly key: string
  readonly value: Buffer
}

/** Cuts records into blocks. Keys are shorter than 64 KB. */
export function encodeBlocks(records: readonly BlockRecord[], atMs: number): { count: number; bytes: Buffer }[] {
  const blocks: { count: number; bytes: Buffer }[] = []
  let start = 0
  let sizeBytes = BLOCK_HEADER_BYTES
  for (let index = 0; index < records.length; index++) {
    const record = records[index] as BlockRecord
    const recordBytes = RECORD_HEADER_BYTES + Buffer.byteLength(record.key) + record.value.length
    if (index > start && sizeBytes + recordBytes > BLOCK_BYTES) {
      blocks.push({ count: index - start, bytes: encodeBlock(records, start, index, sizeBytes, atMs) })
      start = index
      sizeBytes = BLOCK_HEADER_BYTES
    }
    sizeBytes += recordBytes
  }
  if (start < records.length) blocks.push({ count: records.length - start, bytes: encodeBlock(records, start, records.length, sizeBytes, atMs) })
  return blocks
}

function encodeBlock(records: readonly BlockRecord[], from: number, to: number, sizeBytes: number, atMs: number): Buffer {
  const bytes = Buffer.allocUnsafe(sizeBytes)
  bytes.writeUInt8(FORMAT, 0)
  bytes.writeUIntBE(atMs, 1, 6)
  bytes.writeUInt32BE(to - from, 7)
  let at = BLOCK_HEADER_BYTES
  for (let index = from; index < to; index++) {
    const { key, value } = records[index] as BlockRecord
    const keyBytes = bytes.write(key, at + RECORD_HEADER_BYTES)
    bytes.writeUInt16BE(keyBytes, at)
    bytes.writeUInt32BE(value.length, at + 2)
    at += RECORD_HEADER_BYTES + keyBytes
    value.copy(bytes, at)
    at += value.length
  }
  return bytes
}

/** Append time and number of records of a block. */
export function blockHeader(block: Buffer): { atMs: number; count: number } {
  if (block[0] !== FORMAT) throw new AppError('internal', `a log block of format ${String(block[0])}; this release reads format ${FORMAT}`)
  return { atMs: block.readUIntBE(1, 6), count: block.readUInt32BE(7) }
}

/** Gives each record of a block in order. The values are slices of the block, not copies. */
export function eachRecord(block: Buffer, visit: (index: number, key: string, value: Buffer) => void): void {
  const { count } = blockHeader(block)
  let at = BLOCK_HEADER_BYTES
  for (let index = 0; index < count; index++) {
    const keyBytes = block.readUInt16BE(at)
    const valueBytes = block.readUInt32BE(at + 2)
    const valueAt = at + RECORD_HEADER_BYTES + keyBytes
    visit(index, block.toString('utf8', at + RECORD_HEADER_BYTES, valueAt), block.subarray(valueAt, valueAt + valueBytes))
    at = valueAt + valueBytes
  }
}
