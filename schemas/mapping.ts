/** A mapping: how payloads of a tool nobody wrote an adapter for become alerts, as expressions that a company writes. The language is JMESPath; see docs/mapping.md. */
import type { AlertStatus, Severity } from './records.ts'

/** Fields of an alert that an expression gives. */
export const MAPPING_FIELDS = ['asset', 'signature', 'severity', 'status', 'externalId', 'startedAt', 'title', 'message'] as const

/** One of the fields above. */
export type MappingField = (typeof MAPPING_FIELDS)[number]

/** A mapping as it is written; every part may be absent. */
export interface MappingDocument extends Readonly<Partial<Record<MappingField, string>>> {
  /** Gives the list of alerts in the payload; absent: the payload is one alert, or a list of them. */
  readonly items?: string
  /** Label names and the expressions of their values. */
  readonly labels?: Readonly<Record<string, string>>
  /** The tool's words for severity, in any case, and ours. Words in neither table nor our own are unknown. */
  readonly severities?: Readonly<Record<string, Severity>>
  /** The tool's words for the state. */
  readonly statuses?: Readonly<Record<string, AlertStatus>>
}

/** Limits of a mapping. */
export const MAPPING_LIMITS = {
  /** UTF-16 units of the whole document as JSON. */
  documentChars: 16_384,
  /** UTF-16 units of one expression. */
  expressionChars: 1_024,
  /** Labels it may name. */
  labels: 32,
  /** Words in each table. */
  words: 200,
  /** Steps all expressions may take together over one delivery: one for each node visited, for each element and for each 16 characters read or made. */
  steps: 100_000,
  /** Steps more for each alert of the delivery. */
  stepsPerAlert: 100,
} as const

/** Where a mapping, or its use on a payload, failed. */
export interface MappingFault {
  /** Which expression: `items`, `severity`, `labels.site`. */
  readonly field: string
  readonly message: string
  /** UTF-16 unit of the expression from which it cannot be read; null where that is not known. */
  readonly position: number | null
  /** JSON pointer to the element of the payload; null where the mapping itself is at fault. */
  readonly path: string | null
}
