/** Reads the answers of ticket systems: they are outside's, so each value is looked at before it is used, and what is not as due is `bad_answer`. */
import { ConnectorError } from './port.ts'

/** An object of an answer. */
export type Row = Readonly<Record<string, unknown>>

/** The value as an object. Throws `bad_answer` for anything else. */
export function rowOf(value: unknown): Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ConnectorError('bad_answer', 'an answer without the object it should hold: the base URL may be wrong, or the vendor has changed its interface')
  return value as Row
}

/** The value as a list of objects; nothing there is an empty one. Throws `bad_answer` for anything else. */
export function rowsOf(value: unknown): readonly Row[] {
  if (value === null || value === undefined) return []
  if (!Array.isArray(value)) throw new ConnectorError('bad_answer', 'an answer without the list it should hold: the base URL may be wrong, or the vendor has changed its interface')
  return value.map(rowOf)
}

/** A text that is not empty; null for anything else. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** An id, which vendors write as a number or as a text; null: there is none. */
export function idOf(value: unknown): string | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : textOf(value)
}

/** An id that has to be there. Throws `bad_answer` where it is not. */
export function mustId(value: unknown): string {
  const id = idOf(value)
  if (id === null) throw new ConnectorError('bad_answer', 'an answer without the id it should hold: see its record')
  return id
}

/** An instant in ISO 8601, in ms; null: it is none. */
export function instantOf(value: unknown): number | null {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isFinite(ms) ? ms : null
}
