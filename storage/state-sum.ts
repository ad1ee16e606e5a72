/**
 * How both state engines notice that a partition's entries are not what was written: a count, and an XOR of 64-bit hashes that does not depend
 * on order. Each stored entry starts with its own hash, so a write corrects the sum from the hashes it replaces, without reading the rest.
 */
import { hash } from 'node:crypto'
import { AppError } from '../schemas/errors.ts'

/** Bytes of the hash in front of each stored value. */
export const HASH_BYTES = 8

/** Hash of a key with its value: the first 64 bits of SHA-256. */
export function entryHash(key: string, value: Uint8Array): Buffer {
  const head = Buffer.from(`${key.length}:${key}:`)
  return hash('sha256', Buffer.concat([head, value]), 'buffer').subarray(0, HASH_BYTES)
}

/** A value as it is stored: its hash, then itself. */
export function seal(key: string, value: Uint8Array): Buffer {
  return Buffer.concat([entryHash(key, value), value])
}

/** Adds up entries: count and XOR, as two halves of 32 bits. */
export class EntrySum {
  count: number
  #high: number
  #low: number

  constructor(count = 0, sum = '0000000000000000') {
    this.count = count
    this.#high = Number.parseInt(sum.slice(0, 8), 16)
    this.#low = Number.parseInt(sum.slice(8), 16)
  }

  /** Takes a hash in or, since XOR undoes itself, out again; `step` is 1 or -1. */
  toggle(entry: Uint8Array, step: 1 | -1): void {
    const view = new DataView(entry.buffer, entry.byteOffset, HASH_BYTES)
    this.#high = (this.#high ^ view.getUint32(0)) >>> 0
    this.#low = (this.#low ^ view.getUint32(4)) >>> 0
    this.count += step
  }

  /** The XOR as 16 hexadecimal digits. */
  get sum(): string {
    return this.#high.toString(16).padStart(8, '0') + this.#low.toString(16).padStart(8, '0')
  }
}

/** Checks stored entries against the count and sum beside them and gives the values. Throws `state_corrupt`. */
export function unseal(place: string, stored: Iterable<readonly [string, Buffer]>, expected: { count: number; sum: string }): Map<string, Buffer> {
  const entries = new Map<string, Buffer>()
  const found = new EntrySum()
  for (const [key, sealed] of stored) {
    const value = sealed.subarray(HASH_BYTES)
    if (sealed.length < HASH_BYTES || !entryHash(key, value).equals(sealed.subarray(0, HASH_BYTES))) throw corrupt(place, 'an entry does not match its hash')
    found.toggle(sealed, 1)
    entries.set(key, value)
  }
  if (found.count !== expected.count) throw corrupt(place, `it has ${found.count} entries instead of ${expected.count}`)
  if (found.sum !== expected.sum) throw corrupt(place, 'its entries do not match their checksum')
  return entries
}

function corrupt(place: string, what: string): AppError {
  return new AppError('state_corrupt', `the state of ${place} is damaged: ${what}; it is rebuilt from the log`)
}
