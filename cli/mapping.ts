/** `aw mapping`: a mapping read off a payload, and what one makes of a payload, both by the running program. Nothing is stored. */
import { AppError } from '../schemas/errors.ts'
import type { MappingDocument, MappingSuggestion, MappingTrial } from '../schemas/mapping.ts'
import type { ApiClient } from './client.ts'
import { jsonIn } from './input.ts'
import { cell, percent, table } from './output.ts'

/** Whose payload it is. */
export interface SampleOptions {
  readonly source?: string
  /** Absent: guessed from how the payload begins. */
  readonly contentType?: string
}

/** Has a mapping suggested. Throws `payload_invalid`. */
export async function suggestMapping(api: ApiClient, options: SampleOptions, payload: string): Promise<MappingSuggestion> {
  return read(await api.call<MappingSuggestion>('POST', '/api/mappings/suggest', { ...options, payload }))
}

/** The mapping alone, ready for a file. */
export function mappingText(mapping: MappingDocument): string {
  return JSON.stringify(mapping, null, 2)
}

/** How sure each field is and what it gives. */
export function fieldsText({ fields }: MappingSuggestion): string {
  return table(['field', 'expression', 'sure', 'gives'], fields.map(({ field, expression, confidence, value }) => [field, cell(expression ?? '-', 50), percent(confidence), cell(value ?? '-', 60)]))
}

/** Tries the mapping of a file. Throws `payload_invalid`. */
export async function tryMapping(api: ApiClient, file: string, options: SampleOptions, payload: string): Promise<MappingTrial> {
  return read(await api.call<MappingTrial>('POST', '/api/mappings/try', { ...options, mapping: jsonIn(file, '--mapping'), payload }))
}

/** The alerts it makes, as a person reads them. */
export function trialText({ alerts, steps, stepLimit }: MappingTrial): string {
  const rows = alerts.map(({ status, severity, asset, signature, externalId, title }) => [status ?? '-', severity ?? '-', cell(asset ?? '-', 40), cell(signature ?? '-', 40), cell(externalId ?? '-', 40), cell(title, 60)])
  return [...(rows.length === 0 ? ['No alerts.'] : [table(['status', 'severity', 'asset', 'signature', 'id', 'title'], rows)]), `${steps.toLocaleString('en')} of ${stepLimit.toLocaleString('en')} steps.`].join('\n')
}

/** Where it fails, one line each. */
export function faultLines({ faults }: MappingTrial): readonly string[] {
  return faults.map(({ field, message, position, path }) => cell(`${path === null ? 'the mapping' : path === '' ? 'the payload' : path}: ${field === '' ? '' : `${field}${position === null ? '' : ` at ${position}`}: `}${message}`, 400))
}

/** A payload that cannot be read at all is nobody's alert. */
function read<T extends MappingTrial>(trial: T): T {
  const unread = trial.faults.find(({ field }) => field === 'payload')
  if (unread !== undefined) throw new AppError('payload_invalid', unread.message)
  return trial
}
