/** What other adapters, or a mapping, would have made of deliveries that came before. Nothing is written. */

/** The fields of an alert that are compared. */
export const COMPARED_FIELDS = ['source', 'externalId', 'asset', 'signature', 'severity', 'status', 'title', 'message', 'startsAt', 'labels'] as const

/** One of the fields above. */
export type ComparedField = (typeof COMPARED_FIELDS)[number]

/** One alert of a delivery, and a value before and after. */
export interface FieldExample {
  readonly deliveryId: string
  readonly element: number
  readonly before: string | null
  readonly after: string | null
}

/** What the new reading would change. Lists of examples are cut; the counts are not. */
export interface AdapterBacktestView {
  /** Deliveries read again, and those of the time that the log no longer keeps or the ledger does not know yet. */
  readonly deliveries: number
  readonly expired: number
  readonly unrecorded: number
  readonly alerts: {
    /** As recorded, and as they would be read now. */
    readonly before: number
    readonly after: number
    readonly unchanged: number
    readonly changed: number
    /** Elements that only one of the readings has. */
    readonly added: number
    readonly removed: number
    /** Rejected then, read now; and the other way round; and rejected by both. */
    readonly nowRead: number
    readonly nowRejected: number
    readonly stillRejected: number
  }
  readonly fields: readonly { readonly field: ComparedField; readonly changed: number; readonly examples: readonly FieldExample[] }[]
  readonly problems: {
    readonly before: number
    readonly after: number
    /** Problems whose alerts would belong to several, and several whose alerts would belong to one. */
    readonly split: number
    readonly joined: number
    readonly renamed: number
    readonly splits: readonly { readonly from: string; readonly into: readonly string[] }[]
    readonly joins: readonly { readonly from: readonly string[]; readonly into: string }[]
  }
  /** Why alerts would be rejected now, most first. */
  readonly rejections: readonly { readonly code: string; readonly message: string; readonly count: number; readonly deliveryId: string }[]
  /** From when to go on, where there were more deliveries than asked for; null where all were read. */
  readonly nextFrom: string | null
}

/** Which deliveries are read again. */
export interface AdapterBacktestQuery {
  readonly companyId: string
  readonly integrationId: string | null
  readonly source: string | null
  readonly fromMs: number
  readonly toMs: number
  /** Deliveries at most. */
  readonly limit: number
  /** A mapping as JSON that reads all of them; null: each is read as its integration would read it now. */
  readonly mapping: string | null
}

/** A line of the answer: how far it has come, or what came of it. */
export type AdapterBacktestLine =
  | { readonly type: 'progress'; readonly done: number; readonly total: number }
  | ({ readonly type: 'result' } & AdapterBacktestView)
