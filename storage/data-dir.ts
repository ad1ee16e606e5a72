import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AppError } from '../schemas/errors.ts'

const SQLITE_BUSY = 5

/** A data directory that belongs to this process until it is released or the process ends. */
export interface DataDirLock {
  release(): void
}

/** Locks of this process: one whose caller forgot it must not be let go by the garbage collector. */
const HELD = new Set<DatabaseSync>()

/**
 * Makes this process the only owner of a directory, creating it (mode 0700) where missing. `name` tells locks within one directory apart.
 * Throws `data_dir_locked`, naming the owner's process id, while another process (or an earlier call in this one) holds it.
 *
 * The lock is the kernel's own record lock on a file, held through an exclusive SQLite transaction: Node offers no other way to it. The kernel
 * drops it however the process dies, so there is no stale lock to judge and no reused process id to mistake, which a file with a pid in it
 * cannot promise; and unlike an abstract socket it holds between containers that share the volume.
 */
export function lockDataDir(dir: string, name = 'lock'): DataDirLock {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const lockPath = join(dir, name)
  const ownerPath = join(dir, `${name}.pid`)
  const file = new DatabaseSync(lockPath, { timeout: 0 })
  try {
    // Nothing is ever written to it: the open transaction is the lock.
    file.exec('pragma journal_mode = memory; begin exclusive')
  } catch (cause) {
    file.close()
    if ((cause as { errcode?: number }).errcode !== SQLITE_BUSY) throw cause
    throw new AppError('data_dir_locked', `process ${ownerOf(ownerPath)} already works in ${dir}; stop it, or set AW_DATA_DIR to another directory`, { cause, details: { dir } })
  }
  writeFileSync(ownerPath, `${process.pid}\n`)
  HELD.add(file)
  let held = true
  return {
    release() {
      if (!held) return
      held = false
      HELD.delete(file)
      rmSync(ownerPath, { force: true })
      file.close()
    },
  }
}

/** The process id is only for the message: between lock and write of a starting owner the file may be missing. */
function ownerOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim() || 'unknown'
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'unknown'
    throw error
  }
}
