/**
 * State of stages in LMDB, in an environment apart from the log. Each partition has a head (count and checksum) whose version is the position, so the
 * compare-and-set is LMDB's own condition and needs no callback under the write lock. A write resolves at its commit, which need not wait for the
 * disk: the outputs of the batch were flushed before, so a power loss can only leave state behind the log, which then tells the rest again.
 */
import { hash } from 'node:crypto'
import { NO_POSITION, type Position } from '../../schemas/position.ts'
import { AppError } from '../../schemas/errors.ts'
import { EntrySum, HASH_BYTES, seal, unseal } from '../state-sum.ts'
import { committed, type BinaryTable, type LmdbEnv } from './env.ts'

/** LMDB keys end at 1,978 bytes; a longer entry key is stored under its hash. */
const ENTRY_KEY_BYTES_MAX = 1_500

const PLAIN = 0
const HASHED = 1

/** Opens the state store of an environment. */
export function openLmdbState(env: LmdbEnv): LmdbState {
  return new LmdbState(env)
}

/** The state port over LMDB. */
export class LmdbState {
  readonly #env: LmdbEnv
  readonly #heads: BinaryTable
  readonly #entries: BinaryTable

  constructor(env: LmdbEnv) {
    this.#env = env
    this.#heads = env.table('state_heads', { versions: true })
    this.#entries = env.table('state_entries')
  }

  /** Null when nothing is stored. Throws `state_corrupt` when the checksum or count is wrong. */
  async load(name: string, partition: number): Promise<{ position: Position; entries: ReadonlyMap<string, Buffer> } | null> {
    this.#env.refresh()
    const prefix = prefixOf(name, partition)
    const head = this.#head(prefix)
    if (head === null) return null
    return { position: head.position, entries: unseal(`${name}/${partition}`, this.#stored(prefix), { count: head.sum.count, sum: head.sum.sum }) }
  }

  /** Writes the delta (null deletes) and the new position in one step if the stored position still is `expected` (NO_POSITION: nothing stored); false when it is not. */
  async write(name: string, partition: number, expected: Position, next: Position, delta: ReadonlyMap<string, Buffer | null>): Promise<boolean> {
    if (next < 0) throw new AppError('internal', `state of ${name}/${partition} cannot be written at position ${next}`)
    this.#env.refresh()
    const prefix = prefixOf(name, partition)
    const head = this.#head(prefix)
    if ((head?.position ?? NO_POSITION) !== expected) return false
    const sum = head?.sum ?? new EntrySum()
    const puts: { key: Buffer; value: Buffer | null }[] = []
    // The sum is worked out from this read; the condition on the head's version makes it void when another write came between.
    for (const [entry, value] of delta) {
      const { key, lead } = entryKey(prefix, entry)
      const old = this.#entries.get(key)
      if (old !== undefined) sum.toggle(sealedPart(key, old, prefix.length), -1)
      else if (value === null) continue
      if (value === null) puts.push({ key, value: null })
      else {
        const sealed = seal(entry, value)
        sum.toggle(sealed, 1)
        puts.push({ key, value: lead === null ? sealed : Buffer.concat([lead, sealed]) })
      }
    }
    const apply = () => {
      for (const { key, value } of puts) void (value === null ? this.#entries.remove(key) : this.#entries.put(key, value))
      void this.#heads.put(prefix, Buffer.from(`${sum.count} ${sum.sum}`), next)
    }
    return committed(head === null ? this.#heads.ifNoExists(prefix, apply) : this.#heads.ifVersion(prefix, expected, apply), `writing the state of ${name}/${partition}`)
  }

  /** Forgets everything stored for the partition, so that it is rebuilt from the log. */
  async clear(name: string, partition: number): Promise<void> {
    const prefix = prefixOf(name, partition)
    for (;;) {
      this.#env.refresh()
      const head = this.#head(prefix)
      const keys = [...this.#entries.getKeys({ start: prefix, end: afterPrefix(prefix) })]
      const apply = () => {
        for (const key of keys) void this.#entries.remove(key)
        void this.#heads.remove(prefix)
      }
      const doing = `clearing the state of ${name}/${partition}`
      if (await committed(head === null ? this.#heads.ifNoExists(prefix, apply) : this.#heads.ifVersion(prefix, head.position, apply), doing)) return
    }
  }

  /** Nothing of its own to close: the environment belongs to whoever opened it. */
  async close(): Promise<void> {}

  #head(prefix: Buffer): { position: Position; sum: EntrySum } | null {
    const entry = this.#heads.getEntry(prefix)
    if (entry === undefined) return null
    const [count, sum] = entry.value.toString().split(' ')
    return { position: entry.version ?? NO_POSITION, sum: new EntrySum(Number(count), sum) }
  }

  *#stored(prefix: Buffer): Iterable<[string, Buffer]> {
    for (const { key, value } of this.#entries.getRange({ start: prefix, end: afterPrefix(prefix) })) {
      if (key[prefix.length] === PLAIN) yield [key.toString('utf8', prefix.length + 1), value]
      else {
        const leadBytes = 4 + value.readUInt32BE(0)
        yield [value.toString('utf8', 4, leadBytes), value.subarray(leadBytes)]
      }
    }
  }
}

/** Length, name, partition: no prefix is the beginning of another. */
function prefixOf(name: string, partition: number): Buffer {
  const bytes = Buffer.alloc(3 + Buffer.byteLength(name))
  bytes.writeUInt8(Buffer.byteLength(name), 0)
  bytes.write(name, 1)
  bytes.writeUInt16BE(partition, bytes.length - 2)
  return bytes
}

function afterPrefix(prefix: Buffer): Buffer {
  return Buffer.concat([prefix, Buffer.from([0xff])])
}

/** The LMDB key of an entry; a key too long for LMDB leads its value instead. */
function entryKey(prefix: Buffer, entry: string): { key: Buffer; lead: Buffer | null } {
  const bytes = Buffer.from(entry)
  if (bytes.length <= ENTRY_KEY_BYTES_MAX) return { key: Buffer.concat([prefix, Buffer.from([PLAIN]), bytes]), lead: null }
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return { key: Buffer.concat([prefix, Buffer.from([HASHED]), hash('sha256', bytes, 'buffer')]), lead: Buffer.concat([length, bytes]) }
}

function sealedPart(key: Buffer, stored: Buffer, prefixBytes: number): Buffer {
  const start = key[prefixBytes] === PLAIN ? 0 : 4 + stored.readUInt32BE(0)
  return stored.subarray(start, start + HASH_BYTES)
}
