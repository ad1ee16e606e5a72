/** Bodies of webhooks: made by a vendor at best and by anybody at worst, so only what is looked for is taken. */
import { ConnectorError } from './port.ts'
import type { Row } from './answers.ts'

/** The body as JSON. Throws `invalid` with these words where it is none; neither the body nor the parser, which quotes it, is repeated. */
export function hookJson(body: Buffer, otherwise: string): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown
  } catch {
    throw new ConnectorError('invalid', otherwise)
  }
}

/** An object of it; empty for anything else. */
export function hookRow(value: unknown): Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : {}
}

/** A ticket's number as text; null: it is none that could be one. */
export function hookId(value: unknown): string | null {
  return (typeof value === 'number' || typeof value === 'string') && /^[1-9]\d{0,14}$/.test(String(value)) ? String(value) : null
}
