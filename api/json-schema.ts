/** Short words for the JSON schemas of requests and answers. */
import { MODES, ROLES } from '../schemas/settings.ts'

/** A JSON schema, as Fastify, ajv and OpenAPI 3.1 read it. */
export type JsonSchema = Readonly<Record<string, unknown>>

type Extra = Readonly<Record<string, unknown>>

/** A text. */
export const text = (extra: Extra = {}): JsonSchema => ({ type: 'string', ...extra })
/** A whole number. */
export const whole = (extra: Extra = {}): JsonSchema => ({ type: 'integer', ...extra })
/** A number. */
export const number = (extra: Extra = {}): JsonSchema => ({ type: 'number', ...extra })
/** True or false. */
export const flag = (extra: Extra = {}): JsonSchema => ({ type: 'boolean', ...extra })
/** A time in ISO 8601. */
export const time = (extra: Extra = {}): JsonSchema => ({ type: 'string', examples: ['2026-01-01T00:00:00.000Z'], ...extra })
/** Any JSON value. */
export const anything = (extra: Extra = {}): JsonSchema => ({ ...extra })
/** A list. */
export const list = (items: JsonSchema, extra: Extra = {}): JsonSchema => ({ type: 'array', items, ...extra })
/** An object of texts or numbers by free names. */
export const dictionary = (values: JsonSchema, extra: Extra = {}): JsonSchema => ({ type: 'object', additionalProperties: values, ...extra })

/** The same or null. */
export function nullable(schema: JsonSchema): JsonSchema {
  const { type, enum: words, ...rest } = schema
  return { ...rest, type: [type, 'null'], ...(Array.isArray(words) ? { enum: [...(words as unknown[]), null] } : {}) }
}

/** An answer: every property is there. */
export function answer(properties: Readonly<Record<string, JsonSchema>>, extra: Extra = {}): JsonSchema {
  return { type: 'object', properties, required: Object.keys(properties), ...extra }
}

/** A request body: unknown names are refused, and only the listed ones are required. */
export function body(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[] = [], extra: Extra = {}): JsonSchema {
  return { type: 'object', properties, required, additionalProperties: false, ...extra }
}

/** An error. */
export const ERROR: JsonSchema = { type: 'object', properties: { code: text(), message: text() }, required: ['code', 'message'], additionalProperties: true }

/** A page of a list. */
export const page = (item: JsonSchema): JsonSchema => answer({ items: list(item), next: nullable(text({ description: 'cursor of the following page, null on the last' })) })

/** Which page: query parameters of every list. */
export const PAGE_QUERY = {
  limit: whole({ minimum: 1, maximum: 200, default: 50 }),
  cursor: text({ maxLength: 500, description: '"next" of the page before' }),
}

/** An id in a path. */
export const ID = text({ minLength: 1, maxLength: 200 })

/** A company id as query parameter. */
export const COMPANY_QUERY = { company: text({ minLength: 1, maxLength: 200, description: 'company id; absent: every company you may see' }) }

/** The name of a role. */
export const ROLE = text({ enum: [...ROLES] })
/** The name of a mode. */
export const MODE = text({ enum: [...MODES] })
