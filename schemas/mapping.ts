/** A mapping: how payloads of a tool nobody wrote an adapter for become alerts, as expressions that a company writes. The language is JMESPath; see docs/mapping.md. */
import type { PrintedAlert } from './alert.ts'
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

/** What of a payload is tried. */
export interface MappingSample {
  /** The body as the tool sends it. */
  readonly payload: string
  /** Null: guessed from how the body begins. */
  readonly contentType: string | null
  readonly source: string
}

/** What a mapping makes of a sample. Faults of the mapping itself have no path, and then there are no alerts. */
export interface MappingTrial {
  readonly alerts: readonly PrintedAlert[]
  readonly faults: readonly MappingFault[]
  readonly steps: number
  /** Steps there were for this payload. */
  readonly stepLimit: number
}

/** One field of a suggested mapping. */
export interface SuggestedField {
  readonly field: string
  /** Null where nothing in the sample looks like it. */
  readonly expression: string | null
  /** 0 to 1: how telling the name is, and in how many of the sample's alerts it has a value. */
  readonly confidence: number
  /** What it gives for the first alert of the sample. */
  readonly value: string | null
}

/** A mapping read off a sample, and what it makes of it. */
export interface MappingSuggestion extends MappingTrial {
  readonly mapping: MappingDocument
  readonly fields: readonly SuggestedField[]
}
