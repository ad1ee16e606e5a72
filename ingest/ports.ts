/** What the HTTP edge needs of the world. `storage/` and the composition root fit these by shape. */
import type { IngestCredential } from '../schemas/views.ts'

/** A record to append. Without a partition the key chooses it. */
export interface RawAppend {
  readonly topic: string
  readonly key: string
  readonly value: Buffer
  readonly partition?: number
}

/** The part of the log that ingest writes to. */
export interface LogAppender {
  /** Resolves once every record is durable; else throws `log_unavailable`. After a throw some of them may still land. */
  append(records: readonly RawAppend[]): Promise<void>
  /** Partition count of a topic. */
  partitions(topic: string): Promise<number>
}

/** Delivery ids of the last 24 h, scoped to the integration. It may forget (the processing stage drops twins again) but never invents. */
export interface DeliveryMemory {
  /** Whether this delivery has been remembered. Rejects when the store does not answer. */
  recall(integrationId: string, deliveryId: string): Promise<boolean>
  /** Remembers it for 24 h. Called only after its append succeeded. */
  remember(integrationId: string, deliveryId: string): Promise<void>
}

/** A synchronous look-up over a snapshot of all keys, so that no request waits for the database. */
export interface Credentials {
  /** The credential whose key has this SHA-256, in lower-case hex. */
  byKeyHash(keyHash: string): IngestCredential | undefined
  /** Notes that a key was accepted; must cost no more than a map entry. */
  used(keyId: string, nowMs: number): void
}

/** Every counter of the edge with the one label it has. Values of labels come from closed lists in the code, never from a request. */
export const INGEST_METRICS = {
  ingest_requests_total: { label: 'status', help: 'Webhook requests by the status answered.' },
  ingest_alerts_accepted_total: { label: 'endpoint', help: 'Elements answered with 202, by endpoint: generic or source.' },
  ingest_unsigned_total: { label: 'endpoint', help: 'Deliveries accepted without a signature, where the integration allows it.' },
  ingest_auth_failures_total: { label: 'reason', help: 'Requests answered 401, by the reason that stands only here and in the log.' },
  ingest_duplicates_total: { label: 'by', help: 'Deliveries answered as known: remembered, or a twin under way.' },
  ingest_memory_failures_total: { label: 'operation', help: 'Delivery ids that could not be recalled or remembered; the delivery was taken anyway.' },
  ingest_appends_total: { label: 'outcome', help: 'Appends to the log: done, failed, or given up at the deadline.' },
  ingest_appended_records_total: { label: 'kind', help: 'Records the log has on disk.' },
  ingest_ticks_total: { label: 'outcome', help: 'Rounds of ticks: done or failed.' },
} as const satisfies Record<string, { label: string; help: string }>

/** The name of a counter above. */
export type IngestMetric = keyof typeof INGEST_METRICS

/** Counters, by name and the value of their one label. */
export interface Metrics {
  inc(metric: IngestMetric, label: string, by?: number): void
}

/** Where the edge writes what people should read; fits a pino logger. */
export interface IngestLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
}
