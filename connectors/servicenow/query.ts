/** Encoded queries: a language in which `^` begins the next condition and `javascript:` is run on the server, so no value gets into one as it came. */
import { ConnectorError } from '../port.ts'

const TEXT_MAX = 100

/** A record's id as it may stand in a query or a reference field. Throws `invalid`: a reference field takes anything else for a name, and looks for or makes the record. */
export function sysId(value: string): string {
  if (!/^[0-9a-f]{32}$/.test(value)) throw new ConnectorError('invalid', 'ServiceNow: an id is no sys_id (32 of 0-9 and a-f): choose the record again')
  return value
}

/** Something that must match exactly and holds nothing but letters, digits, `-`, `_`, `.` and `@`. Throws `invalid` for anything else. */
export function exact(value: string): string {
  if (!/^[\w.@-]{1,100}$/.test(value)) throw new ConnectorError('invalid', 'ServiceNow: a value that cannot stand in a query')
  return value
}

/** Text to look for: whatever could end the condition, begin another, or be run becomes a blank. */
export function loose(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f\u2028\u2029^]+/g, ' ').replace(/javascript\s*:/gi, 'javascript ').trim().slice(0, TEXT_MAX).trim()
}

/** Conditions that must all hold; each is made of a field, an operator and a value from above. */
export function all(...conditions: readonly (string | null)[]): string {
  return conditions.filter((one) => one !== null && one !== '').join('^')
}

/** Conditions one of which must hold. */
export function any(...conditions: readonly string[]): string {
  return conditions.join('^OR')
}
