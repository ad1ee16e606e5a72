/** How requests are judged: bodies strictly, so that a null never turns into false; paths and query strings with the usual reading of numbers. */
import { Ajv, type ErrorObject } from 'ajv'
import type { FastifyInstance } from 'fastify'
import { AppError } from '../schemas/errors.ts'

const SHARED = { allErrors: true, strict: false, useDefaults: true } as const
const MISTAKES_SHOWN = 10

/** Sets validators and the wording of their complaints on an instance and everything registered inside it. */
export function judgeRequests(app: FastifyInstance): void {
  const bodies = new Ajv({ ...SHARED })
  const words = new Ajv({ ...SHARED, coerceTypes: 'array' })
  app.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'body' ? bodies : words).compile(schema as object))
  app.setSchemaErrorFormatter((errors, part) => {
    const said = [...new Set((errors as ErrorObject[]).slice(0, MISTAKES_SHOWN).map((error) => sentence(error, part)))]
    return new AppError('bad_request', said.join('; '))
  })
}

function sentence(error: ErrorObject, part: string): string {
  const place = `${part === 'querystring' ? 'query' : part}${error.instancePath.replaceAll('/', '.')}`
  const { params } = error
  if (error.keyword === 'additionalProperties') return `${place} has no field ${JSON.stringify(String(params['additionalProperty']).slice(0, 60))}`
  if (error.keyword === 'required') return `${place}.${String(params['missingProperty'])} is missing`
  if (error.keyword === 'enum') return `${place} must be one of ${(params['allowedValues'] as unknown[]).map(String).join(', ')}`
  if (error.keyword === 'minLength' && params['limit'] === 1) return `${place} must not be empty`
  return `${place} ${error.message ?? 'is not valid'}`
}

/** A time in ISO 8601 as ms since the epoch, null where absent. Throws `bad_request` naming the parameter. */
export function parseTime(name: string, value: string | undefined): number | null {
  if (value === undefined) return null
  const ms = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2}))?$/.test(value) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(ms)) throw new AppError('bad_request', `query.${name} must be a time in ISO 8601 with its offset, as 2026-01-31T08:00:00Z (a "+" in a query string is written %2B)`)
  return ms
}

/** A list given as `a,b`. Throws `bad_request` for a word that is not allowed. */
export function parseWords<W extends string>(name: string, value: string | undefined, allowed: readonly W[]): W[] {
  if (value === undefined) return []
  return value.split(',').map((word) => {
    const found = allowed.find((candidate) => candidate === word.trim())
    if (found === undefined) throw new AppError('bad_request', `query.${name} must be one or several of ${allowed.join(', ')}, with commas between`)
    return found
  })
}
