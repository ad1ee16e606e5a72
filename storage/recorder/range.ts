/** A range of one partition on its way into the fact tables, encoded as its records come, so that no large batch holds the event loop. */
import type { Position } from '../../schemas/position.ts'
import type { TableRows } from '../clickhouse/analytics.ts'
import { FACT_TABLES, type FactTable } from './rows.ts'

/** Records after `from` up to and including `to`, and their rows. */
export class Range {
  /** Position of the record before the range. */
  readonly from: Position
  readonly startedAtMs: number
  to: Position
  records = 0
  rows = 0
  bytes = 0
  newestAtMs = 0
  readonly #done = new Map<FactTable, Buffer[]>()
  #lines = new Map<FactTable, string>()

  constructor(from: Position, startedAtMs: number) {
    this.from = from
    this.to = from
    this.startedAtMs = startedAtMs
  }

  /** Takes note of a record; its rows come through `put`. */
  take(position: Position, atMs: number): void {
    this.to = position
    this.records++
    this.newestAtMs = Math.max(this.newestAtMs, atMs)
  }

  readonly put = (table: FactTable, values: readonly unknown[]): void => {
    this.#lines.set(table, `${this.#lines.get(table) ?? ''}${JSON.stringify(values)}\n`)
    this.rows++
  }

  /** Turns the lines so far into bytes; to be called now and then, because bytes cost less memory than text. */
  pack(): void {
    for (const [table, text] of this.#lines) {
      const bytes = Buffer.from(text)
      this.bytes += bytes.length
      const done = this.#done.get(table)
      if (done === undefined) this.#done.set(table, [bytes])
      else done.push(bytes)
    }
    this.#lines = new Map()
  }

  /** The rows by table, in the order of `FACT_TABLES`. */
  tables(): readonly TableRows[] {
    this.pack()
    return [...this.#done].map(([table, parts]) => ({ table, columns: FACT_TABLES[table], lines: Buffer.concat(parts) }))
  }

  /** Names the range for deduplication: from what is stored alone, so that a repeat has the same name whatever the log still holds. */
  token(topic: string, partition: number): string {
    return `${topic}:${partition}:${this.from + 1}-${this.to}`
  }
}
