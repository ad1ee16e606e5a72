/**
 * State of stages in Redis. A partition's state is one hash `state:v1:<name>:<partition>`: entries as `e:<key>`, each led by its own 64-bit hash, and
 * `position`, `count` and `sum` (XOR of the hashes) beside them. One script compares the position and writes the delta, so a write is whole or not at all
 * and the sum is corrected from the hashes it replaces.
 */
import { Command, type Redis } from 'ioredis'
import { AppError } from '../../schemas/errors.ts'
import { NO_POSITION, type Position } from '../../schemas/position.ts'
import { seal, unseal } from '../state-sum.ts'
import { asking, connectRedis } from './client.ts'

/**
 * KEYS[1] the hash; ARGV: expected position, next position, then field and sealed value in turn ('' deletes). Answers 1, or 0 when another position is
 * stored. Arguments are read one by one, never unpacked, so a delta may be as large as it likes.
 */
const WRITE = `
local stored = redis.call('HGET', KEYS[1], 'position') or '${NO_POSITION}'
if stored ~= ARGV[1] then return 0 end
local count = tonumber(redis.call('HGET', KEYS[1], 'count') or '0')
local sum = redis.call('HGET', KEYS[1], 'sum') or '0000000000000000'
local high, low = tonumber(string.sub(sum, 1, 8), 16), tonumber(string.sub(sum, 9), 16)
local function toggle(sealed)
  local h, l = struct.unpack('>I4I4', sealed)
  high = bit.bxor(high, h)
  low = bit.bxor(low, l)
end
for i = 3, #ARGV, 2 do
  local field, sealed = ARGV[i], ARGV[i + 1]
  local old = redis.call('HGET', KEYS[1], field)
  if old then
    toggle(old)
    count = count - 1
  end
  if sealed == '' then
    redis.call('HDEL', KEYS[1], field)
  else
    toggle(sealed)
    count = count + 1
    redis.call('HSET', KEYS[1], field, sealed)
  end
end
redis.call('HSET', KEYS[1], 'position', ARGV[2], 'count', tostring(count), 'sum', bit.tohex(high) .. bit.tohex(low))
return 1
`

/** Entries of a large state are fetched in slices of about this many fields. */
const SCAN_FIELDS = 5_000

/** Connects to Redis. Throws `engine_unavailable`. */
export async function openRedisState(options: { readonly url: string }): Promise<RedisState> {
  return new RedisState(await connectRedis(options.url))
}

/** The state port over Redis. */
export class RedisState {
  readonly #redis: Redis

  constructor(redis: Redis) {
    this.#redis = redis
  }

  /** Null when nothing is stored. Throws `state_corrupt` when the checksum or count is wrong, or when another write kept coming between. */
  async load(name: string, partition: number): Promise<{ position: Position; entries: ReadonlyMap<string, Buffer> } | null> {
    const key = keyOf(name, partition)
    for (let attempt = 1; ; attempt++) {
      const before = await this.#head(key)
      if (before === null) return null
      const stored = await this.#entries(key)
      const after = await this.#head(key)
      // Slices are not one snapshot: a write in between would look like damage.
      if (after?.position === before.position || attempt === 3) {
        return { position: before.position, entries: unseal(`${name}/${partition}`, stored, before) }
      }
    }
  }

  /** Writes the delta (null deletes) and the new position in one step if the stored position still is `expected` (NO_POSITION: nothing stored); false when it is not. */
  async write(name: string, partition: number, expected: Position, next: Position, delta: ReadonlyMap<string, Buffer | null>): Promise<boolean> {
    if (next < 0) throw new AppError('internal', `state of ${name}/${partition} cannot be written at position ${next}`)
    const args: (string | Buffer)[] = [String(expected), String(next)]
    for (const [entry, value] of delta) args.push(`e:${entry}`, value === null ? '' : seal(entry, value))
    // As one array: a large delta would be more arguments than a call can take.
    const command = new Command('EVAL', [WRITE, '1', keyOf(name, partition), ...args])
    return (await asking(`writing the state of ${name}/${partition}`, Promise.resolve(this.#redis.sendCommand(command)))) === 1
  }

  /** Forgets everything stored for the partition, so that it is rebuilt from the log. */
  async clear(name: string, partition: number): Promise<void> {
    await asking(`clearing the state of ${name}/${partition}`, this.#redis.unlink(keyOf(name, partition)))
  }

  async close(): Promise<void> {
    this.#redis.disconnect()
  }

  async #head(key: string): Promise<{ position: Position; count: number; sum: string } | null> {
    const [position, count, sum] = await asking(`reading ${key}`, this.#redis.hmget(key, 'position', 'count', 'sum'))
    if (position === null || position === undefined) return null
    return { position: Number(position), count: Number(count), sum: sum ?? '' }
  }

  async #entries(key: string): Promise<Map<string, Buffer>> {
    const entries = new Map<string, Buffer>()
    let cursor = '0'
    do {
      const [next, fields] = await asking(`reading ${key}`, this.#redis.hscanBuffer(key, cursor, 'COUNT', SCAN_FIELDS))
      for (let i = 0; i + 1 < fields.length; i += 2) {
        const field = fields[i]?.toString('utf8') ?? ''
        const value = fields[i + 1]
        if (field.startsWith('e:') && value !== undefined) entries.set(field.slice(2), value)
      }
      cursor = next.toString()
    } while (cursor !== '0')
    return entries
  }
}

const keyOf = (name: string, partition: number): string => `state:v1:${name}:${partition}`
