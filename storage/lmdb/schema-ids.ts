/** Schema ids in LMDB: an id once given keeps its text for ever, and a subject takes a new schema only when old and new can read each other. */
import { parseSchema } from '../../schemas/codec.ts'
import { AppError } from '../../schemas/errors.ts'
import { committed, type BinaryTable, type LmdbEnv } from './env.ts'

interface Registered {
  readonly subject: string
  readonly schema: string
}

/** Opens the schema ids of an environment. */
export function openLmdbSchemaIds(env: LmdbEnv): LmdbSchemaIds {
  return new LmdbSchemaIds(env)
}

/** The schema-ids port over LMDB. The table holds a few dozen rows, so it is kept in memory and read again when something is missing. */
export class LmdbSchemaIds {
  readonly #env: LmdbEnv
  readonly #table: BinaryTable
  #byId: ReadonlyMap<number, Registered> = new Map()

  constructor(env: LmdbEnv) {
    this.#env = env
    this.#table = env.table('schemas', { versions: true })
    this.#load()
  }

  /** The id of this schema under the subject, registering it when new. Throws `schema_incompatible` when any released schema of the subject cannot read it or be read by it. */
  async idFor(subject: string, schema: string): Promise<number> {
    for (;;) {
      const known = this.#find(subject, schema)
      if (known !== null) return known
      this.#load()
      const found = this.#find(subject, schema)
      if (found !== null) return found
      for (const released of this.#byId.values()) {
        if (released.subject === subject) checkCompatible(subject, released.schema, schema)
      }
      const id = this.#byId.size + 1
      const row = Buffer.from(JSON.stringify({ subject, schema } satisfies Registered))
      const key = idKey(id)
      // False when another thread took the id first: then look again.
      await committed(this.#table.ifNoExists(key, () => void this.#table.put(key, row, 1)), `registering the schema of ${subject}`)
      this.#load()
    }
  }

  /** The schema text behind an id. Throws `record_unreadable` for an id nobody gave. */
  async schemaOf(id: number): Promise<string> {
    let row = this.#byId.get(id)
    if (row === undefined) {
      this.#load()
      row = this.#byId.get(id)
    }
    if (row === undefined) throw new AppError('record_unreadable', `no schema has the id ${id}; the record comes from another registry`)
    return row.schema
  }

  #find(subject: string, schema: string): number | null {
    for (const [id, row] of this.#byId) {
      if (row.subject === subject && row.schema === schema) return id
    }
    return null
  }

  #load(): void {
    this.#env.refresh()
    const byId = new Map<number, Registered>()
    for (const { key, value } of this.#table.getRange({ start: idKey(0), end: idKey(0xffff_ffff) })) byId.set(key.readUInt32BE(0), JSON.parse(value.toString()) as Registered)
    this.#byId = byId
  }
}

function idKey(id: number): Buffer {
  const key = Buffer.alloc(4)
  key.writeUInt32BE(id)
  return key
}

/** Both ways, as a registry does under FULL_TRANSITIVE: records of both forms lie on the log, and both releases run beside each other. */
function checkCompatible(subject: string, released: string, candidate: string): void {
  const before = parseSchema(released)
  const after = parseSchema(candidate)
  try {
    after.createResolver(before)
    before.createResolver(after)
  } catch (cause) {
    throw new AppError('schema_incompatible', `the schema of ${subject} is incompatible with a released one: ${(cause as Error).message}; add fields with a default, and remove only fields that have one`, { cause })
  }
}
