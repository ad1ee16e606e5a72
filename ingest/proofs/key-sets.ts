import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { AppError } from '../../schemas/errors.ts'
import type { DoorServices } from '../doors/door.ts'

/** Sets kept: one a tenant of Entra, one of Google. The one fetched first goes first. */
const SETS_MAX = 512
const KEEP_MS = 12 * 3_600_000
/** A token that names an unknown key has its set fetched anew, but no more often than this, whatever is sent. */
const REFETCH_AFTER_MS = 5 * 60_000
/** A host that gave no set is not asked again for so long, however many tokens are sent. */
const FAILED_MS = 5_000

/** Finds the key that a token names. */
export type KeySet = ReturnType<typeof createLocalJWKSet>

interface Entry {
  readonly keys: KeySet
  readonly ids: ReadonlySet<string>
  readonly fetchedAtMs: number
}

/** Public keys of issuers of tokens, by address; those who ask at the same time share one request. Only addresses that the code has put together come here. */
export class KeySets {
  readonly #entries = new Map<string, Entry>()
  readonly #underWay = new Map<string, Promise<Entry>>()
  /** When a host last gave no set, by address; at most as many as there may be sets. */
  readonly #failedAtMs = new Map<string, number>()

  /** The set at an address, which holds `keyId` unless the issuer has no such key. Throws `engine_unavailable` when the host does not answer. */
  async at(url: URL, keyId: string, services: DoorServices): Promise<KeySet> {
    const entry = this.#entries.get(url.href)
    const ageMs = entry === undefined ? Number.POSITIVE_INFINITY : services.clock.now() - entry.fetchedAtMs
    const isStale = ageMs >= KEEP_MS || (entry?.ids.has(keyId) !== true && ageMs >= REFETCH_AFTER_MS)
    if (entry !== undefined && !isStale) return entry.keys
    try {
      return (await this.#fetchOnce(url, services)).keys
    } catch (thrown) {
      // A key that was good an hour ago is good while its host does not answer.
      if (entry?.ids.has(keyId) === true && ageMs < 2 * KEEP_MS) return entry.keys
      throw thrown
    }
  }

  #fetchOnce(url: URL, services: DoorServices): Promise<Entry> {
    const running = this.#underWay.get(url.href)
    if (running !== undefined) return running
    if (services.clock.now() - (this.#failedAtMs.get(url.href) ?? Number.NEGATIVE_INFINITY) < FAILED_MS) return Promise.reject(new AppError('engine_unavailable', `fetching the keys at ${url.host}: it failed a moment ago`))
    const fetching = this.#fetch(url, services).then((entry) => {
      this.#failedAtMs.delete(url.href)
      return entry
    }, (thrown: unknown) => {
      if (this.#failedAtMs.size >= SETS_MAX) this.#failedAtMs.clear()
      this.#failedAtMs.set(url.href, services.clock.now())
      throw thrown
    }).finally(() => this.#underWay.delete(url.href))
    this.#underWay.set(url.href, fetching)
    return fetching
  }

  async #fetch(url: URL, services: DoorServices): Promise<Entry> {
    const answer = await services.httpGet(url)
    const set = answer.statusCode === 200 ? readSet(answer.text) : null
    if (set === null) throw new AppError('engine_unavailable', `fetching the keys at ${url.host}: it answered ${answer.statusCode} without a set of keys`)
    const ids = new Set(set.keys.flatMap(({ kid }) => (kid === undefined ? [] : [kid])))
    const entry = { keys: createLocalJWKSet(set), ids, fetchedAtMs: services.clock.now() }
    this.#entries.delete(url.href)
    const oldest = this.#entries.size >= SETS_MAX ? this.#entries.keys().next().value : undefined
    if (oldest !== undefined) this.#entries.delete(oldest)
    this.#entries.set(url.href, entry)
    return entry
  }
}

function readSet(text: string): JSONWebKeySet | null {
  try {
    const set = JSON.parse(text) as { keys?: unknown }
    return Array.isArray(set.keys) && set.keys.every((key) => typeof key === 'object' && key !== null) ? (set as JSONWebKeySet) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
