import type { AlertStatus, Severity } from './records.ts'

/**
 * One observation as an adapter reads it from a payload. Texts are already bounded by the adapter's limits.
 * `unknown` means the vendor's word stands in no table: it is counted, taken as medium (severity) or firing (status), never guessed.
 * `no_data` means the vendor says the check cannot tell; it never opens a problem.
 */
export interface NormalisedAlert {
  readonly source: string
  /** The vendor's own id that ties firing to resolved, never derived from displayed text. */
  readonly externalId: string | null
  readonly asset: string | null
  readonly signature: string | null
  readonly severity: Severity
  readonly status: AlertStatus
  readonly title: string
  readonly message: string
  /** Vendor time in ms; data only. */
  readonly startsAtMs: number | null
  readonly labels: Readonly<Record<string, string>>
}

/** One alert as `aw normalise` prints it; what is not known is null. */
export interface PrintedAlert {
  readonly source: string
  readonly externalId: string | null
  readonly asset: string | null
  readonly signature: string | null
  readonly severity: string | null
  readonly status: string | null
  /** ISO 8601 in UTC. */
  readonly startsAt: string | null
  readonly title: string
  readonly labels: Readonly<Record<string, string>>
}

/** An element of a payload that cannot be read: the others of the same payload still pass. */
export interface Rejected {
  readonly rejected: { readonly code: 'payload_invalid' | 'mapping_failed'; readonly path: string; readonly message: string }
}

/** What an adapter is told of the delivery besides its body. */
export interface DeliveryContext {
  readonly contentType: string
  /** Lower-case names, as kept in the raw record. */
  readonly headers: Readonly<Record<string, string>>
  /** Append time of the delivery in ms. */
  readonly receivedAtMs: number
}
