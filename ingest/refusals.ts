import type { ErrorCode } from '../schemas/errors.ts'
import type { Refusal } from '../schemas/records.ts'

/** The status the edge answers for each code it can refuse with. */
export const REFUSAL_STATUS = {
  unauthorized: 401,
  not_found: 404,
  bad_request: 400,
  body_invalid: 400,
  body_too_large: 413,
  media_type_unsupported: 415,
  rate_limited: 429,
  log_unavailable: 503,
  engine_unavailable: 503,
  internal: 500,
} as const satisfies Partial<Record<ErrorCode, number>>

/** A code the edge can refuse with. */
export type RefusalCode = keyof typeof REFUSAL_STATUS

/** Refusals since the last tick, by company, status and code. Its size is bounded by companies times codes, for only known companies are named. */
export class RefusalCounts {
  #counts = new Map<string, Refusal>()

  /** Counts one refused request; null where no key named a company. */
  add(companyId: string | null, status: number, code: RefusalCode): void {
    this.#merge({ companyId, status, code, count: 1 })
  }

  /** Everything counted since the last call. */
  take(): Refusal[] {
    const taken = [...this.#counts.values()]
    this.#counts = new Map()
    return taken
  }

  /** Puts back what could not be told. */
  restore(refused: readonly Refusal[]): void {
    for (const refusal of refused) this.#merge(refusal)
  }

  #merge(refusal: Refusal): void {
    const key = `${refusal.companyId ?? ''} ${refusal.status} ${refusal.code}`
    const known = this.#counts.get(key)
    if (known === undefined) this.#counts.set(key, { ...refusal })
    else known.count += refusal.count
  }
}
