/** How the process stage treats an integration: what a company sets beside its source. */
import type { MappingDocument } from './mapping.ts'

/** Settings of one integration. */
export interface IntegrationProcessing {
  /** Reads its payloads in place of adapter and recogniser; null: those read them. */
  readonly mapping: MappingDocument | null
  /** How often it must be heard, in seconds; null: silence means nothing. */
  readonly heartbeatSeconds: number | null
  /** How much later than that it may be heard, in seconds. */
  readonly heartbeatGraceSeconds: number
}

/** Limits of the times, in seconds. */
export const HEARTBEAT_LIMITS = { least: 60, most: 7 * 86_400, graceMost: 86_400 } as const
