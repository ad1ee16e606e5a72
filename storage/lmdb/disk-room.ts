import { statfsSync } from 'node:fs'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'

const MIB = 1024 * 1024

/** So much stays free on the log's disk: the other engines of the directory finish within it what was accepted already. */
export const ROOM_BYTES = 128 * MIB

/** How old a look at the disk may be. */
const LOOK_EVERY_MS = 200

/** Pages that a small record may touch make it larger on the disk than it is. */
const GROWTH = 4

/**
 * Refuses appends before the disk is full. LMDB itself survives a full disk, but the library's report of the failed write runs over its own
 * buffer (`sprintf` into 100 bytes, mdb.c of lmdb 3.5.6) and takes the process's memory with it, so that write must never be tried.
 */
export class DiskRoom {
  readonly #directory: string
  readonly #clock: Clock
  readonly #freeBytes: () => number
  #leftBytes = 0
  #lookedAtMs = Number.NEGATIVE_INFINITY

  /** `freeBytes` answers what this user may still write to the disk; tests hand in their own. */
  constructor(directory: string, clock: Clock, freeBytes: () => number = () => freeBytesOf(directory)) {
    this.#directory = directory
    this.#clock = clock
    this.#freeBytes = freeBytes
  }

  /** Takes the room that an append of so many bytes needs. Throws `log_unavailable` when too little would be left. */
  take(bytes: number): void {
    const neededBytes = bytes * GROWTH
    if (this.#leftBytes - neededBytes < ROOM_BYTES || this.#clock.now() - this.#lookedAtMs >= LOOK_EVERY_MS) {
      this.#leftBytes = this.#freeBytes()
      this.#lookedAtMs = this.#clock.now()
    }
    if (this.#leftBytes - neededBytes < ROOM_BYTES) {
      throw new AppError('log_unavailable', `the disk of ${this.#directory} has ${Math.floor(this.#leftBytes / MIB)} MiB free, and the log leaves ${ROOM_BYTES / MIB} MiB: free some space`)
    }
    this.#leftBytes -= neededBytes
  }

  /** Why an append would be refused now, without the name of the directory; null where it would not. */
  refusing(): string | null {
    const freeBytes = this.#freeBytes()
    return freeBytes < ROOM_BYTES ? `its disk has ${Math.floor(freeBytes / MIB)} MiB free, and the log leaves ${ROOM_BYTES / MIB} MiB: free some space` : null
  }
}

function freeBytesOf(directory: string): number {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize
}
