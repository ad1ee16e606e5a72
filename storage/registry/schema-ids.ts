/** Schema ids from a Confluent-compatible registry. Subjects are held to FULL compatibility: releases run beside each other. */
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'
import { AppError } from '../../schemas/errors.ts'
import { SubjectLevels } from './subject-levels.ts'

const LEVEL = COMPATIBILITY.FULL
const CONFLICT = 409
const NOT_FOUND = 404

/** Opens the registry at this address; nothing is asked yet. */
export function openRegistrySchemaIds(options: { readonly url: string }): RegistrySchemaIds {
  return new RegistrySchemaIds(new SchemaRegistry({ host: options.url, retry: { retries: 3 } }), new SubjectLevels(options.url))
}

/** The schema-ids port over a registry. Ids never change, so every answer is kept. */
export class RegistrySchemaIds {
  readonly #registry: SchemaRegistry
  readonly #levels: SubjectLevels
  readonly #ids = new Map<string, Promise<number>>()
  readonly #schemas = new Map<number, Promise<string>>()

  constructor(registry: SchemaRegistry, levels: SubjectLevels) {
    this.#registry = registry
    this.#levels = levels
  }

  /** The id of this schema under the subject, registering it when new. Throws `schema_incompatible`, `engine_unavailable`. */
  idFor(subject: string, schema: string): Promise<number> {
    return kept(this.#ids, `${subject} ${schema}`, async () => {
      try {
        return await this.#register(subject, schema)
      } catch (cause) {
        if (statusOf(cause) === CONFLICT) throw new AppError('schema_incompatible', `the schema of ${subject} is incompatible with the registered one; add fields with a default, and remove only fields that have one`, { cause })
        throw unavailable(`registering the schema of ${subject}`, cause)
      }
    })
  }

  async #register(subject: string, schema: string): Promise<number> {
    await this.#levels.hold(subject, LEVEL)
    return (await this.#registry.register({ type: SchemaType.AVRO, schema }, { subject, compatibility: LEVEL })).id
  }

  /** The schema text behind an id. Throws `record_unreadable` for an id nobody gave, `engine_unavailable`. */
  schemaOf(id: number): Promise<string> {
    return kept(this.#schemas, id, async () => {
      try {
        const schema = await this.#registry.getSchema(id)
        if ('schema' in schema && typeof schema.schema === 'function') return JSON.stringify((schema.schema as (options: object) => unknown)({ exportAttrs: true }))
      } catch (cause) {
        if (statusOf(cause) !== NOT_FOUND) throw unavailable(`reading schema ${id}`, cause)
      }
      throw new AppError('record_unreadable', `no Avro schema has the id ${id}; the record comes from another registry`)
    })
  }
}

/** A failed answer is not kept. */
function kept<K, V>(known: Map<K, Promise<V>>, key: K, ask: () => Promise<V>): Promise<V> {
  const found = known.get(key)
  if (found !== undefined) return found
  const asked = ask()
  known.set(key, asked)
  asked.catch(() => known.delete(key))
  return asked
}

function statusOf(thrown: unknown): number | null {
  return thrown instanceof Error && 'status' in thrown && typeof thrown.status === 'number' ? thrown.status : null
}

function unavailable(doing: string, cause: unknown): AppError {
  return new AppError('engine_unavailable', `${doing}: ${cause instanceof Error ? cause.message : String(cause)}; check SCHEMA_REGISTRY_URL and that the registry runs`, { cause })
}
