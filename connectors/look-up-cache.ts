/** Answers of look-ups that seldom change, by connection: asked once however many want them, kept for a while, and no more than there is room for. */
import type { Clock } from '../schemas/clock.ts'
import { ConnectorError } from './port.ts'

/** Answers kept at once; beyond it the oldest go. */
const ENTRIES_MAX = 5_000

interface Entry {
  readonly untilMs: number
  readonly value: Promise<unknown>
}

/** A cache of one process. A connection that was changed has other answers, so its version is part of the key. */
export function lookUpCache(clock: Clock) {
  const entries = new Map<string, Entry>()
  const cached = async <T>(name: string, ttlMs: number, load: () => Promise<T>): Promise<T> => {
    const known = entries.get(name)
    if (known !== undefined && known.untilMs > clock.now()) {
      try {
        return (await known.value) as T
      } catch (thrown) {
        if (!isTheirsAlone(thrown)) throw thrown
        if (entries.get(name) === known) entries.delete(name)
        return cached(name, ttlMs, load)
      }
    }
    entries.delete(name)
    const value = load()
    entries.set(name, { untilMs: clock.now() + ttlMs, value })
    for (const oldest of entries.keys()) {
      if (entries.size <= ENTRIES_MAX) break
      entries.delete(oldest)
    }
    try {
      return await value
    } catch (thrown) {
      // A failure is nobody's answer but this one's.
      if (entries.get(name)?.value === value) entries.delete(name)
      throw thrown
    }
  }
  return (connection: { readonly id: string; readonly version: number }) => <T>(key: string, ttlMs: number, load: () => Promise<T>): Promise<T> => cached(JSON.stringify([connection.id, connection.version, key]), ttlMs, load)
}

/** What is less urgent was not let through, or its work was ended: that says nothing of whoever else wants the same. */
function isTheirsAlone(thrown: unknown): boolean {
  return thrown instanceof ConnectorError && (thrown.code === 'budget' || thrown.code === 'aborted')
}
