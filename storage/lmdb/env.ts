/**
 * One LMDB environment for everything the embedded engines keep: log, state, schema ids, delivery memory.
 * Commits are synchronous (`overlappingSync: false`): LMDB writes the pages, syncs the file, and only then writes the meta page that makes
 * the commit visible. So what any reader sees, in any thread, is on disk already, and an append is one fdatasync away from its promise.
 * The library's default shows commits before they are flushed; measured here it was also slower (0.15 against 0.12 ms a small commit).
 * Writes that belong together are one conditional write or one `batch`, never what happens to share a turn of the event loop: for such a turn
 * the library keeps a promise of its own that nobody can listen to, and the first full disk would end the process (`eventTurnBatching: false`).
 *
 * What is derived from the log (state, delivery ids) lives in an environment of its own with the library's default: a commit is flushed behind the
 * caller's back. A power loss then takes the newest commits away, never the older ones or the order, and the log tells them again.
 */
import type * as Lmdb from 'lmdb'
import type { Database, RootDatabase } from 'lmdb'
import { AppError } from '../../schemas/errors.ts'

/** A table with binary keys and binary values. */
export type BinaryTable = Database<Buffer, Buffer>

/** An open environment of this thread; other worker threads of the process may open the same directory. */
export interface LmdbEnv {
  readonly directory: string
  /** The table of that name, made when missing. With `versions` each entry carries a number that `ifVersion` can compare. */
  table(name: string, options?: { versions?: boolean }): BinaryTable
  /** Lets the next read see what other threads have committed. */
  refresh(): void
  /** Waits for the writes under way and lets go of the files. */
  close(): Promise<void>
}

/** Room in the address space for the data file, which grows only as needed; reserving it spares remapping while other threads read. */
const MAP_BYTES = 2 ** 36

/** Tables of one environment at most. */
const MAX_TABLES = 32

/** Opens the environment in a directory, creating both when missing. Throws `engine_missing` where the optional package is not installed, `engine_unavailable` where the directory cannot be used. */
export async function openLmdb(options: { directory: string; isDerived?: boolean }): Promise<LmdbEnv> {
  const { open } = await loadLmdb()
  let root: RootDatabase<Buffer, Buffer>
  try {
    root = open<Buffer, Buffer>({ path: options.directory, noSubdir: false, overlappingSync: options.isDerived === true, eventTurnBatching: false, maxDbs: MAX_TABLES, mapSize: MAP_BYTES, encoding: 'binary', keyEncoding: 'binary' })
  } catch (cause) {
    throw new AppError('engine_unavailable', `opening the LMDB environment in ${options.directory}: ${(cause as Error).message}; check that the directory is writable and on a local disk`, { cause })
  }
  const tables = new Map<string, BinaryTable>()
  return {
    directory: options.directory,
    table(name, { versions = false } = {}) {
      let table = tables.get(name)
      if (table === undefined) {
        table = root.openDB<Buffer, Buffer>(name, { encoding: 'binary', keyEncoding: 'binary', useVersions: versions })
        tables.set(name, table)
      }
      return table
    },
    refresh: () => root.resetReadTxn(),
    close: () => root.close(),
  }
}

async function loadLmdb(): Promise<typeof Lmdb> {
  try {
    return await import('lmdb')
  } catch (cause) {
    throw new AppError('engine_missing', 'the embedded log needs the package lmdb; run `npm install --include=optional`, or set KAFKA_BROKERS, SCHEMA_REGISTRY_URL and REDIS_URL', { cause })
  }
}

/** Waits for a write and gives its outcome (false: its condition did not hold). Throws `engine_unavailable` with LMDB's own reason, such as a full disk. */
export async function committed(write: Promise<boolean>, doing: string): Promise<boolean> {
  try {
    return await write
  } catch (thrown) {
    const cause = await reasonOf(thrown)
    throw new AppError('engine_unavailable', `${doing}: ${cause instanceof Error ? cause.message : String(cause)}; check the free space and the rights of the data directory`, { cause })
  }
}

/** The library hides the reason of a failed commit behind a promise that rejects. */
async function reasonOf(thrown: unknown): Promise<unknown> {
  if (!(thrown instanceof Error) || !('commitError' in thrown)) return thrown
  try {
    await thrown.commitError
    return thrown
  } catch (reason) {
    return reason
  }
}
