/** Tells the brokers how far a member has come: in the background, one request at a time, the newest offset of each partition. For lag figures only. */
import { toAppError } from '../../schemas/errors.ts'
import { refusal } from './client.ts'
import type { Report } from './port.ts'

/** Refusals that only say that the group has been shared anew; whoever has the partition now commits it. */
const MOVED = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS', 'NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'GROUP_LOAD_IN_PROGRESS'])

/** Whether the group has been shared anew, or its coordinator moved, so that a commit of before is refused. */
export function isMoved(thrown: unknown): boolean {
  return MOVED.has(refusal(thrown))
}

/** What one member has yet to commit. */
export class Commits {
  readonly #send: (offsets: ReadonlyMap<number, number>) => Promise<void>
  readonly #report: Report
  #pending = new Map<number, number>()
  #running: Promise<void> | null = null

  constructor(send: (offsets: ReadonlyMap<number, number>) => Promise<void>, report: Report) {
    this.#send = send
    this.#report = report
  }

  /** Notes an offset; it is sent soon. One that cannot be sent is made good by the partition's next one. */
  note(partition: number, next: number): void {
    this.#pending.set(partition, next)
    this.#running ??= this.#run()
  }

  /** Waits until everything noted was sent or given up. */
  async flush(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#pending.size > 0) {
      const offsets = this.#pending
      this.#pending = new Map()
      try {
        await this.#send(offsets)
      } catch (thrown) {
        if (!isMoved(thrown)) this.#report(toAppError(thrown))
      }
    }
    this.#running = null
  }
}
