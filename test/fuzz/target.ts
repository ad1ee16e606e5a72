import type { Random } from './random.ts'

/** Something that is fed inputs made by chance. */
export interface Target {
  /** Named on the command line and in the counts: `adapter/zabbix`. */
  readonly name: string
  /** Of all inputs, how many this target gets beside others (default 1). */
  readonly share?: number
  /** Milliseconds one input may take before the watchdog ends it (default 2,000 of processor time; a target that waits for sockets needs more). */
  readonly limitMs?: number
  /** Feeds one input; throws, or rejects, where something does not hold. The input is noted first, so that a finding can show it. */
  run(random: Random, note: Note): void | Promise<void>
  /** Releases what the target holds. */
  close?(): Promise<void>
}

/** Notes what is about to be fed. */
export type Note = (input: { readonly bytes: Buffer | string; readonly contentType?: string; readonly what?: string }) => void
