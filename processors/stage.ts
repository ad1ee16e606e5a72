/**
 * The stage contract. A stage is plain, synchronous TypeScript over in-memory state: its output up to a position depends only on the
 * log up to that position. The runner (`processors/runner.ts`) owns reading, decoding, committing and retrying.
 */
import type { Position } from '../schemas/position.ts'
import type { DeadLetter } from '../schemas/records.ts'

/** One decoded input record with its place on the log. */
export interface Positioned<I> {
  readonly partition: number
  /** Epoch and offset as one number; the version of whatever this record changes. */
  readonly position: Position
  /** Append time the log gave the record, in ms. */
  readonly atMs: number
  readonly key: string
  readonly record: I
}

/** What became of an input record: exactly one fate each. */
export interface Fate {
  readonly position: Position
  readonly kind: 'emitted' | 'absorbed' | 'dropped' | 'rejected'
  /** The key it was absorbed into, the reason it was dropped for, or the error code. */
  readonly reason?: string
}

/** A record to publish. */
export interface Keyed<O> {
  readonly topic: string
  readonly key: string
  /** Only ticks name a partition; everything else goes where its key says. */
  readonly partition?: number
  readonly record: O
}

/** What a stage answers to a batch. */
export interface StageResult<O> {
  readonly fates: readonly Fate[]
  readonly out: readonly Keyed<O>[]
}

/** Pure stage logic. `process` must not throw on a bad record (that is a fate) and must treat a batch as its records one by one: cuts never change the answer. */
export interface Stage<I, O, S> {
  readonly name: string
  process(batch: readonly Positioned<I>[], state: StateView<S>): StageResult<O>
  /** What else to publish for a record on which `process` keeps throwing, beside its dead letter: the ledger still owes it a fate. */
  setAside?(input: Positioned<I>, code: string): readonly Keyed<O>[]
  /** Whose a record is, for the dead letter it becomes when `process` keeps throwing on it. */
  origin?(record: I): Pick<DeadLetter, 'companyId' | 'delivery'>
}

/**
 * The state of one partition: entries by key, which of them a batch has touched, and whatever indexes the stage derives from them.
 * Entries may be mutated in place when `set` is called again afterwards. On any failure the runner drops the whole view and loads the stored entries anew.
 */
export class StateView<S> {
  readonly #entries: Map<string, S>
  #delta = new Map<string, S | null>()
  #derived: unknown

  /** Takes the map over; it must not be changed elsewhere. */
  constructor(entries = new Map<string, S>()) {
    this.#entries = entries
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): S | undefined {
    return this.#entries.get(key)
  }

  set(key: string, entry: S): void {
    this.#entries.set(key, entry)
    this.#delta.set(key, entry)
  }

  delete(key: string): void {
    if (this.#entries.delete(key)) this.#delta.set(key, null)
  }

  entries(): IterableIterator<[string, S]> {
    return this.#entries.entries()
  }

  /** In-memory indexes over the entries, made once by `make` and kept in step by the stage itself. */
  derived<D>(make: (entries: IterableIterator<[string, S]>) => D): D {
    this.#derived ??= make(this.#entries.entries())
    return this.#derived as D
  }

  /** What changed since the last call: the entry, or null where it was deleted. */
  takeDelta(): Map<string, S | null> {
    const delta = this.#delta
    this.#delta = new Map()
    return delta
  }
}
