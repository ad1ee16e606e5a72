/** Compares what was recorded of deliveries with what the present code makes of them. Pure; memory is bounded by the number of problems. */
import type { NormalisedAlert, Rejected } from '../schemas/alert.ts'
import { COMPARED_FIELDS, type AdapterBacktestView, type ComparedField, type FieldExample } from '../schemas/adapter-backtest.ts'
import { toAppError } from '../schemas/errors.ts'
import type { Delivery } from '../schemas/records.ts'
import { problemKeyOf } from './problem-key.ts'

/** A row of the ledger as far as it is compared; `alert` is null where the row has none. */
export interface RecordedRow {
  readonly element: number
  readonly isRejected: boolean
  readonly problemKey: string | null
  readonly alert: NormalisedAlert | null
}

/** A delivery with what was recorded of it; no rows where nothing is yet. */
export interface RecordedDelivery {
  readonly delivery: Delivery
  readonly atMs: number
  readonly rows: readonly RecordedRow[]
}

/** Reads a delivery as the stage would now; throws an error of code `payload_invalid` or the like when the body as a whole cannot be read. */
export type ReadAnew = (delivery: Delivery, receivedAtMs: number) => readonly (NormalisedAlert | Rejected)[]

const EXAMPLES = 5
const VALUE_CHARS = 300
const LISTED = 50
const INTO_SHOWN = 10
/** Problems watched for splitting and joining; what comes beyond is compared alert by alert alone. */
const PROBLEMS_MAX = 50_000
const REASONS_MAX = 200
/** The source whose endpoint several tools share. */
const SHARED_SOURCE = 'generic'

/** Takes deliveries one by one and tells what would change. */
export class AdapterBacktest {
  readonly #read: ReadAnew
  readonly #alerts = { before: 0, after: 0, unchanged: 0, changed: 0, added: 0, removed: 0, nowRead: 0, nowRejected: 0, stillRejected: 0 }
  readonly #fields = new Map<ComparedField, { changed: number; examples: FieldExample[] }>()
  readonly #into = new Map<string, Set<string>>()
  readonly #from = new Map<string, Set<string>>()
  readonly #reasons = new Map<string, { code: string; message: string; count: number; deliveryId: string }>()
  #deliveries = 0
  #unrecorded = 0

  constructor(read: ReadAnew) {
    this.#read = read
  }

  take({ delivery, atMs, rows }: RecordedDelivery): void {
    if (rows.length === 0) {
      this.#unrecorded += 1
      return
    }
    this.#deliveries += 1
    const after = this.#readAnew(delivery, atMs)
    const before = new Map(rows.map((row) => [row.element, row]))
    // A delivery without any alert has one row that stands for none.
    const size = Math.max(after.length, ...rows.flatMap((row) => (row.isRejected || row.alert !== null ? [row.element + 1] : [])))
    for (let element = 0; element < size; element += 1) this.#compare(delivery, element, before.get(element) ?? null, after[element] ?? null)
  }

  /** What would change, so far. */
  result(rest: { readonly expired: number; readonly nextFrom: string | null }): AdapterBacktestView {
    const splits = [...this.#into].filter(([, into]) => into.size > 1)
    const joins = [...this.#from].filter(([, from]) => from.size > 1)
    const renamed = [...this.#into].filter(([from, into]) => into.size === 1 && !into.has(from)).length
    return {
      deliveries: this.#deliveries, expired: rest.expired, unrecorded: this.#unrecorded, alerts: { ...this.#alerts },
      fields: COMPARED_FIELDS.flatMap((field) => {
        const found = this.#fields.get(field)
        return found === undefined ? [] : [{ field, changed: found.changed, examples: found.examples }]
      }),
      problems: {
        before: this.#into.size, after: this.#from.size, split: splits.length, joined: joins.length, renamed,
        splits: splits.slice(0, LISTED).map(([from, into]) => ({ from, into: [...into].slice(0, INTO_SHOWN) })),
        joins: joins.slice(0, LISTED).map(([into, from]) => ({ from: [...from].slice(0, INTO_SHOWN), into })),
      },
      rejections: [...this.#reasons.values()].sort((a, b) => b.count - a.count).slice(0, LISTED), nextFrom: rest.nextFrom,
    }
  }

  #readAnew(delivery: Delivery, atMs: number): readonly (NormalisedAlert | Rejected)[] {
    try {
      return this.#read(delivery, atMs)
    } catch (thrown) {
      const { code, message, retry } = toAppError(thrown)
      // What is no fault of the payload would be a fault of the stage: it is told in its own words, and the comparison goes on.
      return [{ rejected: { code: retry === 'poison' ? (code as Rejected['rejected']['code']) : 'payload_invalid', path: '', message: retry === 'poison' ? message : `the adapter throws: ${message}` } }]
    }
  }

  #compare(delivery: Delivery, element: number, before: RecordedRow | null, after: NormalisedAlert | Rejected | null): void {
    const counts = this.#alerts
    const then = before?.alert ?? null
    const now = after === null || 'rejected' in after ? null : after
    if (before?.isRejected === true || then !== null) counts.before += 1
    if (after !== null) counts.after += 1
    if (after !== null && 'rejected' in after) this.#reason(delivery, after)
    if (then !== null && now !== null) {
      const fields = this.#compareFields(delivery, element, then, now)
      if (fields) counts.changed += 1
      else counts.unchanged += 1
      this.#pair(before?.problemKey ?? keyOf(delivery, then), keyOf(delivery, now))
    } else if (before?.isRejected === true) {
      if (now !== null) counts.nowRead += 1
      else if (after !== null) counts.stillRejected += 1
      else counts.removed += 1
    } else if (then !== null) {
      if (after === null) counts.removed += 1
      else counts.nowRejected += 1
    } else if (after !== null) counts.added += 1
  }

  #compareFields(delivery: Delivery, element: number, then: NormalisedAlert, now: NormalisedAlert): boolean {
    let hasChanged = false
    for (const field of COMPARED_FIELDS) {
      const [before, after] = [valueOf(then, field), valueOf(now, field)]
      if (before === after) continue
      hasChanged = true
      const found = this.#fields.get(field) ?? { changed: 0, examples: [] }
      this.#fields.set(field, found)
      found.changed += 1
      if (found.examples.length < EXAMPLES) found.examples.push({ deliveryId: delivery.deliveryId, element, before: cut(before), after: cut(after) })
    }
    return hasChanged
  }

  #pair(from: string, into: string): void {
    if (this.#into.size >= PROBLEMS_MAX && !this.#into.has(from)) return
    add(this.#into, from, into)
    add(this.#from, into, from)
  }

  #reason(delivery: Delivery, { rejected: { code, path, message } }: Rejected): void {
    const words = (path === '' ? message : `${path.replace(/\/\d+/g, '/…')}: ${message}`).slice(0, VALUE_CHARS)
    const key = `${code} ${words}`
    const known = this.#reasons.get(key)
    if (known !== undefined) known.count += 1
    else if (this.#reasons.size < REASONS_MAX) this.#reasons.set(key, { code, message: words, count: 1, deliveryId: delivery.deliveryId })
  }
}

const keyOf = (delivery: Delivery, alert: NormalisedAlert): string => problemKeyOf(delivery.integrationId, alert, delivery.source === SHARED_SOURCE)

const cut = (text: string | null): string | null => (text === null || text.length <= VALUE_CHARS ? text : `${text.slice(0, VALUE_CHARS - 1)}…`)

function add(sets: Map<string, Set<string>>, key: string, value: string): void {
  const known = sets.get(key)
  if (known === undefined) sets.set(key, new Set([value]))
  else if (known.size < PROBLEMS_MAX) known.add(value)
}

/** A field as text; the fact tables keep nothing as an empty text, so both are one. */
function valueOf(alert: NormalisedAlert, field: ComparedField): string | null {
  if (field === 'labels') return JSON.stringify(Object.entries(alert.labels).sort(([a], [b]) => (a < b ? -1 : 1)))
  if (field === 'startsAt') return alert.startsAtMs === null ? null : new Date(alert.startsAtMs).toISOString()
  const value = alert[field]
  return value === '' ? null : value
}
