/** What each part of a rule may look like: small checks that name the mistake and how to mend it. */
import { parseCondition, fieldOf } from './conditions.ts'
import { toAppError } from './errors.ts'

/** Told of each mistake: where, and a sentence that says how to mend it. */
export type Say = (path: string, message: string) => void
/** Looks at one value. */
export type Check = (value: unknown, path: string, say: Say) => void
/** The fields of an object; `?` at the end of a name means that it may be absent. */
export type Shape = Readonly<Record<string, Check>>

const MATCHERS_MAX = 20
const MATCHER_CHARS = 1_000
const FIELDS_MAX = 8
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:?\d{2})$/

/** A record with string keys. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A text that says something. */
export const text = (most: number): Check => (value, path, say) => {
  if (typeof value !== 'string' || value.trim() === '' || value.length > most) say(path, `must be a text of 1 to ${most} characters`)
}

export const flag: Check = (value, path, say) => {
  if (typeof value !== 'boolean') say(path, 'must be true or false')
}

/** A whole number. */
export const whole = (least: number, most: number): Check => (value, path, say) => {
  if (!Number.isInteger(value) || Number(value) < least || Number(value) > most) say(path, `must be a whole number from ${least} to ${most}`)
}

/** One of some words or numbers. */
export const oneOf = (...allowed: readonly (string | number)[]): Check => (value, path, say) => {
  if (!allowed.some((word) => word === value)) say(path, `must be one of ${allowed.join(', ')}`)
}

/** A list of different things. */
export const listOf = (each: Check, least: number, most: number, what: string): Check => (value, path, say) => {
  if (!Array.isArray(value) || value.length < least || value.length > most) return say(path, `must be a list of ${least} to ${most} ${what}`)
  value.forEach((one: unknown, i) => each(one, `${path}[${i}]`, say))
  if (new Set(value).size < value.length) say(path, 'names something twice')
}

/** Matchers that must all hold. */
export const condition: Check = (value, path, say) => {
  if (!Array.isArray(value) || value.length > MATCHERS_MAX) return say(path, `must be a list of at most ${MATCHERS_MAX} matchers, such as ["source=zabbix", "asset=~\\"web-.*\\""]; an empty list holds always`)
  value.forEach((matcher: unknown, i) => {
    if (typeof matcher !== 'string' || matcher.length > MATCHER_CHARS) return say(`${path}[${i}]`, `must be a text of at most ${MATCHER_CHARS} characters, such as asset=~"web-.*"`)
    tried(() => parseCondition([matcher]), `${path}[${i}]`, say)
  })
}

const field: Check = (value, path, say) => {
  if (typeof value !== 'string' || value.length > 200) return say(path, 'must be the name of a field, such as asset, site or labels.<name>')
  tried(() => fieldOf(value), path, say)
}

/** Names of fields that must agree. */
export const fields = (least: number): Check => listOf(field, least, FIELDS_MAX, 'fields, such as asset, site or labels.<name>')

/** A moment. */
export const time: Check = (value, path, say) => {
  if (typeof value !== 'string' || !ISO_TIME.test(value) || Number.isNaN(Date.parse(value)) || !isDay(value.slice(0, 10))) say(path, 'must be a time in ISO 8601 with its offset, such as 2026-01-31T22:00:00Z')
}

/** Date.parse takes the 30th of February for the 2nd of March. */
function isDay(day: string): boolean {
  const ms = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day)
}

/** A time of the day. */
export const clockTime: Check = (value, path, say) => {
  if (typeof value !== 'string' || !/^([01]\d|2[0-3]):[0-5]\d$/.test(value)) say(path, 'must be a time of the day as HH:MM, from 00:00 to 23:59')
}

/** An IANA time zone this runtime knows. */
export const timeZone: Check = (value, path, say) => {
  const message = 'must be an IANA time zone, such as Europe/London or UTC'
  if (typeof value !== 'string' || value.length > 64 || /^[+-]/.test(value)) return say(path, message)
  try {
    new Intl.DateTimeFormat('en', { timeZone: value })
  } catch (thrown) {
    say(path, thrown instanceof RangeError ? message : toAppError(thrown).message)
  }
}

/** An object of this shape and no other fields. */
export function object(value: unknown, path: string, shape: Shape, say: Say): value is Readonly<Record<string, unknown>> {
  if (!isObject(value)) {
    say(path, 'must be an object')
    return false
  }
  const names = new Map(Object.keys(shape).map((name) => [name.replace(/\?$/, ''), name]))
  for (const name of Object.keys(value)) if (!names.has(name)) say(`${path}.${name.slice(0, 60)}`, `is no field here; use ${[...names.keys()].join(', ')}`)
  for (const [name, key] of names) {
    if (Object.hasOwn(value, name) && value[name] !== undefined) shape[key]?.(value[name], `${path}.${name}`, say)
    else if (key === name) say(`${path}.${name}`, 'is missing')
  }
  return true
}

function tried(read: () => unknown, path: string, say: Say): void {
  try {
    read()
  } catch (thrown) {
    say(path, toAppError(thrown).message)
  }
}
